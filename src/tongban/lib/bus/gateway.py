"""Asking over the bus from code that waits: one thread of its own with the lines of every organ that this process asks for."""

import asyncio
import os
import threading
from functools import cache
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error as BrokerError

from tongban.lib import sm
from tongban.lib.bus import broker
from tongban.lib.bus.asking import PATIENCE, Answered, Asker, NotAnswered
from tongban.lib.bus.server import EmbeddedBroker


class Gateway:
    """Thread-safe; `home` is the broker's folder, where the organs' accounts lie."""

    def __init__(self, home: Path) -> None:
        self.home = EmbeddedBroker(home)
        self.loop = asyncio.new_event_loop()
        self.lines: dict[str, Client] = {}
        self.askers: dict[tuple[str, bytes], Asker] = {}
        threading.Thread(target=self.loop.run_forever, daemon=True, name="bus-gateway").start()

    def ask(
        self, agreement: str, consumer: str, signer: sm.SigningKey, provider: bytes, key: str, purpose: str, items: tuple[str, ...] = (), consent: str = ""
    ) -> Answered:
        """The proved answer to one question, of `consumer` (an organ) whose key signs; `provider`: the public key the answer must be signed with. Raises NotAnswered."""
        doing = asyncio.run_coroutine_threadsafe(self._ask(agreement, consumer, signer, provider, (key, purpose, items, consent)), self.loop)
        try:
            return doing.result(PATIENCE + 5)
        except TimeoutError as late:
            doing.cancel()
            raise NotAnswered("no answer came in time") from late

    async def _ask(self, agreement: str, consumer: str, signer: sm.SigningKey, provider: bytes, told: tuple[str, str, tuple[str, ...], str]) -> Answered:
        line = await self._line(consumer)
        place = (agreement, provider)
        if place not in self.askers or self.askers[place].line is not line or self.askers[place].key != signer:
            self.askers[place] = Asker(line, agreement, consumer, signer, provider)
        return await self.askers[place].ask(*told)

    async def _line(self, organ: str) -> Client:
        if organ not in self.lines or not self.lines[organ].is_connected:
            login = broker.login(self.home.seed(f"organ-{organ}", "account"), organ)
            try:
                self.lines[organ] = await broker.connect(os.environ.get("NATS_URL") or self.home.url, login, patience=1)
            except (OSError, BrokerError, TimeoutError) as fault:
                raise NotAnswered("the broker is away") from fault
        return self.lines[organ]


@cache
def gateway(home: Path) -> Gateway:
    """The process's own."""
    return Gateway(home)
