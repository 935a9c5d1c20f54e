"""Lights by day, answered, appealed, urged; the board's numbers."""

from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from tongban.config import province
from tongban.kernel.calendar.tests.test_rules import DAYS
from tongban.kernel.cases.tests.test_commands import act, submit
from tongban.kernel.catalogue import seed as catalogue
from tongban.kernel.catalogue.commands import access
from tongban.kernel.catalogue.models import Resource
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered
from tongban.kernel.ledger.models import Entry
from tongban.kernel.notices.models import Notice
from tongban.lib import clock, deadlines
from tongban.lib.errors import Conflict, Invalid, NotFound
from tongban.rooms.service.supervision import commands, handlers, queries, rules, tasks
from tongban.rooms.service.supervision.models import Light

PLATFORM = system("test")
MONDAY = datetime(2026, 11, 2, 9, tzinfo=clock.CHINA)
ALL = [rules.Rule(n, key, level, days) for n, (key, level, days) in enumerate([
    ("promise-near", "prompt", 1), ("receipt-overrun", "yellow", 0), ("step-overrun", "yellow", 0), ("promise-overrun", "yellow", 0),
    ("statutory-overrun", "red", 0), ("yellow-unanswered", "red", 0), ("answer-near", "prompt", 1), ("answer-overrun", "yellow", 0),
    ("answer-far-overrun", "red", 5),
])]  # fmt: skip
CASE = rules.Watched(promise_due=date(2026, 11, 10), statutory_due=date(2026, 11, 17))


def kinds(today, case=CASE):
    return {(r.kind, r.level) for r in rules.judge(case, ALL, today, DAYS)}


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 6), set()), (date(2026, 11, 9), {("promise-near", "prompt")}), (date(2026, 11, 10), {("promise-near", "prompt")}),
        (date(2026, 11, 11), {("promise-overrun", "yellow")}), (date(2026, 11, 18), {("promise-overrun", "yellow"), ("statutory-overrun", "red")}),
    ],
)  # fmt: skip
def test_one_day_before_the_limit_prompt_past_it_yellow_past_the_law_red(today, expected):
    assert kinds(today) == expected


@given(st.dates(date(2026, 1, 1), date(2026, 12, 20)))
def test_a_stopped_clock_raises_no_limit(today):
    stopped = rules.Watched(promise_due=CASE.promise_due, statutory_due=CASE.statutory_due, paused=True)
    assert kinds(today, stopped) == set()


def test_an_unanswered_yellow_turns_red():
    waiting = rules.Watched(yellow_answer_due=date(2026, 11, 9))
    assert kinds(date(2026, 11, 9), waiting) == set()
    assert kinds(date(2026, 11, 10), waiting) == {("yellow-unanswered", "red")}


def test_a_light_is_never_moved_back_to_nothing():
    assert "" not in rules.MOVES.values()
    assert {s for s, _a in rules.MOVES} <= {"open", "answered", "appealed"}


@pytest.fixture
def late(db):
    """Accepted on Tuesday 3 November, promised five days, left to run."""
    with clock.at(MONDAY):
        number = submit()
    with clock.at(MONDAY + timedelta(1)):
        act("li", number, "accept")
    return number


def lights_on(number, day):
    with clock.at(day):
        tasks.evaluate_all(PLATFORM)
    return {x.kind: x for x in Light.objects.filter(case_number=number)}


def test_the_second_case_runs_late(late):
    assert "promise-near" in lights_on(late, MONDAY + timedelta(7))
    assert lights_on(late, MONDAY + timedelta(9))["promise-overrun"].level == "yellow"
    lights = lights_on(late, MONDAY + timedelta(16))
    assert lights["statutory-overrun"].level == "red"
    before = Light.objects.count()
    lights_on(late, MONDAY + timedelta(16))
    assert Light.objects.count() == before
    assert Entry.objects.filter(subject=f"case:{late}", tag="supervision.light.raised").count() >= 3


def test_urged_and_answered_within_the_limit(late):
    light = lights_on(late, MONDAY + timedelta(16))["statutory-overrun"]
    supervisor, office = province.official("zhou"), province.official("zhao")
    with clock.at(MONDAY + timedelta(16)):
        urged = commands.urge(supervisor, light=light.id, words="请说明原因")
        assert urged.due == date(2026, 11, 20)
        commands.reply_to_urging(office, light=light.id, words="今日办结")
    assert Light.objects.get(id=light.id).state == "answered"
    commands.judge_light(supervisor, light=light.id, act="close", words="已办结")
    with pytest.raises(Conflict):
        commands.answer_light(office, light=light.id, words="再答复")


def test_an_appeal_is_upheld_and_the_light_stays_visible(late):
    light = lights_on(late, MONDAY + timedelta(9))["promise-overrun"]
    commands.answer_light(province.official("li"), light=light.id, words="系统故障", appeal=True)
    commands.judge_light(province.official("zhou"), light=light.id, act="uphold", words="属实")
    assert queries.light(province.official("zhou"), light.id).state == "cancelled"


def test_another_organ_sees_and_answers_nothing(late):
    light = lights_on(late, MONDAY + timedelta(9))["promise-overrun"]
    with pytest.raises(NotFound):
        commands.answer_light(province.official("desk-3702"), light=light.id, words="不是我们")


def test_words_are_needed(late):
    light = lights_on(late, MONDAY + timedelta(9))["promise-overrun"]
    with pytest.raises(Invalid):
        commands.urge(province.official("zhou"), light=light.id, words=" ")


def test_the_board_counts_what_is_there(late):
    with clock.at(MONDAY + timedelta(16)):
        rows = {r.code: r for r in queries.board(province.official("zhou"), region="37", since=date(2026, 11, 1))}
        assert len(rows) == 16
        assert (rows["3701"].open, rows["3701"].red) == (1, 1)
        below = {r.code: r for r in queries.board(province.official("zhou"), region="3701", since=date(2026, 11, 1))}
        assert below["370102"].red == 1
        assert queries.totals(list(rows.values())).red == 1


def test_efficiency_of_a_month(late):
    with clock.at(MONDAY + timedelta(3)):
        act("qian", late, "pass")
        act("qian", late, "pass")
        act("zhao", late, "grant")
    [row] = queries.efficiency(province.official("zhou"), region="37", month=date(2026, 11, 1))
    assert (row.organ, row.decided, row.on_time, row.early, row.refused) == ("历下区市场监督管理局", 1, 1, 1, 0)
    assert row.used_share == 40.0


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 6), set()), (date(2026, 11, 9), {"answer-near"}), (date(2026, 11, 10), {"answer-near"}), (date(2026, 11, 11), {"answer-overrun"}),
        (date(2026, 11, 17), {"answer-overrun"}), (date(2026, 11, 18), {"answer-overrun", "answer-far-overrun"}),
    ],
)  # fmt: skip
def test_another_thing_with_a_limit_is_judged_by_its_one_day(today, expected):
    assert {kind for kind, _level in kinds(today, rules.Watched(answer_due=date(2026, 11, 10)))} == expected


@pytest.fixture
def application(db):
    """人社 applies for a resource of 市场监管; ten working days to answer."""
    catalogue.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    today = clock.today()
    wanted = Asked(("credit_code", "legal_rep_name"), ("query",), 5, today, today + timedelta(days=300), {})
    key = Resource.objects.get(supply="legal.representative").key
    return access.request_access(province.official("tao"), key=key, wanted=wanted, purpose="核对", basis="社会保险法第八条")


def lit(one):
    return {x.kind: x for x in Light.objects.filter(thing="access-request", case_number=one.number)}


def test_a_late_answer_between_departments_is_seen_as_a_late_case_is(application, as_persona):
    assert tasks.evaluate_all(PLATFORM) == 0
    with clock.at(clock.now() + timedelta(days=15)):
        tasks.evaluate_all(PLATFORM)
        assert set(lit(application)) == {"answer-overrun"}
        tasks.evaluate_all(PLATFORM)
        assert len(lit(application)) == 1
    light = lit(application)["answer-overrun"]
    assert (light.level, light.organ, light.case_title) == ("yellow", province.official("jin").organ, "资源使用申请：法定代表人信息")
    entry = Entry.objects.get(subject=f"access-request:{application.number}", tag="supervision.light.raised")
    handlers.tell_responsible(Delivered(entry.id, entry.tag, entry.subject, entry.at, entry.account, entry.actor_name, entry.organ, entry.body))
    for told in ("jin", "zhou"):
        assert "逾期" in Notice.objects.get(account=identity.account_named(told).id, key="limit-yellow").body
    page = as_persona("jin").get(f"/supervision/lights/{light.id}/")
    assert f'href="/exchange/requests/{application.number}/"' in page.content.decode()
    as_persona("jin").post(f"/supervision/lights/{light.id}/act/", {"what": "answer", "words": "材料核对中，本周答复"})
    assert Light.objects.get(id=light.id).state == "answered"
    with clock.at(clock.now() + timedelta(days=40)):
        tasks.evaluate_all(PLATFORM)
        assert set(lit(application)) == {"answer-overrun", "answer-far-overrun"}, "an answered yellow does not turn red by itself"


def test_the_same_thing_late_a_second_time_shines_a_second_time(db, monkeypatch):
    found = []
    monkeypatch.setitem(deadlines._watched, "drill", (lambda day: [d for d in found if d.due <= day], lambda _key: []))
    office = province.official("jin")
    for due in (date(2026, 11, 16), date(2026, 11, 18)):
        found[:] = [deadlines.Deadline("drill", "1", "演练", office.organ, office.organ_name, "37", due)]
        assert tasks.evaluate_deadlines(PLATFORM, clock.today()) >= 1
        assert tasks.evaluate_deadlines(PLATFORM, clock.today()) == 0
    assert Light.objects.filter(thing="drill", kind="answer-overrun").count() == 2
