"""The exchange process: broker, accounts from agreements, and every flow that runs. Started by `up`, beside web and worker."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import django

django.setup()

import adbc_driver_manager  # noqa: E402 - apps must be ready first
import psycopg  # noqa: E402
import structlog  # noqa: E402
from django.db import close_old_connections  # noqa: E402
from nats.aio.client import Client  # noqa: E402

from tongban.config import places  # noqa: E402
from tongban.config.embedded import die_with_parent  # noqa: E402
from tongban.config.joining import Lines, leaf, off_loop  # noqa: E402
from tongban.kernel.catalogue.commands.agreements import organ_key  # noqa: E402
from tongban.kernel.catalogue.queries import access  # noqa: E402
from tongban.kernel.identity.actor import system  # noqa: E402
from tongban.kernel.ledger import queries as ledger  # noqa: E402
from tongban.lib import clock, sm  # noqa: E402
from tongban.lib.bus import accounts, broker, filters, replica  # noqa: E402
from tongban.lib.bus.envelope import BadEnvelope, Receipt  # noqa: E402
from tongban.lib.bus.looking import LOG, NUMBER, Marks  # noqa: E402
from tongban.lib.bus.memory import keep_large_buffers  # noqa: E402
from tongban.lib.bus.receiver import hand_over, receive  # noqa: E402
from tongban.lib.bus.sender import Parties, send  # noqa: E402
from tongban.lib.bus.server import EmbeddedBroker  # noqa: E402
from tongban.lib.bus.source import PostgresSource, Source  # noqa: E402
from tongban.lib.bus.target import PostgresTarget  # noqa: E402
from tongban.lib.errors import Refused  # noqa: E402
from tongban.rooms.data.exchange.commands import ends  # noqa: E402
from tongban.rooms.data.exchange.commands import flows as commands  # noqa: E402
from tongban.rooms.data.exchange.queries import flows as queries  # noqa: E402
from tongban.rooms.data.exchange.queries.ledger_source import LedgerSource  # noqa: E402
from tongban.rooms.data.exchange.rules import flows as rules  # noqa: E402
from tongban.rooms.data.exchange.models import Flow  # noqa: E402

PLATFORM = system("通办·交换")
PAUSE = 1.0  # seconds between looks at agreements and flows
RELEASE = 60.0  # seconds between looks for logs that need not be kept any more
RETRY = 5.0  # seconds after a part outside did not answer
WHOLE = 60.0  # seconds after which a flow is looked at as a whole though nothing seems to have been written
NOTHING = "nothing moved, and there is no mark"
T = TypeVar("T")
log = structlog.get_logger(__name__)
# What a person must mend; everything else is tried again.
HOPELESS = (BadEnvelope, ValueError, Refused, psycopg.ProgrammingError, adbc_driver_manager.ProgrammingError)


def run() -> int:
    """Until a signal ends it."""
    keep_large_buffers()
    home = EmbeddedBroker(places.data_dir() / "broker", die=die_with_parent(signal.SIGKILL), leaf=leaf())
    url = os.environ.get("NATS_URL") or home.start()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # nothing is lost: every step is a transaction
    try:
        asyncio.run(_work(home, url))
    finally:
        home.stop()
    return 0


async def _work(home: EmbeddedBroker, url: str) -> None:
    await asyncio.gather(Exchange(home, url).watch(), Lines(home, url).watch())


class Exchange:
    """Claims pushed, lines open, one task a flow."""

    def __init__(self, home: EmbeddedBroker, url: str) -> None:
        self.home, self.url = home, url
        self.pushed: dict[str, str] = {}
        self.mark = ""
        self.released = 0.0
        self.lines: dict[str, Client] = {}
        self.flows: dict[str, Flow] = {}  # those that run, as they stood at the last look
        self.sealed = 0  # entries of the ledger then
        self.marks = Marks()
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def watch(self) -> None:
        """Agreements become accounts, flows become tasks; what is no longer allowed or wanted ends."""
        line = await broker.connect(self.url, broker.login(self.home.system, "system"))
        while True:
            try:
                await self._claims(line)
                if time.monotonic() - self.released > RELEASE:
                    await off_loop(_release)
                    self.released = time.monotonic()
                self.flows, self.sealed = await off_loop(_standing)
                await self.marks.keep({f.source.address for f in self.flows.values() if f.source})
                for number in self.flows:
                    if number not in self.tasks or self.tasks[number].done():
                        self.tasks[number] = asyncio.create_task(self._keep_running(number))
                for number in self.tasks.keys() - self.flows.keys():
                    self.tasks.pop(number).cancel()
            except Exception:
                log.exception("exchange: looking at agreements failed; trying again")
            await asyncio.sleep(PAUSE)

    async def _claims(self, line: Client) -> None:
        """Push the claim of every organ whose agreements changed."""
        mark = await off_loop(access.mark_in_force)
        if mark == self.mark:
            return
        held = await off_loop(access.in_force)
        organs = {o.key for a in held for o in (a.provider, a.consumer)} | set(self.pushed)
        allowed = [accounts.Allowed(a.number, self._account(a.provider.key), self._account(a.consumer.key)) for a in held]
        for organ in sorted(organs):
            mine = [a for a in allowed if self._account(organ) in (a.provider, a.consumer)]
            told = repr(mine)
            if self.pushed.get(organ) != told:
                await broker.push_claim(line, accounts.account_claim(self.home.operator, self._account(organ), organ, mine))
                self.pushed[organ] = told
        self.mark = mark

    def _account(self, organ: str) -> str:
        return accounts.public(self.home.seed(f"organ-{organ}", "account"))

    async def _line(self, organ: str) -> Client:
        if organ not in self.lines or self.lines[organ].is_closed:
            self.lines[organ] = await broker.connect(self.url, broker.login(self.home.seed(f"organ-{organ}", "account"), organ))
        return self.lines[organ]

    async def _keep_running(self, agreement: str) -> None:
        """A flow until it is paused; a part outside that is away is waited for, what a person must mend stops it.

        Read anew before it moves anything: what was read before a person mended it would stop it a second time.
        """
        quiet, whole = "", 0.0
        while (known := self.flows.get(agreement)) is not None:
            try:
                mark = await self._mark(known)
                if not mark or mark != quiet or time.monotonic() > whole:
                    flow = await off_loop(queries.running, agreement)
                    if flow is None:
                        return
                    moved = await self._turn(flow, take=not quiet or time.monotonic() > whole)
                    quiet, whole = "" if moved else mark or NOTHING, time.monotonic() + WHOLE
                await asyncio.sleep(PAUSE)
            except HOPELESS as fault:
                log.exception("exchange: a flow stopped", agreement=agreement)
                words = ends.log_sentence(fault.why) if isinstance(fault, replica.Unusable) else str(fault)
                await off_loop(commands.fail_flow, PLATFORM, agreement=agreement, words=words)
                return
            except Exception:
                log.exception("exchange: a flow waits", agreement=agreement)
                quiet = ""
                await asyncio.sleep(RETRY)

    async def _mark(self, flow: Flow) -> str | None:
        """What stays the same while nothing that the flow could send has been written, and nobody has changed its ends; None where it must be looked whole."""
        if not flow.loaded:
            return None
        ends_of = (flow.source and flow.source.address, flow.source_table, flow.target and flow.target.address, flow.target_table, flow.follows)
        if flow.follows == rules.LEDGER:
            return f"{ends_of} {self.sealed}"
        address = flow.source.address if flow.source else ""
        if flow.follows == rules.LOG:
            told = await self.marks.mark(address, LOG)
        elif flow.follows == rules.ORDER:
            told = await self.marks.mark(address, NUMBER, flow.source_table, flow.order_column)
        else:  # the time of a change says nothing of who is still writing
            told = None
        return told and f"{ends_of} {told}"

    async def _turn(self, flow: Flow, *, take: bool) -> bool:
        """Send what is new, and take what came and hand over receipts, if anything went or `take`; whether anything moved, or waits to."""
        contract, granted, border = await off_loop(_granted, flow)
        provider, consumer = await self._line(flow.provider.key), await self._line(flow.consumer.key)
        await broker.open_stream(provider, flow.agreement)
        kind = "changes" if flow.loaded else "load"
        parties = Parties(flow.agreement, granted["resource"], flow.provider.key, flow.consumer.key)
        source = await off_loop(_source, flow, granted)
        keys = await off_loop(lambda: (organ_key(flow.provider.key), organ_key(flow.consumer.key)))
        held: list[int] = []  # rows that may not cross the border now
        how: dict[str, Any] = {"sent": _in_thread(_sent), "aside": _in_thread(_aside(flow.agreement))}
        if border:
            how |= {"leaving": partial(filters.applied, change=border.change), "may_go": _or_held(_in_thread(border.open_for), held)}
        went = await send(provider, source, contract, parties, keys[0], kind=kind, today=clock.today(), **how)
        if went or take or not flow.loaded:
            await self._take(flow, contract, consumer, keys)
        return bool(went or held)

    async def _take(self, flow: Flow, contract: Any, consumer: Client, keys: tuple[sm.SigningKey, sm.SigningKey]) -> None:
        target = await asyncio.to_thread(PostgresTarget, flow.target.address if flow.target else "", flow.target_table, contract)
        try:
            offset = await receive(consumer, target, keys[0].public, keys[1])
            if not flow.loaded:
                await asyncio.to_thread(target.finish_load, offset)
                await off_loop(commands.keep_loaded, PLATFORM, agreement=flow.agreement)
                flow.loaded = True
            await _look_for_corrections(flow, target)
            for _batch, told, signature in await asyncio.to_thread(target.unsent):
                await off_loop(commands.keep_taken, PLATFORM, receipt=Receipt.read(told), signature=signature)
            await hand_over(consumer, target)
        finally:
            await asyncio.to_thread(target.close)


async def _look_for_corrections(flow: Flow, target: PostgresTarget) -> None:
    """A row that was set aside and has come in a later state is corrected."""
    waiting = await off_loop(queries.uncorrected, flow.agreement)
    if not waiting:
        return
    come = await asyncio.to_thread(target.come_since, [(w.key, w.order) for w in waiting])
    done = [w.id for w in waiting if (w.key, w.order) in come]
    if done:
        await off_loop(commands.keep_corrected, PLATFORM, agreement=flow.agreement, aside=done)


def _source(flow: Flow, terms: dict[str, Any]) -> Source:
    """Where the flow's changes are found. A log that is to be followed is kept from before the first row is read."""
    if flow.follows == rules.LEDGER:
        return LedgerSource(access.agreement_numbered(flow.agreement).resource.supply, terms)
    address, rows = flow.source.address if flow.source else "", terms["granted"]["rows"]
    references = {c: (t, n) for c, (t, n) in flow.references.items()}
    if flow.follows == rules.LOG:
        if not flow.slot:
            replica.hold(address, flow.agreement)
            commands.keep_slot(PLATFORM, agreement=flow.agreement, held=True)
            flow.slot = True
        return replica.LogSource(address, flow.source_table, flow.agreement, flow.loaded, rows, references)
    return PostgresSource(address, flow.source_table, rows, references, flow.order_column if flow.follows == rules.STAMP else "")


def _release() -> None:
    """Logs that are kept for agreements that have ended. A database that is away is asked again at the next look."""
    for flow in queries.to_release():
        try:
            replica.release(flow.source.address if flow.source else "", flow.agreement)
        except psycopg.Error:
            log.warning("exchange: a log is still kept", agreement=flow.agreement)
            continue
        commands.keep_slot(PLATFORM, agreement=flow.agreement, held=False)


def _granted(flow: Flow) -> tuple[Any, dict[str, Any], Any]:
    """(contract, terms, how the rows cross a border if they do)."""
    return commands.contract(flow), access.agreement_numbered(flow.agreement).terms, commands.at_the_border(flow)


def _in_thread(function: Callable[..., T]) -> Callable[..., T]:
    """The data plane calls back from threads of its own."""

    def run(*arguments: Any) -> T:
        close_old_connections()
        return function(*arguments)

    return run


def _or_held(may_go: Callable[[int], bool], held: list[int]) -> Callable[[int], bool]:
    """The same, and what it holds back is noted."""

    def ask(rows: int) -> bool:
        goes = may_go(rows)
        if not goes:
            held.append(rows)
        return goes

    return ask


def _standing() -> tuple[dict[str, Flow], int]:
    """(the flows that run by their agreement, how many entries of the ledger are sealed where one of them follows it)."""
    held = {f.agreement: f for f in queries.runnable()}
    head = ledger.latest() if any(f.follows == rules.LEDGER for f in held.values()) else None
    return held, head.size if head else 0


def _sent(envelope: Any, signature: str) -> None:
    commands.keep_sent(PLATFORM, envelope=envelope, signature=signature)


def _aside(agreement: str) -> Callable[..., None]:
    def keep(batch: int, faults: Any, bad: Any) -> None:
        commands.keep_aside(PLATFORM, agreement=agreement, batch=batch, faults=faults, rows=bad.num_rows)

    return keep
