"""Entries as PostgreSQL's binary COPY rows: one canonical form, and the fastest way out of the database."""

import struct
from typing import Any

from psycopg.pq.abc import PGconn

_COLUMNS = "e.id, e.xid, e.at, e.account, e.actor_name, e.organ, e.organ_name, e.legal_person, e.authority, e.tag, e.subject, e.origin, e.body"
_HEADER = 19  # signature, flags, extension length
_TRAILER = b"\xff\xff"
_POSITION = struct.Struct(">hiqiQ")  # field count, length, id, length, xid


def position(row: bytes) -> tuple[int, int]:
    """(id, xid) of a row."""
    _count, _a, entry, _b, xid = _POSITION.unpack_from(row)
    return entry, xid


def _number(value: object) -> int:
    return int(str(value))


def rows_after(connection: Any, xid: str, entry: int, limit: int) -> list[bytes]:
    """Up to `limit` settled rows after a position, in (xid, id) order."""
    where = f"(e.xid, e.id) > ('{_number(xid)}'::xid8, {_number(entry)}) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())"
    connection.ensure_connection()
    return _copy(connection.connection.pgconn, f"{where} ORDER BY e.xid, e.id LIMIT {_number(limit)}")


def rows_between(pgconn: PGconn, after: tuple[str, int], upto: tuple[str, int]) -> list[bytes]:
    """The rows of one block, by the positions that bound it."""
    where = f"(e.xid, e.id) > ('{_number(after[0])}'::xid8, {_number(after[1])}) AND (e.xid, e.id) <= ('{_number(upto[0])}'::xid8, {_number(upto[1])})"
    return _copy(pgconn, f"{where} ORDER BY e.xid, e.id")


def row(pgconn: PGconn, entry: int) -> bytes:
    """One entry's row."""
    [found] = _copy(pgconn, f"e.id = {_number(entry)}")
    return found


def _copy(pgconn: PGconn, where: str) -> list[bytes]:
    result = pgconn.exec_(f"COPY (SELECT {_COLUMNS} FROM ledger_entry e WHERE {where}) TO STDOUT (FORMAT BINARY)".encode())  # noqa: S608 - numbers only
    if result.status not in (4, 3):  # COPY_OUT
        raise RuntimeError(result.error_message.decode(errors="replace"))
    rows: list[bytes] = []
    while True:
        size, data = pgconn.get_copy_data(0)
        if size <= 0:
            break
        rows.append(bytes(data))
    pgconn.get_result()
    while pgconn.get_result() is not None:
        pass
    if rows and rows[0].startswith(b"PGCOPY"):
        rows[0] = rows[0][_HEADER:]
    if rows and rows[-1] == _TRAILER:
        rows.pop()
    return [row for row in rows if row and row != _TRAILER]
