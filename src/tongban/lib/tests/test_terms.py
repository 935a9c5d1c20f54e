"""The fixed vocabulary has its English: a word that a page may show and nobody translated fails here."""

import json

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import translation

from tongban.lib.terms import ENGLISH, term


def shown():
    """Every fixed word: labels of model choices, and the tables of the rooms' rules."""
    from tongban.rooms.service.hall import rules as hall
    from tongban.rooms.service.supervision import rules as supervision

    words = {str(label) for m in apps.get_models() if m.__module__.startswith("tongban") for f in m._meta.fields for _value, label in f.choices or ()}
    for table in (hall.TASK_TYPES, hall.TRUST_GRADES, hall.LEVELS, hall.SERVICE_OBJECTS, supervision.NAMES):
        words |= set(table.values())
    matters = json.loads((settings.DATASETS / "hall" / "matters_complete.json").read_text())["matters"]
    return words | set(hall.INDICATORS) | {m["case_type"]["name"] for m in matters}


def test_every_fixed_word_has_its_english():
    assert shown() - set(ENGLISH) == set()


def test_chinese_is_shown_as_it_is_and_english_by_its_word():
    assert term("行政许可") == "行政许可"
    with translation.override("en"):
        assert term("行政许可") == "Permit"
        assert term("不在词表") == "不在词表"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/hall/matters/?q=食品&type=01", "/hall/matters/food-operation-permit-new@370102/"])
def test_an_english_page_names_kinds_in_english(client, path):
    client.post("/account/language/", {"language": "en"})
    page = client.get(path).content.decode()
    assert "Permit" in page
    assert ">行政许可<" not in page
