"""Three brokers in place of one, by address alone: what one of them held is there when it is gone."""

import asyncio
import json
import shutil
import socket
import time

import pytest

from tongban.config.embedded import die_with_parent
from tongban.lib.bus import broker
from tongban.lib.bus.server import EmbeddedBroker
from tongban.lib.bus.tests.conftest import NUMBER, Pair, databases
from tongban.lib.bus.tests.test_exchange import fill, go, held


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Member(EmbeddedBroker):
    """One server of a cluster, as an operator would configure it: our operator's keys, routes to the others."""

    def __init__(self, home, ports, mine):
        super().__init__(home, die=die_with_parent(9), sync="2m")
        self.ports, self.mine = ports, mine

    def _settings(self):
        told = json.loads(super()._settings())
        told["server_name"] = f"tongban-{self.mine}"
        told["cluster"] = {
            "name": "tongban", "host": "127.0.0.1", "port": self.ports[self.mine], "routes": [f"nats://127.0.0.1:{p}" for p in self.ports if p != self.ports[self.mine]]
        }  # fmt: skip
        return json.dumps(told)


@pytest.fixture
def cluster(tmp_path):
    ports = [free_port() for _n in range(3)]
    members = [Member(tmp_path / str(n), ports, n) for n in range(3)]
    _ = members[0].operator, members[0].system
    for other in members[1:]:
        shutil.copytree(members[0].home / "keys", other.home / "keys")
    for one in members:
        one.start()
    yield members
    for one in members:
        one.stop()


class Clustered(Pair):
    """Two departments that know three addresses."""

    async def agree(self, allowed):
        until = time.monotonic() + 60
        while True:  # until the three have chosen who leads
            try:
                return await super().agree(allowed)
            except Exception:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.5)


class Several:
    """What `NATS_URL` names."""

    def __init__(self, members):
        self.url = ",".join(m.url for m in members)
        self.operator, self.system = members[0].operator, members[0].system


@pytest.fixture
def departments(cluster):
    with databases("test_cluster_a", "test_cluster_b") as both:
        yield Clustered(Several(cluster), *both)


def again(work, seconds=60):
    """As the exchange process does: what did not go is tried again."""
    until = time.monotonic() + seconds
    while True:
        try:
            return asyncio.run(work())
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def test_one_of_three_is_lost_and_nothing_with_it(departments, cluster):
    fill(departments, [(f"C{n:03d}", n, "合成", n * 100, None) for n in range(1, 101)])
    again(lambda: go(departments))
    assert len(held(departments)) == 100

    async def leader():
        line = await departments.line("provider")
        told = await line.jetstream().stream_info(broker.accounts.stream_name(NUMBER))
        await line.close()
        return told

    told = asyncio.run(leader())
    assert told.config.num_replicas == 3
    cluster[int(told.cluster.leader.removeprefix("tongban-"))].process.kill()
    fill(departments, [(f"D{n:03d}", 100 + n, "合成", n, None) for n in range(1, 101)])
    again(lambda: go(departments, kind="changes"))
    again(lambda: go(departments, kind="changes"))
    rows = held(departments)
    assert len(rows) == 200
    assert len({code for code, *_rest in rows}) == 200
