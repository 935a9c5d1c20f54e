"""What people change of their own account, mandates, and accounts as administrators keep them."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from tongban.config import province
from tongban.config.personas import DEMO_PASSWORD, LIXIA, MARKET
from tongban.kernel.identity import commands, queries
from tongban.kernel.identity.actor import STRANGER, Actor
from tongban.kernel.identity.commands import own, staff
from tongban.kernel.identity.models import Account, Mandate
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, NotLoggedIn, Refused

pytestmark = pytest.mark.django_db


def zhang():
    return province.citizen("zhang", enterprise=False)


def shop():
    return queries.mandates(zhang())[0].id


class TestContact:
    def test_is_kept_and_recorded_without_its_value(self):
        own.change_contact(zhang(), mobile=" 13900000001 ", email="zhang@example.cn")
        held = queries.own_account(zhang())
        assert (held.person.mobile, held.email) == ("13900000001", "zhang@example.cn")
        entry = Entry.objects.filter(tag="identity.account.changed").last()
        assert "13900000001" not in str(entry.body)

    @pytest.mark.parametrize(("mobile", "email", "field"), [("12345", "", "mobile"), ("1390000000１", "", "mobile"), ("", "zhang@", "email")])
    def test_what_cannot_be_reached_is_refused_at_its_field(self, mobile, email, field):
        with pytest.raises(Invalid) as told:
            own.change_contact(zhang(), mobile=mobile, email=email)
        assert list(told.value.fields) == [field]

    def test_both_may_be_empty(self):
        own.change_contact(zhang(), mobile="", email="")
        assert queries.own_account(zhang()).person.mobile == ""


class TestPassword:
    def test_the_new_one_logs_in_and_tokens_end(self):
        token = commands.issue_token(STRANGER, account=queries.own_account(zhang()))
        own.change_password(zhang(), old=DEMO_PASSWORD, new="long enough words")
        assert commands.log_in(STRANGER, username="zhang", password="long enough words")
        assert not queries.actor_of_token(token).logged_in
        with pytest.raises(NotLoggedIn):
            commands.log_in(STRANGER, username="zhang", password=DEMO_PASSWORD)

    def test_without_the_present_one_nothing_changes(self):
        with pytest.raises(Invalid) as told:
            own.change_password(zhang(), old="wrong", new="long enough words")
        assert "old" in told.value.fields

    @pytest.mark.parametrize("new", ["short", "1234567890123", "password123"])
    def test_one_that_is_guessed_is_refused(self, new):
        with pytest.raises(Invalid) as told:
            own.change_password(zhang(), old=DEMO_PASSWORD, new=new)
        assert "new" in told.value.fields


class TestMandate:
    def give(self, **changes):
        wang = queries.own_account(province.citizen("wang", enterprise=False)).person
        told = {"legal_person": shop(), "name": wang.name, "id_number": wang.id_number, "ended_on": clock.today() + timedelta(30), **changes}
        return own.give_mandate(zhang(), **told)

    def test_another_acts_for_the_enterprise_until_its_last_day(self):
        made = self.give()
        wang = province.citizen("wang", enterprise=False)
        assert queries.acting_for(wang, shop()).legal_person == shop()
        with clock.at(clock.now() + timedelta(31)), pytest.raises(Refused):
            queries.acting_for(wang, shop())
        assert made.basis == "经办人授权"
        assert [m.id for m in queries.mandates_given(zhang())] == [made.id]

    def test_only_the_representative_gives_one(self):
        self.give()
        wang = province.citizen("wang", enterprise=False)
        with pytest.raises(Refused):
            own.give_mandate(wang, legal_person=shop(), name="x", id_number="x", ended_on=clock.today())

    def test_a_wrong_name_and_a_wrong_number_get_the_same_answer(self):
        with pytest.raises(Invalid) as one:
            self.give(name="别人")
        with pytest.raises(Invalid) as two:
            self.give(id_number=province.synthetic_id(999))
        assert str(one.value) == str(two.value)

    @pytest.mark.parametrize("days", [-1, 367, 4000])
    def test_it_ends_within_a_year(self, days):
        with pytest.raises(Invalid):
            self.give(ended_on=clock.today() + timedelta(days))

    def test_twice_is_told(self):
        self.give()
        with pytest.raises(Conflict):
            self.give()

    def test_taken_back_by_the_representative_or_laid_down_by_its_holder(self):
        for actor in (zhang(), province.citizen("wang", enterprise=False)):
            made = self.give()
            own.end_mandate(actor, mandate=made.id)
            with pytest.raises(Refused):
                queries.acting_for(province.citizen("wang", enterprise=False), shop())

    def test_strangers_and_the_representatives_own_one_are_not_found(self):
        made = self.give()
        with pytest.raises(NotFound):
            own.end_mandate(province.citizen("shop-1", enterprise=False), mandate=made.id)
        first = Mandate.objects.get(legal_person=shop(), basis="法定代表人")
        with pytest.raises(NotFound):
            own.end_mandate(zhang(), mandate=first.id)


class TestStaff:
    def admin(self):
        return province.official("chen")

    def open_one(self, n=950, **changes):
        told = {"username": "new-one", "name": "某合成", "id_number": province.synthetic_id(n), "region": LIXIA, **changes}
        return staff.open_for(self.admin(), **told)

    def test_opened_with_a_first_password_that_logs_in(self):
        account, password = self.open_one()
        assert commands.log_in(STRANGER, username="new-one", password=password).id == account.id
        assert password not in str(list(Entry.objects.values_list("body", flat=True)))

    @pytest.mark.parametrize(
        ("changes", "field"),
        [({"username": "li"}, "username"), ({"username": "a b"}, "username"), ({"name": " "}, "name"), ({"id_number": "37010219000101001X"}, "id_number")],
    )
    def test_faults_stand_at_their_field(self, changes, field):
        with pytest.raises(Invalid) as told:
            self.open_one(**changes)
        assert field in told.value.fields

    def test_one_person_has_one_account(self):
        self.open_one()
        with pytest.raises(Conflict):
            self.open_one(username="second")

    def test_appointed_ended_and_nothing_of_it_is_lost(self):
        account, _password = self.open_one()
        post = staff.appoint(self.admin(), account=account.id, organ=MARKET, role="clerk", region=LIXIA)
        assert "clerk" in queries.actor_of_account(account.id).roles
        with pytest.raises(Conflict):
            staff.appoint(self.admin(), account=account.id, organ=MARKET, role="clerk", region=LIXIA)
        with pytest.raises(Conflict, match="另一机构"):
            staff.appoint(self.admin(), account=account.id, organ="370102-health", role="clerk", region=LIXIA)
        staff.end_appointment(self.admin(), appointment=post.id)
        assert "clerk" not in queries.actor_of_account(account.id).roles
        tags = Entry.objects.filter(subject=f"account:{account.id}").order_by("id").values_list("tag", flat=True)
        assert list(tags) == ["identity.account.opened", "identity.role.granted", "identity.account.changed"]

    def test_a_role_that_does_not_exist_is_refused(self):
        account, _password = self.open_one()
        with pytest.raises(Invalid):
            staff.appoint(self.admin(), account=account.id, organ=MARKET, role="king", region=LIXIA)

    def test_a_closed_account_does_nothing_more(self):
        account, password = self.open_one()
        token = commands.issue_token(STRANGER, account=account)
        staff.close_account(self.admin(), account=account.id)
        assert not queries.actor_of_account(account.id).logged_in
        assert not queries.actor_of_token(token).logged_in
        with pytest.raises(NotLoggedIn):
            commands.log_in(STRANGER, username="new-one", password=password)

    def test_nobody_closes_the_own_account(self):
        with pytest.raises(Refused):
            staff.close_account(self.admin(), account=self.admin().account)

    def test_a_new_first_password_replaces_the_old_and_unlocks(self):
        account, old = self.open_one()
        Account.objects.filter(id=account.id).update(failures=9, failed_at=clock.now())
        new = staff.reset_password(self.admin(), account=account.id)
        assert commands.log_in(STRANGER, username="new-one", password=new)
        with pytest.raises(NotLoggedIn):
            commands.log_in(STRANGER, username="new-one", password=old)

    def test_an_administrator_stays_within_the_region(self):
        account, _password = self.open_one()
        here = queries.actor_of_account(self.admin().account)
        other = Actor(account=here.account, person=here.person, roles=here.roles, regions=("3702",), organ=here.organ, name=here.name)
        with pytest.raises(Refused):
            staff.open_for(other, username="x1", name="某合成", id_number=province.synthetic_id(951), region=LIXIA)
        for act in (staff.close_account, staff.reset_password):
            with pytest.raises(NotFound):
                act(other, account=account.id)
        assert not queries.managed_accounts(other, words="new-one").exists()

    def test_a_clerk_manages_nobody(self):
        with pytest.raises(Refused):
            staff.open_for(province.official("li"), username="x1", name="某合成", id_number=province.synthetic_id(951), region=LIXIA)


class TestFirstAdministrator:
    def test_opened_from_the_command_line(self, capsys):
        call_command("open_account", "root", "--name", "某合成", "--id-number", province.synthetic_id(952))
        told = capsys.readouterr().out
        password = told.strip().rsplit("：", 1)[1]
        account = commands.log_in(STRANGER, username="root", password=password)
        actor = queries.actor_of_account(account.id)
        assert actor.may("identity.manage_accounts")
        assert actor.reaches(LIXIA)
        assert account.is_staff

    def test_a_fault_is_one_sentence(self):
        with pytest.raises(CommandError, match=r"校验位|身份证"):
            call_command("open_account", "root", "--name", "某合成", "--id-number", "370102190001010011")


def test_the_last_day_counts():
    held = Mandate.objects.filter(person=zhang().person).first()
    Mandate.objects.filter(id=held.id).update(ended_on=clock.today())
    assert queries.mandates(zhang())
    Mandate.objects.filter(id=held.id).update(ended_on=clock.today() - timedelta(1))
    assert not queries.mandates(zhang())
    assert date(2026, 11, 24) == clock.today()
