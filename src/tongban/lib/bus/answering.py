"""The provider's end of single queries: bundles of questions in, bundles of answers out.

All that has come while the last group was answered is answered together: one statement that counts and logs, and one signature for each provider.
One thread does what is Python; two made each other wait for the interpreter's lock. More capacity comes by more processes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as BrokerError

from tongban.lib import sm
from tongban.lib.bus import bundles
from tongban.lib.bus.asking import REFUSED, Answer, Question, now, question
from tongban.lib.bus.envelope import BadEnvelope

log = structlog.get_logger(__name__)
TOGETHER = 8  # messages answered in one transaction
REMEMBERED = 20_000  # heads of bundles, so that a message is not answered twice
WAITING = 1000  # messages; more wait in the broker

Asked = tuple[str, Question]


@dataclass(frozen=True, slots=True)
class Parties:
    """Of one agreement: who may ask and who answers, with the key of each."""

    consumer: str
    consumer_key: bytes
    provider: str
    provider_key: sm.SigningKey


@dataclass(slots=True)
class _Bundle:
    """One message on its way; `fault` once it is refused."""

    asked: list[Asked]
    parties: Parties | None
    signature: str
    good: "Future[bool] | None" = None
    fault: str = ""


class Answerer:
    """`parties(agreement)` is None for an unknown one; `look_up` reads what would be answered; `keep` commits count and ledger and returns what is answered.

    Both keep the order of the questions. Signatures are checked and made in a second thread while the database works, since neither holds the interpreter's lock.
    """

    def __init__(
        self, parties: Callable[[str], Parties | None], look_up: Callable[[Sequence[Asked]], Sequence[Answer]],
        keep: Callable[[Sequence[Asked], Sequence[Answer]], Sequence[Answer]],
    ) -> None:  # fmt: skip
        self.parties, self.look_up, self.keep = parties, look_up, keep
        self.seen: OrderedDict[str, None] = OrderedDict()
        self.beside = ThreadPoolExecutor(1)

    def replies(self, messages: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """The reply to each message: (agreement, bundle of questions) → bundle of answers, or the words that refuse it."""
        held = [self._opened(agreement, body) for agreement, body in messages]
        made: dict[int, bytes] = {}
        try:
            made = self._answered([b for b in held if not b.fault])
        except Exception:
            log.exception("questions could not be answered")
        return [REFUSED + b.fault.encode() if b.fault else made.get(id(b), REFUSED + b"the provider could not answer; ask again") for b in held]

    def _answered(self, held: list[_Bundle]) -> dict[int, bytes]:
        found = dict(zip([d for b in held for d, _one in b.asked], self.look_up([a for b in held for a in b.asked]), strict=True)) if held else {}
        good = [b for b in held if self._is_good(b)]
        if not good:
            return {}
        asked = [a for b in good for a in b.asked]
        thought = [found[digest] for digest, _one in asked]
        signing = self.beside.submit(_signed, good, thought)
        answers = self.keep(asked, thought)
        return signing.result() if answers == thought else _signed(good, answers)

    def _is_good(self, one: _Bundle) -> bool:
        if one.good is None or not one.good.result():
            one.fault = "the signature is not the signer's"
        elif one.signature in self.seen:
            one.fault = "these questions were asked before"
        else:
            self.seen[one.signature] = None
            while len(self.seen) > REMEMBERED:
                self.seen.popitem(last=False)
        return not one.fault

    def _opened(self, agreement: str, body: bytes) -> _Bundle:
        held = self.parties(agreement)
        if held is None:
            return _Bundle([], None, "", fault="there is no such agreement")
        try:
            signed = bundles.unpack(body)
            good = self.beside.submit(bundles.is_signed, signed[0], held.consumer_key)
            asked = [(one.digest, question(one.document)) for one in signed]
        except BadEnvelope as wrong:
            return _Bundle([], None, "", fault=str(wrong))
        fault = "" if all(one.agreement == agreement for _digest, one in asked) else "the question belongs to another agreement"
        return _Bundle(asked, held, signed[0].signature, good, fault)


def _signed(held: Sequence[_Bundle], answers: Sequence[Answer]) -> dict[int, bytes]:
    """The reply to each: all answers of one provider are signed together, each message carries its own."""
    made: dict[int, bytes] = {}
    told, at = iter(answers), now()
    by_provider: dict[str, list[tuple[_Bundle, list[Answer]]]] = {}
    for one in held:
        mine = [next(told) for _question in one.asked]
        if one.parties:
            by_provider.setdefault(one.parties.provider, []).append((one, mine))
    for provider, group in by_provider.items():
        key = group[0][0].parties.provider_key if group[0][0].parties else None
        if key:
            signed = iter(bundles.sign([a.told() for _one, mine in group for a in mine], key, provider, at))
            made |= {id(one): bundles.pack([next(signed) for _answer in mine]) for one, mine in group}
    return made


class Desk:
    """Where questions to several organs arrive, group by group; belongs to one event loop."""

    def __init__(self) -> None:
        self.come: asyncio.Queue[Msg] = asyncio.Queue(WAITING)

    async def listen(self, provider: Client) -> None:
        """Take questions to one organ; several processes share them."""
        await provider.subscribe("ask.*", queue="answer", cb=self.come.put)

    async def group(self, patience: float) -> list[Msg]:
        """What has come, or nothing after `patience` seconds."""
        try:
            found = [await asyncio.wait_for(self.come.get(), patience)]
        except TimeoutError:
            return []
        await asyncio.sleep(0)  # what lies in the socket comes in
        while len(found) < TOGETHER and not self.come.empty():
            found.append(self.come.get_nowait())
        return found

    async def send(self, messages: Sequence[Msg], replies: Sequence[bytes]) -> None:
        for message, reply in zip(messages, replies, strict=True):
            try:
                await message.respond(reply)
            except BrokerError:
                log.warning("an answer did not leave; whoever asked asks again")
