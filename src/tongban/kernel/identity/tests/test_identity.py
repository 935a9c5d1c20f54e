"""Logging in, roles, mandates, masking by purpose."""

from datetime import datetime, timedelta

import pytest

from tongban.config.personas import DEMO_PASSWORD
from tongban.kernel.identity import commands, queries, rules
from tongban.kernel.identity.actor import STRANGER
from tongban.kernel.identity.models import Account
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock
from tongban.lib.errors import Invalid, NotLoggedIn, Refused, TooMany

pytestmark = pytest.mark.django_db


def actor(username):
    return queries.actor_of_account(Account.objects.get(username=username).id)


def test_the_right_password_logs_in_and_is_kept():
    account = commands.log_in(STRANGER, username="li", password=DEMO_PASSWORD)
    assert account.username == "li"
    assert Entry.objects.filter(tag="identity.account.logged-in", account=account.id).exists()


def test_passwords_are_argon2id():
    assert Account.objects.get(username="li").password.startswith("argon2$argon2id$")


def test_wrong_passwords_are_counted_and_lock_longer_each_time():
    for _n in range(rules.FREE_FAILURES):
        with pytest.raises(NotLoggedIn):
            commands.log_in(STRANGER, username="li", password="wrong")
    with pytest.raises(TooMany):
        commands.log_in(STRANGER, username="li", password=DEMO_PASSWORD)
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert commands.log_in(STRANGER, username="li", password=DEMO_PASSWORD)


@pytest.mark.parametrize(("failures", "seconds"), [(4, None), (5, 30), (6, 60), (8, 240), (30, 3600)])
def test_backoff_doubles_up_to_an_hour(failures, seconds):
    last = datetime(2026, 11, 24, 9, tzinfo=clock.CHINA)
    until = rules.locked_until(failures, last)
    assert (until - last).total_seconds() == seconds if seconds else until is None


def test_an_unknown_account_gets_the_same_sentence():
    with pytest.raises(NotLoggedIn) as one:
        commands.log_in(STRANGER, username="nobody", password="x")
    with pytest.raises(NotLoggedIn) as two:
        commands.log_in(STRANGER, username="li", password="x")
    assert str(one.value) == str(two.value)


def test_an_official_has_organ_roles_and_region():
    li = actor("li")
    assert li.is_official
    assert "clerk" in li.roles
    assert li.organ_key == "370102-market"
    assert li.reaches("370102")
    assert not li.reaches("370202")


def test_a_token_is_its_digest_only_and_expires():
    account = Account.objects.get(username="zhang")
    token = commands.issue_token(STRANGER, account=account)
    assert queries.actor_of_token(token).account == account.id
    with clock.at(clock.now() + timedelta(hours=9)):
        assert not queries.actor_of_token(token).logged_in
    assert not queries.actor_of_token("forged").logged_in


def test_an_enterprise_acts_through_its_mandate_only():
    zhang = actor("zhang")
    [held] = queries.mandates(zhang)
    assert queries.acting_for(zhang, held.id).legal_person_name == held.name
    with pytest.raises(Refused):
        queries.acting_for(actor("wang"), held.id)


def test_a_permission_nobody_declared_is_a_fault():
    with pytest.raises(KeyError):
        actor("li").may("hall.fly")


def test_personal_data_is_shown_for_a_purpose_that_is_kept():
    li = actor("li")
    with pytest.raises(Invalid):
        commands.reveal_person(li, person=li.person, fields=["id_number"], purpose=" ")
    shown = commands.reveal_person(li, person=li.person, fields=["id_number"], purpose="核验身份")
    assert len(shown["id_number"]) == 18
    entry = Entry.objects.filter(tag="identity.person.seen").last()
    assert entry.body["purpose"] == "核验身份"
    assert shown["id_number"] not in str(entry.body)


def test_a_bad_identity_number_is_refused_with_the_reason():
    from tongban.kernel.identity.actor import system

    with pytest.raises(Invalid, match="校验位"):
        commands.register_person(system("test"), id_number="370102190001010011", name="某合成")
