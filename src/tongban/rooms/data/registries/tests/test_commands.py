"""Records kept, read, decided, corrected."""

from datetime import date, timedelta

import pytest
from django.conf import settings

from tongban.config.personas import synthetic_id
from tongban.kernel.cases import commands as cases
from tongban.kernel.cases import queries as case_queries
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor, citizen_roles, system
from tongban.kernel.ledger.delivery import Delivered
from tongban.kernel.ledger.models import Entry
from tongban.kernel.notices.models import Notice
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, deadlines
from tongban.lib.codes import make_credit_code
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.data.registries import handlers, rules, seed, tasks
from tongban.rooms.data.registries.commands import comparisons, disputes, records
from tongban.rooms.data.registries.models import Conflict as Difference
from tongban.rooms.data.registries.models import Correction, Finding, Person, Record
from tongban.rooms.data.registries.queries import findings, masters, work

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")
ZHANG = synthetic_id(1)


def official(username):
    return identity.actor_of_account(identity.account_named(username).id)


def keep(organ, *rows, **more):
    return records.keep_records(PLATFORM, registry="population", organ=organ, rows=rows, origin="test", **more)


class TestKeeping:
    def test_a_row_that_says_nothing_new_leaves_no_record(self, known):
        before = Record.objects.count()
        kept = keep("sd-police", {"id_number": ZHANG, "name": "张合成"})
        assert (kept.new, kept.same, Record.objects.count()) == (0, 1, before)

    def test_faulty_rows_are_told_with_their_number_and_the_good_ones_kept(self):
        kept = keep(
            "sd-civil",
            {"id_number": ZHANG, "marital_status": "已婚"},
            {"id_number": ZHANG[:-1] + "7", "name": "误"},
            {"name": "无号"},
            {"id_number": ZHANG, "x": 1},
        )
        assert (kept.new, kept.faults) == (1, [(2, "check-digit"), (3, "no-key"), (4, "unknown")])

    def test_differing_words_make_a_conflict_and_agreement_ends_it(self, known):
        keep("sd-hrss", {"id_number": ZHANG, "name": "章合成"})
        one = masters.person_numbered(ZHANG)
        assert [(c.attribute, c.state, c.organs) for c in Difference.objects.filter(subject=one.id)] == [("name", "by-rank", "sd-police,sd-hrss")]
        keep("sd-hrss", {"id_number": ZHANG, "name": "张合成"}, legal_on=clock.today() + timedelta(1))
        assert not Difference.objects.filter(subject=one.id).exists()

    def test_only_the_own_organs_records(self):
        with pytest.raises(Refused):
            records.keep_records(official("tao"), registry="population", organ="sd-police", rows=[], origin="x")
        kept = records.keep_records(official("tao"), registry="population", organ="sd-hrss", rows=[{"id_number": ZHANG, "insured_months": 9}], origin="x")
        assert kept.new == 1

    def test_an_organ_speaks_only_of_what_it_is_a_source_of(self):
        assert keep("sd-stat", {"id_number": ZHANG, "name": "张合成"}).faults == [(1, "not-source")]
        assert keep("sd-health", {"id_number": ZHANG, "marital_status": "已婚"}).faults == [(1, "not-source")]
        assert masters.person_numbered(ZHANG) is None

    def test_numbers_and_names_lie_sealed(self, known):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(p)::text FROM registries_person p UNION ALL SELECT row_to_json(r)::text FROM registries_record r")
            told = "".join(row[0] for row in cursor.fetchall())
        assert ZHANG not in told
        assert "张合成" not in told

    def test_a_move_is_known_from_its_registration_and_true_from_its_day(self, known):
        with clock.at(clock.now() + timedelta(days=30)):
            keep("sd-police", {"id_number": ZHANG, "address": "青岛市市南区（合成地址）1号"}, legal_on=date(2026, 12, 1))
        one = Person.objects.get(id=masters.person_numbered(ZHANG).id)
        later = clock.now() + timedelta(days=31)
        assert masters.view("population", one).settled["address"].value.startswith("济南")
        assert masters.view("population", one, known_on=later, valid_on=date(2026, 11, 30)).settled["address"].value.startswith("济南")
        assert masters.view("population", one, known_on=later, valid_on=date(2026, 12, 2)).settled["address"].value.startswith("青岛")


class TestReading:
    def test_a_reason_is_asked_and_the_reading_recorded_without_the_number(self, known):
        with pytest.raises(Invalid):
            records.read_subject(official("xu"), registry="population", key=ZHANG, reason=" ")
        found = records.read_subject(official("xu"), registry="population", key=ZHANG, reason="核实")
        entry = Entry.objects.filter(tag="registries.subject.read").latest("id")
        assert found.content["name"] == "张合成"
        assert ZHANG not in str(entry.body)
        assert entry.body["reason"] == "核实"
        seen = Entry.objects.filter(tag="identity.person.seen").latest("id")
        assert seen.body["purpose"] == "核实"  # 张合成 reads it under 数据查看记录

    def test_an_organ_without_a_record_of_the_person_sees_nobody(self, known):
        assert records.read_subject(official("tao"), registry="population", key=ZHANG, reason="核实") is None
        keep("sd-hrss", {"id_number": ZHANG, "insured_months": 9})
        assert records.read_subject(official("tao"), registry="population", key=ZHANG, reason="核实") is not None

    def test_citizens_and_clerks_do_not_read(self, known):
        for username in ("wang", "li"):
            with pytest.raises(Refused):
                records.read_subject(official(username), registry="population", key=ZHANG, reason="看看")


class TestDeciding:
    @pytest.fixture
    def dead(self, known):
        keep("sd-health", {"id_number": ZHANG, "state": "死亡", "died_on": "2026-11-01"}, legal_on=date(2026, 11, 1))
        return masters.person_numbered(ZHANG)

    def test_the_organs_that_count_most_decide(self, dead):
        view = masters.view("population", dead)
        police = view.settled["state"].others[0].said.id
        assert (dead.state, dead.disputed) == ("死亡", 1)
        with pytest.raises(Refused):
            disputes.decide_conflict(official("tao"), registry="population", subject=dead.id, attribute="state", chosen=police, words="误报")
        with pytest.raises(Invalid):
            disputes.decide_conflict(official("xu"), registry="population", subject=dead.id, attribute="state", chosen=police, words="")
        disputes.decide_conflict(official("xu"), registry="population", subject=dead.id, attribute="state", chosen=police, words="经核实本人健在")
        dead.refresh_from_db()
        assert (dead.state, dead.disputed) == ("正常", 0)
        assert Difference.objects.get(subject=dead.id, attribute="state").state == "decided"

    def test_what_agrees_is_not_decided(self, dead):
        word = masters.view("population", dead).settled["name"].claim.said.id
        with pytest.raises(Conflict):
            disputes.decide_conflict(official("xu"), registry="population", subject=dead.id, attribute="name", chosen=word, words="x")


class TestCorrections:
    @pytest.fixture
    def asked(self, known):
        number = disputes.ask_correction(
            PLATFORM,
            registry="population",
            key=ZHANG,
            attribute="address",
            claimed="济南市市中区（合成地址）2号",
            reason="已迁居",
            cause="370102-1",
            account=None,
        )
        return Correction.objects.get(id=number)

    def test_asked_once_for_each_cause(self, asked):
        again = disputes.ask_correction(
            PLATFORM, registry="population", key=ZHANG, attribute="address", claimed="x", reason="y", cause="370102-1", account=None
        )
        assert again == asked.id
        assert asked.organ_key == "sd-police"

    def test_accepted_it_is_a_new_record_of_the_source(self, asked):
        disputes.answer_correction(official("xu"), correction=asked.id, accept=True, words="已核实迁居")
        told = masters.view("population", masters.person_numbered(ZHANG)).settled["address"]
        assert told.value == "济南市市中区（合成地址）2号"
        assert told.claim.said.organ == "sd-police"
        assert len([r for r in masters.view("population", masters.person_numbered(ZHANG)).records if "address" in r.values]) == 2
        with pytest.raises(Conflict):
            disputes.answer_correction(official("xu"), correction=asked.id, accept=False, words="再答")

    def test_refused_the_value_stays(self, asked):
        disputes.answer_correction(official("xu"), correction=asked.id, accept=False, words="无迁移记录")
        assert masters.person_numbered(ZHANG).content["address"].startswith("济南市历下区")

    def test_a_doubt_is_watched_ten_working_days_after_it_was_asked(self, asked):
        assert not list(tasks.uncorrected(date(2026, 12, 7)))
        [waiting] = tasks.uncorrected(date(2026, 12, 8))
        assert (waiting.key, waiting.organ, waiting.due) == (str(asked.id), official("xu").organ, date(2026, 12, 8))
        assert deadlines.people("correction", waiting.key) == {official("xu").account}

    def test_only_the_organ_that_said_it_answers(self, asked):
        with pytest.raises(NotFound):
            disputes.answer_correction(official("tao"), correction=asked.id, accept=True, words="x")
        assert [c.id for c in work.corrections(official("xu"), state="open")] == [asked.id]


def test_ranks_are_read_for_a_day():
    ranks = masters.authority(rules.POPULATION, clock.today())
    assert ranks["name"]["sd-police"] == 1
    assert masters.authority(rules.POPULATION, date(2015, 1, 1)) == {}


class TestComparing:
    @pytest.fixture
    def lixia(self, known):
        """一家小馆's representative dies; the shop stays in force."""
        keep("sd-health", {"id_number": ZHANG, "state": "死亡", "died_on": "2026-11-01"}, legal_on=date(2026, 11, 1))

    def run(self, name="dead-representative"):
        return comparisons.run_comparison(official("jin"), comparison=name)

    def test_what_cannot_be_becomes_work_of_the_county_office_with_a_limit(self, lixia):
        assert self.run() == (1, 1, 0)
        one = Finding.objects.get()
        assert (one.organ_key, one.state, one.due > clock.today()) == ("370102-market", "open", True)
        assert [f.id for f in findings.findings(official("li"))] == [one.id]  # the clerk of the office
        assert [f.id for f in findings.findings(official("jin"))] == [one.id]  # the department above it
        assert not findings.findings(official("tao"))

    def test_it_is_a_case_of_the_office_and_ends_with_it(self, lixia):
        self.run()
        one = Finding.objects.get()
        case = case_queries.case(official("li"), one.case_number)
        assert (case.state, case.cause, case.person, case.promise_due, case.applicant_name) == ("accepted", f"finding:{one.id}", None, one.due, one.entity.name)
        assert case.data["统一社会信用代码"] == one.entity.credit_code
        assert findings.findings(official("li"), case=one.case_number.lower()).get() == one
        assert [i.case.number for i in case_queries.work_list(official("li"))] == [one.case_number]
        self.take(one.case_number, "true")
        with pytest.raises(Invalid):
            self.take(one.case_number, "confirmed")
        self.take(one.case_number, "confirmed", "已责令变更登记")
        one.refresh_from_db()
        assert (one.state, one.answer, one.answered_by) == ("confirmed", "已责令变更登记", "李合成")
        case.refresh_from_db()
        assert (case.state, case.result, case.decided_at is not None) == ("closed", "confirmed", True)
        assert self.run() == (1, 0, 0)

    def take(self, number, action, opinion=""):
        """A step of the case by the office's clerk; then what the registries do about it."""
        item = case_queries.doable(official("li"), case_queries.case(official("li"), number))
        cases.complete_item(official("li"), item=item.id, action=action, opinion=opinion)
        for entry in Entry.objects.filter(tag="cases.case.concluded", subject=f"case:{number}"):
            handlers.settle(Delivered(entry.id, entry.tag, entry.subject, entry.at, entry.account, entry.actor_name, entry.organ, entry.body))

    def test_a_county_without_such_an_office_leaves_it_to_the_department(self, lixia, monkeypatch):
        known = orgs.organ
        monkeypatch.setattr(orgs, "organ", lambda key: known("no-such" if key == "370102-market" else key))
        self.run()
        assert Finding.objects.get().organ_key == "sd-samr"

    def test_of_a_case_that_nobody_applied_for_the_hall_tells_and_shows_nobody_else(self, lixia):
        before = case_queries.applied_for(PLATFORM).count()
        self.run()
        number = Finding.objects.get().case_number
        assert case_queries.applied_for(PLATFORM).count() == before
        assert case_queries.records([number]) == {}
        with pytest.raises(NotFound):
            case_queries.progress(number)
        with pytest.raises(NotFound):
            case_queries.case(official("zhang"), number)
        with pytest.raises(NotFound):
            cases.withdraw_case(Actor(name="无身份", roles=citizen_roles()), number=number)

    def test_run_again_nothing_is_doubled_and_what_was_answered_stays(self, lixia):
        self.run()
        assert self.run() == (1, 0, 0)
        self.take(Finding.objects.get().case_number, "refuted", "本人健在，户籍有误")
        assert self.run() == (1, 0, 0)
        assert Finding.objects.get().state == "refuted"

    def test_what_no_longer_holds_ends_by_itself_and_begins_again(self, lixia):
        self.run()
        keep("sd-health", {"id_number": ZHANG, "state": "正常"}, legal_on=date(2026, 11, 2))
        assert self.run() == (0, 0, 1)
        assert Finding.objects.get().state == "gone"
        first = Finding.objects.get().case_number
        assert (case_queries.case(PLATFORM, first).state, case_queries.case(PLATFORM, first).result) == ("closed", "gone")
        assert not case_queries.work_list(official("li"))
        keep("sd-health", {"id_number": ZHANG, "state": "死亡"}, legal_on=date(2026, 11, 3))
        assert self.run() == (1, 1, 0)
        assert Finding.objects.get().case_number not in ("", first)

    def test_tax_without_registration(self):
        code = make_credit_code("92", "370102", "MA0009999")
        row = {"credit_code": code, "name": "无照商店（合成）", "tax_state": "正常", "region_code": "370102"}
        records.keep_records(PLATFORM, registry="entities", organ="sd-tax", rows=[row], origin="t")
        assert self.run("taxed-unregistered") == (1, 1, 0)
        records.keep_records(PLATFORM, registry="entities", organ="sd-samr", rows=[{**row, "state": "存续", "tax_state": None}], origin="t")
        assert self.run("taxed-unregistered") == (0, 0, 1)

    def test_the_synthetic_province_has_findings_of_every_kind(self):
        seed.load_synthetic(settings.DATASETS / "registries", 6000)
        assert [self.run(name)[0] > 0 for name in rules.COMPARISONS] == [True, True, True]

    def test_the_office_is_told_once(self, lixia):
        self.run()
        entry = Entry.objects.get(tag="registries.comparison.run")
        event = Delivered(entry.id, entry.tag, entry.subject, entry.at, entry.account, entry.actor_name, entry.organ, entry.body)
        for _n in range(2):
            handlers.tell_the_offices(event)
        assert Notice.objects.filter(key="findings-new", account=official("li").account).count() == 1

    def test_who_may(self, lixia):
        for username in ("li", "wang"):
            with pytest.raises(Refused):
                comparisons.run_comparison(official(username), comparison="dead-representative")
        with pytest.raises(Invalid):
            self.run("no-such")
