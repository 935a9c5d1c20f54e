"""Identity photos: kept sealed as an organ's word, answered under an agreement alone."""

import base64
from datetime import date

import pytest

from tongban.config import province
from tongban.kernel.catalogue.supplies import SUPPLIES
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.lib.errors import Invalid, Refused
from tongban.rooms.data.registries import seed
from tongban.rooms.data.registries.commands import records
from tongban.rooms.data.registries.models import Person
from tongban.rooms.data.registries.queries import masters
from tongban.rooms.data.registries.seed import portrait

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")


@pytest.fixture
def number():
    persons, firms = province.known()
    seed.load_known(PLATFORM, persons, firms)
    return persons[0]["id_number"]


def officer(username):
    return identity.actor_of_account(identity.account_named(username).id)


def keep(number, content=None, who="xu", organ="sd-police", taken_on=date(2025, 3, 1)):
    return records.keep_photo(officer(who), organ=organ, id_number=number, content=content or portrait.drawn(1), taken_on=taken_on, origin="测试")


def test_a_portrait_is_drawn_the_same_for_the_same_number():
    assert portrait.drawn(7) == portrait.drawn(7) != portrait.drawn(8)
    assert portrait.drawn(7).startswith(b"\x89PNG")
    assert len(portrait.drawn(7)) < records.PHOTO_LIMIT


def test_the_newest_photo_is_answered_with_the_picture_itself(number):
    assert SUPPLIES["population.photo"].answers([number]) == {}
    keep(number)
    keep(number, portrait.drawn(2), taken_on=date(2026, 3, 1))
    row = SUPPLIES["population.photo"].answers([number, "370102190001019999"])[number]
    assert base64.b64decode(row["photo"]) == portrait.drawn(2)
    assert row["taken_on"] == "2026-03-01"
    assert b"PNG" not in bytes(Person.objects.filter(id=masters.person_numbered(number).id).values_list("content", flat=True)[0].__repr__(), "utf-8")


def test_what_is_no_picture_or_anothers_word_is_refused(number):
    for content in (b"%PDF-1.7", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(records.PHOTO_LIMIT)):
        with pytest.raises(Invalid) as told:
            keep(number, content)
        assert "content" in told.value.fields
    with pytest.raises(Refused):
        keep(number, organ="sd-hrss")
    with pytest.raises(Invalid) as told:
        keep("37010219000101001A")
    assert "id_number" in told.value.fields


def test_photos_come_by_api_and_the_page_says_that_there_is_one(number, as_persona):
    told = {"id_number": number, "content": base64.b64encode(portrait.drawn(3)).decode(), "taken_on": "2025-03-01", "origin": "制证系统"}
    client = as_persona("xu")
    assert client.post("/api/registries/photos", told, content_type="application/json").json()["new"] == 1
    assert client.post("/api/registries/photos", {**told, "content": "%%"}, content_type="application/json").status_code == 422
    page = client.post("/registries/population/", {"key": number, "reason": "核对相片采集"}, follow=True).content.decode()
    assert "已采集" in page
