"""Codes against the standards' own rules and python-stdnum as oracle."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from tongban.lib import codes

TODAY = date(2026, 11, 24)


@given(st.sampled_from(["11", "51", "91", "92"]), st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
def test_made_credit_code_is_sound_and_the_oracle_agrees(kind, serial):
    code = codes.make_credit_code(kind, "370102", serial)
    assert codes.credit_code_fault(code) == ""
    assert uscc.calc_check_digit(code[:17]) == code[17]


@given(st.integers(0, 16), st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
def test_one_wrong_character_is_found(place, serial):
    code = codes.make_credit_code("91", "370102", serial)
    other = "0" if code[place] != "0" else "1"
    assert codes.credit_code_fault(code[:place] + other + code[place + 1 :]) == "check-digit"


@pytest.mark.parametrize(
    ("code", "fault"),
    [("083372204", "length"), ("11511301008778183O", "alphabet"), ("11511301008778183A", "check-digit")],
)
def test_faults_of_real_import_are_named(code, fault):
    assert codes.credit_code_fault(code) == fault


@given(st.integers(0, 999), st.dates(date(1900, 1, 1), TODAY))
def test_resident_number_agrees_with_the_oracle(serial, born):
    body = f"370102{born:%Y%m%d}{serial:03d}"
    number = body + codes.resident_check_digit(body)
    assert codes.resident_id_fault(number, today=TODAY) == ""
    assert ric.calc_check_digit(number) == number[17]


def test_identity_of_a_county_that_was_merged_is_still_valid():
    """371202 莱城区 became 370116 莱芜区 in 2018; the identities it issued remain."""
    body = "37120219900101001"
    number = body + codes.resident_check_digit(body)
    assert codes.resident_id_fault(number, today=TODAY, region_known=lambda c: c == "371202") == ""
    assert codes.resident_id_fault(number, today=TODAY, region_known=lambda c: c == "370116") == "region"


@pytest.mark.parametrize(
    ("number", "fault"),
    [("3701021990010100", "length"), ("37010219900101A01X", "digits"), ("370102199013010011", "birth-date"), ("370102203001010011", "birth-date")],
)
def test_faults_of_a_resident_number_are_named(number, fault):
    assert codes.resident_id_fault(number, today=TODAY) == fault


def test_region_code_forms():
    assert codes.gbt2260("37") == "370000"
    assert codes.gbt2260("370102001") == "370102"
    assert codes.ancestors("370102001") == ["37", "3701", "370102", "370102001"]
    assert codes.in_region("370102", "3701")
    assert not codes.in_region("370202", "3701")
