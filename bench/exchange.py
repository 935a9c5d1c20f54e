"""3,000,000 rows of ten columns in random key order: department database → contract checks → signed, logged → department database.

Beside it, in the same run: COPY out piped into COPY in with its key (psql | psql, binary), and dlt reading by connectorx and loading CSV, which checks, signs and logs nothing. Sender, receiver and broker are processes of their own; everything shares the same cores.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pgpq
import polars as pl
import psycopg
import pyarrow as pa

from tongban.config import embedded
from tongban.config.embedded import EmbeddedPostgres
from tongban.lib import sm
from tongban.lib.bus import accounts, broker, checks
from tongban.lib.bus.contract import Column, Contract
from tongban.lib.bus.server import EmbeddedBroker

ROWS = int(os.environ.get("ROWS", "3000000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
NUMBER = "XY2026-000001"
TODAY = date(2026, 11, 24)
# For both sides alike: the default 256 MB and 2 GB would measure checkpoints.
embedded.SETTINGS |= {"shared_buffers": "4GB", "max_wal_size": "12GB", "autovacuum": "off", "maintenance_work_mem": "1GB", "max_parallel_maintenance_workers": "1",
                      "work_mem": "64MB"}  # fmt: skip
CONTRACT = Contract(
    NUMBER,
    (
        Column("id_number", check="resident-id", required=True),
        Column("tongban_seq", "integer", required=True),
        Column("name", required=True, length=60),
        Column("credit_code", check="credit-code"),
        Column("region_code", check="region", required=True),
        Column("status", codes=("存续", "注销", "吊销"), required=True),
        Column("amount", "money", least=0, most=10**14),
        Column("registered_on", "date"),
        Column("updated_at", "datetime", required=True),
        Column("address", length=300),
    ),
    key="id_number",
)


def rows(count: int, *, first: int = 1, marked: str = "") -> pa.Table:
    """Sound, unique, random in the order of their keys; the same every time. `marked`: what distinguishes a later state."""
    chance = np.random.default_rng(20161)
    place = chance.permutation(count).astype(np.int64)
    days = np.datetime64("1900-01-01") + (place // 100 % 36000).astype("timedelta64[D]")
    born = pl.Series(days).dt.strftime("%Y%m%d")
    region = pl.Series(place % 100 + 370100).cast(pl.String)
    body = region + born + pl.Series(place // 3_600_000 * 37 % 1000).cast(pl.String).str.zfill(3)
    letters = np.frombuffer("".join(body).encode(), dtype=np.uint8).reshape(count, 17).astype(np.int32) - 48
    digit = pl.Series(np.frombuffer(b"10X98765432", dtype="S1")[(letters @ np.array(checks.RESIDENT_WEIGHTS)) % 11].astype("U1"))
    credit = "91370102MA" + pl.Series(place % 10_000_000).cast(pl.String).str.zfill(7)
    values = checks.CREDIT_VALUES.astype(np.int32)[np.frombuffer("".join(credit).encode(), dtype=np.uint8).reshape(count, 17)]
    alphabet = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
    frame = pl.DataFrame({
        "id_number": body + digit, "tongban_seq": np.arange(first, first + count), "name": "合成" + pl.Series(place % 9973).cast(pl.String) + marked,
        "credit_code": credit + pl.Series(alphabet[(31 - values @ np.array(checks.CREDIT_WEIGHTS) % 31) % 31]), "region_code": region,
        "status": pl.Series(np.array(["存续", "存续", "存续", "注销", "吊销"])[place % 5]), "amount": place * 97 % 10**9,
        "registered_on": [date(2000, 1, 1) + timedelta(days=n) for n in range(9000)] * (count // 9000) + [date(2010, 1, 1)] * (count % 9000),
        "updated_at": pl.Series(np.datetime64("2026-11-01T00:00:00", "us") + place.astype("timedelta64[us]")).dt.replace_time_zone("UTC"),
        "address": "山东省合成市合成区合成路" + pl.Series(place % 2999).cast(pl.String) + "号",
    })  # fmt: skip
    return frame.to_arrow().cast(CONTRACT.schema())


def fill(url: str, table: str, held: pa.Table) -> None:
    """Into a department's table with its key and the index on the order of changes."""
    encoder = pgpq.ArrowToPostgresBinaryEncoder(held.schema)
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(f"DROP TABLE IF EXISTS {table}")
        line.execute(
            f"CREATE TABLE {table} (id_number text NOT NULL, tongban_seq bigint NOT NULL, name text NOT NULL, credit_code text, region_code text NOT NULL,"
            " status text NOT NULL, amount bigint, registered_on date, updated_at timestamptz NOT NULL, address text)"
        )
        with line.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(encoder.write_header())
            for part in held.to_batches(max_chunksize=100_000):
                copy.write(encoder.write_batch(part))
            copy.write(encoder.finish())
        line.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id_number)")
        line.execute(f"CREATE INDEX ON {table} (tongban_seq)")
        line.execute(f"VACUUM ANALYZE {table}")
        line.execute("CHECKPOINT")


def piped(postgres: EmbeddedPostgres, source: str, target: str) -> float:
    """COPY out piped into COPY in, the target's key in place."""
    with psycopg.connect(target, autocommit=True) as line:
        line.execute("DROP TABLE IF EXISTS piped")
        line.execute(
            "CREATE TABLE piped (id_number text PRIMARY KEY, tongban_seq bigint NOT NULL, name text NOT NULL, credit_code text, region_code text NOT NULL,"
            " status text NOT NULL, amount bigint, registered_on date, updated_at timestamptz NOT NULL, address text)"
        )
        line.execute("CHECKPOINT")
    psql = str(postgres.tree / "bin" / "psql")
    began = time.monotonic()
    out = subprocess.Popen([psql, source, "-qc", "COPY entity TO STDOUT (FORMAT BINARY)"], stdout=subprocess.PIPE)
    into = subprocess.Popen([psql, target, "-qc", "COPY piped FROM STDIN (FORMAT BINARY)"], stdin=out.stdout)
    out.stdout.close()
    assert into.wait() == 0
    assert out.wait() == 0
    took = time.monotonic() - began
    with psycopg.connect(target, autocommit=True) as line:
        line.execute("DROP TABLE piped")
    return took


def dlt_load(home: Path, source: str, target: str) -> tuple[float, float]:
    """Seconds of dlt for the same table, connectorx out, CSV by COPY in; and those of the key that ours and the pipe's table have and its has not."""
    told = {"source": _over_loopback(source), "target": _over_loopback(target), "home": str(home / "dlt")}
    settings = {
        **os.environ,
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "HOME": str(home),
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    }
    command = [sys.executable, "-m", "bench.exchange_dlt", json.dumps(told)]
    made = subprocess.run(command, cwd=Path(__file__).parents[1], env=settings, capture_output=True, text=True, check=True)
    with psycopg.connect(target, autocommit=True) as line:
        held = line.execute("SELECT count(*) FROM peer.entity").fetchone()[0]
        assert held == ROWS, held
        began = time.monotonic()
        line.execute("ALTER TABLE peer.entity ADD PRIMARY KEY (id_number)")
        key = time.monotonic() - began
        line.execute("DROP SCHEMA peer CASCADE")
    return float(made.stdout.strip().splitlines()[-1]), key


def _over_loopback(url: str) -> str:
    """connectorx knows no sockets in the file system."""
    return url[: url.index("@")] + f"@127.0.0.1:{os.environ['PGPORT']}/" + url[url.index("@/") + 2 : url.index("?")]


class Exchange:
    """Broker, two accounts, one agreement; sender and receiver as processes."""

    def __init__(self, home: Path, source: str, target: str) -> None:
        self.home, self.source, self.target = home, source, target
        self.broker = EmbeddedBroker(home / "broker", die=embedded.die_with_parent(9))
        self.broker.start()
        self.keys = {n: sm.SigningKey.generate() for n in ("provider", "consumer")}
        asyncio.run(self._agree())

    async def _agree(self) -> None:
        provider, consumer = (self.broker.seed(n, "account") for n in ("provider", "consumer"))
        allowed = [accounts.Allowed(NUMBER, accounts.public(provider), accounts.public(consumer))]
        system = await broker.connect(self.broker.url, broker.login(self.broker.system, "system"))
        for seed, name in ((provider, "provider"), (consumer, "consumer")):
            await broker.push_claim(system, accounts.account_claim(self.broker.operator, accounts.public(seed), name, allowed))
        await system.close()
        line = await broker.connect(self.broker.url, broker.login(provider, "provider"))
        await broker.open_stream(line, NUMBER)
        await line.close()

    def start(self, side: str, **more: object) -> subprocess.Popen:
        told = {
            "side": side, "url": self.broker.url, "source": self.source, "target": self.target, "key": self.keys[side].to_bytes().hex(),
            "peer": self.keys["provider"].public.hex(), "account": self.broker.seed(side, "account").decode(), "contract": CONTRACT.told(),
            "log": str(self.home / f"{side}.log"), **more,
        }  # fmt: skip
        command = [sys.executable, "-m", "bench.exchange_side", json.dumps(told)]
        errors = (self.home / f"{side}.err").open("a")
        made = subprocess.Popen(command, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert made.stdout.readline() == "ready\n"  # in use both sides are services that run all day
        return made

    def run(self, kind: str, until: int) -> float:
        """Both sides until the receiver has committed up to sequence `until`."""
        with psycopg.connect(self.target, autocommit=True) as line:
            line.execute("CHECKPOINT")
        sides = [self.start("consumer", until=until, kind=kind), self.start("provider", kind=kind)]
        began = time.monotonic()
        for side in sides:
            side.stdin.write("go\n")
            side.stdin.flush()
        assert [s.wait() for s in sides] == [0, 0]
        return time.monotonic() - began


def compared(source: str, target: str) -> dict[str, int]:
    """Rows lost, rows twice, rows different: every column of every row."""
    digests = []
    for url in (source, target):
        with psycopg.connect(url) as line:
            told = "SELECT count(*), count(DISTINCT id_number), sum(hashtextextended(t::text, 0)::numeric) FROM (SELECT {c} FROM entity) t"
            digests.append(line.execute(told.format(c=", ".join(CONTRACT.names))).fetchone())
    (n, _d, whole), (m, unique, got) = digests
    return {"lost": n - unique, "twice": m - unique, "different": 0 if whole == got else 1}


def departments(postgres: EmbeddedPostgres) -> tuple[str, str]:
    """Two databases of departments: their addresses."""
    with psycopg.connect(postgres.url("postgres", "owner"), autocommit=True) as line:
        for name in ("department_a", "department_b"):
            line.execute(f"CREATE DATABASE {name} OWNER tongban")
        line.execute("ALTER ROLE tongban SUPERUSER")  # CHECKPOINT between rounds
    return postgres.url("department_a"), postgres.url("department_b")


def in_postgres(measure) -> dict:
    """Run `measure(home, postgres)` with a server of its own."""
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        postgres = EmbeddedPostgres(home)
        os.environ["TZ"] = "UTC"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            os.environ["PGPORT"] = str(probe.getsockname()[1])
        embedded.SETTINGS |= {"listen_addresses": "127.0.0.1", "port": os.environ["PGPORT"]}
        postgres.start()
        try:
            return measure(home, postgres)
        finally:
            postgres.stop()


def measure(say) -> dict:
    return in_postgres(lambda home, postgres: _measure(say, home, postgres))


def _measure(say, home: Path, postgres: EmbeddedPostgres) -> dict:
    source, target = departments(postgres)
    ratios, change_ratios, detail = [], [], {"rows": ROWS, "lost": 0, "twice": 0, "different": 0}
    for turn in range(ROUNDS):
        say(f"round {turn + 1}")
        fill(source, "entity", rows(ROWS))
        with psycopg.connect(target, autocommit=True) as line:
            line.execute("DROP TABLE IF EXISTS entity; DROP TABLE IF EXISTS tongban_offset; DROP TABLE IF EXISTS tongban_receipt")
        exchange = Exchange(home / f"turn{turn}", source, target)
        base = piped(postgres, source, target)
        first = exchange.run("load", ROWS)
        found = [compared(source, target)]
        say(f"  pipe {base:.1f} s, first load {first:.1f} s")
        fill(source, "entity", rows(ROWS, first=ROWS + 1, marked="改"))
        base_again = piped(postgres, source, target)
        changes = exchange.run("changes", 2 * ROWS)
        found.append(compared(source, target))
        say(f"  pipe {base_again:.1f} s, changes {changes:.1f} s")
        ratios.append(first / base)
        change_ratios.append(changes / base_again)
        for one in found:
            for name in ("lost", "twice", "different"):
                detail[name] += one[name]
        if turn == ROUNDS - 1:
            moved, key = dlt_load(home, source, target)
            say(f"  dlt {moved:.1f} s, its key {key:.1f} s")
            detail |= {
                "dlt_s": round(moved, 1),
                "dlt_key_s": round(key, 1),
                "dlt_times": round((moved + key) / first, 2),
                "dlt_times_without_key": round(moved / first, 2),
            }
        detail |= {"pipe_s": round(base, 1), "first_s": round(first, 1), "changes_s": round(changes, 1)}
        exchange.broker.stop()
    return {
        "value": round(ROWS / detail["first_s"]), "unit": "rows/s", "ratio": round(statistics.median(ratios), 3),
        "detail": {**detail, "ratio_changes": round(statistics.median(change_ratios), 3), "ratios": [round(r, 2) for r in ratios]},
    }  # fmt: skip


if __name__ == "__main__":
    from bench.harness import main

    main("exchange", measure)
