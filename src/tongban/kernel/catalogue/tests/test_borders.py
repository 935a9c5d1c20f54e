"""Borders between zones: closed by default, opened by two, items and forms and limits kept, every crossing counted and in the ledger."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.catalogue.commands import access, agreements, borders, fetching, resources
from tongban.kernel.catalogue.commands.answering import kept, looked_up
from tongban.kernel.catalogue.models import BorderCount, BorderRule, ResourceVersion
from tongban.kernel.catalogue.queries import access as access_queries
from tongban.kernel.catalogue.queries import borders as queries
from tongban.kernel.catalogue.rules import borders as rules
from tongban.kernel.catalogue.tests.test_commands import PLATFORM, person, representative, shown, wanted  # noqa: F401 - fixtures
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock, sm
from tongban.lib.bus.asking import Question
from tongban.lib.bus.envelope import canonical
from tongban.lib.errors import Conflict, Invalid, Refused, TooMany

DAY = date(2026, 11, 24)
ITEMS = ("credit_code", "legal_rep_name", "mobile", "region_code")
PASSAGE = rules.Passage("BJ2026-000001", ("name", "id", "mobile", "note"), {"id": "mask", "mobile": "token", "note": "drop"}, 10, 0)
ROW = {"name": "张合成", "id": "37010219000101007X", "mobile": "13800000001", "note": "内部", "other": "不在规则内"}


def proposal(**change):
    made = rules.Proposal("administrative", "internet", ITEMS, {}, 100, 0, clock.today(), clock.today() + timedelta(days=30), "公众查询服务")
    return replace(made, **change)


# Pure ------------------------------------------------------------------------------------------------------------------------


def test_a_row_leaves_masked_with_tokens_and_without_what_is_dropped():
    told = rules.filtered(PASSAGE, ROW, {"id": "resident-id"}, lambda v: f"T{len(v)}")
    assert told == {"name": "张合成", "id": "370102********007X", "mobile": "T11"}
    assert rules.passing(PASSAGE, ("note", "name", "other")) == ("name",)


@given(st.text(max_size=40), st.sampled_from(["", "resident-id", "mobile", "credit-code"]))
def test_a_mask_never_shows_more_than_ten_characters(value, check):
    shown_of_it = rules.masked(value, check).replace("*", "")
    assert len(shown_of_it) <= (10 if check == "resident-id" and len(value) == 18 else 7 if check == "mobile" and len(value) == 11 else 1) or "*" in value


@given(st.dictionaries(st.sampled_from([*ROW, "x"]), st.one_of(st.none(), st.text(max_size=20))))
def test_nothing_outside_the_rule_ever_leaves(row):
    told = rules.filtered(PASSAGE, row, {}, lambda _v: "T")
    assert set(told) <= set(PASSAGE.items) - {"note"}
    assert all(told[k] in (None, "T") for k in told if k == "mobile")


def test_within_one_zone_there_is_no_border():
    assert rules.crossing({}) is None
    assert rules.crossing({"zone": {"from": "public", "to": "public"}}) is None
    assert rules.crossing({"zone": {"from": "administrative", "to": "public"}}) == ("administrative", "public")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "administrative"}, "target"), ({"source": "intranet"}, "target"), ({"items": ()}, "items"), ({"items": ("nothing",)}, "items"),
        ({"filters": {"mobile": "hide"}}, "filters"), ({"filters": {"other": "mask"}}, "filters"), ({"rate": 0}, "rate"), ({"rate": -1}, "rate"),
        ({"ends": DAY}, "ends"), ({"ends": DAY + timedelta(days=2000)}, "ends"), ({"reason": "试"}, "reason"),
    ],
)  # fmt: skip
def test_a_proposal_names_the_field_that_is_wrong(change, field):
    base = rules.Proposal("administrative", "internet", ITEMS, {}, 100, 0, DAY, DAY + timedelta(days=30), "公众查询服务")
    assert list(rules.faults(replace(base, **change), dict.fromkeys(ITEMS, "conditional"), {}, DAY)) == [field]
    assert rules.faults(base, {**dict.fromkeys(ITEMS, "conditional"), "mobile": "refused"}, {}, DAY) == {"items": "not-shared"}
    assert rules.faults(base, dict.fromkeys(ITEMS, "conditional"), {}, DAY) == {}


def test_in_bulk_only_text_is_masked_or_replaced():
    base = rules.Proposal("administrative", "internet", ITEMS, {"mobile": "mask"}, 0, 100, DAY, DAY + timedelta(days=30), "公众查询服务")
    known = dict.fromkeys(ITEMS, "conditional")
    assert rules.faults(base, known, {"mobile": "integer"}, DAY) == {"filters": "no-text"}
    assert rules.faults(base, known, {"mobile": "text"}, DAY) == {}
    assert rules.faults(replace(base, filters={"mobile": "drop"}), known, {"mobile": "integer"}, DAY) == {}
    assert rules.faults(replace(base, rate=5, rows=0), known, {"mobile": "integer"}, DAY) == {}, "a single answer is text anyway"


# At the border ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def crossing(db, representative):  # noqa: F811 - a fixture
    """An agreement whose data are used on the internet, signed by both; no rule opens its border yet."""
    access_queries.terms_of.cache_clear()
    told = {"visits": 50, "modes": ("query",), "items": ITEMS, "zone": "internet"}
    asked = access.request_access(person("tao"), key=representative.key, wanted=wanted(zone="internet"), purpose="公众查询", basis="社会保险法第八条")
    made = access.grant_access(person("jin"), number=asked.number, granted=wanted(**told))
    for username in ("jin", "tao"):
        agreements.sign_agreement(person(username), number=made.number)
    yield access_queries.agreement_numbered(made.number)
    access_queries.terms_of.cache_clear()


def opened(agreement, **change):
    made = borders.propose_rule(person("wei"), resource=agreement.resource.key, proposal=proposal(**change))
    return borders.decide_rule(person("shen"), number=made.number, approve=True)


def fetch(**more):
    return fetching.fetch(person("tao"), name="legal.representative", purpose="公众查询", key="9137", **more)


def asked_over_the_bus(agreement, *keys, items=()):
    made = [Question(agreement.number, str(n), key, "公众查询", items, clock.now().isoformat()) for n, key in enumerate(keys)]
    told = [(sm.sm3_hex(canonical(q.told())), q) for q in made]
    return kept(PLATFORM, told, looked_up(told))


def test_the_zone_of_use_is_part_of_what_both_sign(crossing):
    assert crossing.terms["zone"] == {"from": "administrative", "to": "internet"}


def test_a_grant_never_moves_the_use_further_out(db, representative):  # noqa: F811 - a fixture
    asked = access.request_access(person("tao"), key=representative.key, wanted=wanted(zone="public"), purpose="公众查询", basis="社会保险法第八条")
    with pytest.raises(Invalid) as fault:
        access.grant_access(person("jin"), number=asked.number, granted=wanted(zone="internet"))
    assert "zone" in fault.value.fields
    assert "zone" not in access.grant_access(person("jin"), number=asked.number, granted=wanted()).terms


def test_closed_is_the_default_on_every_way(crossing):
    with pytest.raises(Refused, match="行政服务域进入互联网") as fault:
        fetch()
    assert fault.value.code == "border-closed"
    assert [a.state for a in asked_over_the_bus(crossing, "9137")] == ["border-closed"]
    with pytest.raises(Refused):
        borders.bulk(crossing)
    assert queries.closed(person("wei")) == [crossing]


def test_a_rule_opens_only_when_another_person_approves(crossing):
    made = borders.propose_rule(person("wei"), resource=crossing.resource.key, proposal=proposal())
    with pytest.raises(Refused):
        fetch()
    with pytest.raises(Refused, match="提出人以外"):
        borders.decide_rule(person("wei"), number=made.number, approve=True)
    with pytest.raises(Invalid):
        borders.decide_rule(person("shen"), number=made.number, approve=False, words="否")
    borders.decide_rule(person("shen"), number=made.number, approve=True)
    assert fetch().values["legal_rep_name"] == "张合成"
    with pytest.raises(Conflict, match="已处理"):
        borders.decide_rule(person("shen"), number=made.number, approve=True)
    borders.end_rule(person("wei"), number=made.number, words="核查用途")
    with pytest.raises(Refused):
        fetch()
    moves = Entry.objects.filter(subject=f"border:{made.number}").order_by("id").values_list("body__move", flat=True)
    assert list(moves) == ["proposed", "in-force", "ended"]


def test_who_watches_a_city_does_not_open_the_borders_of_the_province(crossing):
    made = borders.propose_rule(person("wei"), resource=crossing.resource.key, proposal=proposal())
    city = replace(person("shen"), regions=("3701",))
    with pytest.raises(Refused):
        borders.decide_rule(city, number=made.number, approve=True)
    with pytest.raises(Refused):
        borders.propose_rule(city, resource=crossing.resource.key, proposal=proposal())
    borders.decide_rule(person("shen"), number=made.number, approve=True)
    with pytest.raises(Refused):
        borders.end_rule(city, number=made.number, words="核查用途")


def test_a_steward_does_not_open_borders(crossing):
    with pytest.raises(Refused):
        borders.propose_rule(person("jin"), resource=crossing.resource.key, proposal=proposal())


def test_items_and_forms_are_those_of_the_rule(crossing):
    rule = opened(crossing, items=("credit_code", "legal_rep_name", "mobile"), filters={"legal_rep_name": "mask", "credit_code": "token", "mobile": "mask"})
    first, second = fetch().values, fetch().values
    assert set(first) == {"credit_code", "legal_rep_name", "mobile"}
    assert (first["legal_rep_name"], first["mobile"]) == ("张**", "138****0001")
    assert first["credit_code"] == second["credit_code"] != "9137"
    with pytest.raises(Refused) as fault:
        fetch(items=("region_code",))
    assert fault.value.code == "border-items"
    assert set(fetch(items=("region_code", "mobile"), partly=True).values) == {"mobile"}
    [answer] = asked_over_the_bus(crossing, "9137")
    assert answer.values["legal_rep_name"] == "张**"
    assert answer.values["credit_code"] == first["credit_code"], "one token under one rule"
    assert asked_over_the_bus(crossing, "9137", items=("region_code",))[0].state == "border-items"
    opened(crossing, filters={"credit_code": "token"})
    assert fetch().values["credit_code"] != first["credit_code"], "another rule, another token"
    assert BorderRule.objects.get(number=rule.number).state == "ended"


def test_the_day_lets_so_many_pass_and_each_is_counted_and_entered(crossing):
    rule = opened(crossing, rate=3)
    fetch()
    assert [a.state for a in asked_over_the_bus(crossing, "9137", "none", "9137")] == ["found", "absent", "border-rate"]
    with pytest.raises(TooMany) as fault:
        fetch()
    assert fault.value.code == "border-rate"
    assert BorderCount.objects.get(rule=rule).crossings == 3
    told = Entry.objects.filter(tag="catalogue.data.fetched", subject=f"agreement:{crossing.number}")
    assert [e.body["border"] for e in told] == [rule.number] * 3
    assert queries.matrix(person("wei"), clock.today())["administrative", "internet"] == (1, 3, 0)


def test_rows_in_bulk_have_a_limit_of_their_own(crossing):
    opened(crossing, rows=1000, filters={"legal_rep_name": "mask"})
    way = borders.bulk(crossing)
    assert way.change["legal_rep_name"]("张合成") == "张**"
    assert way.open_for(1000)
    borders.count_bulk(way, 900)
    assert not way.open_for(101)
    assert way.open_for(100)
    with pytest.raises(ValueError, match="more than rule"):
        way.open_for(1001)


def test_what_lies_in_the_inner_network_is_never_exchanged_online(db, representative):  # noqa: F811 - a fixture
    version = ResourceVersion.objects.get(resource=representative, state="published")
    version.content["zone"] = "intranet"
    version.save()
    with pytest.raises(Conflict, match="离线交换"):
        access.request_access(person("tao"), key=representative.key, wanted=wanted(), purpose="公众查询", basis="社会保险法第八条")


def test_a_draft_says_where_its_data_lie(db):
    content = {"title": "内网资源", "class_code": "102", "zone": "nowhere"}
    assert [f.field for f in resources.rules.faults({**content, "abstract": "示例"}) if f.field == "zone"] == ["zone"]
