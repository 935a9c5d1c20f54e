"""The single query over the bus: questions signed by the consumer, answers by the provider, both in bundles.

A gateway sends what has gathered for an agreement in one message when the last one is answered, so that a lone question waits for
nothing and a crowd pays for few signatures. A second message under way would only wait behind the first, so a crowd alone gets one.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as BrokerError
from nats.errors import NoRespondersError

from tongban.lib import sm
from tongban.lib.bus import bundles
from tongban.lib.bus.envelope import BadEnvelope

CROWD = 24  # questions waiting from which on a second bundle goes while one is under way
PATIENCE = 10.0  # seconds for an answer
FRESH = 120  # seconds: an older question is not answered, so that a message caught on the way is worth nothing tomorrow


class NotAnswered(Exception):
    """The other side did not answer, or not properly; the words say why."""


@dataclass(frozen=True, slots=True)
class Question:
    """One subject asked about; `number` is unique, `at` ISO 8601 with zone."""

    agreement: str
    number: str
    key: str
    purpose: str
    items: tuple[str, ...]
    at: str
    consent: str = ""

    def told(self) -> dict[str, Any]:
        """As it is signed."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Answer:
    """`question` is the SM3 of the canonical question; `state`: found, absent, or why it was refused."""

    agreement: str
    question: str
    state: str
    values: Mapping[str, Any] | None
    resource: str
    at: str

    def told(self) -> dict[str, Any]:
        """As it is signed."""
        return {name: getattr(self, name) for name in self.__slots__}


FOUND, ABSENT, BAD, AWAY = "found", "absent", "bad-question", "away"
REFUSED = b"!"  # leads the words of a reply to a message that is no bundle of the consumer's


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer, both proved."""

    answer: Answer
    asked: bundles.Signed
    replied: bundles.Signed


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def question(told: Mapping[str, Any]) -> Question:
    """A question from its document; raises BadEnvelope."""
    try:
        one = Question(**{**told, "items": tuple(map(str, told["items"]))})
        zoned = datetime.fromisoformat(one.at).tzinfo is not None
    except (KeyError, TypeError, ValueError) as wrong:
        raise BadEnvelope("this is not a question") from wrong
    if (
        not zoned
        or not all(isinstance(v, str) and len(v) <= 300 for v in (one.agreement, one.number, one.key, one.purpose, one.consent))
        or len(one.items) > 500
    ):
        raise BadEnvelope("this is not a question")
    return one


def is_fresh(one: Question, at: datetime) -> bool:
    """Whether a question was asked just now."""
    return abs((datetime.fromisoformat(one.at) - at).total_seconds()) <= FRESH


def read_answer(one: bundles.Signed) -> Answer:
    """An answer from its document; raises BadEnvelope."""
    try:
        return Answer(**one.document)
    except (TypeError, ValueError) as wrong:
        raise BadEnvelope("this is not an answer") from wrong


@dataclass(slots=True)
class _Waiting:
    question: Question
    answered: "asyncio.Future[Answered]"


class Asker:
    """The consumer's end of one agreement; use within one event loop."""

    def __init__(self, line: Client, agreement: str, consumer: str, key: sm.SigningKey, provider: bytes) -> None:
        self.line, self.agreement, self.consumer, self.key, self.provider = line, agreement, consumer, key, provider
        self.waiting: deque[_Waiting] = deque()
        self.under_way = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def ask(self, key: str, purpose: str, items: tuple[str, ...] = (), consent: str = "") -> Answered:
        """Ask about one subject; raises NotAnswered."""
        told = Question(self.agreement, secrets.token_hex(16), key, purpose, items, now(), consent)
        one = _Waiting(told, asyncio.get_running_loop().create_future())
        self.waiting.append(one)
        self._send()
        return await one.answered

    def _send(self) -> None:
        while self.waiting and (not self.under_way or (self.under_way == 1 and len(self.waiting) >= CROWD)):
            group = [self.waiting.popleft() for _n in range(min(bundles.MOST, len(self.waiting)))]
            self.under_way += 1
            task = asyncio.create_task(self._exchange(group))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _exchange(self, group: list[_Waiting]) -> None:
        signed = bundles.sign([w.question.told() for w in group], self.key, self.consumer, now())
        reply: bytes | None = None
        try:
            reply = (await self.line.request(f"ask.{self.agreement}", bundles.pack(signed), timeout=PATIENCE)).data
        except NoRespondersError:
            _fail(group, "nobody answers under this agreement: it is not in force, or the provider is away")
        except (BrokerError, TimeoutError) as wrong:
            _fail(group, f"no answer came: {wrong!r}"[:200])
        self._next()
        if reply is not None:
            try:
                self._settle(group, signed, reply)
            except BadEnvelope as wrong:
                _fail(group, str(wrong))

    def _next(self) -> None:
        self.under_way -= 1
        self._send()

    def _settle(self, group: list[_Waiting], signed: list[bundles.Signed], reply: bytes) -> None:
        """Give each its own answer; it names the question by digest, so nobody gets another's."""
        if reply.startswith(REFUSED):
            raise BadEnvelope(reply[len(REFUSED) :].decode(errors="replace")[:200])
        replied = {}
        for one in bundles.opened(reply, self.provider):
            answer = read_answer(one)
            replied[answer.question] = (answer, one)
        for waiting, asked in zip(group, signed, strict=True):
            found = replied.get(asked.digest)
            if waiting.answered.done():
                continue
            if found is None or found[0].agreement != self.agreement:
                waiting.answered.set_exception(NotAnswered("the answer is to another question"))
            else:
                waiting.answered.set_result(Answered(found[0], asked, found[1]))


def _fail(group: list[_Waiting], words: str) -> None:
    for one in group:
        if not one.answered.done():
            one.answered.set_exception(NotAnswered(words))
