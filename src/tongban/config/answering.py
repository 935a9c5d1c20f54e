"""The process that answers single queries over the bus, started by `up` beside the exchange; its own, since a batch under way would make answers wait."""

import asyncio
import gc
import os
import time
from collections.abc import Sequence
from functools import lru_cache

import django

django.setup()

import structlog  # noqa: E402 - apps must be ready first
from django.db import close_old_connections, connection  # noqa: E402

from tongban.config import places  # noqa: E402
from tongban.kernel.catalogue.commands.agreements import organ_key  # noqa: E402
from tongban.kernel.catalogue.commands.answering import kept, looked_up  # noqa: E402
from tongban.kernel.catalogue.queries import access  # noqa: E402
from tongban.kernel.identity.actor import system  # noqa: E402
from tongban.lib.bus import broker  # noqa: E402
from tongban.lib.bus.answering import Answerer, Asked, Desk, Parties  # noqa: E402
from tongban.lib.bus.asking import Answer  # noqa: E402
from tongban.lib.bus.server import EmbeddedBroker  # noqa: E402

PLATFORM = system("通办·交换")
PAUSE = 1.0  # seconds between looks at agreements
log = structlog.get_logger(__name__)


@lru_cache(10_000)
def _signers(agreement: str) -> tuple[str, str, bytes]:
    """(provider, consumer, the consumer's key) of an agreement that both have signed; they never change."""
    found = access.public_keys(agreement)
    if len(found) < 2:
        raise LookupError(agreement)
    held = access.agreement_numbered(agreement)
    return held.provider.key, held.consumer.key, found[held.consumer.key]


def parties(agreement: str) -> Parties | None:
    """Of an agreement that both organs have signed; whether it is in force is judged at every question."""
    try:
        provider, consumer, public = _signers(agreement)
    except LookupError:
        return None
    return Parties(consumer, public, provider, organ_key(provider))


def _kept(asked: Sequence[Asked], answers: Sequence[Answer]) -> Sequence[Answer]:
    return kept(PLATFORM, asked, answers)


class Answering:
    """Listens for every organ that is asked; the event loop stands still while a group is answered."""

    def __init__(self, home: EmbeddedBroker) -> None:
        self.home, self.loop, self.desk = home, asyncio.new_event_loop(), Desk()
        self.listening: dict[str, asyncio.Task[None]] = {}
        self.answerer = Answerer(parties, looked_up, _kept)

    def run(self) -> None:
        """Until the process is ended; nothing is lost: an answer leaves after its transaction."""
        looked = 0.0
        while True:
            if time.monotonic() - looked > PAUSE:
                self._look()
                looked = time.monotonic()
            group = self.loop.run_until_complete(self.desk.group(PAUSE))
            if group:
                replies = self.answerer.replies([(m.subject.removeprefix("ask."), m.data) for m in group])
                self.loop.run_until_complete(self.desk.send(group, replies))

    def _look(self) -> None:
        """Begin to listen for organs that provide something to query since the last look; a broker that does not know one yet is tried in the background."""
        close_old_connections()
        try:
            wanted = access.asked_organs()
        except Exception as fault:
            log.warning("answering: the database is not ready; trying again", fault=repr(fault)[:200])
            connection.close()
            return
        for organ, task in list(self.listening.items()):
            if task.done() and task.exception():
                log.warning("answering: the broker is not ready; trying again", organ=organ, fault=repr(task.exception())[:200])
                del self.listening[organ]
        for organ in sorted(wanted - self.listening.keys()):
            self.listening[organ] = self.loop.create_task(self._listen(organ))

    async def _listen(self, organ: str) -> None:
        login = broker.login(self.home.seed(f"organ-{organ}", "account"), organ)
        await self.desk.listen(await broker.connect(os.environ.get("NATS_URL") or self.home.url, login))


def run() -> int:
    """Started by the supervisor."""
    gc.collect()
    gc.freeze()  # a full collection of what was loaded takes a quarter of a second, in which nobody is answered
    Answering(EmbeddedBroker(places.data_dir() / "broker")).run()
    return 0
