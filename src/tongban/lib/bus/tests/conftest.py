"""Two departments with databases of their own, and a broker between them: all real."""

import asyncio
import contextlib
import os

import psycopg
import pytest

from tongban.config.embedded import die_with_parent
from tongban.lib import sm
from tongban.lib.bus import accounts, broker
from tongban.lib.bus.contract import Column, Contract
from tongban.lib.bus.server import EmbeddedBroker

NUMBER = "XY2026-000001"
CONTRACT = Contract(
    NUMBER,
    (
        Column("code", required=True, length=10),
        Column("tongban_seq", "integer", required=True),
        Column("name", length=10),
        Column("amount", "money", least=0),
        Column("day", "date"),
        Column("at", "datetime"),
    ),
    "code",
)


def address(database):
    return os.environ["DATABASE_URL"].replace("/tongban?", f"/{database}?")


@pytest.fixture(scope="session")
def broker_server(tmp_path_factory):
    made = EmbeddedBroker(tmp_path_factory.mktemp("broker"), die=die_with_parent(9), sync="2m")
    made.start()
    yield made
    made.stop()


class Pair:
    """Provider and consumer under one agreement."""

    def __init__(self, server, source, target):
        self.server, self.source, self.target = server, source, target
        self.key, self.own = sm.SigningKey.generate(), sm.SigningKey.generate()
        self.seeds = {n: accounts.new_seed("account") for n in ("provider", "consumer", "stranger")}
        asyncio.run(self.agree(True))

    async def agree(self, allowed):
        told = [accounts.Allowed(NUMBER, self.name("provider"), self.name("consumer"))] if allowed else []
        system = await broker.connect(self.server.url, broker.login(self.server.system, "system"))
        for name, seed in self.seeds.items():
            claim = accounts.account_claim(self.server.operator, accounts.public(seed), name, told)
            await broker.push_claim(system, claim)
        await system.close()
        line = await self.line("provider")
        await broker.open_stream(line, NUMBER, most_bytes=2**28)
        await line.close()

    def name(self, side):
        return accounts.public(self.seeds[side])

    async def line(self, side):
        return await broker.connect(self.server.url, broker.login(self.seeds[side], side))


@contextlib.contextmanager
def databases(*names):
    """Empty ones, gone afterwards; their addresses."""
    owner = address("postgres").replace("//tongban:", "//owner:")  # who may end an autovacuum that is just looking
    with psycopg.connect(owner, autocommit=True) as line:
        for name in names:
            line.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            line.execute(f"CREATE DATABASE {name} OWNER tongban")
    yield [address(name) for name in names]
    with psycopg.connect(owner, autocommit=True) as line:
        for name in names:
            line.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def pair(broker_server):
    with databases("test_department_a", "test_department_b") as both:
        yield Pair(broker_server, *both)
