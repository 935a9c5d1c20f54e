"""Writing into a department's PostgreSQL: rows, offset and receipt in one transaction, so that nothing is lost or taken twice.

A first load goes straight into the table and the key is built last, which also proves that no key came twice. Changes are kept in a
table beside it, with the offset, and merged when the burst is over (`merge.py`). Ways in and their figures: docs/benchmarks.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pgpq
import psycopg
import pyarrow as pa
from psycopg import sql

from tongban.lib.bus import merge
from tongban.lib.bus.contract import GONE, SQL, Contract
from tongban.lib.bus.envelope import RESET, Envelope, Receipt

OFFSETS = """CREATE TABLE IF NOT EXISTS tongban_offset (
    agreement text PRIMARY KEY, message bigint NOT NULL, batch bigint NOT NULL, envelope text NOT NULL, keyed boolean NOT NULL DEFAULT false,
    taken_rows bigint NOT NULL DEFAULT 0,
    last bigint NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS tongban_receipt (
    agreement text, batch bigint, receipt jsonb NOT NULL, signature text NOT NULL, sent boolean NOT NULL DEFAULT false, PRIMARY KEY (agreement, batch))"""


@dataclass(frozen=True, slots=True)
class Offset:
    """How far the target has come: message number, batch, SM3 of the last envelope; `keyed` once the first load has its key."""

    message: int = 0
    batch: int = 0
    envelope: str = ""
    keyed: bool = False
    last: int = 0  # of the contract's sequence


class PostgresTarget:
    """The table of one agreement in a department's database, and its place in the stream."""

    def __init__(self, url: str, table: str, contract: Contract) -> None:
        self.contract = contract
        self.line = psycopg.connect(url)
        self.tables = merge.Tables(table, f"tongban_pending_{contract.number.lower().replace('-', '_')}", contract.key, contract.sequence, contract.gone)

    def close(self) -> None:
        self.line.close()

    def prepare(self) -> Offset:
        """Make what is missing, finish what a crash left, and say where to go on."""
        with self.line.transaction():
            self.line.execute(OFFSETS)
            self.line.execute(self._create(self.tables.target))
            self.line.execute(self._create(self.tables.pending))
            if self.contract.gone:
                self._open_to_deletions()
            told = "SELECT message, batch, envelope, keyed, last FROM tongban_offset WHERE agreement = %s"
            row = self.line.execute(told, [self.contract.number]).fetchone()
            if row is None:
                keyed = merge.has_key(self.line, self.tables)
                if not keyed and self.line.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(self.tables.target)).fetchone():
                    merge.build_key(self.line, self.tables, self.tables.target)
                    keyed = True
                self.line.execute("INSERT INTO tongban_offset VALUES (%s, 0, 0, '', %s)", [self.contract.number, keyed])
                row = (0, 0, "", keyed, 0)
        self.settle()
        return Offset(*row)

    def _create(self, name: sql.Composable) -> sql.Composed:
        columns = sql.SQL(", ").join(
            sql.SQL("{} {} {}").format(sql.Identifier(c.name), sql.SQL(SQL[c.type]), sql.SQL("NOT NULL" if c.required else "")) for c in self.contract.columns
        )
        return sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(name, columns)

    def _open_to_deletions(self) -> None:
        """Of what is no more only the key comes."""
        self.line.execute(
            sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} boolean NOT NULL DEFAULT false").format(self.tables.pending, sql.Identifier(GONE))
        )
        for column in self.contract.columns:
            if column.required and column.name not in (self.contract.key, self.contract.sequence):
                self.line.execute(sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(self.tables.pending, sql.Identifier(column.name)))

    def write(self, taken: Sequence[tuple[int, Envelope, pa.Table, Receipt, str]], offset: Offset) -> Offset:
        """Commit batches, the offset behind the last and their receipts together; returns the new offset.

        `taken`: (message number, envelope, rows, receipt, its signature), in order; a reset stands last.
        """
        number, one, _rows, receipt, _signature = taken[-1]
        into = self.tables.pending if offset.keyed else self.tables.target
        with self.line.transaction(), self.line.cursor() as cursor:
            self._copy(cursor, into, [t[2] for t in taken], deletions=self.contract.gone and offset.keyed)
            if one.kind == RESET:
                merge.merge(self.line, self.tables, self.contract.names)
                merge.reset(self.line, self.tables, one.last)
            cursor.executemany(
                "INSERT INTO tongban_receipt (agreement, batch, receipt, signature) VALUES (%s, %s, %s, %s)",
                [(held.agreement, held.batch, told.canonical().decode(), signature) for _n, held, _r, told, signature in taken],
            )
            cursor.execute(
                "UPDATE tongban_offset SET message = %s, batch = %s, envelope = %s, last = %s, taken_rows = taken_rows + %s WHERE agreement = %s AND message = %s",
                [number, one.batch, receipt.envelope, one.last, sum(t[1].rows for t in taken), one.agreement, offset.message],
            )
            if cursor.rowcount != 1:
                raise RuntimeError("another receiver wrote for this agreement")  # undone; it goes on there
        return replace(offset, message=number, batch=one.batch, envelope=receipt.envelope, last=one.last)

    def _copy(self, cursor: psycopg.Cursor, into: sql.Composable, tables: list[pa.Table], *, deletions: bool) -> None:
        listed = [*self.contract.names, *([GONE] if deletions else [])]
        encoder = pgpq.ArrowToPostgresBinaryEncoder(tables[0].select(listed).schema)
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(into, sql.SQL(", ").join(map(sql.Identifier, listed)))) as copy:
            copy.write(encoder.write_header())
            for rows in tables:
                for part in rows.select(listed).to_batches():
                    copy.write(encoder.write_batch(part))
            copy.write(encoder.finish())

    def settle(self) -> int:
        """Merge what waits; returns how many rows did."""
        with self.line.transaction():
            return merge.merge(self.line, self.tables, self.contract.names)

    def finish_load(self, offset: Offset) -> Offset:
        """The first load is complete: build the key, and go on with changes."""
        if offset.keyed:
            return offset
        with self.line.transaction():
            merge.build_key(self.line, self.tables, self.tables.target)
            self.line.execute("UPDATE tongban_offset SET keyed = true WHERE agreement = %s", [self.contract.number])
        return replace(offset, keyed=True)

    def come_since(self, waiting: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Of (key, order) of rows that were set aside: those of which a later state has come."""
        key, order = sql.Identifier(self.contract.key), sql.Identifier(self.contract.sequence)
        told = "SELECT w.k, w.o FROM unnest(%s::text[], %s::bigint[]) AS w(k, o) JOIN {t} t ON t.{k}::text = w.k AND t.{s} > w.o"
        found = self.line.execute(sql.SQL(told).format(t=self.tables.target, k=key, s=order), [[k for k, _o in waiting], [o for _k, o in waiting]]).fetchall()
        self.line.commit()
        return {(k, o) for k, o in found}

    def unsent(self) -> list[tuple[int, str, str]]:
        """(batch, canonical receipt, signature) of receipts that the provider does not have yet."""
        rows = self.line.execute(
            "SELECT batch, receipt, signature FROM tongban_receipt WHERE agreement = %s AND NOT sent ORDER BY batch LIMIT 1000", [self.contract.number]
        ).fetchall()
        self.line.commit()
        return [(b, Receipt(**r).canonical().decode(), s) for b, r, s in rows]

    def mark_sent(self, batches: list[int]) -> None:
        with self.line.transaction():
            self.line.execute("UPDATE tongban_receipt SET sent = true WHERE agreement = %s AND batch = ANY(%s)", [self.contract.number, batches])
