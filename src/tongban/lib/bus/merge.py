"""From the pending table into the target: a few rows are merged in place, a flood is joined with what stays and swapped in.

Updating 3,000,000 of 3,000,000 rows in place takes four times as long as writing the table anew.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from tongban.lib.bus.contract import GONE

FLOOD = 0.2  # share of the target from which on it is written anew


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of one agreement's tables, its key and its order."""

    table: str
    waiting: str
    key: str
    sequence: str
    gone: bool = False  # what waits may be a deletion

    @property
    def target(self) -> sql.Identifier:
        return sql.Identifier(*self.table.split("."))

    @property
    def pending(self) -> sql.Identifier:
        return sql.Identifier(*self.table.split(".")[:-1], self.waiting)


def has_key(line: psycopg.Connection, tables: Tables) -> bool:
    told = "SELECT 1 FROM pg_index WHERE indrelid = %s::regclass AND indisprimary"
    return line.execute(told, [tables.target.as_string(line)]).fetchone() is not None


def build_key(line: psycopg.Connection, tables: Tables, of: sql.Identifier) -> None:
    """Rows whose key came twice keep the newest; then the key holds for ever."""
    key, order = sql.Identifier(tables.key), sql.Identifier(tables.sequence)
    statement = sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(of, key)
    try:
        with line.transaction():
            line.execute(statement)
    except psycopg.errors.UniqueViolation:
        older = "DELETE FROM {t} a USING {t} b WHERE a.{k} = b.{k} AND (a.{s}, a.ctid) < (b.{s}, b.ctid)"
        line.execute(sql.SQL(older).format(t=of, k=key, s=order))
        line.execute(statement)


def merge(line: psycopg.Connection, tables: Tables, names: list[str]) -> int:
    """Bring what waits into the target, in the running transaction; returns how many rows waited."""
    row = line.execute(sql.SQL("SELECT count(*) FROM {}").format(tables.pending)).fetchone()
    waiting = int(row[0]) if row else 0
    if not waiting:
        return 0
    if not tables.gone and waiting > FLOOD * _size(line, tables) and _stands_alone(line, tables):
        _swap(line, tables)
    else:
        _in_place(line, tables, names)
    return waiting


def _size(line: psycopg.Connection, tables: Tables) -> int:
    """About how many rows the target has: counted to the edge only."""
    row = line.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [tables.target.as_string(line)]).fetchone()
    if row and row[0] > 0:
        return int(row[0])
    counted = line.execute(sql.SQL("SELECT count(*) FROM {}").format(tables.target)).fetchone()
    return int(counted[0]) if counted else 0


# What would be lost or refused if the table were another one: views, foreign keys, triggers, policies, further indexes, grants, inheritance.
_DEPENDS = """
    SELECT (SELECT count(*) FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
             WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = c.oid)
         + (SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND (confrelid = c.oid OR conrelid = c.oid))
         + (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid) + (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid)
         + (SELECT count(*) FROM pg_index WHERE indrelid = c.oid AND NOT indisprimary)
         + (SELECT count(*) FROM pg_inherits WHERE inhrelid = c.oid OR inhparent = c.oid) + (c.relacl IS NOT NULL)::int
         + (SELECT count(*) FROM pg_publication_rel WHERE prrelid = c.oid)
      FROM pg_class c WHERE c.oid = %s::regclass"""


def _stands_alone(line: psycopg.Connection, tables: Tables) -> bool:
    row = line.execute(_DEPENDS, [tables.target.as_string(line)]).fetchone()
    return row is not None and row[0] == 0


def _swap(line: psycopg.Connection, tables: Tables) -> None:
    """What waits becomes the table, joined by the rows that did not change."""
    t, p, k = tables.target, tables.pending, sql.Identifier(tables.key)
    line.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(t))
    line.execute(sql.SQL("ANALYZE {} ({})").format(p, k))
    kept = "INSERT INTO {p} SELECT * FROM {t} t WHERE NOT EXISTS (SELECT 1 FROM {p} p WHERE p.{k} = t.{k})"
    line.execute(sql.SQL(kept).format(p=p, t=t, k=k))
    line.execute(sql.SQL("DROP TABLE {}").format(t))
    build_key(line, tables, p)
    line.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(p, sql.Identifier(tables.table.rsplit(".", maxsplit=1)[-1])))
    line.execute(sql.SQL("CREATE TABLE {} (LIKE {})").format(p, t))
    # "NOT NULL" of the key comes with LIKE; the pending table itself never has a key.


def _in_place(line: psycopg.Connection, tables: Tables, names: list[str]) -> None:
    """The newest state of each key; of states of one place in the order, such as those of one transaction, the one that came last."""
    k, s, g = sql.Identifier(tables.key), sql.Identifier(tables.sequence), sql.Identifier(GONE)
    changed = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(n)) for n in names if n != tables.key)
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    newest = sql.SQL("SELECT DISTINCT ON ({k}) * FROM {p} ORDER BY {k}, {s} DESC, ctid DESC").format(k=k, p=tables.pending, s=s)
    if tables.gone:
        told = "DELETE FROM {t} t USING ({newest}) p WHERE p.{g} AND t.{k} = p.{k} AND t.{s} <= p.{s}"
        line.execute(sql.SQL(told).format(t=tables.target, newest=newest, g=g, k=k, s=s))
    stay = sql.SQL("WHERE NOT p.{}").format(g) if tables.gone else sql.SQL("")
    told = "INSERT INTO {t} AS t ({n}) SELECT {n} FROM ({newest}) p {stay} ON CONFLICT ({k}) DO UPDATE SET {c} WHERE t.{s} <= excluded.{s}"
    line.execute(sql.SQL(told).format(t=tables.target, n=listed, k=k, newest=newest, s=s, c=changed, stay=stay))
    line.execute(sql.SQL("TRUNCATE {}").format(tables.pending))


def reset(line: psycopg.Connection, tables: Tables, below: int) -> None:
    """Rows that are older than a place are no more at the source."""
    line.execute(sql.SQL("DELETE FROM {} WHERE {} < %s").format(tables.target, sql.Identifier(tables.sequence)), [below])
