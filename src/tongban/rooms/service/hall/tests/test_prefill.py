"""Consent, what is fetched with it, what is then not asked for, and what the applicant says is wrong."""

import json

import pytest
from django.conf import settings

from tongban.config import province
from tongban.config.personas import FOOD, LIXIA
from tongban.kernel.catalogue import seed as catalogue
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered
from tongban.kernel.ledger.models import Entry
from tongban.lib.errors import Invalid
from tongban.rooms.data.registries import handlers
from tongban.rooms.data.registries import seed as registries
from tongban.rooms.data.registries.models import Correction
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.commands import applications, prefill
from tongban.rooms.service.hall.models import Draft, Saving
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import figures, matters

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")
CODE = f"food-operation-permit-new@{LIXIA}"


@pytest.fixture
def sharing():
    """The catalogue with its agreements, and the registries with the personas."""
    catalogue.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    registries.load_known(PLATFORM, *province.known())


@pytest.fixture
def draft(sharing):
    return applications.begin_draft(province.citizen(), matter_code=CODE)


def agree(draft, agreed=True):
    return prefill.answer_consent(province.citizen(), draft=str(draft.id), agreed=agreed)


def filled(held):
    data, materials = province.complete(province.citizen(), CODE)
    held.data, held.materials = {**data, **held.data}, materials
    held.save()
    return held


class TestConsent:
    def test_values_come_from_the_departments_with_source_time_and_agreement(self, draft):
        held = agree(draft)
        told = held.fetched["fields"]["org_name"]
        assert told["value"].startswith("济南历下一家小馆")
        assert (told["source"], told["title"]) == ("山东省市场监督管理局", "企业基本信息")
        assert told["agreement"].startswith("XY")
        assert held.data["org_name"] == told["value"]
        known = drafts.known_values(province.citizen(), matters.guide(CODE).form, held)["org_name"]
        assert known.fetched
        assert known.source == "山东省市场监督管理局·企业基本信息"

    def test_what_they_prove_is_not_asked_for(self, draft):
        proved = agree(draft).fetched["proved"]
        assert proved["营业执照"] == "山东省市场监督管理局·企业基本信息"
        assert proved["法定代表人（负责人）身份证明"] == "山东省公安厅·户籍人口基本信息"

    def test_without_consent_nothing_is_fetched(self, draft):
        held = agree(draft, agreed=False)
        assert (held.consent, held.fetched) == ("withheld", {})
        assert not Entry.objects.filter(tag="catalogue.data.fetched").exists()
        assert Entry.objects.filter(tag="hall.consent.answered").latest("id").body["agreed"] is False

    def test_each_fetch_names_purpose_and_consent_and_no_identity(self, draft):
        agree(draft)
        entries = Entry.objects.filter(tag="catalogue.data.fetched")
        assert {e.body["purpose"] for e in entries} == {"行政许可申请"}
        assert {e.body["consent"] for e in entries} == {str(draft.id)}
        assert "370102190001010" not in json.dumps([e.body for e in entries])

    def test_only_what_the_form_needs_and_the_agreement_grants(self, draft):
        agree(draft)
        asked = {e.body["resource"]: e.body["items"] for e in Entry.objects.filter(tag="catalogue.data.fetched")}
        assert any(items == ["legal_rep_name", "legal_rep_id"] for items in asked.values())

    def test_a_failing_department_is_told_and_the_rest_goes_on(self, draft):
        registries_held = rules.FETCHED["legal_entity.registration.name"][0]
        from tongban.kernel.catalogue import supplies

        before = supplies.SUPPLIES.pop(registries_held)
        try:
            held = agree(draft)
        finally:
            supplies.SUPPLIES[registries_held] = before
        assert "legal.entity" in held.fetched["failed"]
        assert held.fetched["fields"]["legal_rep_name"]["value"] == "张合成"

    def test_what_was_typed_stays_when_it_is_fetched_again(self, draft):
        held = agree(draft)
        applications.save_draft(province.citizen(), draft=str(held.id), data={**held.data, "place_area": 99, "org_name": "另名"})
        again = agree(draft)
        assert (again.data["place_area"], again.data["org_name"]) == (99, "另名")


class TestSubmitting:
    def test_a_value_typed_over_needs_a_reason_and_becomes_work_for_the_source(self, draft):
        held = filled(agree(draft))
        wrong = next(n for n, t in held.fetched["fields"].items() if t["item"] in ("entity_type", "address", "business_scope"))
        held.data = {**held.data, wrong: "个人独资企业"}
        held.save()
        with pytest.raises(Invalid) as refused:
            applications.submit_draft(province.citizen(), draft=str(held.id))
        assert wrong in refused.value.fields
        held.reasons = {wrong: "已于上月变更登记"}
        held.save()
        number = applications.submit_draft(province.citizen(), draft=str(held.id))
        told = Entry.objects.get(tag="hall.value.disputed").body
        assert (told["case"], told["field"], told["reason"]) == (number, wrong, "已于上月变更登记")
        entry = Entry.objects.get(tag="hall.value.disputed")
        handlers.ask_the_source(Delivered(entry.id, entry.tag, entry.subject, entry.at, entry.account, entry.actor_name, entry.organ, entry.body))
        asked = Correction.objects.get()
        assert (asked.cause, asked.claimed, asked.organ_key) == (number, "个人独资企业", "sd-samr")

    def test_savings_are_counted_once_and_summed(self, draft):
        held = filled(agree(draft))
        applications.submit_draft(province.citizen(), draft=str(held.id))
        one = Saving.objects.get()
        assert (one.fields, one.materials) == (20, 6)
        assert one.fields_known == 8
        assert one.materials_struck == 2
        assert figures.savings("37").materials == 2
        assert figures.savings("3702").cases == 0


class TestPages:
    def test_from_consent_to_the_form_that_asks_for_less(self, sharing, as_persona):
        client = as_persona("zhang", enterprise=True)
        address = client.get(f"/hall/matters/{CODE}/apply/").url
        page = client.get(address).content.decode()
        assert "是否同意调取" in page
        assert "企业基本信息" in page
        there = client.post(address, {"consent": "yes"})
        page = client.get(there.url).content.decode()
        assert "山东省市场监督管理局·企业基本信息" in page
        assert "2份材料免提交" in page
        held = Draft.objects.get()
        assert "370102190001010017" not in page or held.consent == "given"

    def test_a_changed_value_asks_why_on_the_page(self, sharing, as_persona):
        client = as_persona("zhang", enterprise=True)
        address = client.get(f"/hall/matters/{CODE}/apply/").url
        form = client.post(address, {"consent": "yes"}).url
        data = {k: ("yes" if v is True else "no" if v is False else v) for k, v in {**Draft.objects.get().data, **FOOD}.items()}
        changed = {**data, "registered_address": "济南市历下区解放路（合成地址）9号"}
        answer = client.post(form, changed)
        assert answer.status_code == 422
        assert "请说明原因" in answer.content.decode()
        assert client.post(form, {**changed, "reason-registered_address": "已变更登记"}).status_code == 302

    def test_the_api_fetches_with_the_callers_consent(self, sharing, as_persona):
        client = as_persona("zhang", enterprise=True)
        body = {"acting_for": client.get("/api/account/me").json()["enterprises"][0]["credit_code"], "consent": "书面同意"}
        told = client.post(f"/api/hall/prefill/{CODE}", json.dumps(body), content_type="application/json").json()
        assert told["values"]["legal_rep_name"] == "张合成"
        assert told["proved"]
        assert client.post(f"/api/hall/prefill/{CODE}", "{}", content_type="application/json").status_code == 422


def test_the_purpose_follows_the_type_of_the_matter():
    assert rules.purpose_of({"task_type": {"code": "05"}}) == "行政给付申请"
    assert rules.purpose_of({}) == "公共服务申请"
