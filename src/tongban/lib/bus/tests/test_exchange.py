"""Rows travel once, in order, signed; what is wrong stays behind; whoever is not allowed gets nothing; crashes lose nothing."""

import asyncio
import dataclasses
import json
import threading
import time
from datetime import date
from functools import partial

import psycopg
import pyarrow as pa
import pytest
from nats.errors import NoRespondersError

from tongban.lib import sm
from tongban.lib.bus import broker, envelope, filters, receiver, sender
from tongban.lib.bus.receiver import hand_over, receive
from tongban.lib.bus.sender import Parties, send
from tongban.lib.bus.source import PostgresSource, Read
from tongban.lib.bus.target import PostgresTarget
from tongban.lib.bus.tests.conftest import CONTRACT, NUMBER

PARTIES = Parties(NUMBER, "102/000001", "sd-samr", "sd-hrss")
TODAY = date(2026, 11, 24)
TABLE = "CREATE TABLE entity (code text, tongban_seq bigint, name text, amount bigint, day date, at timestamptz)"


def fill(pair, rows):
    with psycopg.connect(pair.source, autocommit=True) as line:
        line.execute(TABLE.replace("TABLE", "TABLE IF NOT EXISTS"))
        line.execute("CREATE INDEX IF NOT EXISTS entity_order ON entity (tongban_seq)")
        with line.cursor() as cursor:
            cursor.executemany("INSERT INTO entity VALUES (%s, %s, %s, %s, %s, now())", rows)


def held(pair):
    with psycopg.connect(pair.target) as line:
        return line.execute("SELECT code, tongban_seq, name, amount FROM entity ORDER BY code").fetchall()


async def go(pair, *, kind="load", sent=None, aside=None, taken=None):
    provider, consumer = await pair.line("provider"), await pair.line("consumer")
    target = PostgresTarget(pair.target, "entity", CONTRACT)
    try:
        told = {k: v for k, v in (("sent", sent), ("aside", aside)) if v}
        await send(provider, PostgresSource(pair.source, "entity"), CONTRACT, PARTIES, pair.key, kind=kind, today=TODAY, **told)
        offset = await receive(consumer, target, pair.key.public, pair.own, **({"taken": taken} if taken else {}))
        if kind == "load":
            target.finish_load(offset)
        await hand_over(consumer, target)
        return offset
    finally:
        target.close()
        await provider.close()
        await consumer.close()


def test_rows_travel_and_both_sides_hold_the_proof(pair):
    fill(pair, [(f"C{n:03d}", n, "合成", n * 100, date(2026, 1, 1)) for n in range(1, 301)])
    sent, taken = [], []
    offset = asyncio.run(go(pair, sent=lambda e, s: sent.append((e, s)), taken=lambda e, r, s: taken.append((e, r, s))))
    assert len(held(pair)) == 300
    assert offset.batch == 1
    (one, signature), (same, receipt, own) = sent[0], taken[0]
    assert one == same
    assert sm.verify(pair.key.public, one.canonical(), bytes.fromhex(signature))
    assert sm.verify(pair.own.public, receipt.canonical(), bytes.fromhex(own))
    assert receipt.envelope == sm.sm3_hex(one.canonical())

    async def receipts():
        line = await pair.line("provider")
        found = await line.jetstream().get_last_msg(f"R_{NUMBER}", f"receipt.{NUMBER}", direct=True)
        await line.close()
        return json.loads(found.data)

    assert asyncio.run(receipts())["receipt"]["envelope"] == receipt.envelope


def test_what_breaks_the_contract_stays_behind_with_its_reason(pair):
    fill(
        pair,
        [("A1", 1, "合成", 5, None), ("A2", 2, "名称长得超过了十个字的限制", -5, None), ("A3", 3, "合成", 7, date(2030, 1, 1)), (None, 4, "合成", 1, None)],
    )
    aside = []
    asyncio.run(go(pair, aside=lambda n, f, b: aside.append((n, f, b.num_rows))))
    assert [r[0] for r in held(pair)] == ["A1"]
    (batch, faults, rows) = aside[0]
    assert (batch, rows) == (1, 3)
    assert {(f.key, f.column, f.what) for f in faults} == {
        ("A2", "name", "length"),
        ("A2", "amount", "range"),
        ("A3", "day", "future"),
        ("None", "code", "empty"),
    }


@pytest.mark.parametrize("many", [3, 200])
def test_changes_win_only_where_they_are_newer(pair, many):
    """A few are merged in place, a flood is swapped in; either way every row is the newest, once."""
    fill(pair, [(f"C{n:03d}", n, "旧", 1, None) for n in range(1, 301)])
    asyncio.run(go(pair))
    fill(pair, [(f"C{n:03d}", 300 + n, "新", 2, None) for n in range(1, many + 1)] + [("C001", 9999, "更新", 3, None), ("NEW", 10000, "新增", 4, None)])
    asyncio.run(go(pair, kind="changes"))
    rows = {r[0]: r for r in held(pair)}
    assert len(rows) == len(held(pair)) == 301
    assert rows["C001"] == ("C001", 9999, "更新", 3)
    assert rows["C002"][2] == "新"
    assert rows["C300"][2] == "旧"
    with psycopg.connect(pair.target, autocommit=True) as line, pytest.raises(psycopg.errors.UniqueViolation):
        line.execute("INSERT INTO entity (code, tongban_seq) VALUES ('C001', 1)")


def test_a_table_with_views_is_changed_in_place(pair):
    fill(pair, [(f"C{n:03d}", n, "旧", 1, None) for n in range(1, 11)])
    asyncio.run(go(pair))
    with psycopg.connect(pair.target, autocommit=True) as line:
        line.execute("CREATE VIEW seen AS SELECT code, name FROM entity")
    fill(pair, [(f"C{n:03d}", 10 + n, "新", 1, None) for n in range(1, 11)])
    asyncio.run(go(pair, kind="changes"))
    with psycopg.connect(pair.target) as line:
        assert line.execute("SELECT count(*) FROM seen WHERE name = '新'").fetchone() == (10,)


def test_a_key_twice_in_the_first_load_leaves_the_newest(pair, monkeypatch):
    monkeypatch.setattr(sender.checks, "check", lambda table, *_told, **_more: (table, [], table.slice(0, 0)))
    fill(pair, [("A1", 1, "旧", 1, None), ("A1", 2, "新", 2, None)])
    asyncio.run(go(pair))
    assert held(pair) == [("A1", 2, "新", 2)]


def test_rows_outside_the_grant_never_leave(pair):
    fill(pair, [("3701", 1, "济南", 1, None), ("3702", 2, "青岛", 1, None)])

    async def run():
        line = await pair.line("provider")
        await send(line, PostgresSource(pair.source, "entity", {"code": "3701"}), CONTRACT, PARTIES, pair.key, today=TODAY)
        found = await broker.last(line, NUMBER)
        await line.close()
        return receiver.unpack(found.body, CONTRACT.schema()).column("name").to_pylist()

    assert asyncio.run(run()) == ["济南"]


def test_going_on_sends_only_what_is_new(pair):
    fill(pair, [("A1", 1, "合成", 1, None)])
    asyncio.run(go(pair))
    fill(pair, [("A2", 2, "合成", 1, None)])
    sent = []
    offset = asyncio.run(go(pair, kind="changes", sent=lambda e, _s: sent.append(e)))
    assert [e.batch for e in sent] == [1, 2]  # the last one is told again, in case a crash kept it from being logged
    assert sent[1].previous == sm.sm3_hex(sent[0].canonical())
    assert offset.batch == 2
    assert asyncio.run(go(pair, kind="changes")).batch == 2


def test_a_receiver_that_dies_before_its_commit_takes_the_batch_again(pair, monkeypatch):
    fill(pair, [(f"C{n}", n, "合成", 1, None) for n in range(1, 6)])
    whole = PostgresTarget.write

    def dies(self, taken, offset):
        with self.line.transaction():
            whole(self, taken, offset)
            raise SystemExit("killed")

    monkeypatch.setattr(PostgresTarget, "write", dies)
    with pytest.raises(SystemExit):
        asyncio.run(go(pair))
    monkeypatch.setattr(PostgresTarget, "write", whole)
    asyncio.run(go(pair))
    assert len(held(pair)) == 5


def test_two_receivers_at_once_do_not_take_twice(pair):
    fill(pair, [(f"C{n}", n, "合成", 1, None) for n in range(1, 6)])

    async def both():
        provider = await pair.line("provider")
        await send(provider, PostgresSource(pair.source, "entity"), CONTRACT, PARTIES, pair.key, today=TODAY)
        lines = [await pair.line("consumer") for _n in range(2)]
        targets = [PostgresTarget(pair.target, "entity", CONTRACT)]
        targets[0].prepare()
        targets.append(PostgresTarget(pair.target, "entity", CONTRACT))
        results = await asyncio.gather(*(receive(c, t, pair.key.public, pair.own) for c, t in zip(lines, targets, strict=True)), return_exceptions=True)
        for one in (*targets, provider, *lines):
            done = one.close()
            if done is not None:
                await done
        return results

    asyncio.run(both())
    assert len(held(pair)) == 5


def test_a_forged_or_changed_message_is_refused(pair):
    fill(pair, [("A1", 1, "合成", 1, None)])
    forger = sm.SigningKey.generate()

    async def run():
        provider, consumer = await pair.line("provider"), await pair.line("consumer")
        await send(provider, PostgresSource(pair.source, "entity"), CONTRACT, PARTIES, forger, today=TODAY)
        target = PostgresTarget(pair.target, "entity", CONTRACT)
        try:
            await receive(consumer, target, pair.key.public, pair.own)
        finally:
            target.close()
            await provider.close()
            await consumer.close()

    with pytest.raises(envelope.BadEnvelope, match="signature"):
        asyncio.run(run())
    assert held(pair) == []


def test_an_envelope_is_bound_to_its_body_place_and_form(pair):
    key = sm.SigningKey.generate()
    body = b"rows"
    one = envelope.Envelope(NUMBER, "102/000001", "a", "b", 1, 1, 1, 1, sm.sm3_hex(body), "", "2026-11-24T00:00:00.000+00:00")
    told = envelope.headers(one, key)
    assert envelope.opened(told, body, key.public) == one
    for held_headers, content, match in (
        (told, b"other", "body"),
        ({**told, envelope.SIGNED: "zz"}, body, "signature"),
        ({**told, envelope.HEAD: told[envelope.HEAD].replace('"rows":1', '"rows": 1')}, body, "canonical"),
        ({**told, envelope.HEAD: envelope.headers(dataclasses.replace(one, batch=2), key)[envelope.HEAD]}, body, "signature"),
        ({}, body, "no envelope"),
        ({envelope.HEAD: "[]"}, body, "no envelope"),
    ):
        with pytest.raises(envelope.BadEnvelope, match=match):
            envelope.opened(held_headers, content, key.public)


def test_the_broker_refuses_what_no_agreement_allows(pair):
    fill(pair, [("A1", 1, "合成", 1, None)])

    async def run():
        provider, consumer, stranger = [await pair.line(n) for n in ("provider", "consumer", "stranger")]
        await send(provider, PostgresSource(pair.source, "entity"), CONTRACT, PARTIES, pair.key, today=TODAY)
        assert (await broker.take(consumer, NUMBER, 1)).number == 1
        assert await broker.take(consumer, NUMBER, 2) is None
        with pytest.raises(NoRespondersError):
            await broker.take(stranger, NUMBER, 1)
        await pair.agree(False)
        with pytest.raises(NoRespondersError):
            await broker.take(consumer, NUMBER, 1)
        for line in (provider, consumer, stranger):
            await line.close()

    asyncio.run(run())


def test_a_second_sender_cannot_write_between(pair):
    fill(pair, [("A1", 1, "合成", 1, None)])

    async def run():
        line = await pair.line("provider")
        await send(line, PostgresSource(pair.source, "entity"), CONTRACT, PARTIES, pair.key, today=TODAY)
        with pytest.raises(Exception, match="wrong last sequence"):
            await broker.publish(line, NUMBER, "other", {}, b"x", after=0)
        await line.close()

    asyncio.run(run())


def test_a_flow_that_is_paused_leaves_no_thread_behind(pair, monkeypatch):
    fill(pair, [("A1", 1, "合成", 1, None)])

    async def never(*_told, **_more):
        await asyncio.sleep(60)

    async def run():
        line = await pair.line("provider")
        monkeypatch.setattr(sender.broker, "publish", never)
        task = asyncio.create_task(send(line, PostgresSource(pair.source, "entity"), CONTRACT, PARTIES, pair.key, today=TODAY))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await line.close()

    before = {t.ident for t in threading.enumerate()}
    asyncio.run(run())
    until = time.monotonic() + 10
    while {t.ident for t in threading.enumerate()} - before and time.monotonic() < until:
        time.sleep(0.1)
    assert {t.ident for t in threading.enumerate()} - before == set()


def test_rows_of_another_shape_are_refused():
    with pytest.raises(envelope.BadEnvelope, match="contract"):
        receiver.unpack(b"not arrow", CONTRACT.schema())


def test_a_batch_too_large_for_the_broker_goes_in_halves(monkeypatch):
    import pyarrow as pa

    monkeypatch.setattr(sender, "MOST_BODY", 3000)
    rows = pa.table(
        {"code": [f"C{n}" for n in range(500)], "tongban_seq": range(500), "name": [f"{n * 7919 % 10007}" for n in range(500)], "amount": [1] * 500,
         "day": [None] * 500, "at": [None] * 500},
        schema=pa.schema([f.with_nullable(True) for f in CONTRACT.schema()]),
    )  # fmt: skip
    parts = list(sender.packed(Read(rows, -1, 499), CONTRACT, TODAY))
    assert len(parts) > 1
    assert sum(p.rows for p in parts) == 500
    assert [p.first for p in parts][1:] == [p.last + 1 for p in parts][:-1]


def test_what_leaves_is_changed_before_it_is_signed_and_ends_where_no_more_may_go(pair):
    """At a border between zones: names masked, and no batch beyond the day's rows."""
    fill(pair, [(f"C{n:03d}", n, f"合成{n % 3}", n, None) for n in range(1, 31)])

    async def through(may_go):
        provider, consumer = await pair.line("provider"), await pair.line("consumer")
        target = PostgresTarget(pair.target, "entity", CONTRACT)
        try:
            leaving = partial(filters.applied, change={"name": lambda v: v[:1] + "*"})
            went = await send(provider, PostgresSource(pair.source, "entity"), CONTRACT, PARTIES, pair.key, today=TODAY, leaving=leaving, may_go=may_go)
            target.finish_load(await receive(consumer, target, pair.key.public, pair.own))
            return went
        finally:
            target.close()
            await provider.close()
            await consumer.close()

    assert asyncio.run(through(lambda rows: rows < 30)) == 0
    assert asyncio.run(through(lambda rows: rows <= 30)) == 1
    assert {r[2] for r in held(pair)} == {"合*"}
    assert len(held(pair)) == 30


def test_only_columns_of_text_are_changed():
    table = pa.table({"n": pa.array([1]), "s": pa.array([None], pa.string())})
    assert filters.applied(table, {"s": str.upper, "absent": str.upper}).column("s").to_pylist() == [None]
    with pytest.raises(ValueError, match="holds no text"):
        filters.applied(table, {"n": str.upper})


def test_a_value_that_refers_to_nothing_stays_behind(pair):
    fill(pair, [("A1", 1, "甲", 1, None), ("A2", 2, "乙", 2, None), ("A3", 3, None, 3, None), ("A4", 4, "丙", 4, None)])
    with psycopg.connect(pair.source, autocommit=True) as line:
        line.execute("CREATE TABLE known (word text PRIMARY KEY)")
        line.execute("INSERT INTO known VALUES ('甲'), ('丁')")
    aside = []

    async def through():
        provider = await pair.line("provider")
        source = PostgresSource(pair.source, "entity", references={"name": ("public.known", "word")})
        await broker.open_stream(provider, NUMBER)
        try:
            return await send(provider, source, CONTRACT, PARTIES, pair.key, today=TODAY, aside=lambda _n, f, b: aside.append((f, b.num_rows)))
        finally:
            await provider.close()

    assert asyncio.run(through()) == 1
    [(faults, rows)] = aside
    assert rows == 2
    assert {(f.key, f.column, f.what, f.value) for f in faults} == {("A2", "name", "reference", "乙"), ("A4", "name", "reference", "丙")}
