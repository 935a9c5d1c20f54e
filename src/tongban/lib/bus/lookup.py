"""Rows of a department's table by key, for single queries; connections stay open between them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

PATIENCE = 5.0  # seconds until a department's database counts as away


@lru_cache(64)
def _pool(address: str) -> ConnectionPool:
    return ConnectionPool(address, min_size=0, max_size=2, timeout=PATIENCE, kwargs={"autocommit": True, "options": "-c statement_timeout=5000"}, open=True)


def _plain(value: Any) -> Any:
    """As JSON has it: days and moments in ISO 8601, amounts as text so that no digit is lost."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def rows(address: str, table: str, columns: Sequence[str], key: str, keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """`schema.table` of a PostgreSQL: the rows whose `key` is among `keys`, by key. Raises psycopg.Error where the database is away or lacks a column."""
    named = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
    wanted = sql.SQL(", ").join(map(sql.Identifier, columns))
    told = sql.SQL("SELECT {} FROM {} WHERE {} = ANY(%s)").format(wanted, named, sql.Identifier(key))
    with _pool(address).connection() as line, line.cursor(row_factory=dict_row) as cursor:
        cursor.execute(told, [list(keys)])
        return {str(row[key]): {name: _plain(value) for name, value in row.items()} for row in cursor.fetchall()}


def columns(address: str, places: Sequence[tuple[str, str]]) -> None:
    """Look whether each (table, column) can be read. Raises psycopg.Error where one cannot."""
    if not places:
        return
    with _pool(address).connection() as line:
        for table, column in places:
            named = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
            line.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(sql.Identifier(column), named))


def without(address: str, table: str, column: str) -> bool:
    """Whether a row of the table lacks a value there."""
    named = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
    with _pool(address).connection() as line:
        row = line.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE {} IS NULL)").format(named, sql.Identifier(column))).fetchone()
    return bool(row and row[0])
