"""Statements of the hot path: written as SQL, bound and prepared by the server, on Django's own connection.

The object mapper spends more time building such a statement than PostgreSQL needs to run it, and each round trip
costs as much again. Only what is run at every submission stands here; everything else reads better through the mapper.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connection

T = TypeVar("T")
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A statement, its values, and what its rows mean."""

    statement: str
    values: dict[str, Any]
    read: Callable[[list[Row]], T]


def rows(statement: str, values: dict[str, Any]) -> list[Row]:
    """Run one statement in the running transaction, if any. Values that feed json need a cast."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, prepare=True)
        return cursor.fetchall()


def run(statement: str, values: dict[str, Any]) -> None:
    """Run one statement that gives no rows."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, prepare=True)


def ask(one: Ask[T]) -> T:
    return one.read(rows(one.statement, one.values))


@cache
def _joined(statements: tuple[str, ...]) -> str:
    parts = ", ".join(f"(SELECT json_agg(to_json(t)) FROM ({one}) t)" for one in statements)  # noqa: S608 - joins statements of our own
    return f"SELECT {parts}"


def together(*asks: Ask[Any]) -> list[Any]:
    """Run several reads as one statement; what `read` raises is raised for the first that does.

    Columns need names of their own within an ask, values need names of their own across all asks; dates come as text.
    """
    [found] = rows(_joined(tuple(one.statement for one in asks)), {k: v for one in asks for k, v in one.values.items()})
    return [one.read([tuple(row.values()) for row in result or ()]) for one, result in zip(asks, found, strict=True)]
