"""Data packages: a table with its schema in one ZIP (Frictionless Data Package and Table Schema, version 1), made from a contract, read from files.

Money stands in files as yuan with two decimals and within the platform as whole fen.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tongban.lib import tables
from tongban.lib.bus.checks import Fault
from tongban.lib.bus.contract import ARROW, Column, Contract

TYPES = {
    "text": "string", "memo": "string", "integer": "integer", "money": "number", "number": "number", "double": "number", "float": "number", "date": "date",
    "datetime": "datetime", "boolean": "boolean",
}  # fmt: skip
TRUE, FALSE = ("true", "1", "是", "t", "yes"), ("false", "0", "否", "f", "no")
PATTERNS = {
    "resident-id": r"[1-9]\d{16}[\dX]", "credit-code": r"[0-9A-HJ-NP-RTUW-Y]{18}", "mobile": r"1[3-9]\d{9}", "region": r"\d{2}(\d{2}(\d{2}(\d{3})?)?)?",
}  # fmt: skip


class CannotRead(ValueError):
    """The file is no table; the words say why: not-readable, empty, or which columns are missing."""


@dataclass(frozen=True, slots=True)
class About:
    """What the package says of itself."""

    name: str
    title: str
    description: str
    source: str
    created: str


def rows(name: str, content: bytes, contract: Contract, titles: Mapping[str, str]) -> tuple[pa.Table, list[Fault]]:
    """A CSV, XLSX or Parquet file as the contract types it, numbered from 1 in its sequence, and the values that are of another type (null in the table).

    Columns are named by item key or by title. Raises CannotRead, and Invalid for a file that is no CSV or XLSX.
    """
    texts = _parquet(content) if name.lower().endswith(".parquet") else _texts(tables.read_file(name, content, ()))
    wanted = [c for c in contract.columns if c.name != contract.sequence]
    found = {c.name: next((t for t in (c.name, titles.get(c.name, "")) if t in texts), "") for c in wanted}
    if missing := [titles.get(n, n) for n, t in found.items() if not t]:
        raise CannotRead("、".join(missing))
    held = {c.name: _typed(texts[found[c.name]], c) for c in wanted}
    keys = texts[found[contract.key]]
    faults = [
        Fault(keys[n] or "", name, "type", (texts[found[name]][n] or "")[:80], n + 1) for name, (_values, bad) in held.items() for n in bad.arg_true().to_list()
    ]
    order = pa.array(range(1, len(keys) + 1), pa.int64())
    columns = {c.name: order if c.name == contract.sequence else held[c.name][0].to_arrow().cast(ARROW[c.type]) for c in contract.columns}
    fields = [pa.field(c.name, ARROW[c.type]) for c in contract.columns]  # nullable: what is empty is found by the checks
    return pa.table(list(columns.values()), schema=pa.schema(fields)), faults


def _texts(told: Sequence[Mapping[str, str]]) -> dict[str, pl.Series]:
    if not told:
        raise CannotRead("empty")
    names = list(dict.fromkeys(n for row in told for n in row if n))
    return {n: pl.Series(n, [row.get(n) or None for row in told], dtype=pl.String) for n in names}


def _parquet(content: bytes) -> dict[str, pl.Series]:
    try:
        held = pq.read_table(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError) as fault:
        raise CannotRead("not-readable") from fault
    return {n: pl.Series(n, [None if v is None else str(v) for v in held.column(n).to_pylist()], dtype=pl.String) for n in held.column_names}


def _typed(texts: pl.Series, column: Column) -> tuple[pl.Series, pl.Series]:
    """(values, where a text is of another type)."""
    if column.type in ("text", "memo"):
        return texts, pl.repeat(value=False, n=len(texts), eager=True)
    plain = texts.str.strip_chars().str.replace_all(",", "")
    made: dict[str, Any] = {
        "integer": lambda: plain.cast(pl.Int64, strict=False), "money": lambda: _fen(plain), "date": lambda: plain.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        "datetime": lambda: plain.str.replace(" ", "T").str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_zone="Asia/Shanghai", strict=False),
        "boolean": lambda: _truth(plain),
    }  # fmt: skip
    values = made.get(column.type, lambda: plain.cast(pl.Float64, strict=False))()
    return values, texts.is_not_null() & (texts != "") & values.is_null()


def _fen(plain: pl.Series) -> pl.Series:
    sound = plain.str.contains(r"^-?\d{1,14}(\.\d{1,2})?$")
    return pl.select(pl.when(sound).then(plain).otherwise(None).cast(pl.Decimal(18, 2), strict=False) * 100).to_series().cast(pl.Int64, strict=False)


def _truth(plain: pl.Series) -> pl.Series:
    low = plain.str.to_lowercase()
    return pl.select(pl.when(low.is_in(TRUE)).then(True).when(low.is_in(FALSE)).then(False)).to_series()


def made(table: pa.Table, contract: Contract, titles: Mapping[str, str], about: About, filtered: Sequence[str] = ()) -> bytes:
    """The package: `datapackage.json` and `data.csv`; the same rows make the same bytes. `filtered`: columns that a border has changed."""
    body = _csv(table, contract)
    resource = {
        "name": "data", "path": "data.csv", "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
        "bytes": len(body), "hash": f"sha256:{hashlib.sha256(body).hexdigest()}", "schema": schema(contract, titles, filtered),
    }  # fmt: skip
    told = {
        "profile": "tabular-data-package", "name": about.name, "title": about.title, "description": about.description, "created": about.created,
        "sources": [{"title": about.source}], "resources": [resource],
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for name, content in (("datapackage.json", json.dumps(told, ensure_ascii=False, indent=1).encode()), ("data.csv", body)):
            kept.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def schema(contract: Contract, titles: Mapping[str, str], filtered: Sequence[str] = ()) -> dict[str, Any]:
    """Table Schema of a contract; of columns that a border has changed (`filtered`) the checks no longer hold."""
    fields = []
    for c in contract.columns:
        if c.name != contract.sequence:
            held = {"required": True} if c.required or c.name == contract.key else {}
            fields.append(
                {
                    "name": c.name,
                    "title": titles.get(c.name, c.name),
                    "type": TYPES[c.type],
                    "constraints": held | ({} if c.name in filtered else _constraints(c)),
                }
            )
    return {"fields": fields, "primaryKey": contract.key, "missingValues": [""]}


def _constraints(c: Column) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if c.codes:
        told["enum"] = list(c.codes)
    if c.check:
        told["pattern"] = PATTERNS[c.check]
    elif c.length:
        told["maxLength"] = c.length
    return told


def _csv(table: pa.Table, contract: Contract) -> bytes:
    frame = pl.DataFrame(pl.from_arrow(table)).select([c.name for c in contract.columns if c.name != contract.sequence])
    money = [pl.col(c.name).cast(pl.Decimal(20, 2)) / 100 for c in contract.columns if c.type == "money" and c.name in frame.columns]
    times = [
        pl.col(c.name).dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        for c in contract.columns
        if c.type == "datetime" and c.name in frame.columns
    ]
    return frame.with_columns(*money, *times).write_csv().encode()
