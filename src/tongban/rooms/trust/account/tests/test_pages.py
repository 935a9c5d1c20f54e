"""The account's pages, as their users press them."""

from datetime import timedelta

import pytest

from tongban.config import province
from tongban.config.personas import DEMO_PASSWORD, LIXIA, MARKET
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases.tests.test_commands import submit
from tongban.kernel.identity import queries
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.models import Account, Mandate
from tongban.lib import clock

pytestmark = pytest.mark.django_db


class TestLogin:
    def test_leads_to_where_the_work_is(self, client):
        homes = {"li": "/hall/desk/", "zhou": "/supervision/", "wu": "/hall/editor/", "chen": "/admin/", "zhang": "/hall/mine/"}
        for username in homes:
            answer = client.post("/account/login/", {"username": username, "password": DEMO_PASSWORD})
            assert answer.status_code == 302
            assert answer["Location"]
        assert client.get("/hall/mine/").status_code == 200

    def test_a_wrong_password_is_told_and_the_name_kept(self, client):
        answer = client.post("/account/login/", {"username": "li", "password": "x"})
        assert answer.status_code == 401
        assert 'value="li"' in answer.content.decode()

    @pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_never_leads_to_another_site(self, client, wanted):
        answer = client.post("/account/login/", {"username": "li", "password": DEMO_PASSWORD, "next": wanted})
        assert "evil" not in answer["Location"]
        assert "javascript" not in answer["Location"]

    def test_language_is_kept(self, client):
        client.post("/account/language/", {"language": "en", "next": "/account/login/"})
        assert "Log in" in client.get("/account/login/").content.decode()
        client.post("/account/language/", {"language": "xx"})
        assert "Log in" in client.get("/account/login/").content.decode()


class TestOwn:
    PATH = "/account/own/"

    def test_shows_what_is_registered_masked(self, as_persona):
        page = as_persona("zhang").get(self.PATH).content.decode()
        assert "张合成" in page
        assert province.synthetic_id(1) not in page
        assert "济南历下一家小馆餐饮店" in page

    def test_contact_is_saved(self, as_persona):
        page = as_persona("zhang").post(self.PATH, {"act": "contact", "mobile": "13900000001", "email": "a@example.cn"}, follow=True)
        assert "已保存" in page.content.decode()
        assert Account.objects.get(username="zhang").email == "a@example.cn"

    def test_a_fault_keeps_what_was_typed(self, as_persona):
        page = as_persona("zhang").post(self.PATH, {"act": "contact", "mobile": "123", "email": "b@example.cn"})
        assert page.status_code == 422
        assert 'value="123"' in page.content.decode()
        assert "11位数字" in page.content.decode()

    def test_the_password_changes_and_the_session_goes_on(self, as_persona):
        client = as_persona("zhang")
        told = {"act": "password", "old": DEMO_PASSWORD, "new": "long enough words", "again": "long enough words"}
        assert client.post(self.PATH, told).status_code == 302
        assert client.get(self.PATH).status_code == 200

    def test_other_sessions_end_with_the_password(self, as_persona, client):
        from django.test import Client

        other = Client()
        other.force_login(Account.objects.get(username="zhang"))
        assert other.get(self.PATH).status_code == 200
        as_persona("zhang").post(self.PATH, {"act": "password", "old": DEMO_PASSWORD, "new": "long enough words", "again": "long enough words"})
        assert other.get(self.PATH).status_code == 302

    def test_two_different_new_ones_are_told(self, as_persona):
        page = as_persona("zhang").post(self.PATH, {"act": "password", "old": DEMO_PASSWORD, "new": "long enough words", "again": "other words here"})
        assert "不一致" in page.content.decode()

    def test_a_mandate_is_given_and_ended(self, as_persona):
        wang = queries.own_account(province.citizen("wang", enterprise=False)).person
        client = as_persona("zhang")
        shop = queries.mandates(province.citizen("zhang"))[0].id
        told = {"act": "give", "legal_person": shop, "name": wang.name, "id_number": wang.id_number, "ended_on": "2027-01-01"}
        assert "已授权" in client.post(self.PATH, told, follow=True).content.decode()
        made = Mandate.objects.get(legal_person=shop, person=wang)
        assert "授权已终止" in client.post(self.PATH, {"act": "end", "mandate": made.id}, follow=True).content.decode()

    @pytest.mark.parametrize(
        "told",
        [
            {},
            {"act": "nothing"},
            {"act": "end", "mandate": "x"},
            {"act": "give", "legal_person": "x"},
            {"act": "give", "legal_person": "1", "ended_on": "soon"},
        ],
    )
    def test_nonsense_gets_a_sentence(self, as_persona, told):
        assert as_persona("zhang").post(self.PATH, told).status_code == 422

    def test_an_official_has_one_too(self, as_persona):
        assert as_persona("li").get(self.PATH).status_code == 200


class TestPeople:
    def test_opened_appointed_and_at_work(self, as_persona, client):
        admin = as_persona("chen")
        told = {"username": "new-clerk", "name": "某合成", "id_number": province.synthetic_id(960), "mobile": "", "region": LIXIA}
        page = admin.post("/account/people/", told)
        assert page.status_code == 201
        password = page.context["password"]
        assert password in page.content.decode()
        made = Account.objects.get(username="new-clerk")
        address = f"/account/people/{made.id}/"
        admin.post(address, {"act": "appoint", "role": "clerk", "organ": MARKET, "region": LIXIA})
        assert "窗口受理员" in admin.get(address).content.decode()
        assert password not in admin.get(address).content.decode()
        answer = client.post("/account/login/", {"username": "new-clerk", "password": password}, follow=True)
        assert answer.request["PATH_INFO"] == "/hall/desk/"

    def test_a_fault_keeps_the_form(self, as_persona):
        page = as_persona("chen").post("/account/people/", {"username": "li", "name": "某合成", "id_number": "x", "region": LIXIA})
        assert page.status_code == 422
        assert 'value="某合成"' in page.content.decode()

    def test_found_by_name_account_or_organ(self, as_persona):
        admin = as_persona("chen")
        for words in ("李合成", "li", "历下区市场监督"):
            assert "李合成" in admin.get("/account/people/", {"q": words}).content.decode()
        assert "没有符合的账户" in admin.get("/account/people/", {"q": "没有这个人"}).content.decode()

    def test_reset_close_and_end(self, as_persona):
        admin = as_persona("chen")
        li = Account.objects.get(username="li")
        address = f"/account/people/{li.id}/"
        assert admin.post(address, {"act": "reset"}).context["password"]
        post = li.appointments.first()
        admin.post(address, {"act": "end", "appointment": post.id})
        assert "没有角色" in admin.get(address).content.decode()
        admin.post(address, {"act": "close"})
        li.refresh_from_db()
        assert not li.is_active

    @pytest.mark.parametrize(
        "told",
        [
            {},
            {"act": "end", "appointment": "x"},
            {"act": "appoint", "role": "clerk", "organ": "nothing", "region": LIXIA},
            {"act": "appoint", "role": "king", "organ": MARKET, "region": LIXIA},
        ],
    )
    def test_nonsense_gets_a_sentence(self, as_persona, told):
        li = Account.objects.get(username="li")
        assert as_persona("chen").post(f"/account/people/{li.id}/", told).status_code == 422

    def test_a_clerk_and_a_citizen_are_refused(self, as_persona):
        for username in ("li", "zhang"):
            assert as_persona(username).get("/account/people/").status_code == 403


class TestAccess:
    """Every look at a person's data is kept and read by that person only."""

    PATH = "/account/own/access/"

    def test_a_clerk_who_opens_case_document_and_number_stands_there_once_each(self, as_persona):
        number = submit()
        held = cases.case(system("test"), number)
        clerk = as_persona("li")
        for _time in range(2):
            clerk.get(f"/hall/desk/cases/{number}/")
            clerk.get(f"/hall/cases/{number}/files/{held.materials[0]['file']}/")
        clerk.post(f"/hall/cases/{number}/reveal/", {"purpose": "核对身份"})
        page = as_persona("zhang", enterprise=True).get(self.PATH)
        rows = [a for a in page.context["page"] if a.body["case"] == number]
        assert [a.body["fields"] for a in rows] == [["id_number", "mobile"], ["document"], ["application"]]
        assert {(a.actor, a.organ) for a in rows} == {("李合成", "历下区市场监督管理局")}
        assert "核对身份" in page.content.decode()

    def test_the_same_look_later_is_another_one(self, as_persona):
        number = submit()
        as_persona("li").get(f"/hall/desk/cases/{number}/")
        with clock.at(clock.now() + timedelta(minutes=11)):
            as_persona("li").get(f"/hall/desk/cases/{number}/")
        page = as_persona("zhang").get(self.PATH)
        assert len([a for a in page.context["page"] if a.body["case"] == number]) == 2

    def test_ones_own_looks_are_not_noted(self, as_persona):
        number = submit()
        as_persona("zhang", enterprise=True).get(f"/hall/cases/{number}/")
        page = as_persona("zhang").get(self.PATH)
        assert not [a for a in page.context["page"] if a.body["case"] == number]

    def test_nobody_else_reads_it(self, as_persona):
        number = submit()
        as_persona("li").get(f"/hall/desk/cases/{number}/")
        assert number not in as_persona("wang").get(self.PATH).content.decode()
