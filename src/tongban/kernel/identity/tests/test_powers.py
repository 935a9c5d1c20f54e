"""Roles for a while, emergencies, reviews, clearance."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.config import province
from tongban.kernel.identity import commands, queries, rules
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.commands import powers, staff
from tongban.kernel.identity.models import Appointment, LentRole, ReviewItem
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, Refused

PLATFORM = system("test")
TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 10, tzinfo=clock.CHINA)


def account(username):
    return queries.account_named(username).id


class TestRules:
    @pytest.mark.parametrize(
        ("role", "held", "begun", "days", "fault"),
        [("clerk", {"clerk"}, 0, 10, ""), ("clerk", {"clerk"}, 0, 91, "span"), ("clerk", {"clerk"}, 5, 5, "span"), ("clerk", {"clerk"}, -9, 10, "span"),
         ("clerk", {"examiner"}, 0, 10, "held"), ("administrator", {"administrator"}, 0, 10, "role"), ("citizen", {"citizen"}, 0, 10, "role")],
    )  # fmt: skip
    def test_delegation(self, role, held, begun, days, fault):
        start = NOW + timedelta(days=begun)
        assert rules.delegation_fault(role, held, start, NOW + timedelta(days=days), NOW) == fault

    def test_what_is_not_listed_is_the_most_sensitive(self):
        assert rules.sensitivity("id_number") == 3
        assert rules.sensitivity("fingerprint") == 4

    @given(st.sampled_from(rules.OFFICIALS), st.sets(st.sampled_from(rules.OFFICIALS)), st.integers(-200, 200), st.integers(-200, 200))
    def test_no_delegation_is_longer_than_ninety_days_or_of_an_administrator(self, role, held, begun, ends):
        start, end = NOW + timedelta(days=begun), NOW + timedelta(days=ends)
        if not rules.delegation_fault(role, held, start, end, NOW):
            assert end - start <= timedelta(days=90)
            assert role not in rules.STRONG


@pytest.mark.django_db
class TestDelegation:
    @pytest.fixture
    def zhao(self):
        return province.official("zhao")

    def delegated(self, zhao, **more):
        told = {"role": "approver", "to": account("qian"), "begun_on": TODAY, "ended_on": TODAY + timedelta(days=7), "reason": "出差"}
        return powers.delegate_role(zhao, **{**told, **more})

    def test_the_colleague_holds_it_until_the_last_day(self, zhao):
        self.delegated(zhao)
        assert "approver" in province.official("qian").roles
        assert account("qian") in queries.accounts_with("approver", zhao.organ)
        with clock.at(NOW + timedelta(days=7)):
            assert "approver" in province.official("qian").roles
        with clock.at(NOW + timedelta(days=8)):
            assert "approver" not in province.official("qian").roles

    def test_it_ends_early_by_either_of_them_and_by_nobody_else(self, zhao):
        lent = self.delegated(zhao)
        with pytest.raises(Refused):
            powers.end_lent_role(province.official("li"), lent=lent.id)
        powers.end_lent_role(province.official("qian"), lent=lent.id)
        assert "approver" not in province.official("qian").roles
        with pytest.raises(Conflict):
            powers.end_lent_role(zhao, lent=lent.id)
        assert [e.body["what"] for e in Entry.objects.filter(tag="identity.role.lent").order_by("id")] == ["delegation", "ended"]

    def test_what_was_lent_is_not_lent_on(self, zhao):
        self.delegated(zhao)
        with pytest.raises(Invalid):
            powers.delegate_role(province.official("qian"), role="approver", to=account("li"), begun_on=TODAY, ended_on=TODAY, reason="再委托")

    def test_only_to_a_colleague_with_a_reason_and_once(self, zhao):
        for wrong in (
            {"to": account("zhou")},
            {"to": account("zhang")},
            {"to": account("zhao")},
            {"reason": ""},
            {"ended_on": TODAY + timedelta(days=99)},
            {"role": "clerk"},
        ):
            with pytest.raises(Invalid):
                self.delegated(zhao, **wrong)
        self.delegated(zhao)
        with pytest.raises(Conflict):
            self.delegated(zhao)

    def test_separated_duties_stay_separated(self):
        wu = province.official("wu")
        with pytest.raises(Conflict):
            powers.delegate_role(wu, role="matter_editor", to=account("zheng"), begun_on=TODAY, ended_on=TODAY, reason="休假")

    def test_from_tomorrow_it_holds_from_tomorrow(self, zhao):
        self.delegated(zhao, begun_on=TODAY + timedelta(days=1))
        assert "approver" not in province.official("qian").roles
        with clock.at(NOW + timedelta(days=1)):
            assert "approver" in province.official("qian").roles


@pytest.mark.django_db
class TestEmergency:
    REASON = "审批负责人突发疾病，今日有应急许可必须作出决定"

    def test_for_one_hour_at_once_and_judged(self):
        li = province.official("li")
        lent = powers.break_glass(li, role="approver", reason=self.REASON, judged_by=TODAY + timedelta(days=3))
        assert "approver" in province.official("li").roles
        with clock.at(NOW + timedelta(minutes=61)):
            assert "approver" not in province.official("li").roles
            yan = province.official("yan")
            assert [r.id for r in queries.unjudged(yan)] == [lent.id]
            with pytest.raises(Invalid):
                powers.judge_emergency(yan, lent=lent.id, proper=True, words="")
            powers.judge_emergency(yan, lent=lent.id, proper=True, words="核实属实")
            with pytest.raises(Conflict):
                powers.judge_emergency(yan, lent=lent.id, proper=False, words="再议")

    def test_an_improper_one_ends_at_once(self):
        lent = powers.break_glass(province.official("li"), role="approver", reason=self.REASON, judged_by=TODAY)
        powers.judge_emergency(province.official("he"), lent=lent.id, proper=False, words="并无紧急情况")
        assert "approver" not in province.official("li").roles

    def test_who_may_not(self):
        li = province.official("li")
        for wrong in ({"role": "administrator"}, {"reason": "急"}):
            with pytest.raises(Invalid):
                powers.break_glass(li, **{"role": "approver", "reason": self.REASON, "judged_by": TODAY, **wrong})
        with pytest.raises(Refused):
            powers.break_glass(province.official("zhang"), role="approver", reason=self.REASON, judged_by=TODAY)

    def test_nobody_judges_the_own(self):
        yan = province.official("yan")
        lent = powers.break_glass(yan, role="clerk", reason=self.REASON, judged_by=TODAY)
        with pytest.raises(Refused):
            powers.judge_emergency(province.official("yan"), lent=lent.id, proper=True, words="没问题")


@pytest.mark.django_db
class TestReview:
    @pytest.fixture
    def yan(self):
        return province.official("yan")

    def begun(self, actor):
        return powers.begin_review(actor, name="2026年第四季度", region="370102", due=TODAY + timedelta(days=14))

    def test_every_role_of_the_region_is_looked_at(self, yan):
        one = self.begun(yan)
        assert one.items.count() == Appointment.objects.filter(queries.on_duty(TODAY), region_code__startswith="370102").count()

    def test_kept_ended_and_not_the_own(self, yan):
        one = self.begun(yan)
        mine = one.items.get(appointment__account=yan.account)
        with pytest.raises(Refused):
            powers.decide_item(yan, review=one.id, item=mine.id, keep=True)
        clerk = one.items.get(appointment__account=account("li"))
        powers.decide_item(yan, review=one.id, item=clerk.id, keep=False, words="已调离")
        assert "clerk" not in province.official("li").roles
        with pytest.raises(Conflict):
            powers.decide_item(yan, review=one.id, item=clerk.id, keep=True)

    def test_it_closes_with_the_last_decision(self, yan):
        one = self.begun(yan)
        for item in one.items.exclude(appointment__account=yan.account):
            powers.decide_item(yan, review=one.id, item=item.id, keep=True)
        one.refresh_from_db()
        assert one.closed_at is None
        powers.decide_item(province.official("he"), review=one.id, item=one.items.get(decision="").id, keep=True)
        one.refresh_from_db()
        assert one.closed_at == clock.now()

    def test_what_nobody_confirms_lapses_but_administrators_stay(self, yan):
        one = self.begun(yan)
        with clock.at(NOW + timedelta(days=14)):
            assert powers.lapse_reviews(PLATFORM) == 0
        with clock.at(NOW + timedelta(days=15)):
            assert powers.lapse_reviews(PLATFORM) == one.items.count() - 1
            assert powers.lapse_reviews(PLATFORM) == 0
            assert "clerk" not in province.official("li").roles
            assert "security_administrator" in province.official("yan").roles
        assert ReviewItem.objects.filter(review=one, decision="lapse").exists()

    @pytest.mark.parametrize("wrong", [{"name": " "}, {"due": TODAY}, {"region": "370199"}])
    def test_what_is_missing(self, yan, wrong):
        with pytest.raises((Invalid, Refused)):
            powers.begin_review(yan, **{"name": "x", "region": "370102", "due": TODAY + timedelta(days=3), **wrong})

    def test_only_the_own_regions(self, yan):
        with pytest.raises(Refused):
            powers.begin_review(yan, name="x", region="3701", due=TODAY + timedelta(days=3))


@pytest.mark.django_db
class TestClearance:
    def test_a_post_bound_in_time_ends_by_itself(self):
        chen = province.official("chen")
        held = account("wang")
        staff.appoint(chen, account=held, organ="370102-market", role="clerk", region="370102", until=TODAY + timedelta(days=30), clearance=2)
        assert (province.official("wang").clearance, "clerk" in province.official("wang").roles) == (2, True)
        with clock.at(NOW + timedelta(days=31)):
            assert province.official("wang").clearance == 0
        with pytest.raises(Invalid):
            staff.appoint(chen, account=held, organ="370102-market", role="issuer", region="370102", until=TODAY)
        with pytest.raises(Invalid):
            staff.appoint(chen, account=held, organ="370102-market", role="issuer", region="370102", clearance=9)

    def test_what_is_more_sensitive_than_the_clearance_stays_hidden(self):
        low = replace(province.official("li"), clearance=2)
        zhang = queries.account_named("zhang").person_id
        assert commands.reveal_person(low, person=zhang, fields=["mobile"], purpose="核对联系方式")["mobile"]
        with pytest.raises(Refused):
            commands.reveal_person(low, person=zhang, fields=["mobile", "id_number"], purpose="核对身份")
        assert commands.reveal_person(province.official("li"), person=zhang, fields=["id_number"], purpose="核对身份")["id_number"]

    def test_ones_own_data_need_none(self):
        zhang = province.official("zhang")
        assert commands.reveal_person(zhang, person=zhang.person, fields=["id_number"], purpose="自己查看")

    def test_lent_roles_are_only_of_one_organ(self):
        assert not LentRole.objects.exists()
