"""共享绩效评价: points, places and what weights do to them; measured from what happened; announced, contested, made final."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.catalogue import seed as catalogue_seed
from tongban.kernel.catalogue.commands import access as access_commands
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import HANDLERS, Delivered
from tongban.kernel.ledger.models import Entry
from tongban.kernel.notices.models import Notice
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.data.exchange import handlers, seed
from tongban.rooms.data.exchange.commands import evaluation as commands
from tongban.rooms.data.exchange.models import Batch, Flow, Score
from tongban.rooms.data.exchange.queries import evaluation as queries
from tongban.rooms.data.exchange.queries import measuring
from tongban.rooms.data.exchange.rules import evaluation as rules

PLATFORM = system("测试")
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
WEIGHTS = {"a": 60.0, "b": 40.0}
TABLE = {"x": {"a": 100.0, "b": 0.0}, "y": {"a": 0.0, "b": 100.0}, "z": {"a": None, "b": 50.0}}


def test_points_are_the_share_of_the_full_value_and_never_more_than_100():
    assert rules.points(0.6, 0.8) == 75.0
    assert rules.points(0.9, 0.8) == 100.0
    assert rules.points(0, 3) == 0.0
    assert rules.points(None, 1) is None


def test_what_cannot_be_measured_leaves_its_weight_to_the_others():
    assert rules.total({"a": 100.0, "b": 50.0}, WEIGHTS) == 80.0
    assert rules.total({"a": None, "b": 50.0}, WEIGHTS) == 50.0
    assert rules.total({"a": None, "b": None}, WEIGHTS) == 0.0


def test_equal_totals_share_a_place_and_the_next_is_left_out():
    table = {"p": {"a": 10.0}, "q": {"a": 10.0}, "r": {"a": 5.0}}
    assert rules.places(table, {"a": 1.0}) == {"p": 1, "q": 1, "r": 3}


def test_the_span_of_places_shows_which_ranking_hangs_on_a_weight():
    ranked = {p.who: p for p in rules.ranking(TABLE, WEIGHTS)}
    assert (ranked["x"].place, ranked["x"].best, ranked["x"].worst) == (1, 1, 3)  # with half of a's weight: 43 against 57 and 50
    assert (ranked["y"].best, ranked["y"].worst) == (1, 3)
    assert rules.without(TABLE, WEIGHTS, "x") == {"a": 3, "b": 1}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.none(), st.floats(0, 100)), min_size=1),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 1000), min_size=1),
)
def test_shares_sum_to_the_total_which_lies_between_the_least_and_the_most(held, weights):
    whole = rules.total(held, weights)
    known = [p for k, p in held.items() if p is not None and weights.get(k, 0) > 0]
    assert abs(sum(rules.shares(held, weights).values()) - whole) < 0.05
    assert not known or min(known) - 0.01 <= whole <= max(known) + 0.01


def test_periods_of_a_cycle_are_kept_when_data_came_in_them():
    week = date(2026, 11, 2)
    assert rules.kept_spans("weekly", week, date(2026, 11, 22), [date(2026, 11, 3), date(2026, 11, 20)]) == (2, 3)
    assert rules.kept_spans("daily", week, week, []) == (0, 1)
    assert rules.kept_spans("yearly", week, date(2026, 11, 30), [week]) == (0, 0)  # no whole period: nothing was due
    assert rules.kept_spans("realtime", week, date(2026, 11, 30), [week]) == (0, 0)


def test_weights_must_say_something():
    assert rules.weights_fault({"a": -1.0}) == "range"
    assert rules.weights_fault({"a": 0.0}) == "nothing"
    assert rules.weights_fault({"a": float("nan")}) == "nothing"
    assert rules.weights_fault(WEIGHTS) == ""


# Measured from what happened ---------------------------------------------------------------------------------------------


@pytest.fixture
def shown(db):
    catalogue_seed.load_demo(system("测试"), settings.DATASETS / "catalogue")


def actor(username):
    return identity.actor_of_account(identity.account_named(username).id)


def announced(who="shen"):
    return commands.announce_evaluation(actor(who), key="2026", title="2026年度评价", begins=YEAR[0], ends=YEAR[1], appeals_until=date(2026, 12, 1))


def value_of(one, organ, indicator):
    return Score.objects.get(evaluation=one, organ__key=organ, indicator=indicator)


def test_the_sharing_rate_counts_what_is_published_and_shared_of_what_is_listed(shown):
    steward = actor("jin")
    own = resources.published(PLATFORM, organ=steward.organ)
    assert own.filter(sharing="unconditional").exists()
    for v in own[:3]:
        commands.list_information(steward, name=v.title, resource=v.resource.key)
    commands.list_information(steward, name="特种设备登记信息", system="特种设备系统")
    shared = sum(v.sharing != "refused" for v in own[:3])
    one = announced()
    got = value_of(one, "sd-samr", "shared")
    assert (got.part, got.whole, got.value) == (shared, 4, shared / 4)
    assert value_of(one, "sd-samr", "catalogued").value == 0.75
    assert ["特种设备登记信息", False, ""] in got.evidence
    nothing = value_of(one, "sd-hrss", "shared")
    assert (nothing.whole, nothing.value) == (0, 0.0), "a department without a list is not excused"


def test_a_line_names_only_a_resource_of_the_own_organ_and_is_told_again(shown):
    other = resources.published(PLATFORM).exclude(resource__organ__key="sd-samr").first()
    with pytest.raises(Invalid) as fault:
        commands.list_information(actor("jin"), name="别人的信息", resource=other.resource.key)
    assert "resource" in fault.value.fields
    first = commands.list_information(actor("jin"), name="食品抽检信息")
    again = commands.list_information(actor("jin"), name="食品抽检信息", system="抽检系统")
    assert (first.id, again.system) == (again.id, "抽检系统")
    with pytest.raises(NotFound):
        commands.end_information(actor("tao"), identifier=first.id)
    commands.end_information(actor("jin"), identifier=first.id)
    assert not queries.information(actor("jin")).exists()


def test_answers_count_when_they_came_in_time_and_not_before_they_are_due(shown, monkeypatch):
    key = "sd-samr-102-2"
    items = tuple(i["key"] for i in resources.version(PLATFORM, key).content["items"])[:1]
    wanted = Asked(items, ("query",), 10, date(2026, 11, 24), date(2027, 1, 1), {})
    made = [access_commands.request_access(actor("tao"), key=key, wanted=wanted, purpose="核对", basis="社会保险法") for _ in range(2)]
    assert {m.state for m in made} == {"submitted"}
    organ = orgs.organ("sd-samr").id
    assert organ not in measuring.measured([organ], *YEAR).get("answered", {})
    access_commands.refuse_access(actor("jin"), number=made[0].number, words="用途与职责不符")
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 20, 10, tzinfo=clock.CHINA))
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 20))
    told = {words.split()[0]: kept for words, kept, _address in measuring.measured([organ], *YEAR)["answered"][organ].rows}
    assert (told[made[0].number], told[made[1].number]) == (True, False)


@pytest.fixture
def flow(shown):
    """A running flow with batches: sound rows, rows set aside, one received late."""
    seed_agreement = seed._agreement(PLATFORM, "legal.entity", "sd-hrss", "参保单位与登记企业比对")
    made = Flow.objects.create(
        agreement=seed_agreement, title="企业基本信息", provider=orgs.organ("sd-samr"), consumer=orgs.organ("sd-hrss"), state="running",
        begun_at=datetime(2026, 11, 2, 9, tzinfo=clock.CHINA),
    )  # fmt: skip
    for number, (day, rows, aside, minutes) in enumerate([(3, 900, 100, 1), (3, 800, 0, 1), (20, 300, 0, 30)], 1):
        sent = datetime(2026, 11, day, 10, tzinfo=clock.CHINA)
        Batch.objects.create(flow=made, number=number, rows=rows, aside=aside, sent_at=sent, taken_at=sent.replace(minute=minutes))
    return made


def test_quality_and_timeliness_are_measured_from_the_batches(flow):
    organ = flow.provider_id
    got = measuring.measured([organ], *YEAR)
    assert (got["quality"][organ].part, got["quality"][organ].whole) == (2000, 2100)
    assert access.cycles([flow.agreement]) == {flow.agreement: "realtime"}
    assert (got["timely"][organ].part, got["timely"][organ].whole) == (2, 3), "one batch came after half an hour"
    [month] = measuring.quality_history([flow.agreement])
    assert (month.month, month.rows, month.aside, month.score) == (date(2026, 11, 1), 2000, 100, 95.24)


def test_every_department_is_measured_in_a_fixed_number_of_statements(flow, django_assert_max_num_queries):
    organs = queries.evaluated_organs("37", YEAR[1])
    assert len(organs) > 40
    with django_assert_max_num_queries(10):
        measuring.measured(organs, *YEAR)


def test_an_appeal_that_is_upheld_corrects_the_value_and_the_ledger_keeps_both(shown):
    one = announced()
    before = queries.digest(one)
    made = commands.file_appeal(actor("tao"), key="2026", indicator="shared", words="清单已报送，平台未计入")
    with pytest.raises(Conflict):
        commands.file_appeal(actor("tao"), key="2026", indicator="shared", words="再申诉一次试试")
    with pytest.raises(Refused, match="公示人以外"):
        commands.answer_appeal(actor("shen"), number=made.number, uphold=False, answer="不采纳")
    with pytest.raises(Invalid) as fault:
        commands.answer_appeal(actor("wei"), number=made.number, uphold=True, answer="属实", value=85)
    assert "value" in fault.value.fields
    commands.answer_appeal(actor("wei"), number=made.number, uphold=True, answer="属实，予以更正", value=0.85)
    got = value_of(one, "sd-hrss", "shared")
    assert (got.value, got.corrected) == (0.0, 0.85)
    assert queries.table(one).points["sd-hrss"]["shared"] == 100.0
    assert queries.digest(one) != before
    assert sorted(Entry.objects.filter(subject="evaluation:2026").values_list("tag", flat=True)) == [
        "exchange.appeal.moved",
        "exchange.appeal.moved",
        "exchange.evaluation.moved",
    ]
    with pytest.raises(Conflict, match="已答复"):
        commands.answer_appeal(actor("wei"), number=made.number, uphold=False, answer="不采纳")


def test_values_are_final_only_after_the_days_for_appeals_and_all_answers(shown, monkeypatch):
    announced()
    made = commands.file_appeal(actor("tao"), key="2026", indicator="used", words="被使用的资源未计入")
    with pytest.raises(Conflict, match="2026-12-01"):
        commands.close_evaluation(actor("shen"), key="2026")
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 2))
    with pytest.raises(Conflict, match="全部申诉"):
        commands.close_evaluation(actor("shen"), key="2026")
    with pytest.raises(Conflict, match="已于"):
        commands.file_appeal(actor("jin"), key="2026", indicator="used", words="被使用的资源未计入")
    commands.answer_appeal(actor("wei"), number=made.number, uphold=False, answer="期内没有调用记录")
    assert commands.close_evaluation(actor("shen"), key="2026").state == "final"
    with pytest.raises(Conflict, match="不能再改"):
        commands.close_evaluation(actor("shen"), key="2026")


def test_whoever_evaluates_a_city_does_not_evaluate_the_province(shown):
    one = announced()
    city = replace(actor("shen"), regions=("3701",))
    told = {"title": "2026年度评价", "begins": YEAR[0], "ends": YEAR[1], "appeals_until": date(2026, 12, 1)}
    with pytest.raises(Refused):
        commands.announce_evaluation(city, key="2026-b", **told)
    with pytest.raises(Refused):
        commands.close_evaluation(city, key=one.key)
    made = commands.announce_evaluation(city, key="jinan-2026", region="3701", **told)
    assert made.region_code == "3701"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "二零二六"}, "key"), ({"title": ""}, "title"), ({"begins": date(2027, 1, 1), "ends": date(2027, 6, 1)}, "begins"),
        ({"ends": date(2025, 1, 1)}, "ends"), ({"appeals_until": date(2026, 11, 24)}, "appeals_until"),
    ],
)  # fmt: skip
def test_an_announcement_names_the_field_that_is_wrong(shown, change, field):
    told = {"key": "2026", "title": "2026年度评价", "begins": YEAR[0], "ends": YEAR[1], "appeals_until": date(2026, 12, 1), **change}
    with pytest.raises(Invalid) as fault:
        commands.announce_evaluation(actor("shen"), **told)
    assert field in fault.value.fields


def deliver(tag):
    """The newest entry of a tag, twice: at least once may be twice."""
    entry = Entry.objects.filter(tag=tag).order_by("-id").first()
    event = Delivered(entry.id, entry.tag, entry.subject, entry.at, entry.account, entry.actor_name, entry.organ, entry.body)
    for handler in [h for h in HANDLERS.values() if h.function.__module__ == handlers.__name__ and tag in h.tags] * 2:
        handler.function(event)


def heard(username, key):
    return Notice.objects.filter(account=identity.account_named(username).id, key=key)


def test_departments_hear_of_the_announcement_and_evaluators_of_an_appeal(shown):
    announced()
    deliver("exchange.evaluation.moved")
    assert [heard(n, "evaluation-announced").count() for n in ("jin", "tao", "xu")] == [1, 1, 1]
    made = commands.file_appeal(actor("tao"), key="2026", indicator="shared", words="清单已报送，平台未计入")
    deliver("exchange.appeal.moved")
    assert "主要业务信息共享率" in heard("wei", "appeal-filed").get().body
    assert not heard("shen", "appeal-filed").exists(), "not whoever announced"
    commands.answer_appeal(actor("wei"), number=made.number, uphold=True, answer="属实", value=0.85)
    deliver("exchange.appeal.moved")
    assert "已采纳：属实" in heard("tao", "appeal-answered").get().body


# Pages and API -------------------------------------------------------------------------------------------------------------


def test_the_story_on_pages(shown, as_persona, django_assert_max_num_queries):
    client = as_persona("jin")
    assert "清单还是空的" in client.get("/exchange/information/").content.decode()
    assert client.post("/exchange/information/", {"name": "一"}).status_code == 422
    client.post("/exchange/information/", {"name": "特种设备登记信息", "system": "特种设备系统", "resource": ""})
    assert "未编入目录" in client.get("/exchange/information/").content.decode()
    assert client.post("/exchange/evaluations/", {"key": "2026"}).status_code == 403
    client = as_persona("shen")
    wrong = client.post(
        "/exchange/evaluations/", {"key": "2026", "title": "2026年度评价", "begins": "昨天", "ends": "2026-12-31", "appeals_until": "2026-12-01"}
    )
    assert wrong.status_code == 422
    told = {"key": "2026", "title": "2026年度评价", "begins": "2026-01-01", "ends": "2026-12-31", "appeals_until": "2026-12-01"}
    address = client.post("/exchange/evaluations/", told).url
    with django_assert_max_num_queries(20):
        page = client.get(address).content.decode()
    assert "主要业务信息共享率" in page
    tried = client.get(address, {"w_published": "1000", "w_used": ""}).content.decode()
    assert "按试算权重排名" in tried
    assert "填0至1000的数" in client.get(address, {"w_published": "很多"}).content.decode()
    assert orgs.organ("sd-samr").short_name in client.get(address, {"export": "csv"}).content.decode("utf-8-sig")
    own = f"{address}sd-samr/"
    assert "特种设备登记信息" in as_persona("jin").get(own).content.decode()
    assert as_persona("jin").post(own, {"act": "appeal", "indicator": "shared", "words": "短"}).status_code == 422
    as_persona("jin").post(own, {"act": "appeal", "indicator": "shared", "words": "特种设备已在国家平台共享"})
    page = as_persona("wei").get(own).content.decode()
    assert "特种设备已在国家平台共享" in page
    assert "特种设备已在国家平台共享" not in as_persona("tao").get(own).content.decode(), "appeals are between the department and who evaluates"
    number = queries.appeals(PLATFORM, queries.evaluation(PLATFORM, "2026")).get().number
    as_persona("wei").post(own, {"act": "uphold", "number": number, "answer": "属实", "value": "100%"})
    assert "申诉后更正" in as_persona("jin").get(own).content.decode()
    assert as_persona("jin").get(f"{address}no-such/").status_code == 404


def test_the_story_through_the_api(shown, client):
    def call(username, path, body=None):
        told = json.dumps({"username": username, "password": "Tongban-demo-1"})
        token = client.post("/api/account/tokens", told, content_type="application/json").json()["token"]
        send = client.post if body is not None else client.get
        more = [json.dumps(body)] if body is not None else []
        return send(f"/api/exchange{path}", *more, content_type="application/json", headers={"Authorization": f"Bearer {token}"})

    assert call("jin", "/information", {"name": "特种设备登记信息"}).status_code == 201
    assert call("jin", "/information").json() == [{"name": "特种设备登记信息", "system": "", "resource": ""}]
    told = {"key": "2026", "title": "2026年度评价", "begins": "2026-01-01", "ends": "2026-12-31", "appeals_until": "2026-12-01"}
    assert call("jin", "/evaluations", told).status_code == 403
    assert call("shen", "/evaluations", told).status_code == 201
    assert [e["key"] for e in call("jin", "/evaluations").json()] == ["2026"]
    ranked = call("jin", "/evaluations/2026").json()
    assert {"sd-samr", "sd-hrss"} <= {d["department"] for d in ranked["departments"]}
    assert [d["place"] for d in ranked["departments"]] == sorted(d["place"] for d in ranked["departments"])
    made = call("jin", "/evaluations/2026/appeals", {"indicator": "shared", "words": "特种设备已在国家平台共享"}).json()
    assert call("wei", f"/appeals/{made['number']}/answer", {"uphold": False, "answer": "未提供依据"}).json()["state"] == "rejected"
    assert call("shen", "/evaluations/2026/final", {}).status_code == 409


def test_one_pending_appeal_for_a_value_is_kept_by_the_database_too(shown):
    announced()
    made = commands.file_appeal(actor("tao"), key="2026", indicator="shared", words="清单已报送，平台未计入")
    made.pk, made.number = None, "SS2026-999999"
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save()
