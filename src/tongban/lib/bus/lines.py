"""The line between two neighbouring nodes, over a leaf connection: each answers what the other asks for, nothing is pushed.

Whoever wants letters asks for those after the last that it committed, so a line that was cut for a day goes on where it stood. Both
questions are answered from the sender's own database and folder; the broker stores nothing.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as BrokerError

log = structlog.get_logger(__name__)
PART = 512 * 1024  # bytes of a file in one answer
PATIENCE = 15.0  # seconds


class Silent(Exception):
    """The neighbour did not answer, or said why not."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter as it waits on a line: its place, the chain after it, the document."""

    number: int
    chain: str
    document: bytes


def credentials(claim: str, seed: bytes) -> str:
    """A user's claim and seed as the broker's own file format wants them."""
    return (
        f"-----BEGIN NATS USER JWT-----\n{claim}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed.decode()}\n------END USER NKEY SEED------\n"
    )


async def serve(line: Client, code: str, letters: Callable[[dict[str, Any]], Awaitable[list[Posted]]], part: Callable[[str, int], Awaitable[bytes]]) -> None:
    """Answer a neighbour as node `code`: letters after a number, parts of the files that go with them."""

    async def take(message: Msg) -> None:
        try:
            found = await letters(json.loads(message.data))
            told = json.dumps({"letters": [[p.number, p.chain, b64encode(p.document).decode()] for p in found]}).encode()
        except Exception as fault:
            log.warning("a neighbour was not answered", fault=repr(fault)[:300])
            told = json.dumps({"fault": str(fault)[:300]}).encode()
        await _respond(message, told)

    async def piece(message: Msg) -> None:
        try:
            asked = json.loads(message.data)
            told = b"=" + await part(str(asked["cipher"]), int(asked["offset"]))
        except Exception as fault:
            log.warning("a neighbour got no part of a file", fault=repr(fault)[:300])
            told = b"!" + str(fault)[:300].encode()
        await _respond(message, told)

    await line.subscribe(f"node.{code}.letters", cb=take)
    await line.subscribe(f"node.{code}.part", cb=piece)


async def _respond(message: Msg, told: bytes) -> None:
    try:
        await message.respond(told)
    except BrokerError as fault:
        log.warning("an answer to a neighbour did not leave", fault=repr(fault)[:200])


async def ask(line: Client, neighbour: str, after: int, receipt: dict[str, str] | None) -> list[Posted]:
    """The letters that a neighbour has after number `after`, in order, not all at once; raises Silent."""
    asked = json.dumps({"after": after, **(receipt or {})}).encode()
    try:
        held = json.loads((await line.request(f"node.{neighbour}.letters", asked, timeout=PATIENCE)).data)
        if "fault" in held:
            raise Silent(str(held["fault"]))
        return [Posted(int(number), str(chain), b64decode(document)) for number, chain, document in held["letters"]]
    except (BrokerError, KeyError, TypeError, ValueError) as fault:
        raise Silent(repr(fault)[:200]) from fault


async def fetch(line: Client, neighbour: str, cipher: str, offset: int) -> bytes:
    """The part of a file from `offset`; raises Silent."""
    asked = json.dumps({"cipher": cipher, "offset": offset}).encode()
    try:
        held = (await line.request(f"node.{neighbour}.part", asked, timeout=PATIENCE)).data
    except BrokerError as fault:
        raise Silent(repr(fault)[:200]) from fault
    if held[:1] != b"=":
        raise Silent(held[1:].decode(errors="replace"))
    return bytes(held[1:])
