"""The sender: reads in order, checks, packs, signs, publishes; after a crash it goes on behind what the broker holds.

Reading, checking and packing run in a thread ahead of publishing, two batches at most: a slow broker slows the reader, and memory
stays bounded.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from nats.aio.client import Client
from nats.errors import Error as BrokerError
from nats.js.errors import APIError

from tongban.lib import sm
from tongban.lib.bus import broker, checks
from tongban.lib.bus.contract import Contract
from tongban.lib.bus.envelope import Envelope, headers, read
from tongban.lib.bus.source import Read, Source

MOST_BODY = 7 * 1024 * 1024  # below the broker's 8 with its headers
AHEAD = 2
WAIT_FULL = 1.0  # seconds until a full stream is tried again
_END = object()


@dataclass(frozen=True, slots=True)
class Parties:
    """Between whom, about what."""

    agreement: str
    resource: str
    provider: str
    consumer: str


@dataclass(slots=True)
class Packed:
    """A batch ready to be signed."""

    body: bytes
    digest: str
    rows: int
    first: int
    last: int
    faults: list[checks.Fault]
    bad: pa.Table
    kind: str = ""


Told = Callable[[Envelope, str], None]
Dangling = Callable[[pa.Table, Contract], Mapping[str, Any]] | None
Leaving = Callable[[pa.Table], pa.Table] | None
SetAside = Callable[[int, list[checks.Fault], pa.Table], None]


def pack(table: pa.Table) -> bytes:
    """Arrow IPC stream, zstd."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1))) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def packed(held: Read, contract: Contract, today: date, *, changes: bool = False, leaving: Leaving = None, dangling: Dangling = None) -> Iterator[Packed]:
    """A batch checked and packed, in halves where it is too large; one whose rows are all bad is still sent, empty, so that numbers have no gap."""
    table, order = held.table, held.table.column(contract.sequence)
    absent = dangling(table, contract) if dangling else None
    good, faults, bad = checks.check(table, contract, today, changes=changes, dangling=absent)
    body = pack(leaving(good) if leaving else good)
    if len(body) <= MOST_BODY:
        first = order[0].as_py() if table.num_rows else held.last
        yield Packed(body, sm.sm3_hex(body), good.num_rows, first, held.last, faults, bad, held.kind)
    elif table.num_rows == 1:
        raise ValueError(f"a single row is larger than {MOST_BODY} bytes; send it as a file")
    else:
        half = table.num_rows // 2
        edge = order[half - 1].as_py()
        between = edge if edge < order[half].as_py() else held.before
        for part in (Read(table.slice(0, half), held.before, between, held.kind), Read(table.slice(half), between, held.last, held.kind)):
            yield from packed(part, contract, today, changes=changes, leaving=leaving, dangling=dangling)


async def send(
    line: Client, source: Source, contract: Contract, parties: Parties, key: sm.SigningKey, *,
    kind: str = "load", today: date | None = None, sent: Told = lambda _e, _s: None, aside: SetAside = lambda _n, _f, _b: None,
    leaving: Leaving = None, may_go: Callable[[int], bool] = lambda _rows: True,
) -> int:  # fmt: skip
    """Send what is new since the broker's last batch; returns how many batches went. `leaving` changes sound rows before they are signed; sending ends before
    the first batch that `may_go` (rows) does not let pass.

    `sent` is called after the broker confirmed, again for the last batch after a crash: it must bear that. So must `aside`.
    """
    held = await broker.last(line, parties.agreement)
    before = read(held.headers) if held else None
    if held and before:
        await asyncio.to_thread(sent, before, held.headers["Tongban-Signature"])
    number, previous = (held.number, sm.sm3_hex(before.canonical())) if held and before else (0, "")
    batch = before.batch if before else 0
    stop = threading.Event()
    read_ahead, feed = _ahead(stop, source.batches(contract, before.last if before else 0)), queue.Queue[Any](AHEAD)
    how: dict[str, Any] = {"changes": kind == "changes", "leaving": leaving, "dangling": source.dangling if source.references else None}
    _spawn(feed, stop, (one for held_read in _drained(read_ahead, stop) for one in packed(held_read, contract, today or date.today(), **how)))
    begun = batch
    try:
        while (one := await asyncio.to_thread(_next, feed, stop)) is not _END:
            if isinstance(one, BaseException):
                raise one
            if not await asyncio.to_thread(may_go, one.rows):
                break
            batch += 1
            if one.faults:
                await asyncio.to_thread(aside, batch, one.faults, one.bad)
            told = Envelope(
                parties.agreement, parties.resource, parties.provider, parties.consumer, batch, one.rows, one.first, one.last, one.digest, previous,
                datetime.now(UTC).isoformat(timespec="milliseconds"), one.kind or kind,
            )  # fmt: skip
            signed = headers(told, key)
            number = await _publish(line, told, signed, one.body, number)
            previous = sm.sm3_hex(told.canonical())
            await asyncio.to_thread(sent, told, signed["Tongban-Signature"])
    finally:
        stop.set()
    return batch - begun


def _ahead(stop: threading.Event, made: Iterator[Any]) -> queue.Queue[Any]:
    """A thread that makes a few ahead of whoever takes them."""
    feed = queue.Queue[Any](AHEAD)
    _spawn(feed, stop, made)
    return feed


def _spawn(feed: queue.Queue[Any], stop: threading.Event, made: Iterator[Any]) -> None:
    def put(one: object) -> None:
        while not stop.is_set():
            try:
                feed.put(one, timeout=0.5)
            except queue.Full:
                continue
            return

    def run() -> None:
        try:
            for one in made:
                put(one)
                if stop.is_set():
                    return
        except BaseException as fault:  # whoever takes it tells it
            put(fault)
        else:
            put(_END)

    threading.Thread(target=run, daemon=True).start()


def _next(feed: queue.Queue[Any], stop: threading.Event) -> Any:
    """What comes next; the end where all was stopped, so that no thread waits for ever."""
    while not stop.is_set():
        try:
            return feed.get(timeout=0.5)
        except queue.Empty:
            continue
    return _END


def _drained(feed: queue.Queue[Any], stop: threading.Event) -> Iterator[Any]:
    while (one := _next(feed, stop)) is not _END:
        if isinstance(one, BaseException):
            raise one
        yield one


async def _publish(line: Client, told: Envelope, signed: dict[str, str], body: bytes, after: int) -> int:
    """Publish once; a lost answer is asked for again, a full stream is waited for."""
    identity = f"{told.agreement}:{told.batch}:{told.digest[:16]}"
    while True:
        try:
            return await broker.publish(line, told.agreement, identity, signed, body, after=after)
        except APIError as fault:
            if fault.err_code == 10071:  # wrong last sequence: it arrived before, or another sender wrote
                held = await broker.last(line, told.agreement)
                if held and held.number == after + 1 and read(held.headers).digest == told.digest:
                    return held.number
                raise
            if fault.err_code not in (10077, 10023, 10122):  # the stream or the store is full
                raise
        except (BrokerError, TimeoutError):
            pass
        await asyncio.sleep(WAIT_FULL)
