"""Who hears of what."""

from datetime import timedelta

import pytest
from django.conf import settings

from tongban.kernel.catalogue import seed
from tongban.kernel.catalogue.commands import access, agreements, resources
from tongban.kernel.catalogue.models import Resource
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import HANDLERS, Delivered
from tongban.kernel.ledger.models import Entry
from tongban.kernel.notices.models import Notice
from tongban.lib import clock, deadlines
from tongban.rooms.data.exchange import handlers, tasks

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")


def person(username):
    return identity.actor_of_account(identity.account_named(username).id)


@pytest.fixture(autouse=True)
def shown():
    seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")


def deliver(tag):
    """The newest entry of a tag, to the room's handlers."""
    entry = Entry.objects.filter(tag=tag).order_by("-id").first()
    event = Delivered(entry.id, entry.tag, entry.subject, entry.at, entry.account, entry.actor_name, entry.organ, entry.body)
    for handler in HANDLERS.values():
        if handler.function.__module__ == handlers.__name__ and tag in handler.tags:
            handler.function(event)
            handler.function(event)  # at least once may be twice


def heard(username, key):
    return Notice.objects.filter(account=identity.account_named(username).id, key=key)


def asked():
    today = clock.today()
    resource = Resource.objects.get(supply="legal.representative")
    wanted = Asked(("credit_code", "legal_rep_name"), ("query", "batch"), 5, today, today + timedelta(days=300), {})
    return access.request_access(person("tao"), key=resource.key, wanted=wanted, purpose="核对", basis="社会保险法第八条"), wanted


def test_owner_applicant_and_both_signers_are_told_once_each():
    one, wanted = asked()
    deliver("catalogue.access.requested")
    assert "2026-12-08" in heard("jin", "access-requested").get().body
    assert not heard("tao", "access-requested").exists()
    made = access.grant_access(person("jin"), number=one.number, granted=wanted, condition="仅用于核对")
    deliver("catalogue.access.answered")
    assert "条件：仅用于核对" in heard("tao", "access-answered").get().body
    agreements.sign_agreement(person("jin"), number=made.number)
    deliver("catalogue.agreement.signed")
    assert heard("tao", "agreement-to-sign").count() == 1
    agreements.sign_agreement(person("tao"), number=made.number)
    deliver("catalogue.agreement.signed")
    assert heard("jin", "agreement-in-force").get().link == f"/exchange/agreements/{made.number}/"
    agreements.move_agreement(person("jin"), number=made.number, move="suspend", words="质量核查")
    deliver("catalogue.agreement.moved")
    assert "已暂停。质量核查" in heard("tao", "agreement-moved").get().body


def test_reviewers_owners_and_users_hear_of_a_resource():
    key = Resource.objects.get(supply="legal.entity").key
    resources.subscribe(person("wei"), key=key, wanted=True)
    resources.new_version(person("jin"), key=key)
    for who, move, reader, notice in (
        ("jin", "submit", "wei", "resource-to-review"),
        ("wei", "register", "jin", "resource-moved"),
        ("jin", "offer", "shen", "resource-to-review"),
        ("shen", "publish", "tao", "resource-changed"),
    ):
        resources.move_version(person(who), key=key, number=2, move=move)
        deliver("catalogue.resource.moved")
        assert heard(reader, notice).count() == 1, move
    assert heard("wei", "resource-changed").count() == 1  # subscribed
    resources.move_version(person("shen"), key=key, number=2, move="recall", words="数据停止更新")
    deliver("catalogue.resource.moved")
    assert "已撤回" in heard("tao", "resource-changed").latest("id").body


def waiting(function, days):
    return [(d.kind, d.key, d.organ_name, d.due) for d in function(clock.today() + timedelta(days=days))]


def test_an_application_is_watched_until_it_is_answered():
    one, wanted = asked()
    assert not waiting(tasks.unanswered, 13)
    assert ("access-request", one.number, "山东省市场监督管理局", one.due) in waiting(tasks.unanswered, 14)
    assert deadlines.people("access-request", one.number) == {identity.account_named("jin").id}
    access.grant_access(person("jin"), number=one.number, granted=wanted, condition="仅用于核对")
    assert one.number not in [key for _kind, key, _organ, _due in waiting(tasks.unanswered, 14)]


def test_a_version_is_watched_with_the_organ_of_whoever_reviews_it():
    key = Resource.objects.get(supply="legal.entity").key
    resources.new_version(person("jin"), key=key)
    resources.move_version(person("jin"), key=key, number=2, move="submit")
    [first] = [d for d in tasks.unreviewed(clock.today() + timedelta(days=30)) if d.key == key]
    assert first.organ == person("wei").organ
    assert identity.account_named("wei").id in deadlines.people("resource", key)
    resources.move_version(person("wei"), key=key, number=2, move="register")
    assert not [d for d in tasks.unreviewed(clock.today() + timedelta(days=30)) if d.key == key]
    resources.move_version(person("jin"), key=key, number=2, move="offer")
    [second] = [d for d in tasks.unreviewed(clock.today() + timedelta(days=30)) if d.key == key]
    assert second.due > first.due
    assert identity.account_named("shen").id in deadlines.people("resource", key)
