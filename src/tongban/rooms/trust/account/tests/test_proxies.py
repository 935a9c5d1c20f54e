"""Acting for the elderly and for minors; leaving for good."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.config import province
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity import commands as identity_commands
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity import rules
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.commands import own, proxies
from tongban.kernel.identity.models import Account, Factor, Person, Proxy
from tongban.kernel.ledger.delivery import Delivered
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock, codes
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.service.hall.commands import applications
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import matters
from tongban.rooms.trust.account import handlers
from tongban.rooms.trust.account.models import Consent

from tests.test_twenty_matters import value

PLATFORM = system("test")
TODAY = date(2026, 11, 24)


def number(born, serial=7):
    body = f"370102{born:%Y%m%d}{serial:03d}"
    return body + codes.resident_check_digit(body)


@pytest.fixture
def child(db):
    return identity_commands.register_person(PLATFORM, id_number=number(date(2015, 3, 9)), name="小合成", region="370102", synthetic=True)


def id_of(username):
    return identity.account_named(username).person.id_number


class TestRules:
    @pytest.mark.parametrize(("born", "grown"), [(date(2015, 3, 9), date(2033, 3, 9)), (date(2008, 2, 29), date(2026, 3, 1))])
    def test_of_age_on_the_eighteenth_birthday(self, born, grown):
        assert rules.eighteenth_birthday(number(born)) == grown

    @given(st.dates(date(1900, 1, 1), date(2026, 1, 1)))
    def test_every_birthday_has_its_eighteenth(self, born):
        assert rules.eighteenth_birthday(number(born)).year == born.year + 18

    def test_what_must_be_finished_first(self):
        assert rules.cancellation_blocks(open_cases=1, posts=0, represented=2) == ["cases", "represented"]


@pytest.mark.django_db
class TestGiven:
    def give(self, username="wang", to="zhang", **more):
        told = {"name": identity.account_named(to).person.name, "id_number": id_of(to), "ended_on": TODAY + timedelta(days=90)}
        return proxies.give_proxy(province.official(username), **{**told, **more})

    def test_the_helper_applies_in_the_others_name_and_both_are_kept(self):
        made = self.give()
        helper = identity.acting_for_person(province.official("zhang"), made.id)
        assert (helper.person, helper.name, helper.helper_name) == (identity.account_named("wang").person_id, "王合成", "张合成")
        code = "senior-preferential-card@370102"
        guide = matters.guide(code)
        known = {n: k.value for n, k in drafts.known_values(helper, guide.form).items()}
        assert "王合成" in known.values()
        data = {**{n: value(t) for n, t in guide.form["properties"].items()}, **known}
        _data, materials = province.complete(helper, code)
        case_number = applications.submit_application(helper, matter_code=code, data=data, materials=materials)
        assert cases.case(PLATFORM, case_number).applicant_name == "王合成"
        assert Entry.objects.get(subject=f"case:{case_number}", tag="cases.case.submitted").actor_name == "张合成 代 王合成"
        assert cases.own_cases(province.official("wang")).filter(number=case_number).exists()

    def test_while_acting_neither_account_is_touched(self):
        made = self.give()
        helper = identity.acting_for_person(province.official("zhang"), made.id)
        for act in (
            lambda: own.change_contact(helper, mobile="13900000000", email=""),
            lambda: own.change_password(helper, old="x", new="y"),
            lambda: proxies.give_proxy(helper, name="李合成", id_number=id_of("li"), ended_on=TODAY),
            lambda: proxies.cancel_account(helper, open_cases=0),
        ):
            with pytest.raises(Refused, match="代办"):
                act()
        assert identity.mandates(helper) == []

    def test_an_official_acting_for_a_citizen_has_no_post(self):
        made = self.give(to="li")
        helper = identity.acting_for_person(province.official("li"), made.id)
        assert (helper.is_official, helper.may("hall.work"), helper.clearance) == (False, False, 0)

    def test_it_ends_by_either_by_time_and_not_by_others(self):
        made = self.give()
        with pytest.raises(NotFound):
            proxies.end_proxy(province.official("li"), proxy=made.id)
        with clock.at(clock.now() + timedelta(days=91)), pytest.raises(Refused):
            identity.acting_for_person(province.official("zhang"), made.id)
        proxies.end_proxy(province.official("zhang"), proxy=made.id)
        with pytest.raises(Refused):
            identity.acting_for_person(province.official("zhang"), made.id)

    def test_nobody_acts_without_being_asked(self):
        made = self.give()
        with pytest.raises(Refused):
            identity.acting_for_person(province.official("li"), made.id)

    @pytest.mark.parametrize("wrong", [{"name": "错"}, {"id_number": "x"}, {"ended_on": TODAY + timedelta(days=400)}, {"ended_on": TODAY - timedelta(days=1)}])
    def test_what_is_wrong_is_named(self, wrong):
        with pytest.raises(Invalid) as told:
            self.give(**wrong)
        assert told.value.fields

    def test_once(self):
        self.give()
        with pytest.raises(Conflict):
            self.give()


@pytest.mark.django_db
class TestMinor:
    def ask(self, child, **more):
        return proxies.ask_for_minor(province.official("zhang"), **{"name": child.name, "id_number": child.id_number, "basis": "母亲", **more})

    def test_asked_checked_and_ended_with_the_birthday(self, child):
        made = self.ask(child)
        assert (made.state, made.ended_on) == ("asked", date(2033, 3, 8))
        with pytest.raises(Refused):
            identity.acting_for_person(province.official("zhang"), made.id)
        proxies.decide_proxy(province.official("chen"), proxy=made.id, good=True)
        assert identity.acting_for_person(province.official("zhang"), made.id).name == "小合成"
        with clock.at(clock.datetime(2033, 3, 9, 9, tzinfo=clock.CHINA)), pytest.raises(Refused):
            identity.acting_for_person(province.official("zhang"), made.id)

    def test_refused_with_a_reason(self, child):
        made = self.ask(child)
        with pytest.raises(Invalid):
            proxies.decide_proxy(province.official("chen"), proxy=made.id, good=False)
        proxies.decide_proxy(province.official("chen"), proxy=made.id, good=False, words="未见户口簿")
        with pytest.raises(Conflict):
            proxies.decide_proxy(province.official("chen"), proxy=made.id, good=True)
        with pytest.raises(Refused):
            identity.acting_for_person(province.official("zhang"), made.id)

    def test_not_for_grown_ups_and_not_twice(self, child):
        with pytest.raises(Invalid, match="已成年"):
            self.ask(child, name="王合成", id_number=id_of("wang"))
        for wrong in ({"basis": "朋友"}, {"id_number": "370102201503090071"}, {"name": "大合成"}):
            with pytest.raises(Invalid):
                self.ask(child, **wrong)
        self.ask(child)
        with pytest.raises(Conflict):
            self.ask(child)


@pytest.fixture
def leaver(db):
    """A citizen without enterprise and post."""
    person = identity_commands.register_person(
        PLATFORM, id_number=number(date(1900, 1, 1), 901), name="离合成", mobile="13800000901", address="合成", synthetic=True
    )
    identity_commands.open_account(PLATFORM, username="leaver", person=person, encoded="x")
    return province.official("leaver")


@pytest.mark.django_db
class TestLeaving:
    def test_contact_and_proofs_go_the_record_stays(self, leaver):
        wang = leaver
        Factor.objects.create(account_id=wang.account, kind="recovery", secret=b"x", made_at=clock.now())
        proxies.cancel_account(wang, open_cases=0)
        gone = Account.objects.get(id=wang.account)
        assert (gone.is_active, gone.email, gone.password) == (False, "", "!")
        assert gone.username.startswith("cancelled-")
        person = Person.objects.get(id=wang.person)
        assert (person.mobile, person.address) == ("", "")
        assert person.id_number
        assert not Factor.objects.filter(account=gone).exists()
        assert not identity.actor_of_account(wang.account).logged_in

    def test_its_permissions_at_other_systems_end(self):
        from tongban.rooms.trust.account.tests.test_provider import registered

        wang = province.official("wang")
        client, _secret = registered()
        Consent.objects.create(account=wang.account, client=client, scopes=["openid"], given_at=clock.now())
        handlers.tell_owner(Delivered(1, "identity.account.changed", "account:1", clock.now(), None, "x", None, {"account": wang.account, "what": "cancelled"}))
        assert Consent.objects.get(account=wang.account).ended_at == clock.now()

    def test_what_must_be_finished_first(self):
        with pytest.raises(Conflict, match="未办结"):
            proxies.cancel_account(province.official("wang"), open_cases=1)
        with pytest.raises(Conflict, match="任职"):
            proxies.cancel_account(province.official("li"), open_cases=0)
        with pytest.raises(Conflict, match="法定代表人"):
            proxies.cancel_account(province.official("zhang"), open_cases=0)


@pytest.mark.django_db
class TestPages:
    def test_give_act_return_and_end(self, as_persona):
        until = (TODAY + timedelta(days=30)).isoformat()
        wang = as_persona("wang")
        assert wang.post("/account/own/proxies/", {"act": "give", "name": "张合成", "id_number": "x", "ended_on": until}).status_code == 422
        assert wang.post("/account/own/proxies/", {"act": "give", "name": "张合成", "id_number": id_of("zhang"), "ended_on": until}).status_code == 302
        made = Proxy.objects.get()
        zhang = as_persona("zhang")
        assert "为王合成代办" in zhang.get("/account/own/proxies/").content.decode()
        assert zhang.post("/account/own/ward/", {"proxy": str(made.id)}).status_code == 302
        assert "您正在为王合成代办" in zhang.get("/").content.decode()
        assert zhang.post("/account/own/", {"act": "contact", "mobile": "13900000009"}).status_code == 422
        assert zhang.post("/account/own/ward/", {"proxy": ""}).status_code == 302
        assert "您正在为" not in zhang.get("/").content.decode()
        assert zhang.post("/account/own/proxies/", {"act": "end", "proxy": str(made.id)}).status_code == 302
        assert zhang.post("/account/own/ward/", {"proxy": str(made.id)}).status_code == 403

    def test_a_relation_that_ended_leads_back_to_oneself(self, as_persona):
        made = Proxy.objects.create(
            person_id=identity.account_named("wang").person_id, helper_id=identity.account_named("zhang").person_id, kind="given", basis="本人授权", begun_on=TODAY,
            ended_on=TODAY, state="active", asked_at=clock.now(),
        )  # fmt: skip
        zhang = as_persona("zhang")
        zhang.post("/account/own/ward/", {"proxy": str(made.id)})
        Proxy.objects.update(state="ended")
        assert "您正在为" not in zhang.get("/").content.decode()

    def test_a_guardians_request_on_both_sides(self, as_persona, child):
        zhang = as_persona("zhang")
        assert zhang.post("/account/own/proxies/", {"act": "ask", "name": child.name, "id_number": child.id_number, "basis": "母亲"}).status_code == 302
        chen = as_persona("chen")
        assert "小合成" in chen.get("/account/people/asked/").content.decode()
        made = Proxy.objects.get()
        assert chen.post("/account/people/asked/", {"proxy": str(made.id), "act": "refuse", "words": ""}).status_code == 422
        assert chen.post("/account/people/asked/", {"proxy": str(made.id), "act": "approve"}).status_code == 302

    def test_leaving(self, as_persona, leaver):
        wang = as_persona("leaver")
        page = wang.get("/account/own/cancel/").content.decode()
        assert "个人信息保护法" in page
        assert wang.post("/account/own/cancel/", {}).status_code == 422
        assert "账户已注销" in wang.post("/account/own/cancel/", {"sure": "yes"}).content.decode()
        assert wang.get("/hall/mine/").status_code == 302
        assert as_persona("zhang").post("/account/own/cancel/", {"sure": "yes"}).status_code == 422
