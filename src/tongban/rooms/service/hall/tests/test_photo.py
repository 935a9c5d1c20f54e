"""The identity photo, granted for one purpose, fetched with consent, printed on the card, destroyed afterwards."""

import io
from datetime import timedelta

import pytest
from django.conf import settings

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.cases.models import Case
from tongban.kernel.catalogue import seed as catalogue
from tongban.kernel.catalogue.models import Agreement
from tongban.kernel.files import commands as file_commands
from tongban.kernel.files import queries as files
from tongban.kernel.files import store
from tongban.kernel.files.models import File
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries import seed as registries
from tongban.rooms.service.hall import handlers, rules, tasks
from tongban.rooms.service.hall.commands import applications, licences, prefill
from tongban.rooms.service.hall.queries import matters

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")
CODE = f"social-security-card-apply@{LIXIA}"
PHOTO = "近期免冠证件照"
ENTRIES = {
    "mobile": "13800000001", "nationality": "中国", "person_type": "城乡居民", "bank": "农商银行", "branch": "历下支行（合成）", "self_handled": True,
    "card_delivery": "网点领取", "electronic_card": True, "division_code": f"{LIXIA}001",
}  # fmt: skip


@pytest.fixture
def draft():
    catalogue.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    catalogue.load_offices(PLATFORM, [matters.guide(CODE).matter.organ.key])
    persons, firms = province.known()
    registries.load_known(PLATFORM, persons, firms)
    registries.load_photos(PLATFORM, [p for p in persons if p["name"] == "张合成"])
    return applications.begin_draft(province.citizen("zhang", enterprise=False), matter_code=CODE)


def agree(draft):
    return prefill.answer_consent(province.citizen("zhang", enterprise=False), draft=str(draft.id), agreed=True)


def submitted(held):
    schema = matters.guide(CODE).form
    held.data = {**{n: v for n, v in ENTRIES.items() if n in schema["properties"]}, **held.data}
    held.save()
    return applications.submit_draft(province.citizen("zhang", enterprise=False), draft=str(held.id))


def event(tag, number, **body):
    return Delivered(1, tag, f"case:{number}", clock.now(), None, "测试", None, {"case": number, **body})


def test_a_picture_is_a_document_and_once_where_the_guide_asks_for_it_on_paper_too():
    fields = [{"name": "photo", "label": "证件照", "type": "string", "format": "binary-image", "required": True, "source_resource": "licence.id_card.photo"}]
    assert rules.schema_of(fields)["properties"] == {}
    [added] = rules.with_photos(fields, [])
    assert (added["name"], added["required"], added["photo"]) == ("证件照", True, "licence.id_card.photo")
    paper = {"name": "近期白底免冠照片", "required": True}
    assert [m["name"] for m in rules.with_photos(fields, [paper])] == ["近期白底免冠照片"]
    assert "photo" not in paper


def test_the_photo_comes_with_consent_for_its_own_purpose(draft):
    held = agree(draft)
    [photo] = held.materials
    assert (photo["material"], photo["fetched"]) == (PHOTO, "山东省公安厅·公民相片信息")
    assert held.fetched["proved"][PHOTO] == photo["fetched"]
    entry = Entry.objects.filter(tag="catalogue.data.fetched", body__purpose="证卡制作").get()
    assert entry.body["items"] == ["photo"]
    kept = files.file(province.citizen("zhang"), photo["file"])
    assert kept.document.media_type == "image/png"
    assert b"PNG" in files.content(kept)[:8]
    [again] = agree(draft).materials  # asked again, it is there once, and the first is gone
    assert File.objects.get(id=photo["file"]).destroyed_at
    assert tasks.drop_old_drafts(clock.now() + timedelta(days=1)) == 1
    assert File.objects.get(id=again["file"]).destroyed_at


def test_without_an_agreement_the_applicant_provides_it(draft):
    Agreement.objects.filter(resource__supply="population.photo").update(state="suspended")
    held = agree(draft)
    assert held.materials == []
    assert PHOTO not in held.fetched["proved"]
    assert "population.photo" not in held.fetched["failed"]


def test_another_picture_may_be_provided_instead(draft, as_persona):
    held = agree(draft)
    client, page = as_persona("zhang"), f"/hall/drafts/{held.id}/materials/"
    told = client.get(page).content.decode()
    address = f"/hall/drafts/{held.id}/photos/{held.materials[0]['file']}/"
    assert address in told
    assert client.get(address)["Content-Type"] == "image/png"
    assert as_persona("wang").get(address).status_code == 404
    client = as_persona("zhang")
    assert client.get(f"/hall/drafts/{held.id}/photos/{held.id}/").status_code == 404
    client.post(page, {"drop": held.materials[0]["file"]})
    held.refresh_from_db()
    assert held.materials == []
    assert PHOTO not in held.fetched["proved"]
    assert client.get(address).status_code == 404
    assert 'type="file"' in client.get(page).content.decode()


def test_it_is_printed_on_the_card_and_destroyed(draft):
    number = submitted(agree(draft))
    one = Case.objects.unscoped("test").get(number=number)
    [photo] = one.materials
    printed = licences._photo(PLATFORM, one)
    assert "data:image/png;base64," in printed
    Case.objects.unscoped("test").filter(id=one.id).update(result="granted", state="granted")
    licence = licences.issue_licence(PLATFORM, case_number=number)
    assert licence.pdf
    held = File.objects.get(id=photo["file"])
    handlers.destroy_fetched(event("hall.licence.issued", number, licence=licence.number))
    handlers.destroy_fetched(event("hall.licence.issued", number, licence=licence.number))
    assert Entry.objects.filter(tag="files.file.destroyed").count() == 1
    with pytest.raises(NotFound, match="已按约定销毁"):
        files.file(PLATFORM, photo["file"], entitled=True)
    assert store.place(held.document_id).exists()  # public security still holds the same picture
    for one_file in File.objects.filter(document_id=held.document_id, destroyed_at=None):
        file_commands.destroy_file(PLATFORM, file=str(one_file.id), words="测试")
    assert not store.place(held.document_id).exists()


def test_what_an_applicant_uploaded_stays(draft):
    held = agree(draft)
    zhang = province.citizen("zhang", enterprise=False)
    applications.drop_material(zhang, draft=str(held.id), file=held.materials[0]["file"])
    picture = store.read(File.objects.filter(name__endswith=".png").first().document_id)
    held = applications.add_material(zhang, draft=str(held.id), material=PHOTO, name="我.png", stream=io.BytesIO(picture), size=len(picture))
    number = submitted(held)
    handlers.destroy_fetched(event("cases.case.refused", number))
    assert File.objects.get(id=held.materials[0]["file"]).destroyed_at is None


def test_a_township_of_the_county_that_was_fetched_is_no_contradiction():
    fetched = {"division": {"value": "370102", "item": "region_code"}, "name": {"value": "张", "item": "name"}}
    assert rules.unlike(fetched, {"division": "370102003", "name": "张"}) == []
    assert rules.unlike(fetched, {"division": "370103003", "name": "张合成"}) == ["division", "name"]
