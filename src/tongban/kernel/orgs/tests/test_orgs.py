"""Regions and organs with their history."""

from datetime import date

import pytest

from tongban.kernel.orgs import queries, rules
from tongban.kernel.orgs.models import Organ, Region
from tongban.lib import clock, codes
from tongban.lib.errors import NotFound

pytestmark = pytest.mark.django_db


def test_seventeen_cities_became_sixteen():
    before = Region.objects.filter(queries._in_force(date(2017, 1, 1)), level="city").count()
    assert (before, len(queries.places("37"))) == (17, 16)


def test_laiwu_is_traced_into_jinan():
    [change] = [c for c in queries.region_history("371202") if c.old_code == "371202"]
    assert (change.new_code, change.kind, change.changed_on) == ("370116", "renamed", date(2018, 12, 26))


@pytest.mark.parametrize("old", [c[0] for c in rules.CHANGES])
def test_every_region_that_ended_says_what_it_became(old):
    region = Region.objects.get(code=old)
    assert region.valid_to is not None
    assert any(c.old_code == old for c in queries.region_history(old))


def test_one_hundred_and_thirty_six_counties_and_zones_apart():
    counties = [c for city in queries.places("37") for c in queries.places(city.code)]
    assert len(counties) == 136
    assert Region.objects.filter(statistical=True, valid_to=None).count() == 15


def test_every_county_has_its_outline():
    assert len(queries.region_outlines("county")) == 136


def test_development_zone_is_no_region_to_be_chosen():
    with pytest.raises(NotFound):
        queries.place("370176")


def test_an_old_county_code_is_known_for_identities():
    assert queries.region_known("371202")
    assert not queries.region_known("379999")


def test_reform_of_2018_is_history():
    old = queries.organ("sd-fda")
    assert {s.new.key for s in queries.organ_history(old) if s.old_id == old.id} == {"sd-samr", "sd-nmpa"}
    with clock.at(clock.datetime(2017, 5, 1)):
        assert queries.organs("37", exact=True).filter(key="sd-fda").exists()
    assert not queries.organs("37", exact=True).filter(key="sd-fda").exists()


def test_every_credit_code_is_sound_and_unique():
    found = list(Organ.objects.values_list("credit_code", flat=True))
    assert len(found) == len(set(found)) > 7000
    assert not [c for c in found if codes.credit_code_fault(c)]


def test_full_name_reads_as_people_say_it():
    assert queries.full_name("370102") == "济南市历下区"
    assert queries.full_name("37") == "山东省"
    assert len(queries.townships("370102")) > 5
