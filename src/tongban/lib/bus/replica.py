"""Changes out of a department's database log, deletions included: logical replication by SQL alone (a slot that is looked into, and moved on behind what went).

The place of a change is where its transaction is committed in the log, so the rows of a transaction share a place and travel in their order. The slot moves
only behind what the broker holds: whoever is killed, the log is looked into again from there, and the target takes the same state once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from tongban.lib.bus.contract import GONE, Contract, typed
from tongban.lib.bus.envelope import RESET
from tongban.lib.bus.pgoutput import UNCHANGED, Begin, Change, Commit, Decoder, Emptied, Row
from tongban.lib.bus.source import PostgresSource, Read, ordered

LOOK = 200_000  # changes at one look; a larger transaction comes whole
TOGETHER = 50_000  # changes a batch
# How the values of the log are written.
_STYLE = "SET DateStyle = 'ISO'; SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1"

_ADVANCE = "SELECT pg_replication_slot_advance(%s, '0/0'::pg_lsn + %s::numeric)"
_LET_GO = "SELECT pg_replication_slot_advance(slot_name, %(upto)s) FROM pg_replication_slots WHERE slot_name = %(slot)s AND confirmed_flush_lsn < %(upto)s"


class Unusable(ValueError):
    """The database's log cannot be used; the words are the remedy, `why` its kind: level, role, identity, owner, table, lost."""

    def __init__(self, why: str, words: str) -> None:
        super().__init__(words)
        self.why = why


def slot(agreement: str) -> str:
    """The name of slot and publication of an agreement."""
    return f"tongban_{agreement.lower().replace('-', '_')}"


def prepare(url: str, table: str, agreement: str, key: str, granted: Sequence[str] = ()) -> None:
    """See that the log tells what a flow needs, and publish the table. `granted`: columns that decide whether a row is granted. Raises Unusable."""
    named = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as line:
            row = line.execute(
                "SELECT current_setting('wal_level'), r.rolreplication OR r.rolsuper, c.relreplident::text, c.relkind::text, c.oid FROM pg_class c, pg_roles r "
                "WHERE c.oid = %s::regclass AND r.rolname = current_user",
                [named.as_string(line)],
            ).fetchone()
            if row is None or row[3] not in ("r", "p"):
                raise Unusable("table", "only tables have a log")
            if row[0] != "logical":
                raise Unusable("level", "wal_level is not logical")
            if not row[1]:
                raise Unusable("role", "the user may not replicate")
            if not _identified(line, row[4], row[2], {key, *granted}, whole=bool(granted)):
                raise Unusable("identity", "the log does not identify rows by the key")
            publication = sql.Identifier(slot(agreement))
            if not line.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [slot(agreement)]).fetchone():
                line.execute(sql.SQL("CREATE PUBLICATION {} FOR TABLE {} WITH (publish_via_partition_root = true)").format(publication, named))
            else:
                line.execute(sql.SQL("ALTER PUBLICATION {} SET TABLE {}").format(publication, named))
    except psycopg.errors.InsufficientPrivilege as fault:
        raise Unusable("owner", "the user does not own the table") from fault
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InvalidName) as fault:
        raise Unusable("table", "there is no such table") from fault


def _identified(line: psycopg.Connection[Any], oid: int, identity: str, wanted: set[str], *, whole: bool) -> bool:
    """Whether the log tells these columns of a row before its change."""
    if identity == "f":
        return True
    index = {"d": "i.indisprimary", "i": "i.indisreplident"}.get(identity)
    if index is None or whole:
        return False
    told = "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indrelid = %s AND {}"
    return wanted <= {name for (name,) in line.execute(sql.SQL(told).format(sql.SQL(index)), [oid]).fetchall()}  # type: ignore[arg-type]


def hold(url: str, agreement: str) -> None:
    """Begin anew: from now on the log is kept until it was looked into. It begins once those who are writing have ended, which is waited for a minute."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10, options="-c statement_timeout=60000") as line:
        _drop(line, agreement)
        line.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [slot(agreement)])


def release(url: str, agreement: str) -> None:
    """The log need not be kept for this flow any more: a slot that nobody looks into fills the department's disk."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as line:
        _drop(line, agreement)
        line.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(slot(agreement))))


def _drop(line: psycopg.Connection[Any], agreement: str) -> None:
    line.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [slot(agreement)])


@dataclass(slots=True)
class Looked:
    """How far a look into the log has come: the last transaction, and how many messages."""

    place: int
    messages: int = 0


@dataclass(frozen=True, slots=True)
class LogSource:
    """A table of a department, whole until it is `loaded`, from then on by its log. `rows` and `references` as those of PostgresSource."""

    url: str
    table: str
    agreement: str
    loaded: bool
    rows: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def batches(self, contract: Contract, after: int) -> Iterator[Read]:
        """What changed behind `after`; raises Unusable where the log is lost."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as line:
            line.execute(_STYLE)
            told = "SELECT confirmed_flush_lsn - '0/0'::pg_lsn, wal_status FROM pg_replication_slots WHERE slot_name = %s"
            row = line.execute(told, [slot(self.agreement)]).fetchone()
            if row is None or row[1] == "lost":
                raise Unusable("lost", "the database kept its log no longer: load anew")
            if not self.loaded:
                yield from self._whole(contract, after, int(row[0]))
            else:
                yield from self._changes(line, contract, after, int(row[0]))

    def dangling(self, batch: pa.Table, contract: Contract) -> dict[str, np.ndarray]:
        """column → mask of the values that refer to nothing."""
        return self._table.dangling(batch, contract)

    @property
    def _table(self) -> PostgresSource:
        return PostgresSource(self.url, self.table, self.rows, self.references)

    def _whole(self, contract: Contract, after: int, begin: int) -> Iterator[Read]:
        """Every row at the place where the slot begins: what changed meanwhile comes again by the log. What had come before and is not among them is gone."""
        if after >= begin:
            return
        statement = self._table.selection(contract, f"{begin}::bigint")
        for held in ordered(self._table.read(contract, statement), contract.sequence, begin - 1):
            there = pa.array(np.zeros(held.table.num_rows, dtype=bool))
            yield Read(held.table.append_column(contract.schema().field(GONE), there), held.before, begin - 1 if after else held.last)
        if after:
            yield Read(contract.schema().empty_table(), begin - 1, begin, RESET)

    def _changes(self, line: psycopg.Connection[Any], contract: Contract, after: int, confirmed: int) -> Iterator[Read]:
        if after > confirmed:
            line.execute(_ADVANCE, [slot(self.agreement), after])
        now = line.execute("SELECT pg_current_wal_flush_lsn()").fetchone()  # what is committed but not flushed yet is not told yet
        seen, looked = False, Looked(after)
        for read in self._grouped(line, contract, after, looked):
            seen = True
            yield read
        if not seen and now:  # nothing of this table, or nothing granted: the log is not kept for it
            if looked.messages < LOOK:
                line.execute(_LET_GO, {"slot": slot(self.agreement), "upto": now[0]})
            elif looked.place > confirmed:  # more waits behind what was looked at
                line.execute(_ADVANCE, [slot(self.agreement), looked.place])

    def _grouped(self, line: psycopg.Connection[Any], contract: Contract, after: int, looked: "Looked") -> Iterator[Read]:
        """Changes in batches with their places; an emptied table ends a batch."""
        waiting: list[tuple[int, Row | None, str]] = []  # (place, row or None, key)
        before = place = after
        for told in self._log(line, looked):
            if isinstance(told, Begin):
                if len(waiting) >= TOGETHER:
                    yield Read(self._packed(line, contract, waiting), before, place)
                    waiting, before = [], place
                place = told.place
            elif place <= after:
                continue
            elif isinstance(told, Emptied):
                waiting = [w for w in waiting if w[0] < place]  # what the same transaction wrote before is gone too
                if waiting:
                    yield Read(self._packed(line, contract, waiting), before, place - 1)
                yield Read(self._packed(line, contract, []), place - 1, place - 1, RESET)
                waiting, before = [], place - 1
            elif isinstance(told, Change):
                waiting += [(place, *change) for change in self._granted(told, contract.key)]
                if len(waiting) >= 2 * TOGETHER:  # one transaction: what has gone of it goes again after a crash
                    yield Read(self._packed(line, contract, waiting), before, place - 1)
                    waiting, before = [], place - 1
        if waiting:
            yield Read(self._packed(line, contract, waiting), before, place)

    def _log(self, line: psycopg.Connection[Any], looked: "Looked") -> Iterator[object]:
        """What the slot holds, in the order of commits, a few thousand messages at a time."""
        decoder = Decoder()
        look = "SELECT data FROM pg_logical_slot_peek_binary_changes(%s, NULL, %s, 'proto_version', '1', 'publication_names', %s)"
        with line.transaction(), line.cursor("tongban_log", binary=True) as cursor:
            cursor.itersize = 10_000
            cursor.execute(look, [slot(self.agreement), LOOK, slot(self.agreement)])
            for (message,) in cursor:
                one = decoder.read(message)
                looked.messages += 1
                looked.place = one.place if isinstance(one, Commit) else looked.place
                yield one

    def _granted(self, one: Change, key: str) -> Iterator[tuple[Row | None, str]]:
        """(row, or None where it is no more; its key) as far as the grant goes. A row that leaves the grant, or its key, is gone for the consumer."""
        old, new = one.old, one.new
        if old is not None and new is not None:
            new = {n: old.get(n, v) if v is UNCHANGED else v for n, v in new.items()}
        had = old is not None and self._within(old)
        has = new is not None and self._within(new)
        if old is not None and had and (new is None or not has or old.get(key) != new.get(key)):
            yield None, str(old[key])
        if new is not None and has:
            yield new, str(new[key])

    def _within(self, row: Row) -> bool:
        return all(str(row.get(name)).startswith(prefix) for name, prefix in self.rows.items() if name in row)

    def _packed(self, line: psycopg.Connection[Any], contract: Contract, held: list[tuple[int, Row | None, str]]) -> pa.Table:
        """Arrow of a list of changes; long values that the log left out are read from the table."""
        incomplete = {key for _p, row, key in held if row and any(row.get(n) is UNCHANGED for n in contract.names)}
        now = self._now(line, contract, sorted(incomplete)) if incomplete else {}
        fields = {f.name: f for f in contract.schema()}
        columns = []
        for name in contract.names:
            if name == contract.sequence:
                columns.append(pa.array([p for p, _r, _k in held], pa.int64()))
                continue
            values = [k if name == contract.key else None if row is None else _value(row, name, now.get(k)) for _p, row, k in held]
            columns.append(typed(values, next(c.type for c in contract.columns if c.name == name)))
        columns.append(pa.array([row is None for _p, row, _k in held], pa.bool_()))
        return pa.table(columns, schema=pa.schema([fields[n].with_nullable(True) for n in (*contract.names, GONE)]))

    def _now(self, line: psycopg.Connection[Any], contract: Contract, keys: list[str]) -> dict[str, dict[str, str | None]]:
        """Rows by key as they are now; a later state than the log's, which comes after it."""
        names = [n for n in contract.names if n != contract.sequence]
        told = sql.SQL("SELECT {k}::text, {c} FROM {t} WHERE {k}::text = ANY(%s)").format(
            k=sql.Identifier(contract.key), c=sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(n)) for n in names),
            t=sql.SQL(".").join(map(sql.Identifier, self.table.split("."))),
        )  # fmt: skip
        with line.cursor() as cursor:
            return {row[0]: dict(zip(names, row[1:], strict=True)) for row in cursor.execute(told, [keys]).fetchall()}


def _value(row: Row, name: str, now: Mapping[str, str | None] | None) -> str | None:
    value = row.get(name)
    if value is UNCHANGED:
        return now[name] if now else None
    return value if isinstance(value, str) else None
