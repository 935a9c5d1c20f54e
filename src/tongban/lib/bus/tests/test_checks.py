"""Column-wise checks say the same as the codes' own rules, row by row."""

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongban.lib import codes
from tongban.lib.bus import checks
from tongban.lib.bus.contract import Column, Contract, contract

TODAY = date(2026, 11, 24)
COLUMNS = (
    Column("id", check="resident-id", required=True), Column("tongban_seq", "integer", required=True), Column("credit", check="credit-code"),
    Column("region", check="region"), Column("mobile", check="mobile"), Column("status", codes=("存续", "注销")), Column("name", length=4),
    Column("amount", "money", least=0, most=100), Column("day", "date"),
)  # fmt: skip
CONTRACT = Contract("XY2026-000001", COLUMNS, "id")


def resident(serial):
    body = f"370102{19000101 + serial % 28}{serial % 1000:03d}"
    return body + codes.resident_check_digit(body)


def table(**change):
    row = {
        "id": [resident(1), resident(2)], "tongban_seq": [1, 2], "credit": [codes.make_credit_code("91", "370102", "MA0000001"), None], "region": ["370102", "37"],
        "mobile": ["13800000001", None], "status": ["存续", None], "name": ["合成", None], "amount": [100, None], "day": [TODAY, None],
    }  # fmt: skip
    schema = pa.schema([f.with_nullable(True) for f in CONTRACT.schema()])
    return pa.table({**row, **change}, schema=schema)


def test_good_rows_pass_untouched():
    good, faults, bad = checks.check(table(), CONTRACT, TODAY)
    assert (good.num_rows, faults, bad.num_rows) == (2, [], 0)


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("id", None, "empty"), ("id", resident(2)[:17] + "?", "resident-id"), ("id", "37010219000230001X", "resident-id"), ("id", "123", "resident-id"),
        ("credit", "91370102MA0000001A", "credit-code"), ("credit", "91370102MA000000I0", "credit-code"), ("region", "3701O2", "region"), ("region", "370", "region"),
        ("mobile", "12800000001", "mobile"), ("status", "停业", "code"), ("name", "一二三四五", "length"), ("amount", -1, "range"), ("amount", 101, "range"),
        ("day", date(2026, 11, 25), "future"),
    ],
)  # fmt: skip
def test_each_fault_is_named_and_only_its_row_set_aside(column, value, what):
    rows = table()
    first = rows.column(column)[0].as_py()
    good, faults, bad = checks.check(table(**{column: [first, value]}), CONTRACT, TODAY)
    assert (good.num_rows, bad.num_rows) == (1, 1)
    assert (column, what) in [(f.column, f.what) for f in faults]


def test_a_key_that_comes_twice_is_kept_once():
    good, faults, _bad = checks.check(table(id=[resident(1), resident(1)]), CONTRACT, TODAY)
    assert good.num_rows == 1
    assert [f.what for f in faults] == ["twice"]


LETTERS = st.text(alphabet=codes.CREDIT_ALPHABET + "IO?甲", min_size=0, max_size=19)


@settings(max_examples=200)
@given(st.lists(st.one_of(st.none(), LETTERS, st.integers(0, 9999).map(resident)), min_size=1, max_size=8))
def test_identity_numbers_as_the_rule_for_one(values):
    held = pa.chunked_array([pa.array(values, pa.string())])
    found = checks._badly_checked(held, "resident-id").tolist()
    for value, bad in zip(values, found, strict=True):
        fault = "" if value is None else codes.resident_id_fault(value, today=date(9999, 12, 31))
        # The columnar check leaves two things to others: the year's leap day, and birth before 1880.
        if value is None or not fault:
            assert not bad
        elif fault in ("length", "digits", "check-digit"):
            assert bad


@settings(max_examples=200)
@given(
    st.lists(st.one_of(st.none(), LETTERS, st.integers(0, 10**9 - 1).map(lambda n: codes.make_credit_code("91", "370102", f"{n:09d}"))), min_size=1, max_size=8)
)
def test_credit_codes_as_the_rule_for_one(values):
    held = pa.chunked_array([pa.array(values, pa.string())])
    found = checks._badly_checked(held, "credit-code").tolist()
    assert found == [value is not None and bool(codes.credit_code_fault(value)) for value in values]


def test_a_slice_is_checked_as_itself():
    whole = pa.array([resident(n) for n in range(10)], pa.string())
    assert not checks._badly_checked(pa.chunked_array([whole.slice(3, 4)]), "resident-id").any()
    assert not checks._badly_checked(pa.chunked_array([whole.slice(3, 4), whole.slice(8)]), "resident-id").any()


def test_a_contract_reads_back_from_json():
    assert contract(CONTRACT.told()) == CONTRACT


def test_a_deadline_may_lie_in_the_future():
    held = Contract("XY2026-000001", (*COLUMNS[:-1], Column("day", "date", check="ahead")), "id")
    assert checks.check(table(day=[date(2099, 1, 1), None]), held, TODAY)[1] == []
