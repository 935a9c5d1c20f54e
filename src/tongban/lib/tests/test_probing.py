"""Tables and files are read for their shape; what cannot be read says why."""

import io
import os
import sqlite3

import openpyxl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tongban.lib import probing
from tongban.lib.probing import CannotProbe

ADDRESS = os.environ.get("DATABASE_URL", "")


def test_a_csv_tells_codes_from_numbers():
    found = {c.name: c for c in probing.file("企业.csv", "代码,数量,金额,日期,备注\n007,5,1.50,2026-11-24,\n012,-3,20.25,2026-01-01,有\n".encode())}
    assert [(c.type, c.required) for c in found.values()] == [("text", True), ("integer", True), ("number", True), ("date", True), ("text", False)]
    assert found["代码"].samples == ("007", "012")


def test_xlsx_and_parquet_and_geopackage(tmp_path):
    book, kept = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["名称", "数量"])
    book.active.append(["甲", 3])
    book.save(kept)
    assert [(c.name, c.type) for c in probing.file("a.xlsx", kept.getvalue())] == [("名称", "text"), ("数量", "integer")]
    sink = io.BytesIO()
    pq.write_table(pa.table({"code": ["A"], "n": [1], "x": [1.5], "ok": [True]}), sink)
    assert [(c.name, c.type) for c in probing.file("a.parquet", sink.getvalue())] == [("code", "text"), ("n", "integer"), ("x", "double"), ("ok", "boolean")]
    with sqlite3.connect(tmp_path / "a.gpkg") as line:
        line.executescript(
            "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT); INSERT INTO gpkg_contents VALUES ('points', 'features');"
            "CREATE TABLE points (fid INTEGER PRIMARY KEY, name TEXT(20) NOT NULL, height REAL, geom POINT)"
        )
    found = probing.file("a.gpkg", (tmp_path / "a.gpkg").read_bytes())
    assert [(c.name, c.type, c.primary) for c in found] == [
        ("fid", "integer", True),
        ("name", "text", False),
        ("height", "double", False),
        ("geom", "general", False),
    ]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [("a.exe", b"MZ", "not-readable"), ("a.parquet", b"PAR1", "not-readable"), ("a.gpkg", b"no", "not-readable"), ("a.csv", b"a,b\n", "empty")],
)
def test_what_cannot_be_read_says_why(name, content, why):
    with pytest.raises(CannotProbe, match=why):
        probing.file(name, content)


def test_a_view_that_computes_for_ever_is_stopped(tmp_path):
    with sqlite3.connect(tmp_path / "a.gpkg") as line:
        line.execute(
            "CREATE VIEW gpkg_contents AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 'a' AS table_name, CASE WHEN x < 0 THEN 'features' ELSE 'none' END AS data_type FROM n"
        )
    with pytest.raises(CannotProbe, match="not-readable"):
        probing.file("a.gpkg", (tmp_path / "a.gpkg").read_bytes())


def test_a_table_of_postgresql_with_its_key_and_comments():
    with psycopg.connect(ADDRESS, autocommit=True) as line:
        line.execute("DROP SCHEMA IF EXISTS probing_test CASCADE; CREATE SCHEMA probing_test")
        line.execute(
            "CREATE TABLE probing_test.entity (code varchar(18) PRIMARY KEY, amount numeric, day date, at timestamptz, ok boolean, photo bytea, words text)"
        )
        line.execute("COMMENT ON COLUMN probing_test.entity.code IS '统一社会信用代码'; INSERT INTO probing_test.entity (code, words) VALUES ('91', '合成')")
        try:
            found = probing.database(ADDRESS, "probing_test.entity")
            with pytest.raises(CannotProbe, match="no-table"):
                probing.database(ADDRESS, "probing_test.absent")
        finally:
            line.execute("DROP SCHEMA probing_test CASCADE")
    assert [c.type for c in found] == ["text", "number", "date", "datetime", "boolean", "general", "memo"]
    assert (found[0].primary, found[0].length, found[0].comment, found[0].samples) == (True, 18, "统一社会信用代码", ("91",))


@pytest.mark.parametrize(
    ("url", "why"), [("postgresql://nobody:x@127.0.0.1:1/none", "no-answer"), ("oracle://a:b@127.0.0.1:1/x", "no-driver"), ("nonsense", "not-readable")]
)
def test_a_database_that_cannot_be_read_says_why(url, why):
    with pytest.raises(CannotProbe, match=why):
        probing.database(url, "entity")
