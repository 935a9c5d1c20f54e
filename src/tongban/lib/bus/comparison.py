"""Two tables of a department's database compared by key, in one statement where they lie: who is missing on which side, and what differs."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tongban.lib.errors import Invalid

ONLY_LEFT, ONLY_RIGHT, DIFFERS = "only-left", "only-right", "differs"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows that agree, that differ, that stand on one side alone; `table` holds each finding: key, kind, the columns that differ."""

    table: str
    agree: int
    differ: int
    only_left: int
    only_right: int


def findings_table(left: str, right: str) -> str:
    """Where the findings of two tables are kept, beside them: one name for one pair, so that the next run replaces the last."""
    return f"tongban_findings_{hashlib.sha256(f'{left} {right}'.encode()).hexdigest()[:12]}"


def _named(table: str) -> sql.Composable:
    return sql.SQL(".").join(map(sql.Identifier, table.split(".")))


def statement(left: str, right: str, key: str, columns: Sequence[str]) -> sql.Composed:
    """The findings of two tables: (key, kind, columns that differ)."""
    names = [sql.Identifier(c) for c in columns]
    differing = [
        sql.SQL("CASE WHEN l.{0}::text IS DISTINCT FROM r.{0}::text THEN {1} END").format(n, sql.Literal(c)) for n, c in zip(names, columns, strict=True)
    ]
    unlike = [sql.SQL("l.{0}::text IS DISTINCT FROM r.{0}::text").format(n) for n in names]
    differs = sql.SQL(" OR ").join(unlike) if unlike else sql.SQL("false")
    return sql.SQL(
        "SELECT coalesce(l.{key}, r.{key})::text AS key, CASE WHEN r.{key} IS NULL THEN 'only-left' WHEN l.{key} IS NULL THEN 'only-right' ELSE 'differs' END AS kind, "
        "CASE WHEN l.{key} IS NULL OR r.{key} IS NULL THEN '{{}}'::text[] ELSE array_remove(ARRAY[{columns}]::text[], NULL) END AS columns "
        "FROM {left} l FULL JOIN {right} r ON l.{key} = r.{key} WHERE l.{key} IS NULL OR r.{key} IS NULL OR {differs}"
    ).format(key=sql.Identifier(key), columns=sql.SQL(", ").join(differing), left=_named(left), right=_named(right), differs=differs)


def compare(url: str, left: str, right: str, *, key: str, columns: Sequence[str]) -> Outcome:
    """Compare and keep the findings in the same database. Raises Invalid where a table, the key or a column is missing or cannot be compared.

    Values are compared as texts: two departments rarely declare a column alike. The last findings stay until the new ones are whole.
    """
    table = findings_table(left, right)
    try:
        with psycopg.connect(url) as line:
            line.execute("SET LOCAL work_mem = '256MB'")  # both sides in one hash: spilled to disk it takes four times as long
            line.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(table)))
            line.execute(sql.SQL("CREATE TABLE {} AS {}").format(sql.Identifier(table), statement(left, right, key, columns)))
            told: dict[str, int] = dict(line.execute(sql.SQL("SELECT kind, count(*) FROM {} GROUP BY kind").format(sql.Identifier(table))).fetchall())
            [(whole,)] = line.execute(sql.SQL("SELECT count(*) FROM {} WHERE {} IS NOT NULL").format(_named(left), sql.Identifier(key))).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName) as fault:
        raise Invalid(str(fault).splitlines()[0]) from fault
    alone, differ = int(told.get(ONLY_LEFT, 0)), int(told.get(DIFFERS, 0))
    return Outcome(table, int(whole) - alone - differ, differ, alone, int(told.get(ONLY_RIGHT, 0)))


def first(url: str, table: str, kind: str = "", limit: int = 50) -> list[tuple[str, str, list[str]]]:
    """The first findings of a kind, in the order of their key; none where the table is gone."""
    with psycopg.connect(url) as line:
        try:
            rows = line.execute(
                sql.SQL("SELECT key, kind, columns FROM {} WHERE %(kind)s = '' OR kind = %(kind)s ORDER BY key LIMIT %(limit)s").format(sql.Identifier(table)),
                {"kind": kind, "limit": limit},
            ).fetchall()
        except psycopg.errors.UndefinedTable:
            return []
    return [(str(k), str(n), list(c)) for k, n, c in rows]
