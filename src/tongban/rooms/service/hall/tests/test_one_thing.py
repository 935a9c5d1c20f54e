"""开办餐饮店: several registrations, one form, one submission, all or none."""

import io

import pytest

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases.models import Case
from tongban.kernel.files import commands as files
from tongban.kernel.identity.actor import system
from tongban.lib.errors import Conflict, Invalid
from tongban.lib.sample import sample_pdf
from tongban.rooms.service.hall.commands import applications, matters
from tongban.rooms.service.hall.models import Draft, Matter
from tongban.rooms.service.hall.queries import one_thing

pytestmark = pytest.mark.django_db
FOOD, SMALL = f"food-operation-permit-new@{LIXIA}", f"small-catering-registration@{LIXIA}"
FIRE, TOBACCO = f"fire-safety-check-gathering-place@{LIXIA}", "tobacco-retail-licence@3701"
SIGN = f"outdoor-advertising-facility@{LIXIA}"
CODES = [FOOD, FIRE, SIGN, TOBACCO]
PLATFORM = system("test")


def sample(told):
    """A value that a field takes."""
    if "const" in told:
        return told["const"]
    if "enum" in told:
        return told["enum"][0]
    kinds = {"boolean": True, "integer": 1, "number": 1, "array": ["其他"]}
    if told["type"] in kinds:
        return kinds[told["type"]]
    return "2027-01-01" if told.get("format") == "date" else "合成"


def complete(actor, codes):
    """Data and materials for the joined form."""
    together = one_thing.joined(codes)
    data = {name: sample(told) for name, told in together.form["properties"].items()}
    data |= {name: known for name, known in province.complete(actor, FOOD)[0].items() if name in data}
    body = sample_pdf("合成数据")
    kept = files.keep_file(actor, name="材料.pdf", stream=io.BytesIO(body), size=len(body))
    return data, [{"material": m["name"], "file": str(kept.id), "name": kept.name} for m in together.provided if m.get("required")]


class TestBundle:
    def test_it_offers_what_the_region_handles(self):
        told = one_thing.restaurant(LIXIA)
        assert {p.matter.code for p in told.parts if p.matter} == {FOOD, SMALL, FIRE, SIGN, TOBACCO}
        assert {m.item.key for m in told.licence} == {"individual-business-registration", "company-registration-new"}
        assert (told.promised, told.apart) == (8, 22)

    def test_each_part_lies_with_its_own_office(self):
        organs = {m.code: m.organ_name for m in Matter.objects.filter(code__in=[*CODES, SMALL])}
        assert organs == {
            FOOD: "历下区市场监督管理局",
            SMALL: "历下区市场监督管理局",
            FIRE: "历下区消防救援大队",
            SIGN: "历下区行政审批服务局",
            TOBACCO: "济南市烟草专卖局",
        }

    def test_food_permit_and_small_catering_exclude_each_other(self):
        assert one_thing.chosen([TOBACCO, FOOD, SMALL]) == [SMALL, TOBACCO]
        assert one_thing.chosen(["nothing@37", f"company-registration-new@{LIXIA}"]) == []

    def test_it_is_for_one_place(self):
        assert one_thing.chosen([FOOD, TOBACCO, "tobacco-retail-licence@3702"]) == [FOOD, TOBACCO]

    def test_a_field_that_two_ask_for_is_asked_once(self):
        together = one_thing.joined(CODES)
        asked = sum(len(g.form["properties"]) for g in together.guides)
        assert together.saved == asked - len(together.form["properties"]) > 20
        assert len({m["name"] for m in together.provided}) == len(together.provided)
        assert together.promised == max(g.promised for g in together.guides) == 8

    def test_it_serves_enterprises_and_households_only(self):
        assert one_thing.joined(CODES).content == {"service_object": ["2", "6"]}


class TestSubmission:
    def test_one_submission_opens_a_case_at_each_office(self):
        actor = province.citizen()
        data, materials = complete(actor, CODES)
        bundle, numbers = applications.submit_bundle(actor, codes=CODES, data=data, materials=materials)
        found = one_thing.own_bundle(actor, bundle)
        assert [c.number for c in found] == numbers
        assert len({c.organ_id for c in found}) == 4
        assert one_thing.own_bundle(province.citizen("wang"), bundle) == []

    def test_each_office_sees_only_what_it_asks_for(self):
        actor = province.citizen()
        data, materials = complete(actor, CODES)
        _bundle, numbers = applications.submit_bundle(actor, codes=CODES, data=data, materials=materials)
        tobacco = cases.case(PLATFORM, numbers[3])
        assert "ad_kind" not in tobacco.data
        assert {m["material"] for m in tobacco.materials} == {"经营场所使用证明（租赁或权属）"}

    def test_all_or_none(self):
        actor = province.citizen()
        data, materials = complete(actor, CODES)
        before = Case.objects.unscoped("test").count()
        with pytest.raises(Invalid):
            applications.submit_bundle(actor, codes=CODES, data={**data, "place_area": -1}, materials=materials)
        with pytest.raises(Invalid, match="材料"):
            applications.submit_bundle(actor, codes=CODES, data=data, materials=materials[1:])
        assert Case.objects.unscoped("test").count() == before

    def test_a_person_without_a_licence_is_refused(self):
        actor = province.citizen(enterprise=False)
        data, materials = complete(actor, [FOOD, TOBACCO])
        with pytest.raises(Conflict):
            applications.submit_bundle(actor, codes=[FOOD, TOBACCO], data=data, materials=materials)


class TestDraft:
    def filled(self, actor):
        draft = applications.begin_bundle(actor, codes=CODES)
        data, materials = complete(actor, CODES)
        applications.save_draft(actor, draft=str(draft.id), data=data)
        Draft.objects.filter(id=draft.id).update(materials=materials)
        return draft

    def test_it_goes_on_later_and_is_submitted_once(self):
        actor = province.citizen()
        draft = self.filled(actor)
        assert applications.begin_bundle(actor, codes=CODES).id == draft.id
        assert applications.begin_bundle(actor, codes=CODES[:2]).id != draft.id
        assert applications.begin_draft(actor, matter_code=FOOD).id != draft.id
        number = applications.submit_draft(actor, draft=str(draft.id))
        assert applications.submit_draft(actor, draft=str(draft.id)) == number
        assert len(one_thing.own_bundle(actor, cases.case(actor, number).bundle)) == 4

    def test_a_guide_that_changed_meanwhile_asks_to_look_again_and_then_goes_through(self):
        actor = province.citizen()
        draft = self.filled(actor)
        publish_anew("tobacco-retail-licence")
        with pytest.raises(Conflict, match="指南已更新"):
            applications.submit_draft(actor, draft=str(draft.id))
        applications.save_draft(actor, draft=str(draft.id), data=Draft.objects.get(id=draft.id).data)
        assert applications.submit_draft(actor, draft=str(draft.id))

    def test_a_cancelled_part_refuses_the_bundle(self):
        matters.cancel_matter(province.official("feng"), code=TOBACCO, document="文号1", replaced_by="")
        with pytest.raises(Exception, match="已取消"):
            applications.begin_bundle(province.citizen(), codes=CODES)


def publish_anew(item):
    """A second version of an item's guide, through all three desks."""
    import datetime

    content = Matter.objects.filter(item__key=item).first().version.content
    made = matters.save_version(province.official("wu"), item=item, content={**content, "note": "二"}, note="再版")
    matters.submit_version(province.official("wu"), version=made.id)
    matters.review_version(province.official("zheng"), version=made.id, approve=True)
    matters.publish_version(province.official("feng"), version=made.id, document="文号2", effective_on=datetime.date(2026, 11, 24))


class TestPages:
    START = "/hall/one-thing/open-restaurant/apply/"

    def test_nothing_chosen_leads_back(self, as_persona):
        page = as_persona("zhang", enterprise=True).get(self.START, follow=True)
        assert "请至少选择一项" in page.content.decode()

    def test_one_alone_goes_its_ordinary_way(self, as_persona):
        page = as_persona("zhang", enterprise=True).get(self.START, {"matter": FOOD})
        assert page["Location"] == f"/hall/matters/{FOOD}/apply/"

    def test_a_person_is_asked_to_switch_to_the_shop_and_comes_back_to_the_same_choice(self, as_persona):
        client = as_persona("zhang")
        page = client.get(self.START, {"matter": [FOOD, TOBACCO]})
        assert page.status_code == 409
        then = page.context["then"]
        shop = next(c for c in page.context["choices"])
        page = client.post("/account/enterprise/", {"legal_person": str(shop.legal_person), "next": then}, follow=True)
        assert page.status_code == 200
        assert "开办餐饮店" in page.content.decode()
        assert [b["code"] for b in Draft.objects.get().bundle] == [FOOD, TOBACCO]

    def test_from_choice_to_numbers(self, as_persona):
        client = as_persona("zhang", enterprise=True)
        client.get(self.START, {"matter": CODES}, follow=True)
        draft = Draft.objects.get()
        actor = province.citizen()
        data, materials = complete(actor, CODES)
        applications.save_draft(actor, draft=str(draft.id), data=data)
        Draft.objects.filter(id=draft.id).update(materials=materials)
        for step in ("identity", "form", "materials", "review"):
            assert client.get(f"/hall/drafts/{draft.id}/{step}/").status_code == 200
        page = client.post(f"/hall/drafts/{draft.id}/review/", follow=True)
        assert page.status_code == 200
        assert page.content.decode().count("/hall/cases/") >= 4

    def test_the_search_leads_to_it(self, client):
        assert "/hall/one-thing/open-restaurant/" in client.get("/hall/matters/", {"q": "开小吃店要办几个证"}).content.decode()


def test_an_installation_from_before_gets_what_is_new_and_keeps_what_it_has(settings):
    """Loading again adds the matters that a newer version ships, and touches no other."""
    from tongban.rooms.service.hall import seed
    from tongban.rooms.service.hall.models import CatalogueItem, MatterVersion

    source = settings.DATASETS / "hall"
    assert seed.load_matters(source) == 0
    Matter.objects.filter(item__key="tobacco-retail-licence").delete()
    MatterVersion.objects.filter(item__key="tobacco-retail-licence").delete()
    CatalogueItem.objects.filter(key="tobacco-retail-licence").delete()
    before = Matter.objects.count()
    assert seed.load_matters(source) == 16
    assert Matter.objects.count() == before + 16
    assert one_thing.restaurant(LIXIA).parts[-1].matter.code == TOBACCO
