"""The synthetic province is plausible, the same every time, and nobody's."""

from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings

from tongban.lib import codes
from tongban.rooms.data.registries.models import Conflict, Entity, Link, Person, Record
from tongban.rooms.data.registries.queries import masters
from tongban.rooms.data.registries.seed.people import AS_OF, people
from tongban.rooms.data.registries.seed.people import people as population
from tongban.rooms.data.registries.seed.words import EPOCH

FOLDER = settings.DATASETS / "registries"


@pytest.fixture(scope="module")
def province():
    return people(FOLDER, 20_000)


def test_the_same_seed_makes_the_same_people(province):
    again = people(FOLDER, 20_000)
    assert (again.id_number == province.id_number).all()
    assert (again.surname == province.surname).all()
    assert (people(FOLDER, 20_000, seed=7).id_number != province.id_number).any()


def test_numbers_are_sound_unique_and_of_cities_that_do_not_exist(province):
    numbers = [str(n) for n in province.id_number]
    assert len(set(numbers)) == len(numbers)
    assert {codes.resident_id_fault(n, today=AS_OF) for n in numbers} == {""}
    assert all("3751" <= n[:4] <= "3767" for n in numbers)
    assert all((int(n[16]) % 2 == 1) == male for n, male in zip(numbers, province.male, strict=True))


def test_ages_follow_the_table(province):
    """16.4 of a hundred are 65 or older in ages.csv; two of a hundred is the noise of twenty thousand draws and of deaths."""
    assert abs((province.age >= 65).mean() - 0.164) < 0.02


def test_couples_are_a_man_and_a_woman_who_name_each_other(province):
    wed = np.flatnonzero(province.spouse >= 0)
    assert (province.spouse[province.spouse[wed]] == wed).all()
    assert (province.male[wed] != province.male[province.spouse[wed]]).all()
    assert len(wed) > len(province) / 2


def test_children_are_younger_than_their_mothers_and_bear_a_parents_name(province):
    children = np.flatnonzero(province.mother >= 0)
    mothers, fathers = province.mother[children], province.father[children]
    years = (province.born[children] - province.born[mothers]) / 365.25
    assert years.min() > 19
    assert years.max() < 43.1
    of_either = (province.surname[children] == province.surname[fathers]) | (province.surname[children] == province.surname[mothers])
    assert of_either.all()


def test_there_are_twins_and_no_impossible_siblings(province):
    order = np.lexsort((province.born, province.mother))
    order = order[province.mother[order] >= 0]
    same = province.mother[order][1:] == province.mother[order][:-1]
    apart = (province.born[order][1:] - province.born[order][:-1])[same]
    assert (apart == 0).any()
    assert not ((apart > 0) & (apart < 270)).any()


def test_a_household_lives_at_one_place(province):
    first = {}
    for home, town in zip(province.household, province.town, strict=True):
        assert first.setdefault(home, town) == town


@pytest.mark.django_db
def test_all_of_it_stands_in_the_registries(people):
    assert Person.objects.count() == 300
    assert Entity.objects.count() == 12
    moved = int((population(FOLDER, 300).moved >= 0).sum())
    assert Record.objects.filter(registry="population", organ_key="sd-police").count() == 300 + moved
    assert Link.objects.filter(kind="representative").count() == 12
    one = Person.objects.first()
    assert masters.person_numbered(one.content["id_number"]) == one
    assert one.synthetic
    assert Person.objects.filter(disputed__gt=0).count() == Conflict.objects.filter(registry="population", state="open").values("subject").distinct().count()


@pytest.mark.django_db
def test_whoever_moved_is_known_at_the_former_address_until_that_day(people):
    told = population(FOLDER, 300)
    movers = np.flatnonzero(told.moved >= 0)
    assert len(movers) > 5
    for n in movers[:10]:
        one = masters.person_numbered(str(told.id_number[n]))
        day = EPOCH + timedelta(days=int(told.moved[n]))
        before = masters.view("population", one, valid_on=day - timedelta(days=1)).settled
        after = masters.view("population", one, valid_on=day).settled
        assert (before["region_code"].value, after["region_code"].value) == (told.towns[told.former[n]], told.towns[told.town[n]])
        assert one.content["address"] == after["address"].value != before["address"].value


def test_a_household_moves_together_and_nobody_before_birth(province):
    moved = np.flatnonzero(province.moved >= 0)
    assert 0.05 < len(moved) / len(province) < 0.125
    assert (province.moved[moved] > province.born[moved]).all()
    first = {}
    for n in moved:
        assert first.setdefault(province.household[n], (province.former[n], province.moved[n])) == (province.former[n], province.moved[n])
    county = np.array([int(t[:6]) for t in province.towns])
    assert 0.3 < (county[province.former[moved]] == county[province.town[moved]]).mean() < 0.6


@pytest.mark.django_db
def test_masters_are_what_the_rule_makes_of_the_records(people):
    for one in [*Person.objects.all()[:40], *Entity.objects.all()]:
        view = masters.view("population" if isinstance(one, Person) else "entities", one, valid_on=AS_OF.replace(year=2099))
        assert {k: s.value for k, s in view.settled.items()} == one.content
