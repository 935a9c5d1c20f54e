"""Data packages: a table with its schema in one ZIP (Frictionless Data Package and Table Schema, version 1), made from a contract, read from files.

Money stands in files as yuan with two decimals and within the platform as whole fen.
"""

import codecs
import csv
import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
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


BLOCK, ROWS = 8 * 1024 * 1024, 50_000  # bytes of CSV, rows of Parquet that are in memory at a time


class CannotRead(ValueError):
    """The file is no table; the words say why: not-readable, empty, too-large, cells (a row has more or fewer), or which columns are missing."""


@dataclass(frozen=True, slots=True)
class About:
    """What the package says of itself."""

    name: str
    title: str
    description: str
    source: str
    created: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file, as the contract types them (null where a value is of another type), with those values."""

    table: pa.Table
    faults: list[Fault]


def blocks(name: str, stream: BinaryIO, contract: Contract, titles: Mapping[str, str]) -> Iterator[Block]:
    """A CSV, XLSX or Parquet file block by block, its rows numbered from 1 in the contract's sequence. `stream` can be read from any place.

    Columns are named by item key or by title. Raises CannotRead, and Invalid for a file that is no XLSX.
    """
    read = _parquet if name.lower().endswith(".parquet") else _xlsx if name.lower().endswith(".xlsx") else _csv_texts
    first, named = 1, None
    for texts in read(stream):
        named = named or _named(list(texts), contract, titles)
        if (size := len(next(iter(texts.values())))) == 0:
            continue
        yield _block({n: texts[t] for n, t in named.items()}, contract, first, size)
        first += size
    if first == 1:
        raise CannotRead("empty")


def _named(found: Sequence[str], contract: Contract, titles: Mapping[str, str]) -> dict[str, str]:
    """Item key → how the file calls its column."""
    named = {c.name: next((t for t in (c.name, titles.get(c.name, "")) if t in found), "") for c in contract.columns if c.name != contract.sequence}
    if missing := [titles.get(n, n) for n, t in named.items() if not t]:
        raise CannotRead("、".join(missing))
    return named


def _block(texts: Mapping[str, pl.Series], contract: Contract, first: int, size: int) -> Block:
    held = {c.name: _typed(texts[c.name], c) for c in contract.columns if c.name != contract.sequence}
    keys = texts[contract.key]
    faults = [
        Fault(keys[n] or "", name, "type", (texts[name][n] or "")[:80], first + n) for name, (_values, bad) in held.items() for n in bad.arg_true().to_list()
    ]
    order = pa.array(range(first, first + size), pa.int64())
    columns = {c.name: order if c.name == contract.sequence else held[c.name][0].to_arrow().cast(ARROW[c.type]) for c in contract.columns}
    fields = [pa.field(c.name, ARROW[c.type]) for c in contract.columns]  # nullable: what is empty is found by the checks
    return Block(pa.table(list(columns.values()), schema=pa.schema(fields)), faults)


Texts = dict[str, pl.Series]


def _xlsx(stream: BinaryIO) -> Iterator[Texts]:
    """A sheet is read whole: it holds 100,000 rows at most here."""
    content = stream.read(tables.UPLOAD_LIMIT + 1)
    if len(content) > tables.UPLOAD_LIMIT:
        raise CannotRead("too-large")
    told = tables.read_file("sheet.xlsx", content, ())
    names = list(dict.fromkeys(n for row in told for n in row if n))
    if told:
        yield {n: pl.Series(n, [row.get(n) or None for row in told], dtype=pl.String) for n in names}


def _csv_texts(stream: BinaryIO) -> Iterator[Texts]:
    """Every cell as a text, stripped; an empty one is none."""
    encoding = _encoding(stream)
    names = _header(stream, encoding)
    ragged: list[str] = []

    def tell(row: Any) -> str:
        ragged.append(f"{row.actual_columns}/{row.expected_columns} @ {row.text[:60]}")
        return "error"

    try:
        reader = pa_csv.open_csv(
            stream,
            pa_csv.ReadOptions(use_threads=False, block_size=BLOCK, encoding=encoding, column_names=[str(i) for i in range(len(names))], skip_rows=1),
            pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=tell),
            pa_csv.ConvertOptions(column_types={str(i): pa.string() for i in range(len(names))}, strings_can_be_null=False),
        )
        for batch in reader:
            yield {n: _stripped(batch.column(i)) for i, n in enumerate(names) if n}
    except (pa.ArrowInvalid, UnicodeError) as fault:
        if ragged:
            raise CannotRead(f"cells {ragged[0]}") from fault
        if "Empty CSV" in str(fault):
            return
        raise CannotRead("not-readable") from fault


def _encoding(stream: BinaryIO) -> str:
    """UTF-8, or what Chinese spreadsheets write; told by the first bytes."""
    head = stream.read(BLOCK)
    stream.seek(0)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _header(stream: BinaryIO, encoding: str) -> list[str]:
    line = stream.readline(BLOCK).decode(encoding, errors="replace").removeprefix("\ufeff")
    stream.seek(0)
    if not line.strip():
        raise CannotRead("empty")
    return [cell.strip() for cell in next(csv.reader([line]))]


def _parquet(stream: BinaryIO) -> Iterator[Texts]:
    try:
        for batch in pq.ParquetFile(stream).iter_batches(ROWS):
            yield {n: _stripped(batch.column(i).cast(pa.string())) for i, n in enumerate(batch.schema.names)}
    except (pa.ArrowException, OSError) as fault:
        raise CannotRead("not-readable") from fault


def _stripped(column: pa.Array) -> pl.Series:
    texts = pl.Series(pl.from_arrow(column)).cast(pl.String).str.strip_chars()
    return pl.select(pl.when(texts != "").then(texts)).to_series()


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


class Package:
    """A data package that is written as its rows come: `data.csv`, then `datapackage.json`. The same rows make the same bytes.

    `filtered`: columns that a border has changed.
    """

    def __init__(self, out: IO[bytes], contract: Contract, titles: Mapping[str, str], about: About, filtered: Sequence[str] = ()) -> None:
        self._contract, self._titles, self._about, self._filtered = contract, titles, about, filtered
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
        self._data = self._zip.open(_entry("data.csv"), "w", force_zip64=True)
        self._bytes, self._digest, self.rows = 0, hashlib.sha256(), 0

    def add(self, table: pa.Table) -> None:
        """Rows, after those before them."""
        body = _csv(table, self._contract, header=self.rows == 0)
        self._data.write(body)
        self._digest.update(body)
        self._bytes, self.rows = self._bytes + len(body), self.rows + table.num_rows

    def close(self) -> None:
        """Say what the data are, and end."""
        self._data.close()
        resource = {
            "name": "data", "path": "data.csv", "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
            "bytes": self._bytes, "hash": f"sha256:{self._digest.hexdigest()}", "schema": schema(self._contract, self._titles, self._filtered),
        }  # fmt: skip
        about = self._about
        told = {
            "profile": "tabular-data-package", "name": about.name, "title": about.title, "description": about.description, "created": about.created,
            "sources": [{"title": about.source}], "resources": [resource],
        }  # fmt: skip
        self._zip.writestr(_entry("datapackage.json"), json.dumps(told, ensure_ascii=False, indent=1).encode())
        self._zip.close()


def _entry(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


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


def _csv(table: pa.Table, contract: Contract, *, header: bool) -> bytes:
    frame = pl.DataFrame(pl.from_arrow(table)).select([c.name for c in contract.columns if c.name != contract.sequence])
    money = [pl.col(c.name).cast(pl.Decimal(20, 2)) / 100 for c in contract.columns if c.type == "money" and c.name in frame.columns]
    times = [
        pl.col(c.name).dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        for c in contract.columns
        if c.type == "datetime" and c.name in frame.columns
    ]
    return frame.with_columns(*money, *times).write_csv(include_header=header).encode()
