"""The commands backup, restore, drill, ship."""

import argparse
import getpass
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from tongban.config import backup, group, places, restore
from tongban.lib import clock, keys
from tongban.lib.offsite.targets import Unreachable
from tongban.lib.sm import Tampered

Say = Callable[[str], None]
DEFAULT_EVERY = "24"  # hours between base backups
DEFAULT_KEEP = "7"
HEALTHY_WITHIN = 60


def target_of(options: argparse.Namespace) -> str:
    return options.target or os.environ.get("TONGBAN_BACKUP", "")


def _told(work: Callable[[], int], say: Say) -> int:
    try:
        return work()
    except (backup.Failed, restore.CannotRestore, Unreachable) as fault:
        say(str(fault))
        return 1
    except Tampered:
        say("备份内容被改动或损坏，打不开；请改用另一份备份。/ A piece of the backup was changed or is damaged: use another copy.")
        return 1


def ship(options: argparse.Namespace) -> int:
    """The shipper, started by `up`."""
    every = float(os.environ.get("TONGBAN_BACKUP_HOURS", DEFAULT_EVERY)) * 3600
    return backup.run(places.data_dir(), os.environ["TONGBAN_BACKUP"], base_every=every, keep=int(os.environ.get("TONGBAN_BACKUP_KEEP", DEFAULT_KEEP)))


def take(options: argparse.Namespace, say: Say) -> int:
    """A base backup now, and everything up to now."""
    address = target_of(options)
    if not address:
        say("请用 --to 或 TONGBAN_BACKUP 指明异地备份的位置。/ Say where with --to or TONGBAN_BACKUP.")
        return 2
    if not group.state(places.data_dir()):
        say("没有在运行：请先运行 ./tongban up。/ Not running: run ./tongban up first.")
        return 6
    return _told(lambda: _take(address, say), say)


def _take(address: str, say: Say) -> int:
    shipper = backup.Shipper(places.data_dir(), address, once=True)
    with shipper.connect() as connection:
        shipper.prepare(connection)
        label = shipper.take_base()
        shipper.round(connection)
    say(f"基础备份 {label} 已完成并加密存放于 {address} / base backup done")
    if not keys.told_passphrase():
        say(f"恢复时需要密钥口令，它不随备份离开：请另行保管 {places.data_dir() / 'keys' / 'passphrase'}")
        say("Restoring needs the passphrase, which never leaves with the backup: keep that file elsewhere too.")
    return 0


def bring_back(options: argparse.Namespace, say: Say) -> int:
    """Rebuild an installation from the off-site copy into an empty folder."""
    if not target_of(options) or not options.data:
        say("请用 --from 指明备份位置，用 --data 指明空目录。/ Say --from where and --data into which empty folder.")
        return 2
    try:
        at = datetime.fromisoformat(options.at) if options.at else None
    except ValueError:
        say("--at：请写成 2026-11-24T10:00:00 / write it as 2026-11-24T10:00:00")
        return 2
    if at and at.tzinfo is None:
        at = at.replace(tzinfo=clock.CHINA)
    return _told(lambda: _bring_back(target_of(options), places.data_dir(), at, say), say)


def _bring_back(address: str, data: Path, at: datetime | None, say: Say) -> int:
    made = restore.restore(address, data, restore.passphrase_of(None) or _typed(), at=at, say=say)
    say(f"已恢复到 {data}（备份时间 {made.shipped_at}）。请设置 TONGBAN_KEY_PASSPHRASE 后运行 ./tongban up --data {data}")
    say(f"Restored. Set TONGBAN_KEY_PASSPHRASE and run ./tongban up --data {data}")
    return 0


def _typed() -> bytes:
    return getpass.getpass("密钥口令 / passphrase: ").encode()


def drill(options: argparse.Namespace, say: Say) -> int:
    """Restore the off-site copy beside the running installation, start it, verify it, measure, record, remove it."""
    address = target_of(options)
    if not address:
        say("请用 --from 或 TONGBAN_BACKUP 指明备份位置。/ Say where with --from or TONGBAN_BACKUP.")
        return 2
    return _told(lambda: _drill(address, options, say), say)


def _drill(address: str, options: argparse.Namespace, say: Say) -> int:
    began, moment = time.monotonic(), clock.now()
    running = places.data_dir() if group.state(places.data_dir()) else None
    word = restore.passphrase_of(places.data_dir()) or _typed()
    with tempfile.TemporaryDirectory(prefix="tongban-drill-") as folder:
        data = Path(folder) / "data"
        Path(folder).chmod(0o755)
        try:
            made = restore.restore(address, data, word, say=say)
            checked = _serve(data, word, say)
        finally:
            restore.clear(data)
    rto = round(time.monotonic() - began, 1) if not checked.get("fault") else None
    rpo = round(max(0.0, (moment - datetime.fromisoformat(made.shipped_at)).total_seconds()), 1)
    result = {
        "at": moment.isoformat(), "base": made.label, "bytes": made.bytes, "files": made.files, "rpo_s": rpo, "rto_s": rto,
        "seconds": made.seconds, **checked,
    }  # fmt: skip
    say(f"演练：RPO {rpo} 秒，RTO {rto} 秒，{'通过' if not checked.get('fault') else '没有通过：' + str(checked['fault'])}")
    if running:
        _record(result, say)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    return 1 if checked.get("fault") else 0


def _serve(data: Path, word: bytes, say: Say) -> dict[str, Any]:
    """Start the restored installation on a free port: ledger verified, rows counted, page answered."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "TONGBAN_ADDRESS", "TONGBAN_BACKUP", "TONGBAN_DEMO")}
    environment = {**kept, "TONGBAN_DATA": str(data), "TONGBAN_KEY_PASSPHRASE": word.decode()}

    def tongban(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tongban", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)

    began = time.monotonic()
    up = tongban("up", "--detach", "--no-demo", "--port", str(port))
    try:
        if up.returncode or not group.answers(port):
            return {"fault": f"up: {up.stdout[-300:]}{up.stderr[-300:]}"}
        serving = round(time.monotonic() - began, 1)
        say(f"恢复的系统已在端口 {port} 回应（{serving} 秒）/ the restored installation answers")
        verdict = tongban("verify")
        counts = tongban("manage", "count_rows")
        told = {"serving_s": serving, "ledger": verdict.stdout.strip()[-300:], "rows": json.loads(counts.stdout or "{}")}
        return told if not verdict.returncode else {**told, "fault": verdict.stdout.strip()[-300:]}
    finally:
        tongban("down")


def _record(result: dict[str, Any], say: Say) -> None:
    """Into the running installation, for the centre's pages."""
    running = group.state(places.data_dir())
    if running is None:
        return
    environment = {**os.environ, "DATABASE_URL": running["database"], "TONGBAN_DEMO": "1" if running.get("demo") else "0"}
    command = [sys.executable, "-m", "tongban", "manage", "record_drill", json.dumps(result, ensure_ascii=False)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        say(f"演练结果没有登记上：{done.stderr[-300:]} / the result was not recorded")


def add(commands: Callable[[str, str], argparse.ArgumentParser], placed: Callable[[argparse.ArgumentParser], None]) -> None:
    """The options of these commands."""
    one = commands("backup", "异地备份：立即做一次基础备份并送出最新日志 / an off-site base backup now")
    placed(one)
    one.add_argument("--to", dest="target", default="", help="目录、sftp:// 或 s3:// / folder, sftp:// or s3://")
    one = commands("restore", "从异地备份恢复到一个空目录 / restore into an empty folder")
    placed(one)
    one.add_argument("--from", dest="target", default="")
    one.add_argument("--at", default="", help="恢复到这一时刻 / to this moment")
    one = commands("drill", "灾备演练：恢复、启动、核验、测量、登记 / restore beside, verify, measure, record")
    placed(one)
    one.add_argument("--from", dest="target", default="")
    one.add_argument("--json", action="store_true")
    commands("ship", "异地备份进程（由 up 启动）/ the shipper, started by up")
