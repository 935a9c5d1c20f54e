"""The command line: up, down, status, logs, test, check, demo, bench, verify, manage."""

import argparse
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tongban.config import catalogue, fence, group, node, personas, places, recovery, standby

SPACE_NEEDED = 600 * 1024 * 1024


def _late(name: str) -> Any:
    """A module of the assembly, imported when its command runs: `status` and `down` need none of Django."""
    return import_module(f"tongban.config.{name}")


def say(text: str = "") -> None:
    print(text, flush=True)


def fail(text: str, code: int = 1) -> int:
    print(text, file=sys.stderr, flush=True)
    return code


def parser() -> argparse.ArgumentParser:
    """All commands with their options; docs/operations.md is checked against this."""
    top = argparse.ArgumentParser(prog="tongban", description="通办：一省政务服务平台 / a province's e-government platform")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, told: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=told, description=told)

    def placed(one: argparse.ArgumentParser) -> None:
        one.add_argument("--port", type=int, default=int(os.environ.get("TONGBAN_PORT", "8000")), help="端口 / port")
        one.add_argument("--data", type=Path, help="数据目录 / data folder")

    up = add("up", "启动 / start")
    placed(up)
    up.add_argument("--detach", action="store_true", help="在后台运行 / run in the background")
    up.add_argument("--no-demo", action="store_true", help="不装入演示数据 / without demo data and personas")
    up.add_argument(
        "--people",
        type=int,
        nargs="?",
        const=1_000_000,
        help="首次启动时的合成人口数，默认两万，不写数为一百万 / synthetic persons at the first start: 20,000, a million without a number",
    )
    for name, told in (("down", "停止 / stop"), ("status", "状态 / status")):
        placed(add(name, told))
    logs = add("logs", "日志 / logs")
    placed(logs)
    logs.add_argument("-n", type=int, default=40, help="行数 / lines of each log")
    demo = add("demo", "演示一件事从申请到领证 / play one matter from application to licence")
    placed(demo)
    demo.add_argument("--json", action="store_true", help="输出JSON / print JSON")
    bench = add("bench", "性能测试 / run a benchmark")
    bench.add_argument("name")
    bench.add_argument("--json", action="store_true")
    verify = add("verify", "核验账本，或离线核验一份证明文件 / verify the ledger, or a proof file offline")
    placed(verify)
    verify.add_argument("file", nargs="?", type=Path, help="证明文件 / proof file")
    verify.add_argument("--key", default="", help="日志公钥，十六进制 / the log's public key, hexadecimal")
    _encode(add)
    for name, told in (("test", "全部测试 / run the tests"), ("manage", "Django 管理命令 / management commands")):
        add(name, told).add_argument("rest", nargs=argparse.REMAINDER)
    recovery.add(add, placed)
    standby.add(add, placed)
    node.add(add, placed)
    add("audit", "对照漏洞公告检查依赖 / check dependencies against advisories").add_argument(
        "--osv", default=os.environ.get("TONGBAN_OSV", ""), help="OSV 的 PyPI 数据 / OSV's PyPI export: ZIP or folder"
    )
    add("sbom", "软件物料清单（CycloneDX） / the bill of materials as CycloneDX JSON")
    add("check", "静态检查 / linters, types, contracts, catalogues")
    add("worker", "后台进程（由 up 启动）/ the worker process, started by up")
    add("exchange", "数据交换进程（由 up 启动）/ the exchange process, started by up")
    add("answering", "单笔查询应答进程（由 up 启动）/ the process that answers single queries, started by up")
    return top


def _encode(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    encode = add("encode", "隐私比对：在本部门编码，行内容不出门 / encode rows at home for a private comparison")
    encode.add_argument("file", type=Path, help="CSV 或 XLSX / CSV or XLSX")
    encode.add_argument("--secret", type=Path, required=True, help="双方约定的密钥文件 / file with the secret that both sides settled")
    encode.add_argument("--fields", default="", help="要编码的列，逗号分隔，默认全部可用的列 / columns with commas; all that are known by default")
    encode.add_argument("--out", type=Path, required=True)


def main() -> int:
    # argparse would take pytest's options for its own.
    if sys.argv[1:2] in (["test"], ["manage"]):
        options = argparse.Namespace(command=sys.argv[1], rest=sys.argv[2:])
    else:
        options = parser().parse_args()
    if getattr(options, "data", None):
        os.environ["TONGBAN_DATA"] = str(options.data.resolve())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
    catalogue.compile_messages(places.LOCALE)
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "up": up, "down": down, "status": status, "logs": logs, "demo": demo, "bench": bench, "verify": verify,
        "test": run_tests, "check": run_checks, "manage": manage, "worker": worker, "exchange": exchange, "answering": answering, "sbom": sbom, "audit": audit, "ship": recovery.ship,
        "backup": lambda o: recovery.take(o, say), "restore": lambda o: recovery.bring_back(o, say), "drill": lambda o: recovery.drill(o, say),
        "standby": lambda o: standby.standby(o, say), "failover": failover, "node": lambda o: node.run(o, say, _attach),
        "encode": lambda o: int(_late("encoding").run(o, say)),
    }  # fmt: skip
    try:
        return actions[options.command](options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def up(options: argparse.Namespace) -> int:
    """Start, print the address and who can log in, and stay until Ctrl-C."""
    data = places.data_dir()
    running = group.state(data)
    if running:
        say(f"已在运行 / already running: {running['address']}（进程 {running['pid']}），没有做任何改动。")
        return 0
    if not group.port_free(options.port):
        return fail(f"端口 {options.port} 已被占用：请用 --port 另选一个。/ Port {options.port} is in use: choose another with --port.", 3)
    try:
        data.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(data).free < SPACE_NEEDED:
            return fail(f"磁盘空间不足：{data} 至少需要600 MB。/ Not enough disk space: {data} needs 600 MB.", 4)
    except OSError as fault:
        return fail(f"不能写入 {data}：{fault.strerror}。请用 --data 另选目录。/ Cannot write there: choose another folder with --data.", 4)
    people = getattr(options, "people", None)  # `failover` and `promote` start without asking
    if people is not None:
        os.environ["TONGBAN_PEOPLE"] = str(max(0, people))
    if options.detach:
        return _detach(options)
    return _foreground(options)


def failover(options: argparse.Namespace) -> int:
    """Promote the standby and, with --up, serve from it."""
    done = standby.failover(options, say)
    if done or not options.serve:
        return done
    options.detach = True
    return up(options)


def _foreground(options: argparse.Namespace) -> int:
    began = time.monotonic()

    def phase(name: str) -> None:
        say(f"[{time.monotonic() - began:5.1f} s] {name}")

    # A stop during the start must end what was started: SIGTERM becomes an exception like Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        made = group.begin(phase, port=options.port, demo=not options.no_demo)
    except group.Trouble as trouble:
        if str(trouble) == "same":
            return fail("同一数据目录正在由另一个进程启动或使用，没有做任何改动。/ Another process uses this data folder; nothing was changed.", 5)
        return fail(str(trouble))
    except fence.Fenced as replaced:
        return fail(str(replaced), 7)
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            return fail("磁盘已满，请腾出空间后重试；已写入的数据不会丢失。/ The disk is full: free some space and try again.", 4)
        raise
    _welcome(made, time.monotonic() - began)
    try:
        made.watch()
    except group.Trouble as trouble:
        return fail(str(trouble))
    except fence.Fenced as replaced:
        return fail(str(replaced), 7)
    finally:
        made.stop()
    say("已停止 / stopped")
    return 0


def _welcome(made: group.Group, seconds: float) -> None:
    say()
    say(f"通办已就绪（{seconds:.1f} 秒）/ Tongban is ready: {made.address}")
    if os.environ.get("TONGBAN_DEMO") == "1":
        say(f"可登录的演示账户（密码均为 {personas.DEMO_PASSWORD}）/ demo accounts, one password:")
        for one in personas.PERSONAS:
            say(f"  {one.username:<12} {one.name}　{one.note}")
    say("按 Ctrl-C 停止 / Ctrl-C stops it")


def _detach(options: argparse.Namespace) -> int:
    data = places.data_dir()
    (data / "logs").mkdir(parents=True, exist_ok=True)
    log = data / "logs" / "up.log"
    arguments = ["up", "--port", str(options.port), *(["--no-demo"] if options.no_demo else [])]
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "tongban", *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True, env=os.environ.copy(),
        )  # fmt: skip
    with log.open() as told:
        while True:
            line = told.readline()
            if line:
                if "Ctrl-C" in line:
                    say("在后台运行；停止：./tongban down / running in the background; stop it with ./tongban down")
                    return 0
                say(line.rstrip("\n"))
            elif child.poll() is not None:
                say(told.read().rstrip("\n"))
                return child.returncode
            else:
                time.sleep(0.05)


def down(options: argparse.Namespace) -> int:
    running = group.state(places.data_dir())
    if not running:
        say("没有在运行 / not running")
        return 0
    os.kill(running["pid"], signal.SIGTERM)
    until = time.monotonic() + 30
    while group.state(places.data_dir()) and time.monotonic() < until:
        time.sleep(0.1)
    say("已停止 / stopped")
    return 0


def status(options: argparse.Namespace) -> int:
    running = group.state(places.data_dir())
    if not running:
        say("没有在运行 / not running")
        return 1
    healthy = group.answers(running["port"])
    say(f"{running['address']}　进程 {running['pid']}　{'正常 / healthy' if healthy else '没有回应 / no answer'}")
    return 0 if healthy else 1


def logs(options: argparse.Namespace) -> int:
    for path in sorted((places.data_dir() / "logs").glob("*.log")):
        say(f"== {path}")
        for line in path.read_text(errors="replace").splitlines()[-options.n :]:
            say(line)
    return 0


def _attach() -> str:
    """Point at the running group's database; its address for people."""
    running = group.state(places.data_dir())
    if not running:
        raise SystemExit(fail("没有在运行：请先运行 ./tongban up。/ Not running: run ./tongban up first.", 6))
    os.environ.setdefault("DATABASE_URL", running["database"])
    os.environ["TONGBAN_ADDRESS"] = running["address"]
    os.environ["TONGBAN_DEMO"] = "1" if running.get("demo") else "0"
    return f"http://127.0.0.1:{running['port']}"


def demo(options: argparse.Namespace) -> int:
    running = group.state(places.data_dir())
    address = f"http://127.0.0.1:{running['port'] if running else options.port}"
    if not running and not group.answers(options.port):
        return fail("没有在运行：请先运行 ./tongban up。/ Not running: run ./tongban up first.", 6)
    steps = _late("demonstration").play(address, say if not options.json else lambda _line: None)
    if options.json:
        say(json.dumps({"steps": steps}, ensure_ascii=False))
    return 0


def verify(options: argparse.Namespace) -> int:
    if options.file:
        return int(_late("offline").verify(options.file, options.key, say))
    _attach()
    return manage(argparse.Namespace(rest=["verify_ledger"]))


def bench(options: argparse.Namespace) -> int:
    path = places.HOME / "bench" / f"{options.name.replace('-', '_')}.py"
    if not path.exists():
        known = "、".join(sorted(p.stem for p in path.parent.glob("[a-z]*.py")))
        return fail(f"没有名为 {options.name} 的测试：{known} / no such benchmark", 2)
    arguments = [sys.executable, "-m", f"bench.{path.stem}", *(["--json"] if options.json else [])]
    return subprocess.run(arguments, cwd=places.HOME, check=False).returncode


def run_tests(options: argparse.Namespace) -> int:
    return int(_late("testing").run(options.rest))


def run_checks(options: argparse.Namespace) -> int:
    return int(_late("testing").check())


def manage(options: argparse.Namespace) -> int:
    if not os.environ.get("DATABASE_URL"):
        _attach()
    # Django's checks are the build's business (`tongban check`): here they would load every page before a command that needs none.
    import_module("django.core.management.base").BaseCommand.requires_system_checks = []
    import_module("django.core.management").execute_from_command_line(["tongban manage", *options.rest])
    return 0


def sbom(options: argparse.Namespace) -> int:
    say(json.dumps(_late("sbom").bill(places.HOME), ensure_ascii=False, indent=1))
    return 0


def audit(options: argparse.Namespace) -> int:
    return int(_late("audit").run(places.HOME, options.osv, say))


def worker(options: argparse.Namespace) -> int:
    return int(_late("background").run())


def exchange(options: argparse.Namespace) -> int:
    return int(_late("exchanging").run())


def answering(options: argparse.Namespace) -> int:
    return int(_late("answering").run())
