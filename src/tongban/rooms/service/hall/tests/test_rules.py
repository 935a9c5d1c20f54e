"""The hall's pure rules."""

import json
from datetime import date

import pytest
from django.conf import settings

from tongban.kernel.cases import schemas
from tongban.rooms.service.hall import rules

MATTERS = json.loads((settings.DATASETS / "hall" / "matters_complete.json").read_text())["matters"]


@pytest.mark.parametrize("content", MATTERS, ids=lambda m: m["id"])
def test_every_shipped_form_is_a_valid_schema(content):
    assert schemas.schema_fault(rules.schema_of(content["form_fields"])) == ""


@pytest.mark.parametrize("content", MATTERS, ids=lambda m: m["id"])
def test_a_promise_is_never_longer_than_the_law(content):
    promised, statutory = rules.limits(content)
    assert 0 <= promised <= statutory


def test_unverified_law_is_not_shown_to_citizens():
    food = next(m for m in MATTERS if m["id"] == "food-operation-permit-new")
    assert any(b["verified"] == "no" for b in food["legal_basis"])
    assert all(b["verified"] == "yes" for b in rules.verified_only(food)["legal_basis"])


@pytest.mark.parametrize(
    ("told", "end"),
    [("5年", date(2031, 11, 23)), ("三年", date(2029, 11, 23)), ("长期", None), ("", None), ("未核", None)],
)
def test_validity_ends_the_day_before_the_anniversary(told, end):
    assert rules.validity_end(told, date(2026, 11, 24)) == end


def test_a_licence_of_29_february_ends_in_a_year_without_one():
    assert rules.validity_end("1年", date(2024, 2, 29)) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("kind", "posted", "value"),
    [
        ("integer", ["12"], 12), ("integer", ["12.5"], "12.5"), ("number", ["86.5"], 86.5), ("number", ["八十"], "八十"), ("boolean", ["yes"], True),
        ("boolean", ["no"], False), ("string", [" a "], "a"), ("string", [""], None), ("array", ["a", "b"], ["a", "b"]), ("array", ["a、b，c"], ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_what_is_typed_gets_its_type_and_keeps_what_does_not_parse(kind, posted, value):
    assert rules.typed({"properties": {"x": {"type": kind}}}, {"x": posted}).get("x") == value


@pytest.mark.parametrize(
    ("code", "profile", "fault"),
    [
        ("511A0138000000-511602000000-000-11511602008372183N-1-00", "sichuan", ""), ("food-operation-permit-new@370102", "tongban", ""),
        ("11370200334036759K300012111500302", "exchange", ""), ("x", "exchange", "form"), ("x", "nobody", "profile"),
    ],
)  # fmt: skip
def test_code_strings_are_validated_by_their_profile(code, profile, fault):
    assert rules.code_fault(code, profile) == fault


def test_processes_follow_from_the_steps():
    by_id = {m["id"]: rules.process_for(m) for m in MATTERS}
    assert by_id["food-operation-permit-new"] == "permit-with-site-check"
    assert by_id["senior-preferential-card"] == "instant"
    assert by_id["real-estate-transfer-second-hand"] == "registration-with-tax"
    assert by_id["nurse-practice-registration"] == "permit"


def test_who_drafted_may_publish_only_through_review():
    assert rules.VERSION_MOVES.get(("draft", "publish")) is None
    assert rules.VERSION_MOVES[("review", "approve")] == "approved"


def test_a_revoked_licence_stays_revoked():
    assert not [m for m in rules.LICENCE_MOVES if m[0] == "revoked"]
