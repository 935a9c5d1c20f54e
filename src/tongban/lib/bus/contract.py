"""A contract: the columns that travel under an agreement, their types and checks; the same in Arrow and in PostgreSQL."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

# Money travels as whole fen: no rounding, and twice as fast as decimals.
ARROW = {
    "text": pa.string(), "memo": pa.string(), "integer": pa.int64(), "money": pa.int64(), "number": pa.float64(), "double": pa.float64(),
    "float": pa.float64(), "date": pa.date32(), "datetime": pa.timestamp("us", tz="UTC"), "boolean": pa.bool_(), "general": pa.binary(),
}  # fmt: skip
SQL = {
    "text": "text", "memo": "text", "integer": "bigint", "money": "bigint", "number": "double precision", "double": "double precision",
    "float": "double precision", "date": "date", "datetime": "timestamptz", "boolean": "boolean", "general": "bytea",
}  # fmt: skip
SEQUENCE = "tongban_seq"  # the order of changes; every row has one


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `check`: resident-id, credit-code, region, mobile; `least` and `most` bound numbers."""

    name: str
    type: str = "text"
    required: bool = False
    check: str = ""
    length: int = 0
    codes: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """`key` identifies a row; rows travel in the order of `sequence`, a bigint that grows with every change."""

    number: str
    columns: tuple[Column, ...]
    key: str
    sequence: str = SEQUENCE

    @property
    def names(self) -> list[str]:
        return [c.name for c in self.columns]

    def schema(self) -> pa.Schema:
        """Of a batch."""
        return pa.schema([pa.field(c.name, ARROW[c.type], nullable=not (c.required or c.name in (self.key, self.sequence))) for c in self.columns])

    def told(self) -> dict[str, Any]:
        return {"number": self.number, "key": self.key, "sequence": self.sequence, "columns": [{**asdict(c), "codes": list(c.codes)} for c in self.columns]}


def contract(told: Mapping[str, Any]) -> Contract:
    """A contract as JSON keeps it."""
    columns = tuple(Column(**{**c, "codes": tuple(c["codes"])}) for c in told["columns"])
    return Contract(told["number"], columns, told["key"], told["sequence"])
