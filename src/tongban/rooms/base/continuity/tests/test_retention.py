"""What ends by itself, and what two people end together."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from tongban.config import province
from tongban.kernel.cases.models import Case
from tongban.kernel.cases.tests.test_commands import submit
from tongban.kernel.identity.models import LoginSession
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock, columns, keys
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.lib.retention import PURGES
from tongban.rooms.base.continuity import commands, queries, tasks
from tongban.rooms.base.continuity.models import Destruction, RetentionRule
from tongban.rooms.service.hall.models import Draft

pytestmark = pytest.mark.django_db
LATER = clock.datetime(2057, 1, 5, 9, tzinfo=clock.CHINA)


@pytest.fixture
def chen():
    return province.official("chen")


@pytest.fixture
def he():
    return province.official("he")


def test_every_rule_that_deletes_has_something_that_does():
    assert {r.key for r in queries.retention_rules() if r.way == "delete"} == set(PURGES)
    assert all((r.days is None) != (r.years is None) for r in queries.retention_rules())


def test_at_night_what_is_expired_goes_and_the_rest_stays(chen):
    account = chen.account
    for days in (10, 400):
        LoginSession.objects.create(
            key=f"k{days}", account_id=account, way="password", level=1, origin="127.0.0.1", agent="x", begun_at=clock.now() - timedelta(days=days)
        )
    tasks.retain()
    assert list(LoginSession.objects.filter(account_id=account, key__in=["k10", "k400"]).values_list("key", flat=True)) == ["k10"]
    rule = RetentionRule.objects.get(key="identity.sessions")
    assert (rule.removed, rule.run_at) == (1, clock.now())
    assert Entry.objects.filter(tag="continuity.rows.expired").latest("id").body["count"] == 1
    entries = Entry.objects.count()
    tasks.retain()
    assert Entry.objects.count() == entries


def test_drafts_nobody_submitted_go_after_thirty_days():
    from tongban.rooms.service.hall.commands import applications

    made = applications.begin_draft(province.citizen(), matter_code="food-operation-permit-new@370102")
    with clock.at(clock.now() + timedelta(days=29)):
        tasks.retain()
        assert Draft.objects.filter(id=made.id).exists()
    with clock.at(clock.now() + timedelta(days=31)):
        tasks.retain()
    assert not Draft.objects.filter(id=made.id).exists()


class TestDestruction:
    @pytest.fixture
    def case(self, own_data):
        return Case.objects.unscoped("test").get(number=submit())

    def test_nothing_is_due_before_its_time(self, case, chen):
        assert queries.due_cohorts(chen) == []
        with clock.at(clock.datetime(2056, 12, 31, 23, tzinfo=clock.CHINA)):
            assert case.cohort() not in [d.cohort for d in queries.due_cohorts(chen)]
        with pytest.raises(Conflict):
            commands.propose_destruction(chen, cohort=case.cohort(), reason="档案鉴定小组鉴定")

    def test_two_people_end_what_is_due(self, case, chen, he):
        with clock.at(LATER):
            assert case.cohort() in [d.cohort for d in queries.due_cohorts(chen)]
            with pytest.raises(Invalid):
                commands.propose_destruction(chen, cohort=case.cohort(), reason=" ")
            asked = commands.propose_destruction(chen, cohort=case.cohort(), reason="档案鉴定小组2057年1月4日鉴定")
            assert case.cohort() not in [d.cohort for d in queries.due_cohorts(chen)]
            with pytest.raises(Refused):
                commands.decide_destruction(chen, destruction=asked.id, good=True, words="")
            commands.decide_destruction(he, destruction=asked.id, good=True, words="同意")
            assert Case.objects.unscoped("test").get(id=case.id).data  # the job does it
            keys = commands.destroy_agreed(tasks.PLATFORM, destruction=asked.id)
            assert Case.objects.unscoped("test").get(id=case.id).data == {}
            assert commands.destroy_agreed(tasks.PLATFORM, destruction=asked.id) == keys
            told = [e.body["change"] for e in Entry.objects.filter(tag="continuity.destruction.decided").order_by("id")]
            assert told == ["asked", "agreed", "done"]

    def test_a_crash_between_the_key_and_the_row_comes_to_the_same_end(self, case, chen, he):
        with clock.at(LATER):
            asked = commands.propose_destruction(chen, cohort=case.cohort(), reason="鉴定")
            commands.decide_destruction(he, destruction=asked.id, good=True, words="")
            gone = columns.destroy(case.cohort())
            assert commands.destroy_agreed(tasks.PLATFORM, destruction=asked.id) == gone
        assert Destruction.objects.get(id=asked.id).state == "done"

    def test_refused_with_a_reason_and_asked_again(self, case, chen, he):
        with clock.at(LATER):
            asked = commands.propose_destruction(chen, cohort=case.cohort(), reason="鉴定")
            with pytest.raises(Invalid):
                commands.decide_destruction(he, destruction=asked.id, good=False, words="")
            commands.decide_destruction(he, destruction=asked.id, good=False, words="涉诉，延期")
            with pytest.raises(Conflict):
                commands.decide_destruction(he, destruction=asked.id, good=True, words="")
            assert commands.destroy_agreed(tasks.PLATFORM, destruction=asked.id) == []
            assert commands.propose_destruction(chen, cohort=case.cohort(), reason="诉讼已结").state == "asked"

    def test_nobody_reaches_beyond_the_own_region(self, case, chen):
        yan = province.official("yan")
        with clock.at(LATER):
            asked = commands.propose_destruction(chen, cohort=case.cohort(), reason="鉴定")
            assert queries.destructions(yan).filter(id=asked.id).exists()  # 历下's own
            Destruction.objects.filter(id=asked.id).update(region_code="3702")
            with pytest.raises(Conflict):
                commands.decide_destruction(yan, destruction=asked.id, good=True, words="")


def test_the_page_from_proposal_to_destruction(own_data, as_persona):
    case = Case.objects.unscoped("test").get(number=submit())
    with clock.at(LATER):
        chen = as_persona("chen")
        assert "2026" in chen.get("/continuity/retention/").content.decode()
        assert chen.post("/continuity/retention/", {"act": "propose", "cohort": case.cohort(), "reason": ""}).status_code == 422
        assert chen.post("/continuity/retention/", {"act": "propose", "cohort": case.cohort(), "reason": "鉴定"}).status_code == 302
        asked = Destruction.objects.get(cohort=case.cohort())
        assert chen.post("/continuity/retention/", {"act": "agree", "destruction": asked.id}).status_code in (403, 422)
        assert as_persona("he").post("/continuity/retention/", {"act": "agree", "destruction": asked.id}).status_code == 302
        assert as_persona("he").post("/continuity/retention/", {"act": "agree", "destruction": asked.id}).status_code == 422


def test_new_keys_for_a_class_and_the_old_values_still_open(own_data, capsys):
    from tongban.kernel.identity.models import Person

    zhang = Person.objects.get(name="张合成")
    number, before = zhang.id_number, {k.id for k in keys.keystore().held(f"column|{zhang.cohort()}")}
    call_command("keys", "rotate-columns", kind="persons")
    assert Person.objects.get(id=zhang.id).id_number == number
    zhang.save()
    after = keys.keystore().find(f"column|{zhang.cohort()}")
    assert after.id not in before
    assert Entry.objects.filter(tag="continuity.cohorts.renewed").latest("id").body["count"] > 0
    keys.forget()


def test_the_applicant_is_told_that_the_form_is_gone(own_data, as_persona):
    case = Case.objects.unscoped("test").get(number=submit())
    zhang = as_persona("zhang")
    assert "不再保存" not in zhang.get(f"/hall/cases/{case.number}/").content.decode()
    columns.destroy(case.cohort())
    page = zhang.get(f"/hall/cases/{case.number}/")
    assert page.status_code == 200
    assert "填报内容已不再保存" in page.content.decode()
