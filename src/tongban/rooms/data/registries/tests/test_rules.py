"""Whose word stands."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.rooms.data.registries import rules

RANKS = {"name": {"police": 1, "civil": 2, "hrss": 3}, "state": {"police": 1, "health": 1}}
NOW = datetime(2026, 11, 24, tzinfo=UTC)
FAR = date(2099, 1, 1)


def said(number, organ, day, recorded=0, **values):
    return rules.Said(number, organ, date(2020, 1, 1) + timedelta(day), NOW - timedelta(days=100 - recorded), values)


def settle(*records, decisions=None, known_on=NOW, valid_on=FAR):
    return rules.settle(records, RANKS, decisions or {}, known_on=known_on, valid_on=valid_on)


def test_the_higher_rank_stands_and_the_other_word_is_kept():
    name = settle(said(1, "hrss", 9, name="王伟"), said(2, "police", 1, name="王玮"))["name"]
    assert (name.value, name.state, [c.value for c in name.others]) == ("王玮", "by-rank", ["王伟"])


def test_the_same_word_in_other_signs_is_agreement():
    assert settle(said(1, "police", 1, name="王 伟"), said(2, "civil", 1, name="王伟"))["name"].state == "agreed"


def test_equal_ranks_that_differ_wait_for_a_person_and_the_later_day_stands_meanwhile():
    state = settle(said(1, "police", 1, state="正常"), said(2, "health", 50, state="死亡"))["state"]
    assert (state.value, state.state) == ("死亡", "open")


def test_a_decision_stands():
    state = settle(said(1, "police", 1, state="正常"), said(2, "health", 50, state="死亡"), decisions={"state": 1})["state"]
    assert (state.value, state.state) == ("正常", "decided")


def test_of_one_organ_the_latest_word_counts():
    assert settle(said(1, "police", 1, name="旧名"), said(2, "police", 5, name="新名"))["name"].state == "agreed"


@pytest.mark.parametrize(("known", "valid", "expected"), [(100, 99, "迁后"), (5, 99, "原址"), (100, 3, "原址"), (1, 99, None)])
def test_as_known_on_a_day_about_a_day(known, valid, expected):
    """A move on day 10 that was registered on day 20: not known on day 5, not true on day 3."""
    records = [said(1, "police", 0, recorded=2, address="原址"), said(2, "police", 10, recorded=20, address="迁后")]
    told = settle(*records, known_on=NOW - timedelta(days=100 - known), valid_on=date(2020, 1, 1) + timedelta(valid))
    assert (told["address"].value if told else None) == expected


words = st.lists(
    st.tuples(st.sampled_from(["police", "civil", "hrss"]), st.integers(0, 50), st.integers(0, 90), st.sampled_from("甲乙丙")), min_size=1, max_size=8
)


@given(words)
def test_the_order_in_which_words_came_in_does_not_matter(told):
    records = [said(n, organ, day, recorded, name=name) for n, (organ, day, recorded, name) in enumerate(told, 1)]
    assert settle(*records) == settle(*reversed(records))


@given(words)
def test_nothing_is_lost_every_differing_organ_stands_beside(told):
    records = [said(n, organ, day, recorded, name=name) for n, (organ, day, recorded, name) in enumerate(told, 1)]
    name = settle(*records)["name"]
    assert {c.said.organ for c in (name.claim, *name.others)} <= {r.organ for r in records}
    assert all(c.value != name.value for c in name.others)
    assert name.state == ("agreed" if not name.others else "by-rank")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({}, "no-key"), ({"credit_code": "x", "colour": "red"}, "unknown"), ({"credit_code": "x", "name": ["a"]}, "value"),
        ({"credit_code": "x", "established_on": "1.1.2020"}, "day"), ({"credit_code": "x", "name": "y" * 3000}, "value"), ({"credit_code": "x", "name": "y"}, ""),
        ({"credit_code": "x", "tax_state": "正常"}, "not-source"), ({"credit_code": "x"}, "not-source"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_kept(values, fault):
    """An organ speaks of what it is a source of: here names and days, not taxes; and never of nothing but a key."""
    assert rules.row_fault(rules.ENTITIES, values, "", {"credit_code", "name", "established_on"}) == fault


def test_only_what_is_new_is_kept():
    assert rules.changed({"name": "王伟", "sex": "男"}, {"name": "王 伟", "sex": "女"}) == {"sex": "女"}
