"""A contract: the columns that travel under an agreement, their types and checks; the same in Arrow and in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

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
GONE = "tongban_gone"  # marks a row of which only the key travels: it is no more


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `check`: resident-id, credit-code, region, mobile, ahead (a day that may lie in the future); `least` and `most` bound numbers."""

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
    """`key` identifies a row; rows travel in the order of `sequence`, a bigint that grows with every change. `gone`: deletions travel too."""

    number: str
    columns: tuple[Column, ...]
    key: str
    sequence: str = SEQUENCE
    gone: bool = False

    @property
    def names(self) -> list[str]:
        return [c.name for c in self.columns]

    def schema(self) -> pa.Schema:
        """Of a batch."""
        named = (self.key, self.sequence)
        fields = [pa.field(c.name, ARROW[c.type], nullable=c.name not in named and (self.gone or not c.required)) for c in self.columns]
        return pa.schema([*fields, *([pa.field(GONE, pa.bool_(), nullable=False)] if self.gone else [])])

    def told(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "key": self.key,
            "sequence": self.sequence,
            "gone": self.gone,
            "columns": [{**asdict(c), "codes": list(c.codes)} for c in self.columns],
        }


def contract(told: Mapping[str, Any]) -> Contract:
    """A contract as JSON keeps it."""
    columns = tuple(Column(**{**c, "codes": tuple(c["codes"])}) for c in told["columns"])
    return Contract(told["number"], columns, told["key"], told["sequence"], bool(told.get("gone")))


def typed(values: Sequence[str | None], kind: str) -> pa.Array:
    """Texts as PostgreSQL writes them, in a contract's type."""
    if kind == "boolean":
        return pa.array([None if v is None else v in ("t", "true") for v in values], pa.bool_())
    if kind == "general":
        return pa.array([None if v is None else bytes.fromhex(v.removeprefix("\\x")) for v in values], pa.binary())
    if kind == "datetime":  # a column without zone is read as it is written
        values = [None if v is None else v if "+" in v[-6:] else f"{v}+00" for v in values]
    return pc.cast(pa.array(values, pa.string()), ARROW[kind])
