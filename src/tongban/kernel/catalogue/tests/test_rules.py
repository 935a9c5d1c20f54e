"""What a resource lacks, what a version changes, what an agreement allows. Pure."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.catalogue.rules import access, resources
from tongban.kernel.catalogue.rules.access import Asked, Call
from tongban.lib.bus.envelope import canonical

TODAY = date(2026, 11, 24)
ITEMS = [
    {"key": "credit_code", "name": "统一社会信用代码", "primary": True, "check": "credit-code"},
    {"key": "name", "name": "名称"},
]  # fmt: skip
GOOD = {
    "title": "企业基本信息", "abstract": "登记信息", "class_code": "102", "format": "database", "sharing": "unconditional", "cycle": "daily", "way": "service",
    "items": ITEMS,
}  # fmt: skip


def test_a_whole_resource_lacks_nothing():
    assert resources.faults(GOOD) == []


@pytest.mark.parametrize(
    ("change", "field", "what"),
    [
        ({"title": " "}, "title", "empty"),
        ({"cycle": "sometimes"}, "cycle", "choice"),
        ({"sharing": "conditional"}, "condition", "condition"),
        ({"sharing": "refused", "basis": "不方便"}, "basis", "basis"),
        ({"opening": True}, "opening_condition", "opening"),
        ({"items": []}, "items", "no-items"),
        ({"items": [{"key": "name", "name": "名称"}]}, "items", "no-primary"),
        ({"items": [*ITEMS, {"key": "name", "name": "又一个"}]}, "items", "item-twice"),
        ({"items": [*ITEMS, {"key": "Name", "name": "又一个"}]}, "items", "item-key"),
        ({"items": [*ITEMS, {"key": "phone", "name": "电话", "sharing": "conditional"}]}, "items", "item-condition"),
        ({"items": [*ITEMS, {"key": "photo", "name": "相片", "sharing": "refused", "condition": "不便"}]}, "items", "item-basis"),
    ],
)
def test_each_gap_is_named(change, field, what):
    assert (field, what) in [(f.field, f.what) for f in resources.faults(GOOD | change)]


def test_an_item_is_never_shared_more_widely_than_its_resource():
    told = GOOD | {"sharing": "conditional", "condition": "履职需要", "items": [*ITEMS]}
    assert {f.what for f in resources.faults(told)} == {"item-wider"}


def test_the_code_follows_the_guide():
    assert resources.code("300012", 7) == "300012/000007"
    assert [resources.class_level(c) for c in ("1", "102", "300012", "301902012")] == ["类", "项", "目", "细目"]


def test_a_removed_item_breaks_consumers_and_a_new_one_does_not():
    less = resources.changes(GOOD, GOOD | {"items": ITEMS[:1]})
    more = resources.changes(GOOD, GOOD | {"items": [*ITEMS, {"key": "address", "name": "住所"}]})
    assert resources.breaking(less)
    assert not resources.breaking(more)
    assert [c.field for c in resources.changes(GOOD, GOOD | {"title": "企业登记信息"})] == ["title"]


ASKED = Asked(("credit_code", "name"), ("query",), 100, TODAY, TODAY + timedelta(days=365), {"region_code": "37"})
TERMS = {"number": "XY2026-000001", "granted": ASKED.told(), "purposes": ["社会保险登记"]}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"items": ("credit_code", "name", "mobile")}, "items"),
        ({"modes": ("query", "batch")}, "modes"),
        ({"visits": 101}, "visits"),
        ({"ends": TODAY + timedelta(days=366)}, "ends"),
        ({"rows": {}}, "rows"),
        ({"rows": {"region_code": "3701"}, "visits": 50, "items": ("name",)}, ""),
    ],
)
def test_a_grant_is_never_wider_than_what_was_asked(change, why):
    assert access.wider(replace(ASKED, **change), ASKED) == why


CALL = Call("query", "社会保险登记", TODAY, 0, ("name",))


@pytest.mark.parametrize(
    ("change", "state", "why"),
    [
        ({}, "in-force", ""),
        ({}, "suspended", "state"),
        ({}, "unsigned", "state"),
        ({"on": TODAY - timedelta(days=1)}, "in-force", "not-begun"),
        ({"on": TODAY + timedelta(days=366)}, "in-force", "ended"),
        ({"mode": "batch"}, "in-force", "mode"),
        ({"purpose": "营销"}, "in-force", "purpose"),
        ({"items": ("mobile",)}, "in-force", "items"),
        ({"visits_today": 100}, "in-force", "visits"),
        ({"visits_today": 99}, "in-force", ""),
    ],
)
def test_each_call_is_judged_by_the_terms(change, state, why):
    assert access.refusal(state, TERMS, replace(CALL, **change)) == why


def test_rows_outside_the_grant_do_not_go():
    assert access.row_allowed(TERMS, {"region_code": "370102"})
    assert not access.row_allowed(TERMS, {"region_code": "320100"})
    assert not access.row_allowed(TERMS, {})


def test_an_agreement_ends_with_its_term():
    assert access.standing("in-force", TERMS, TODAY + timedelta(days=365)) == "in-force"
    assert access.standing("suspended", TERMS, TODAY + timedelta(days=366)) == "expired"


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.integers(), st.text(max_size=8), st.lists(st.text(max_size=4), max_size=3)), max_size=6))
def test_canonical_terms_do_not_depend_on_the_order_of_keys(terms):
    assert canonical(terms) == canonical(dict(reversed(list(terms.items()))))


def test_the_policy_reads_as_odrl():
    told = access.odrl({**TERMS, "resource": "102/000001", "provider_code": "A", "consumer_code": "B"})
    assert {c["leftOperand"] for c in told["permission"][0]["constraint"]} == {"dateTime", "count", "purpose"}
