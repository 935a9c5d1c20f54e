"""Pages of powers: delegating, emergencies, reviews, and the explanation."""

from datetime import timedelta

import pytest

from tongban.config import province
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.commands import powers as commands
from tongban.kernel.identity.models import LentRole, Review
from tongban.lib import clock

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


def test_delegating_and_taking_back(as_persona):
    zhao = as_persona("zhao")
    told = {"act": "delegate", "role": "approver", "to": str(identity.account_named("qian").id), "begun_on": clock.today().isoformat(), "reason": "出差"}
    assert zhao.post("/account/powers/", {**told, "ended_on": ""}).status_code == 422
    assert zhao.post("/account/powers/", {**told, "ended_on": (clock.today() + timedelta(days=5)).isoformat()}).status_code == 302
    page = text(zhao.get("/account/powers/"))
    assert "钱合成" in page
    lent = LentRole.objects.get()
    qian = text(as_persona("qian").get("/account/powers/"))
    assert "委托：赵合成" in qian
    assert as_persona("zhao").post("/account/powers/", {"act": "end", "lent": str(lent.id)}).status_code == 302


def test_an_emergency_is_taken_and_judged(as_persona):
    li = as_persona("li")
    assert li.post("/account/powers/", {"act": "break", "role": "approver", "reason": "急"}).status_code == 422
    assert li.post("/account/powers/", {"act": "break", "role": "approver", "reason": "审批负责人突发疾病，今日必须作出决定"}).status_code == 302
    assert "紧急授权" in text(li.get("/account/powers/"))
    yan = as_persona("yan")
    page = text(yan.get("/account/reviews/"))
    assert "审批负责人突发疾病" in page
    lent = LentRole.objects.get()
    assert yan.post("/account/reviews/", {"act": "judge", "lent": str(lent.id), "verdict": "proper", "words": ""}).status_code == 422
    assert yan.post("/account/reviews/", {"act": "judge", "lent": str(lent.id), "verdict": "improper", "words": "不属实"}).status_code == 302
    assert "approver" not in province.official("li").roles


def test_a_review_from_begin_to_decision(as_persona):
    yan = as_persona("yan")
    due = (clock.today() + timedelta(days=9)).isoformat()
    assert yan.post("/account/reviews/", {"name": "", "region": "370102", "due": due}).status_code == 422
    assert yan.post("/account/reviews/", {"name": "年度复核", "region": "370102", "due": due}).status_code == 302
    one = Review.objects.get()
    page = f"/account/reviews/{one.id}/"
    assert "李合成" in text(yan.get(page))
    item = one.items.get(appointment__account=identity.account_named("li"), appointment__role="clerk")
    assert yan.post(page, {"act": "end", "item": str(item.id)}).status_code == 302
    assert yan.post(page, {"act": "end", "item": str(item.id)}).status_code == 422
    assert "clerk" not in province.official("li").roles


class TestWhy:
    def grounds(self, username, number):
        return cases.grounds(province.official(username), number)

    @pytest.fixture
    def number(self):
        from tongban.rooms.service.hall.commands import applications

        zhang = province.citizen("zhang")
        data, materials = province.complete(zhang, "food-operation-permit-new@370102")
        return applications.submit_application(zhang, matter_code="food-operation-permit-new@370102", data=data, materials=materials)

    def test_each_ground_is_a_rule_of_scope(self, number):
        assert self.grounds("zhang", number) == ["applicant"]
        assert self.grounds("li", number) == ["organ"]
        assert self.grounds("zhou", number) == ["supervisor"]
        for nobody in ("wang", "desk-3702", "he", "lv"):
            assert self.grounds(nobody, number) == []
        assert self.grounds("li", "JN00-0000-00000") == []

    def test_grounds_and_sight_agree_for_every_persona(self, number):
        for account in identity.personas():
            actor = identity.actor_of_account(account.id)
            assert bool(cases.grounds(actor, number)) == cases.visible(actor).filter(number=number).exists(), account.username

    def test_the_page_explains_roles_permissions_data_and_the_case(self, as_persona, number):
        he = as_persona("he")
        page = text(he.get(f"/account/why/?account=li&case={number}"))
        assert "能看到" in page
        assert "hall.work" in page
        assert "身份证号" in page
        assert "看不到" in text(he.get(f"/account/why/?account=wang&case={number}"))
        assert he.get("/account/why/?account=nobody").status_code == 404
        assert he.get("/account/why/").status_code == 200

    def test_a_delegated_role_is_named_with_its_giver(self, as_persona):
        today = clock.today()
        commands.delegate_role(province.official("zhao"), role="approver", to=identity.account_named("qian").id, begun_on=today, ended_on=today, reason="出差")
        assert "委托：赵合成" in text(as_persona("he").get("/account/why/?account=qian"))

    def test_a_county_explains_its_own(self, as_persona):
        yan = as_persona("yan")
        assert yan.get("/account/why/?account=li").status_code == 200
        assert yan.get("/account/why/?account=chen").status_code == 404
