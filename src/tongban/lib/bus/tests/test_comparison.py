"""Two tables compared where they lie."""

import os
import random

import psycopg
import pytest

from tongban.lib.bus import comparison
from tongban.lib.errors import Invalid

URL = os.environ["DATABASE_URL"]
LEFT, RIGHT = "public.tongban_cmp_left", "public.tongban_cmp_right"


@pytest.fixture
def tables():
    with psycopg.connect(URL, autocommit=True) as line:
        line.execute(f"CREATE TABLE {LEFT} (code text, name text, day date); CREATE TABLE {RIGHT} (code text PRIMARY KEY, name varchar(40), day text)")
        yield line
        line.execute(f"DROP TABLE IF EXISTS {LEFT}; DROP TABLE IF EXISTS {RIGHT}; DROP TABLE IF EXISTS {comparison.findings_table(LEFT, RIGHT)}")


def test_every_row_is_one_of_four(tables):
    chance = random.Random(3)
    left = {f"{n:03d}": (chance.choice("甲乙"), "2020-01-01") for n in range(300) if chance.random() < 0.9}
    right = {code: (chance.choice("甲乙"), "2020-01-01") for code in [f"{n:03d}" for n in range(300)] if chance.random() < 0.9}
    for table, told in ((LEFT, left), (RIGHT, right)):
        with tables.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s, %s)", [(code, *values) for code, values in told.items()])
    found = comparison.compare(URL, LEFT, RIGHT, key="code", columns=["name", "day"])
    both = left.keys() & right.keys()
    differing = {c for c in both if left[c] != right[c]}
    assert (found.agree, found.differ) == (len(both) - len(differing), len(differing))
    assert (found.only_left, found.only_right) == (len(left.keys() - right.keys()), len(right.keys() - left.keys()))
    rows = comparison.first(URL, found.table, comparison.DIFFERS, 1000)
    assert {key for key, _kind, _columns in rows} == differing
    assert {tuple(columns) for _key, _kind, columns in rows} == {("name",)}
    assert len(comparison.first(URL, found.table, limit=7)) == 7


def test_run_again_it_replaces_what_was_found(tables):
    tables.execute(f"INSERT INTO {LEFT} VALUES ('1', 'a', NULL)")
    assert comparison.compare(URL, LEFT, RIGHT, key="code", columns=[]).only_left == 1
    tables.execute(f"INSERT INTO {RIGHT} VALUES ('1', 'b', NULL)")
    again = comparison.compare(URL, LEFT, RIGHT, key="code", columns=[])
    assert (again.agree, again.only_left) == (1, 0)
    assert comparison.first(URL, again.table) == []


@pytest.mark.parametrize(
    ("left", "key", "columns"),
    [("public.nothing", "code", []), (LEFT, "nothing", []), (LEFT, "code", ["nothing"]), ("nowhere.x", "code", []), (LEFT, 'code"; DROP TABLE x; --', [])],
)
def test_names_that_are_not_there_are_told_and_nothing_runs(tables, left, key, columns):
    with pytest.raises(Invalid):
        comparison.compare(URL, left, RIGHT, key=key, columns=columns)
