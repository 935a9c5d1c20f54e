"""Reading a department's PostgreSQL in the order of changes, as Arrow, through ADBC."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from tongban.lib.bus import horizon
from tongban.lib.bus.contract import GONE, SQL, Contract
from tongban.lib.late import late

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc
else:
    adbc = late("adbc_driver_postgresql.dbapi")

HINT = 16 * 1024 * 1024  # bytes that the driver gathers before it hands them on; packed, a third to a quarter of it


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as SQL takes it."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Read:
    """Rows in the order of changes. `before`, `last`: behind which place reading goes on when none of them, or all, have gone.

    `kind` "reset": what is older than `last` is no more at the source.
    """

    table: pa.Table
    before: int
    last: int
    kind: str = ""


class Source(Protocol):
    """Where rows come from."""

    @property
    def references(self) -> Mapping[str, tuple[str, str]]: ...

    def batches(self, contract: Contract, after: int) -> Iterator[Read]:
        """What changed behind the place `after`."""
        ...

    def dangling(self, batch: pa.Table, contract: Contract) -> dict[str, np.ndarray]:
        """column → mask of the values that refer to nothing."""
        ...


def ordered(tables: Iterable[pa.Table], sequence: str, after: int) -> Iterator[Read]:
    """Tables of one growing order with their places: where a place is shared by rows of two tables, the first ends before it, so that none is passed over."""
    before, waiting = after, None
    for table in tables:
        if waiting is not None:
            edge = waiting.column(sequence)[-1].as_py()
            last = edge if table.column(sequence)[0].as_py() > edge else max(before, edge - 1)
            yield Read(waiting, before, last)
            before = last
        waiting = table
    if waiting is not None:
        yield Read(waiting, before, waiting.column(sequence)[-1].as_py())


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PostgresSource:
    """A table or view of a department, `schema.table`; its order of changes has an index.

    `rows`: column → the prefix that its value must have, as the agreement grants them; what lies outside never leaves the database.
    `references`: column → (table, column) of the same database where its value must stand.
    `stamp`: the column with the time of a row's last change, where there is no number that grows; the contract's sequence is then its microseconds since 1970.
    """

    url: str
    table: str
    rows: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    stamp: str = ""

    def batches(self, contract: Contract, after: int) -> Iterator[Read]:
        """Rows whose place lies above `after`, up to where no transaction under way can still write, in their order and of one snapshot: about 100,000 short
        rows at a time."""
        if self.stamp:
            kind, settled = horizon.settled_time(self.url, self.table, self.stamp)
            bounds = f"{quoted(self.stamp)} > {_moment(after, kind)} AND {quoted(self.stamp)} < {_moment(settled, kind)}"
        else:
            settled = horizon.settled_number(self.url, self.table, contract.sequence)
            bounds = f"{quoted(contract.sequence)} > {int(after)} AND {quoted(contract.sequence)} <= {settled}"
        if settled <= after:
            return iter(())
        statement = f"{self.selection(contract)} AND {bounds} ORDER BY {quoted(self.stamp or contract.sequence)}"
        return ordered(self.read(contract, statement), contract.sequence, after)

    def selection(self, contract: Contract, place: str = "") -> str:
        """The granted columns and rows. `place`: what stands for the sequence where no column holds it."""
        if self.stamp:
            place = f"(extract(epoch FROM {quoted(self.stamp)}) * 1000000)::bigint"
        names = [f"{place} AS {quoted(n)}" if place and n == contract.sequence else quoted(n) for n in contract.names]
        table = ".".join(quoted(p) for p in self.table.split("."))
        granted = "".join(f" AND starts_with({quoted(name)}::text, {literal(prefix)})" for name, prefix in self.rows.items())
        return f"SELECT {', '.join(names)} FROM {table} WHERE true{granted}"  # noqa: S608 - quoted names and values

    def read(self, contract: Contract, statement: str) -> Iterator[pa.Table]:
        """The rows of a statement as the driver gathers them, in the contract's types."""
        schema = pa.schema([f.with_nullable(True) for f in contract.schema() if f.name != GONE])  # what is missing is told by the checks
        with adbc.connect(self.url) as line, line.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(HINT)})
            cursor.execute(statement)
            for batch in cursor.fetch_record_batch():
                if batch.num_rows:
                    yield pa.Table.from_batches([batch]).cast(schema)

    def dangling(self, batch: pa.Table, contract: Contract) -> dict[str, np.ndarray]:
        """column → mask of the values that refer to nothing; each different value is looked up once, all of a column in one statement."""
        held = {c.name: c.type for c in contract.columns}
        found: dict[str, np.ndarray] = {}
        for name, (table, column) in self.references.items():
            if name in held:
                values = batch.column(name)
                absent = self._absent(pc.drop_null(pc.unique(values)).to_pylist(), held[name], table, column)
                found[name] = pc.is_in(values, value_set=pa.array(absent, values.type)).to_numpy() if absent else np.zeros(len(values), dtype=bool)
        return found

    def _absent(self, values: Sequence[Any], kind: str, table: str, column: str) -> list[Any]:
        named = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
        told = sql.SQL("SELECT v FROM unnest(%s::{}) AS v WHERE NOT EXISTS (SELECT 1 FROM {} AS t WHERE t.{} = v)").format(
            sql.SQL(SQL[kind] + "[]"), named, sql.Identifier(column)
        )
        with psycopg.connect(self.url, autocommit=True) as line:
            return [v for (v,) in line.execute(told, [list(values)]).fetchall()]


def _moment(microseconds: int, kind: str) -> str:
    """A time stamp as SQL takes it; a column without zone is read as it is written."""
    told = (EPOCH + timedelta(microseconds=microseconds)).replace(tzinfo=None).isoformat()
    return f"TIMESTAMPTZ '{told}+00'" if kind == "timestamptz" else f"TIMESTAMP '{told}'"
