"""Reading a department's PostgreSQL in the order of changes, as Arrow, through ADBC."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from tongban.lib.bus.contract import SQL, Contract

HINT = 16 * 1024 * 1024  # bytes that the driver gathers before it hands them on; packed, a third to a quarter of it


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as SQL takes it."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class PostgresSource:
    """A table or view of a department, `schema.table`; the sequence is its order of changes and has an index.

    `rows`: column → the prefix that its value must have, as the agreement grants them; what lies outside never leaves the database.
    `references`: column → (table, column) of the same database where its value must stand.
    """

    url: str
    table: str
    rows: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def batches(self, contract: Contract, after: int) -> Iterator[pa.Table]:
        """Rows whose sequence lies above `after`, in its order and of one snapshot, as the driver gathers them: about 100,000 short rows at a time."""
        columns = ", ".join(quoted(n) for n in contract.names)
        table = ".".join(quoted(p) for p in self.table.split("."))
        order = quoted(contract.sequence)
        granted = "".join(f" AND starts_with({quoted(name)}::text, {literal(prefix)})" for name, prefix in self.rows.items())
        statement = f"SELECT {columns} FROM {table} WHERE {order} > {int(after)}{granted} ORDER BY {order}"  # noqa: S608 - quoted names and values
        schema = pa.schema([f.with_nullable(True) for f in contract.schema()])  # what is missing is told by the checks
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
