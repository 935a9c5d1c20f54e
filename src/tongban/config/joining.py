"""The lines to neighbouring nodes, kept by the exchange process: answering them, taking what they have written, file by file."""

import asyncio
import json
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from django.db import close_old_connections
from nats.aio.client import Client

from tongban.kernel.identity.actor import system
from tongban.kernel.nodes import blobs, commands, queries
from tongban.lib.bus import accounts, broker, letters, lines
from tongban.lib.bus.server import ABOVE, EmbeddedBroker, Leaf

if TYPE_CHECKING:
    from tongban.kernel.nodes.models import Node

PLATFORM = system("通办·节点")
PAUSE = 1.0  # seconds between questions to a neighbour that had nothing
RETRY = 3.0  # seconds after one that did not answer
T = TypeVar("T")
log = structlog.get_logger(__name__)


def leaf() -> Leaf:
    """Where nodes below connect: TONGBAN_LEAF, "host:port"; without it, loopback and a free port."""
    host, _colon, port = os.environ.get("TONGBAN_LEAF", "127.0.0.1:0").rpartition(":")
    certificate, key = os.environ.get("TONGBAN_LEAF_CERTIFICATE", ""), os.environ.get("TONGBAN_LEAF_KEY", "")
    return Leaf(host.strip("[]") or "127.0.0.1", int(port or 0), certificate, key, os.environ.get("TONGBAN_LEAF_AUTHORITY", ""))


def account_of(home: EmbeddedBroker, node: "Node") -> bytes:
    """The seed of the account in which a line runs."""
    return home.seed(ABOVE if node.place == "above" else f"node-{node.code}", "account")


async def off_loop(function: Callable[..., T], *arguments: Any, **more: Any) -> T:
    """Run what speaks with the database in a thread."""

    def within() -> T:
        close_old_connections()
        return function(*arguments, **more)

    return await asyncio.to_thread(within)


class Lines:
    """One task a neighbour; ends the process when the node above has changed, since the broker must then start anew."""

    def __init__(self, home: EmbeddedBroker, url: str) -> None:
        self.home, self.url = home, url
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.begun = self._mark()
        self.receipted: dict[str, int] = {}

    def _mark(self) -> float:
        return self.home.above.stat().st_mtime if self.home.above.exists() else 0.0

    async def watch(self) -> None:
        """Neighbours become tasks; those that are no longer neighbours lose line and account."""
        system_line = await broker.connect(self.url, broker.login(self.home.system, "system"))
        while True:
            try:
                if self._mark() != self.begun:
                    log.info("nodes: the node above has changed; the broker starts anew")
                    self.home.stop()
                    os._exit(0)
                known = {n.code: n for n in await off_loop(queries.neighbours)}
                for code, node in known.items():
                    if code not in self.tasks or self.tasks[code].done():
                        await self._open_account(system_line, node)
                        self.tasks[code] = asyncio.create_task(self._keep(node))
                for code in self.tasks.keys() - known.keys():
                    self.tasks.pop(code).cancel()
                    await self._close_account(system_line, code)
                await off_loop(retry_due)
            except Exception:
                log.exception("nodes: looking after the lines failed; trying again")
            await asyncio.sleep(PAUSE)

    async def _open_account(self, system_line: Client, node: "Node") -> None:
        seed = account_of(self.home, node)
        await broker.push_claim(system_line, accounts.account_claim(self.home.operator, accounts.public(seed), f"node-{node.code}", []))

    async def _close_account(self, system_line: Client, code: str) -> None:
        """Nobody may connect in it any more, and who is connected is cut off."""
        account = accounts.public(self.home.seed(f"node-{code}", "account"))
        await broker.push_claim(system_line, accounts.closed_claim(self.home.operator, account, f"node-{code}"))

    async def _keep(self, node: "Node") -> None:
        """Answer the neighbour, and ask it, until the line is ended."""
        line = await broker.connect(self.url, broker.login(account_of(self.home, node), f"node-{node.code}"))
        try:
            await lines.serve(line, await off_loop(_own_code), partial(off_loop, letters_for, node.code), partial(off_loop, part_for, node.code))
            while True:
                try:
                    taken = await self._turn(line, node.code)
                    await asyncio.sleep(0 if taken else PAUSE)
                except lines.Silent as fault:
                    log.warning("nodes: a neighbour does not answer", node=node.code, fault=str(fault)[:200])
                    await asyncio.sleep(RETRY)
                except Exception:
                    log.exception("nodes: a line waits", node=node.code)
                    await asyncio.sleep(RETRY)
        finally:
            await line.close()

    async def _turn(self, line: Client, code: str) -> int:
        """Take what the neighbour has; how many letters it was."""
        node, receipt = await off_loop(_standing, code, self.receipted.get(code, 0))
        found = await lines.ask(line, code, node.taken, receipt)
        self.receipted[code] = node.taken
        for one in found:
            for cipher, size in letters.read(one.document).ciphers:
                await self._fetch(line, code, cipher, size)
            await off_loop(commands.take_letter, PLATFORM, code=code, number=one.number, chain=one.chain, document=one.document)
        if not found:
            await off_loop(commands.note_heard, PLATFORM, code=code)
        return len(found)

    async def _fetch(self, line: Client, code: str, cipher: str, size: int) -> None:
        """A file that goes with a letter, part by part; one that is here already is not asked for."""
        if await asyncio.to_thread(blobs.is_here, cipher):
            return
        held = bytearray()
        while len(held) < size:
            piece = await lines.fetch(line, code, cipher, len(held))
            if not piece or len(held) + len(piece) > size:
                raise lines.Silent(f"a file of {size} bytes ended at {len(held)}")
            held += piece
        kept = await asyncio.to_thread(blobs.keep, bytes(held))
        if kept != cipher:
            raise lines.Silent("a file is not the one that its letter names")


def _own_code() -> str:
    held = queries.here()
    if held is None:
        raise LookupError("this installation is no node")
    return held.code


def _standing(code: str, receipted: int) -> tuple["Node", dict[str, str] | None]:
    """A neighbour, and a receipt when more has come than it was told of."""
    node = queries.neighbour(code)
    return node, commands.own_receipt(node) if node.taken != receipted else None


def letters_for(code: str, asked: dict[str, Any]) -> list[lines.Posted]:
    """What a neighbour asks for; its receipt is kept on the way."""
    commands.keep_receipt(PLATFORM, code=code, held=asked)
    return [lines.Posted(p.number, p.chain, bytes(p.document)) for p in queries.waiting(code, int(asked["after"]))]


def part_for(code: str, cipher: str, offset: int) -> bytes:
    """A part of a file that goes with a letter to this neighbour."""
    if not queries.may_fetch(code, cipher):
        raise PermissionError("no letter that waits for you names this file")
    return blobs.part(cipher, offset, lines.PART)


def retry_due() -> None:
    """Try held letters again when their time has come."""
    for one in queries.due_again():
        commands.retry_held(PLATFORM, held=one.id)


def credentials_for(home: EmbeddedBroker, code: str) -> str:
    """What lets a node below connect, and nothing else: a user of its account."""
    who = broker.login(home.seed(f"node-{code}", "account"), f"node-{code}")
    return lines.credentials(who.claim, who.seed)


def place_credentials(home: EmbeddedBroker, told: dict[str, str]) -> None:
    """Keep address and credentials of the node above where the broker reads them: the credentials first."""
    path = home.home / "keys" / "above.creds"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(told["credentials"])
    fresh = home.above.with_suffix(".new")
    fresh.write_text(json.dumps({"leaf": told["leaf"]}))
    fresh.rename(home.above)
