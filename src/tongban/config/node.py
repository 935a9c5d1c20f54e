"""`tongban node`: inviting a node below, joining the one above, how the lines stand, ending one."""

import argparse
import json
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tongban.config import places

Say = Callable[[str], None]


def add(command: Callable[[str, str], argparse.ArgumentParser], placed: Callable[[argparse.ArgumentParser], None]) -> None:
    """The command with its own four."""
    top = command("node", "节点互联：邀请、接入、查看、断开 / nodes: invite, join, list, end")
    parts = top.add_subparsers(dest="act", required=True, metavar="ACT")

    def part(name: str, told: str) -> argparse.ArgumentParser:
        one = parts.add_parser(name, help=told, description=told)
        placed(one)
        return one

    invite = part("invite", "为下级节点制作邀请文件 / make the file with which a node below joins")
    invite.add_argument("code", help="下级节点的区划代码，如3706 / region code of the node below")
    invite.add_argument("--name", default="", help="名称，默认区划名 / its name; the region's by default")
    invite.add_argument("--regions", default="", help="还服务的区划，逗号分隔 / further regions that it serves, with commas")
    invite.add_argument("--leaf", default="", help="下级连接的地址，如nats://10.0.0.1:7422 / where it connects")
    invite.add_argument("--top", default="37", help="本节点的区划，首次邀请时定下 / this node's own region, settled with the first invitation")
    invite.add_argument("--out", type=Path, required=True, help="邀请文件，含密钥，请当面或加密转交 / the file; it holds a secret")
    join = part("join", "按邀请文件接入上级节点 / join the node above with its file")
    join.add_argument("file", type=Path)
    part("list", "各节点与线路 / nodes and their lines")
    end = part("end", "断开一个下级节点 / end a node below")
    end.add_argument("code")
    end.add_argument("--reason", required=True, help="原因 / why")


def run(options: argparse.Namespace, say: Say, attach: Callable[[], str]) -> int:
    """Against the running installation."""
    attach()
    import_module("django").setup()
    done: int = {"invite": _invite, "join": _join, "list": _list, "end": _end}[options.act](options, say)
    return done


def _parts() -> tuple[Any, Any, Any, Any]:
    """(nodes' commands, queries, the assembly's lines, whoever acts): imported once the apps are ready."""
    nodes = import_module("tongban.kernel.nodes.commands")
    queries = import_module("tongban.kernel.nodes.queries")
    actor = import_module("tongban.kernel.identity.actor").system("命令行·节点")
    return nodes, queries, import_module("tongban.config.joining"), actor


def _home() -> Any:
    return import_module("tongban.lib.bus.server").EmbeddedBroker(places.data_dir() / "broker")


def _told(say: Say, work: Callable[[], None]) -> int:
    errors = import_module("tongban.lib.errors")
    try:
        work()
    except errors.TongbanError as fault:
        say(str(fault))
        return 1
    return 0


def _invite(options: argparse.Namespace, say: Say) -> int:
    nodes, _queries, joining, actor = _parts()
    home = _home()

    def work() -> None:
        regions = [r.strip() for r in options.regions.split(",") if r.strip()]
        told = nodes.invite_node(actor, code=options.code, name=options.name, regions=regions, address=os.environ.get("TONGBAN_ADDRESS", ""), top=options.top)
        told["leaf"] = options.leaf or f"nats://127.0.0.1:{home.leaf_port}"
        told["credentials"] = joining.credentials_for(home, options.code)
        options.out.touch(mode=0o600)
        options.out.chmod(0o600)
        options.out.write_text(json.dumps(told, ensure_ascii=False, indent=1))
        say(f"邀请文件：{options.out}。在{told['node']['name']}的服务器上运行 ./tongban node join {options.out.name}")
        say("The file holds a secret: hand it over by a safe way, and delete it when the node has joined.")

    return _told(say, work)


def _join(options: argparse.Namespace, say: Say) -> int:
    nodes, _queries, joining, actor = _parts()
    try:
        told = json.loads(options.file.read_text())
        placed = {"leaf": str(told["leaf"]), "credentials": str(told["credentials"])}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        say(f"读不了邀请文件：{fault!r} / the invitation cannot be read")
        return 1

    def work() -> None:
        above = nodes.join_node(actor, invitation=told, address=os.environ.get("TONGBAN_ADDRESS", ""))
        joining.place_credentials(_home(), placed)
        say(f"已接入{above.name}；机构、事项、目录正在送达。/ Joined {above.name}; organs, matters and the catalogue are on their way.")

    return _told(say, work)


def _list(options: argparse.Namespace, say: Say) -> int:
    _nodes, queries, _joining, actor = _parts()
    rows = queries.lines(actor)
    if not rows:
        say("没有其他节点 / this installation stands alone")
    for one in rows:
        heard = f"，最近听到 {one.node.heard_at:%m-%d %H:%M:%S}" if one.node.heard_at else ""
        say(
            f"{one.node.code:<7} {one.node.name}　{one.node.get_place_display()}·{one.node.get_state_display()}　"
            f"已发 {one.node.sent}，未签收 {one.waits}，已收 {one.node.taken}，待处理 {one.held}{heard}"
        )
    return 0


def _end(options: argparse.Namespace, say: Say) -> int:
    nodes, _queries, _joining, actor = _parts()
    return _told(say, lambda: say(f"已断开{nodes.end_node(actor, code=options.code, words=options.reason).name}"))
