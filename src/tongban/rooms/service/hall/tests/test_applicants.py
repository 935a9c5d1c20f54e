"""For whom one applies: natural persons, enterprises, households; drafts belong to one of them."""

import pytest

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.cases.tests.test_commands import CODE
from tongban.kernel.identity import commands as identity
from tongban.kernel.identity.actor import system
from tongban.lib import codes
from tongban.lib.errors import Conflict
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.commands import applications
from tongban.rooms.service.hall.models import Draft
from tongban.rooms.service.hall.queries import applicants, matters

pytestmark = pytest.mark.django_db
CARD = f"senior-preferential-card@{LIXIA}"
DISPATCH = f"labor-dispatch-permit@{LIXIA}"
PLATFORM = system("test")


def company(person):
    """A limited company that a persona represents: 91 at the head of its code."""
    account = province.official(person)
    from tongban.kernel.identity.models import Person

    return identity.register_enterprise(
        PLATFORM, credit_code=codes.make_credit_code("91", "370102", "MA0000777"), name="济南合成劳务有限公司（合成数据）", entity_type="有限责任公司",
        address="合成地址", region=LIXIA, representative=Person.objects.get(id=account.person), registered_on=province.BEGUN, business_scope="劳务",
        synthetic=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("credit_code", "kind"),
    [
        ("", "自然人"), ("91370102MA00000000", "企业"), ("92370102MA00000000", "其他组织"), ("93370102MA00000000", "企业"),
        ("12370102MA00000000", "事业单位"), ("11370102MA00000000", "行政机关"), ("13370102MA00000000", "社会组织"),
        ("51370102MA00000000", "社会组织"), ("52370102MA00000000", "社会组织"), ("31370102MA00000000", "其他组织"),
    ],
)  # fmt: skip
def test_what_an_applicant_is_stands_in_its_credit_code(credit_code, kind):
    assert rules.SERVICE_OBJECTS[rules.applicant_kind(credit_code)] == kind


def test_a_matter_that_names_nobody_serves_all():
    assert rules.may_apply({}, "")
    assert rules.may_apply({"service_object": []}, "92370102MA00000000")


class TestSubmission:
    def test_a_card_for_a_person_is_refused_to_a_shop(self):
        with pytest.raises(Conflict, match=r"面向自然人.*其他组织") as told:
            applications.submit_application(province.citizen("zhang"), matter_code=CARD, data={}, materials=[])
        assert told.value.code == "wrong-applicant"

    def test_a_permit_for_enterprises_is_refused_to_a_person_and_to_a_household(self):
        for actor in (province.citizen("zhang", enterprise=False), province.citizen("zhang")):
            with pytest.raises(Conflict, match="面向企业"):
                applications.submit_application(actor, matter_code=DISPATCH, data={}, materials=[])

    def test_the_enterprise_named_in_the_call_counts_not_the_session(self):
        made = company("zhang")
        actor = province.citizen("zhang", enterprise=False)
        _data, materials = province.complete(actor, DISPATCH)
        with pytest.raises(Exception, match=r".") as told:  # gets past the applicant, stops at the form
            applications.submit_application(actor, matter_code=DISPATCH, data={}, materials=materials, acting_for=made.credit_code)
        assert getattr(told.value, "code", "") != "wrong-applicant"

    def test_a_draft_of_another_applicant_is_not_submitted(self):
        person = province.citizen("zhang", enterprise=False)
        draft = applications.begin_draft(person, matter_code=CODE)
        with pytest.raises(Conflict, match="另一申请人"):
            applications.submit_draft(province.citizen("zhang"), draft=str(draft.id))

    def test_each_applicant_has_a_draft_of_its_own(self):
        own = applications.begin_draft(province.citizen("zhang", enterprise=False), matter_code=CODE)
        shop = applications.begin_draft(province.citizen("zhang"), matter_code=CODE)
        assert own.id != shop.id
        assert "org_name" not in own.data
        assert shop.data["org_name"].startswith("济南历下一家小馆")


def test_the_choices_are_oneself_and_every_mandate():
    company("zhang")
    actor = province.citizen("zhang")
    told = applicants.choices(actor, matters.guide(DISPATCH).content)
    assert [(c.kind, c.fits, c.now) for c in told] == [("自然人", False, False), ("其他组织", False, True), ("企业", True, False)]
    assert applicants.served(matters.guide(DISPATCH).content) == "企业"


class TestPages:
    def test_a_shop_is_asked_to_apply_as_a_person_and_goes_on_as_one(self, as_persona):
        client = as_persona("zhang", enterprise=True)
        page = client.get(f"/hall/matters/{CARD}/apply/")
        assert page.status_code == 409
        assert "面向自然人" in page.content.decode()
        assert not Draft.objects.filter(matter__code=CARD).exists()
        page = client.post("/account/enterprise/", {"legal_person": "", "next": f"/hall/matters/{CARD}/apply/"}, follow=True)
        assert page.status_code == 200
        assert Draft.objects.get(matter__code=CARD).legal_person is None

    def test_nobody_fits_and_the_page_says_who_may(self, as_persona):
        page = as_persona("zhang").get(f"/hall/matters/{DISPATCH}/apply/")
        assert page.status_code == 409
        assert "法定代表人" in page.content.decode()
        assert "切换并继续" not in page.content.decode()

    def test_a_draft_opened_for_another_applicant_offers_to_switch(self, as_persona):
        draft = applications.begin_draft(province.citizen("zhang", enterprise=False), matter_code=CODE)
        client = as_persona("zhang", enterprise=True)
        for step in ("identity", "form", "materials", "review"):
            page = client.get(f"/hall/drafts/{draft.id}/{step}/")
            assert page.status_code == 409
            assert "草稿属于另一申请人" in page.content.decode()
        address = f"/hall/drafts/{draft.id}/identity/"
        assert client.post("/account/enterprise/", {"legal_person": "", "next": address}, follow=True).status_code == 200

    def test_the_guide_tells_whom_it_serves(self, client):
        assert "服务对象" in client.get(f"/hall/matters/{DISPATCH}/").content.decode()
        assert client.get(f"/api/hall/matters/{DISPATCH}").json()["service_object"] == ["2"]
