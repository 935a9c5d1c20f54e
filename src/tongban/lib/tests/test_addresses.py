"""Addresses as people write them, and points on the earth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.lib import addresses, areas

TREE = {
    ("", "province"): [("37", "山东省"), ("37", "山东")],
    ("37", "city"): [("3701", "济南市"), ("3704", "枣庄市")],
    ("", "city"): [("3701", "济南市"), ("3704", "枣庄市")],
    ("3701", "county"): [("370102", "历下区"), ("370103", "市中区"), ("370181", "章丘市")],
    ("3704", "county"): [("370402", "市中区")],
    ("", "county"): [("370102", "历下区"), ("370103", "市中区"), ("370402", "市中区")],
    ("370102", "township"): [("370102001", "解放路街道"), ("370102010", "泉城路街道")],
    ("370102001", "village"): [("370102001002", "解放桥社区居民委员会"), ("370102001009", "解放桥南社区居民委员会")],
}


def below(code, level):
    return [addresses.Unit(c, n, level) for c, n in TREE.get((code, level), [])]


@pytest.mark.parametrize(
    ("text", "code", "rest"),
    [
        ("山东省济南市历下区解放路街道解放桥社区1号楼", "370102001002", "1号楼"),
        ("济南历下区解放路街道办事处解放桥社区居委会5号", "370102001002", "5号"),
        ("济南市，历下区 解放路 11号", "370102001", " 11号"),
        ("山东济南市历下", "370102", ""),
        ("历下区泉城路街道", "370102010", ""),
        ("济南市历下区解放路街道解放桥南社区", "370102001009", ""),
        ("北京市海淀区", "", "北京市海淀区"),
        ("", "", ""),
    ],
)
def test_an_address_is_matched_from_the_top(text, code, rest):
    found = addresses.match(text, below)
    assert (found.code, found.rest) == (code, rest)


def test_what_fits_twice_is_told():
    found = addresses.match("市中区", below)
    assert {found.code, *(u.code for u in found.others)} == {"370103", "370402"}
    assert addresses.match("枣庄市市中区", below).others == ()


@given(st.text(max_size=400))
def test_any_text_is_read_and_nothing_is_invented(text):
    found = addresses.match(text, below)
    assert len(found.rest) <= 300
    assert found.rest in text


SQUARE = {"type": "Polygon", "coordinates": [[[117, 36], [118, 36], [118, 37], [117, 37], [117, 36]]]}
BESIDE = {"type": "Polygon", "coordinates": [[[118, 36], [119, 36], [119, 37], [118, 37], [118, 36]]]}


def test_areas_cover_points_and_meet_boxes():
    held = areas.Areas([("a", SQUARE), ("b", BESIDE)])
    assert held.covering(117.5, 36.5) == ["a"]
    assert held.covering(118, 36.5) == ["a", "b"]
    assert held.covering(0, 0) == []
    assert held.meeting((117.9, 36.1, 118.1, 36.2)) == ["a", "b"]
    assert held.covering(*areas.inner_point(BESIDE)) == ["b"]


def test_distance_agrees_with_a_known_arc():
    """A degree of latitude is 111.195 km on the sphere of the IUGG mean radius."""
    assert areas.distance((117, 36), (117, 37)) == pytest.approx(111_195, rel=1e-4)
    assert areas.distance((117, 36), (117, 36)) == 0


@given(st.floats(-179, 179), st.floats(-70, 70), st.floats(1, 300_000), st.floats(0, 6.283))
def test_the_box_holds_whatever_lies_within_reach(lon, lat, metres, angle):
    box = areas.box_around((lon, lat), metres)
    there = (lon + math.degrees(metres / areas.EARTH) * math.cos(angle) * 0.9, lat + math.degrees(metres / areas.EARTH) * math.sin(angle) * 0.9)
    if areas.distance((lon, lat), there) <= metres:
        assert box[0] <= there[0] <= box[2]
        assert box[1] <= there[1] <= box[3]
