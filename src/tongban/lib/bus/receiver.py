"""The receiver: takes the batch behind its own offset, verifies, writes rows, offset and receipt in one transaction.

It asks the broker by number, so no consumer state stands between the broker and the offset: whoever is killed, the next question
is again "offset + 1". (A durable consumer with "skip what is not above the offset" lost 50,000 of 2,000,000 rows under kills, in
a construction tried before.)
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from nats.aio.client import Client
from nats.errors import Error as BrokerError

from tongban.lib import sm
from tongban.lib.bus import broker
from tongban.lib.bus.envelope import RESET, BadEnvelope, Envelope, Receipt, opened
from tongban.lib.bus.target import Offset, PostgresTarget

TOGETHER = 4  # batches a transaction
AHEAD = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch whose signature, digest and place are good."""

    number: int
    envelope: Envelope
    rows: pa.Table
    receipt: Receipt
    signature: str


def unpack(body: bytes, schema: pa.Schema) -> pa.Table:
    """The rows of a body; raises BadEnvelope where they are not the contract's."""
    try:
        table = pa.ipc.open_stream(body).read_all()
        return table.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError, ValueError) as fault:
        raise BadEnvelope(f"the rows are not the contract's: {fault}"[:200]) from fault


def open_batch(held: broker.Held, target: PostgresTarget, provider: bytes, key: sm.SigningKey, before: tuple[int, str]) -> Opened:
    """Verify one message; `before` is the batch and envelope it must follow. Raises BadEnvelope."""
    one = opened(held.headers, held.body, provider)
    if (one.batch - 1, one.previous) != before:
        raise BadEnvelope(f"batch {one.batch} does not follow batch {before[0]}")
    if one.agreement != target.contract.number:
        raise BadEnvelope("the batch belongs to another agreement")
    rows = unpack(held.body, target.contract.schema())
    if rows.num_rows != one.rows:
        raise BadEnvelope("the number of rows is not the one that was signed")
    told = Receipt(one.agreement, one.batch, sm.sm3_hex(one.canonical()), one.rows, datetime.now(UTC).isoformat(timespec="milliseconds"))
    return Opened(held.number, one, rows, told, key.sign(told.canonical()).hex())


async def receive(
    line: Client, target: PostgresTarget, provider: bytes, key: sm.SigningKey, *,
    until: int = 0, taken: Callable[[Envelope, Receipt, str], None] = lambda _e, _r, _s: None, together: int = TOGETHER,
) -> Offset:  # fmt: skip
    """Take all there is, or wait until the sequence has come to `until`; returns the offset. `taken` is called after the commit; it may miss one at a crash,
    so receipts are read again from the target (`hand_over`)."""
    offset = await asyncio.to_thread(target.prepare)
    feed: asyncio.Queue[Opened | BaseException | None] = asyncio.Queue(AHEAD)
    reader = asyncio.create_task(_take(line, target, provider, key, offset, feed, until))
    try:
        ended = False
        while not ended:
            group: list[Opened] = []
            while (
                len(group) < together and not ended and (not group or not (feed.empty() or group[-1].envelope.kind == RESET))
            ):  # what is there is written, not waited for
                one = await feed.get()
                if isinstance(one, BaseException):
                    if group:
                        offset = await _write(target, group, offset, taken)
                    raise one
                if one is None:
                    ended = True
                else:
                    group.append(one)
            if group:
                offset = await _write(target, group, offset, taken)
        await asyncio.to_thread(target.settle)
    finally:
        reader.cancel()
    return offset


async def _write(target: PostgresTarget, group: list[Opened], offset: Offset, taken: Callable[[Envelope, Receipt, str], None]) -> Offset:
    if any(g.envelope.kind != "load" for g in group) and not offset.keyed:
        offset = await asyncio.to_thread(target.finish_load, offset)
    made = await asyncio.to_thread(target.write, [(g.number, g.envelope, g.rows, g.receipt, g.signature) for g in group], offset)
    for one in group:
        await asyncio.to_thread(taken, one.envelope, one.receipt, one.signature)
    return made


async def _take(
    line: Client, target: PostgresTarget, provider: bytes, key: sm.SigningKey, offset: Offset, feed: "asyncio.Queue[Opened | BaseException | None]", until: int
) -> None:
    number, before, come = offset.message + 1, (offset.batch, offset.envelope), offset.last
    try:
        while not until or come < until:
            try:
                held = await broker.take(line, target.contract.number, number)
            except (BrokerError, TimeoutError):
                if not until:
                    raise
                await asyncio.sleep(0.2)
                continue
            if held is None:
                if not until:
                    break
                await asyncio.sleep(0.05)
                continue
            one = await asyncio.to_thread(open_batch, held, target, provider, key, before)
            await feed.put(one)
            number, before, come = held.number + 1, (one.envelope.batch, one.receipt.envelope), one.envelope.last
    except BaseException as fault:
        await feed.put(fault)
        raise
    await feed.put(None)


async def hand_over(line: Client, target: PostgresTarget) -> int:
    """Send the receipts that the provider does not have yet; returns how many it has confirmed."""
    sent = []
    for batch, told, signature in await asyncio.to_thread(target.unsent):
        body = json.dumps({"receipt": json.loads(told), "signature": signature}).encode()
        if not await broker.receipt(line, target.contract.number, {}, body, f"{target.contract.number}:{batch}"):
            break
        sent.append(batch)
    if sent:
        await asyncio.to_thread(target.mark_sent, sent)
    return len(sent)
