"""PostgreSQL's logical replication messages (pgoutput, protocol version 1, text values) as changes of rows. Pure.

Source: PostgreSQL documentation, "Logical Replication Message Formats".
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass


class Unchanged:
    """A long value that an update left as it was: the log does not hold it again."""


UNCHANGED = Unchanged()
Row = Mapping[str, "str | Unchanged | None"]
_SHORT, _LONG, _QUAD = struct.Struct(">H"), struct.Struct(">I"), struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as the log tells it: its columns, and those that identify a row in it."""

    name: str
    columns: tuple[str, ...]
    identity: frozenset[str]


@dataclass(frozen=True, slots=True)
class Begin:
    """`place` is where the transaction is committed in the log: greater than that of every transaction told before."""

    place: int


@dataclass(frozen=True, slots=True)
class Commit:
    """`place` is where the transaction ends in the log: a slot that has come so far does not tell it again."""

    place: int


@dataclass(frozen=True, slots=True)
class Change:
    """`old`: the row before, or its identity alone, where the log tells it; `new`: the row after, None where it was deleted."""

    relation: Relation
    old: Row | None
    new: Row | None


@dataclass(frozen=True, slots=True)
class Emptied:
    """Tables that were emptied as a whole."""

    relations: tuple[str, ...]


Told = Begin | Commit | Change | Emptied | None


class Decoder:
    """Remembers the tables that the log introduced before their first change."""

    def __init__(self) -> None:
        self.relations: dict[int, Relation] = {}

    def read(self, message: bytes) -> Told:
        """One message; None for those that change no row. Raises ValueError where it cannot be read."""
        try:
            return self._read(message)
        except (struct.error, IndexError, KeyError, ValueError) as fault:
            raise ValueError(f"a message of the log cannot be read: {fault!r}") from fault

    def _read(self, message: bytes) -> Told:
        match message[:1]:
            case b"B":
                return Begin(_QUAD.unpack_from(message, 1)[0])
            case b"C":
                return Commit(_QUAD.unpack_from(message, 10)[0])
            case b"R":
                self._introduce(message)
                return None
            case b"I":
                relation = self.relations[_LONG.unpack_from(message, 1)[0]]
                return Change(relation, None, _row(message, 6, relation)[0])
            case b"U":
                return self._update(message)
            case b"D":
                relation = self.relations[_LONG.unpack_from(message, 1)[0]]
                return Change(relation, _old(message, 5, relation)[0], None)
            case b"T":
                count = _LONG.unpack_from(message, 1)[0]
                return Emptied(tuple(self.relations[_LONG.unpack_from(message, 6 + 4 * n)[0]].name for n in range(count)))
        return None

    def _introduce(self, message: bytes) -> None:
        oid = _LONG.unpack_from(message, 1)[0]
        schema, at = _text(message, 5)
        name, at = _text(message, at)
        count = _SHORT.unpack_from(message, at + 1)[0]
        at += 3
        columns, identity = [], set()
        for _column in range(count):
            flags = message[at]
            column, at = _text(message, at + 1)
            at += 8
            columns.append(column)
            if flags & 1:
                identity.add(column)
        self.relations[oid] = Relation(f"{schema or 'pg_catalog'}.{name}", tuple(columns), frozenset(identity))

    def _update(self, message: bytes) -> Change:
        relation = self.relations[_LONG.unpack_from(message, 1)[0]]
        old, at = _old(message, 5, relation) if message[5:6] in b"KO" else (None, 5)
        return Change(relation, old, _row(message, at + 1, relation)[0])


def _text(message: bytes, at: int) -> tuple[str, int]:
    end = message.index(b"\0", at)
    return message[at:end].decode(), end + 1


def _old(message: bytes, at: int, relation: Relation) -> tuple[Row, int]:
    """The row before: whole, or what identifies it alone."""
    row, end = _row(message, at + 1, relation)
    return (row if message[at : at + 1] == b"O" else {k: v for k, v in row.items() if k in relation.identity}), end


def _row(message: bytes, at: int, relation: Relation) -> tuple[dict[str, str | Unchanged | None], int]:
    count = _SHORT.unpack_from(message, at)[0]
    at += 2
    found: dict[str, str | Unchanged | None] = {}
    for name in relation.columns[:count]:
        kind = message[at : at + 1]
        at += 1
        if kind == b"t":
            size = _LONG.unpack_from(message, at)[0]
            at += 4 + size
            found[name] = message[at - size : at].decode()
        else:
            found[name] = UNCHANGED if kind == b"u" else None
    return found, at
