"""What a table or a file looks like: columns, types, keys, a few values. Nothing is kept of it here.

Databases by SQLAlchemy (PostgreSQL as shipped; MySQL and Oracle once their driver is installed), files as CSV, XLSX, Parquet, GeoPackage,
HTTP APIs that answer in JSON.
"""

import datetime
import http.client as http_client
import io
import ipaddress
import json
import sqlite3
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from tongban.lib import outward, tables
from tongban.lib.late import late

if TYPE_CHECKING:
    import sqlalchemy
    from sqlalchemy import exc
else:
    sqlalchemy, exc = late("sqlalchemy"), late("sqlalchemy.exc")

SAMPLE = 200  # rows looked at
MOST_COLUMNS = 500
MOST_BODY = 4 * 1024 * 1024  # bytes read of an API's answer
DEEP = 4  # levels of an answer within which its list of records is looked for
MOST_STEPS = 1_000_000  # of SQLite's machine, for one file
_SQL_TYPES = (
    ("Boolean", "boolean"), ("Integer", "integer"), ("Float", "double"), ("Numeric", "number"), ("DateTime", "datetime"), ("Date", "date"),
    ("LargeBinary", "general"), ("Text", "memo"), ("String", "text"),
)  # fmt: skip


class CannotProbe(ValueError):
    """The source cannot be read; the words say why: no-answer, no-table, no-driver, not-readable, empty, no-address, no-list."""


@dataclass(frozen=True, slots=True)
class Probed:
    """A column: its type as the catalogue names it, and some of its values as text."""

    name: str
    type: str
    length: int = 0
    required: bool = False
    primary: bool = False
    comment: str = ""
    samples: tuple[str, ...] = ()


def database(url: str, table: str) -> list[Probed]:
    """The columns of `schema.table` or `table`; raises CannotProbe."""
    schema, _dot, name = table.rpartition(".")
    try:
        engine = sqlalchemy.create_engine(_dialect(url), pool_pre_ping=False, connect_args={"connect_timeout": 5} if url.startswith("postgres") else {})
        with engine.connect() as line:
            inspector = sqlalchemy.inspect(line)
            columns = inspector.get_columns(name, schema=schema or None)
            keys = set(inspector.get_pk_constraint(name, schema=schema or None).get("constrained_columns") or [])
            held = sqlalchemy.Table(name, sqlalchemy.MetaData(), *(sqlalchemy.Column(c["name"]) for c in columns), schema=schema or None)
            rows = [tuple(r) for r in line.execute(sqlalchemy.select(held).limit(SAMPLE))]
        engine.dispose()
    except exc.NoSuchTableError as fault:
        raise CannotProbe("no-table") from fault
    except (exc.NoSuchModuleError, ModuleNotFoundError) as fault:
        raise CannotProbe("no-driver") from fault
    except exc.ArgumentError as fault:
        raise CannotProbe("not-readable") from fault
    except exc.SQLAlchemyError as fault:
        raise CannotProbe("no-answer") from fault
    return [
        Probed(
            c["name"], _slug(c["type"]), getattr(c["type"], "length", None) or 0, not c["nullable"], c["name"] in keys, c.get("comment") or "",
            _texts([r[n] for r in rows]),
        )
        for n, c in enumerate(columns[:MOST_COLUMNS])
    ]  # fmt: skip


def _dialect(url: str) -> str:
    for short, long in (
        ("postgresql://", "postgresql+psycopg://"),
        ("postgres://", "postgresql+psycopg://"),
        ("mysql://", "mysql+pymysql://"),
        ("oracle://", "oracle+oracledb://"),
    ):
        if url.startswith(short):
            return long + url.removeprefix(short)
    return url


def http(url: str, authorization: str = "") -> list[Probed]:
    """The fields of the records that a GET answers with, in JSON; `authorization` is sent as the header and kept nowhere. Raises CannotProbe."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or _is_link_local(parts.hostname):
        raise CannotProbe("no-address")
    headers = {"Accept": "application/json", **({"Authorization": authorization} if authorization else {})}
    try:
        with outward.call(urllib.request.Request(url, headers=headers), timeout=10) as answer:  # noqa: S310 - the scheme was checked
            body = answer.read(MOST_BODY + 1)
    except (OSError, http_client.HTTPException, ValueError) as fault:
        raise CannotProbe("no-answer") from fault
    if len(body) > MOST_BODY:
        raise CannotProbe("not-readable")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise CannotProbe("not-readable") from fault
    records = _records(told, DEEP)
    if records is None:
        raise CannotProbe("no-list")
    rows = [_flat(r) for r in records[:SAMPLE]]
    names = list(dict.fromkeys(n for row in rows for n in row))[:MOST_COLUMNS]
    return [_of_json(n, [row.get(n) for row in rows]) for n in names]


def _is_link_local(host: str) -> bool:
    """An address of the machine's own surroundings (RFC 3927), where clouds keep their secrets."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_link_local
    except ValueError:
        return False


def _records(told: Any, deep: int) -> list[dict[str, Any]] | None:
    """The first list of objects, from the outside in."""
    if isinstance(told, list):
        held = [r for r in told if isinstance(r, dict)]
        return held or None
    if isinstance(told, dict) and deep:
        return next((found for v in told.values() if (found := _records(v, deep - 1)) is not None), None)
    return None


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Objects within a record become fields `outer.inner`; lists become text."""
    made: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            made |= {f"{name}.{k}": v if not isinstance(v, dict | list) else json.dumps(v, ensure_ascii=False) for k, v in value.items()}
        else:
            made[name] = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    return made


def _of_json(name: str, values: list[Any]) -> Probed:
    held = [v for v in values if v is not None and v != ""]
    kinds: tuple[tuple[str, Callable[[Any], bool]], ...] = (
        ("boolean", lambda v: isinstance(v, bool)), ("integer", lambda v: isinstance(v, int) and not isinstance(v, bool)),
        ("number", lambda v: isinstance(v, int | float) and not isinstance(v, bool)), ("date", lambda v: isinstance(v, str) and len(v) == 10 and _is_day(v)),
        ("datetime", lambda v: isinstance(v, str) and len(v) > 10 and _is_moment(v)),
    )  # fmt: skip
    kind = next((k for k, fits in kinds if held and all(fits(v) for v in held)), "text")
    texts = _texts(held)
    return Probed(name, kind, max(map(len, texts), default=0) if kind == "text" else 0, len(held) == len(values), samples=texts)


def _is_moment(told: str) -> bool:
    try:
        datetime.datetime.fromisoformat(told)
    except ValueError:
        return False
    return True


def _slug(kind: Any) -> str:
    return next((slug for known, slug in _SQL_TYPES if isinstance(kind, getattr(sqlalchemy, known))), "general")


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(v)[:80] for v in values if v is not None and v != "")


def file(name: str, content: bytes) -> list[Probed]:
    """The columns of a file by its ending; raises CannotProbe, and Invalid as `lib.tables` does."""
    ending = Path(name).suffix.lower()
    if ending == ".parquet":
        return _parquet(content)
    if ending == ".gpkg":
        return _geopackage(content)
    if ending not in (".csv", ".xlsx"):
        raise CannotProbe("not-readable")
    rows = tables.read_file(name, content, ())
    if not rows:
        raise CannotProbe("empty")
    return [_of_texts(column, [r.get(column, "") for r in rows[:SAMPLE]]) for column in list(rows[0])[:MOST_COLUMNS] if column]


def _of_texts(name: str, values: list[str]) -> Probed:
    held = [v for v in values if v]
    kind = next((k for k, fits in (("integer", _is_whole), ("number", _is_number), ("date", _is_day)) if held and all(fits(v) for v in held)), "text")
    return Probed(name, kind, max(map(len, held), default=0) if kind == "text" else 0, len(held) == len(values), samples=_texts(held))


def _is_whole(told: str) -> bool:
    # A leading zero, or more digits than a number has, is a code.
    return told.lstrip("-").isascii() and told.lstrip("-").isdigit() and len(told) < 11 and not (len(told) > 1 and told.startswith("0"))


def _is_number(told: str) -> bool:
    whole, dot, rest = told.lstrip("-").partition(".")
    return bool(dot) and whole.isascii() and whole.isdigit() and rest.isascii() and rest.isdigit()


def _is_day(told: str) -> bool:
    try:
        datetime.date.fromisoformat(told[:10])
    except ValueError:
        return False
    return len(told) in (10, 19)


def _parquet(content: bytes) -> list[Probed]:
    try:
        held = pq.ParquetFile(io.BytesIO(content))
        rows = next(held.iter_batches(batch_size=SAMPLE), None)
    except (pa.ArrowInvalid, OSError) as fault:
        raise CannotProbe("not-readable") from fault
    return [Probed(f.name, _arrow(f.type), samples=_texts(rows.column(n).to_pylist()) if rows else ()) for n, f in enumerate(held.schema_arrow)][:MOST_COLUMNS]


def _arrow(kind: pa.DataType) -> str:
    for fits, slug in (
        (pa.types.is_boolean, "boolean"), (pa.types.is_integer, "integer"), (pa.types.is_floating, "double"), (pa.types.is_decimal, "number"),
        (pa.types.is_date, "date"), (pa.types.is_timestamp, "datetime"), (pa.types.is_string, "text"), (pa.types.is_large_string, "text"),
    ):  # fmt: skip
        if fits(kind):
            return slug
    return "general"


def _geopackage(content: bytes) -> list[Probed]:
    """The first feature table (OGC 12-128r19: `gpkg_contents` lists them)."""
    with tempfile.NamedTemporaryFile(suffix=".gpkg") as kept:
        kept.write(content)
        kept.flush()
        try:
            with closing(sqlite3.connect(f"file:{kept.name}?mode=ro", uri=True)) as line:
                line.set_progress_handler(lambda: 1, MOST_STEPS)  # a view of someone else's could compute for ever
                found = line.execute("SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY 1").fetchone()
                if found is None:
                    raise CannotProbe("empty")
                known = line.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', found).fetchall()
        except sqlite3.Error as fault:
            raise CannotProbe("not-readable") from fault
    kinds = {
        "INTEGER": "integer",
        "MEDIUMINT": "integer",
        "REAL": "double",
        "DOUBLE": "double",
        "FLOAT": "float",
        "DATE": "date",
        "DATETIME": "datetime",
        "BOOLEAN": "boolean",
    }
    return [
        Probed(n, "text" if t.upper().startswith("TEXT") else kinds.get(t.upper(), "general"), required=bool(must), primary=bool(key))
        for n, t, must, key in known
    ]
