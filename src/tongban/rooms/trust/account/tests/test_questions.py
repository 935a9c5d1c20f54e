"""A citizen asks why her data were looked at; the official's organ answers; both are told."""

import pytest

from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries
from tongban.kernel.ledger import delivery
from tongban.kernel.ledger import queries as ledger
from tongban.kernel.notices.models import Notice
from tongban.lib.errors import Conflict, Invalid, NotFound
from tongban.rooms.trust.account.commands import questions as commands
from tongban.rooms.trust.account.models import Question


def actor_named(username):
    return queries.actor_of_account(queries.account_named(username).id)


def looked(by="li", at="wang"):
    """The entry of one look."""
    person = actor_named(at).person
    identity.note_access(actor_named(by), person=person, what="application", purpose="受理申请")
    return ledger.acts_about(actor_named(at), f"person:{person}", entitled=True)[-1].id


@pytest.mark.django_db
class TestCommands:
    def test_asked_once_and_answered_once(self):
        one = commands.ask_why(actor_named("wang"), entry=looked(), words="我没有申请过")
        assert (one.official, one.purpose) == ("李合成", "受理申请")
        with pytest.raises(Conflict):
            commands.ask_why(actor_named("wang"), entry=one.entry)
        with pytest.raises(Invalid):
            commands.answer_why(actor_named("zhao"), question=one.id, words="因为")
        commands.answer_why(actor_named("zhao"), question=one.id, words="受理您代理企业的申请时核对")
        with pytest.raises(Conflict):
            commands.answer_why(actor_named("zhao"), question=one.id, words="受理您代理企业的申请时核对")

    def test_nobody_asks_about_the_data_of_others_and_no_other_organ_answers(self):
        entry = looked()
        with pytest.raises(NotFound):
            commands.ask_why(actor_named("zhang"), entry=entry)
        one = commands.ask_why(actor_named("wang"), entry=entry)
        with pytest.raises(NotFound):
            commands.answer_why(actor_named("chen"), question=one.id, words="不是我们单位")


@pytest.mark.django_db
def test_on_the_pages(as_persona):
    entry = looked()
    citizen = as_persona("wang")
    assert "问缘由" in citizen.get("/account/own/access/").content.decode()
    citizen.post("/account/own/access/why/", {"entry": str(entry)})
    assert "已询问" in citizen.get("/account/own/access/").content.decode()
    assert citizen.post("/account/own/access/why/", {"entry": str(entry)}).status_code == 302
    assert citizen.post("/account/own/access/why/", {"entry": "x"}).status_code == 404
    head = as_persona("zhao")
    page = head.get("/account/questions/").content.decode()
    assert "受理申请" in page
    one = Question.objects.get(entry=entry)
    assert head.post("/account/questions/", {"question": str(one.id), "words": ""}).status_code == 422
    assert head.post("/account/questions/", {"question": str(one.id), "words": "核对您的申请材料"}).status_code == 302
    assert "核对您的申请材料" in as_persona("wang").get("/account/own/access/").content.decode()
    assert as_persona("li").get("/account/questions/").status_code == 403


def test_both_are_told(committed):
    one = commands.ask_why(actor_named("wang"), entry=looked())
    delivery.settle()
    assert Notice.objects.filter(key="why-asked", account=queries.account_named("zhao").id, subject=f"question:{one.id}").exists()
    commands.answer_why(actor_named("zhao"), question=one.id, words="核对您的申请材料")
    delivery.settle()
    assert Notice.objects.filter(key="why-answered", account=queries.account_named("wang").id, subject=f"question:{one.id}").exists()
