"""Regions by point and box, places nearby, addresses of the province; OGC API Features (read by `owslib` in tests/test_exchange.py)."""

import pytest

from tongban.kernel.identity.actor import system
from tongban.lib.errors import NotFound, Refused
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import geography as commands
from tongban.rooms.data.registries.models import Place, Village
from tongban.rooms.data.registries.queries import geography
from tongban.rooms.data.registries.seed.geography import load_halls

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")
HERE = (117.0767, 36.6664)  # 历下区
ROW = {"key": "library", "name": "合成图书馆", "kind": "图书馆", "lon": HERE[0], "lat": HERE[1]}


@pytest.fixture
def halls():
    load_halls(PLATFORM)


def test_a_point_is_covered_by_its_city_and_county():
    assert [r.code for r in geography.covering(*HERE)] == ["3701", "370102"]
    assert geography.covering(116.4, 39.9) == []
    with pytest.raises(NotFound):
        geography.region("110101")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("济南市历下区解放路街道解放桥社区", "山东省济南市历下区解放路街道解放桥社区居民委员会"),
        ("历下区解放路街道1号", "历下区解放路街道"),
        ("青岛市市南区", "青岛市市南区"),
    ],
)
def test_real_units_are_matched(text, name):
    found = geography.matched(text)
    assert found.name.removeprefix("山东省") == name.removeprefix("山东省")
    assert not found.others


def test_the_published_list_is_whole_and_a_name_in_two_cities_is_told():
    assert Village.objects.count() == 62_074
    found = geography.matched("市中区")
    assert {found.code[:4], *(u.code[:4] for u in found.others)} == {"3701", "3704"}


def test_the_nearest_come_first_and_kinds_are_kept_apart(halls):
    found = geography.nearest(*HERE, count=3)
    assert found[0][0].region_code == "370102"
    assert [m for _p, m in found] == sorted(m for _p, m in found)
    assert geography.nearest(*HERE, kind="医院") == []
    assert len(geography.nearest(*HERE, count=100)) == 100
    assert all(p.synthetic and "合成" in p.name for p, _m in found)


class TestKeeping:
    def keep(self, *rows, organ="sd-land", actor=PLATFORM):
        return commands.keep_places(actor, organ=organ, rows=rows)

    def test_new_changed_and_same(self):
        assert self.keep(ROW).new == 1
        assert self.keep({**ROW, "name": "图书馆"}).changed == 1
        assert self.keep({**ROW, "name": "图书馆"}).changed == 0
        assert Place.objects.get().region_code == "370102"

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"key": "图书馆"}, "key"), ({"name": " "}, "name"), ({"kind": ""}, "kind"), ({"lon": "east"}, "lon"), ({"lat": 95}, "lat"), ({"lat": float("nan")}, "lat"),
            ({"since": "yesterday"}, "since"), ({"lon": 116.4, "lat": 39.9}, "outside"),
        ],
    )  # fmt: skip
    def test_a_faulty_row_is_told_and_the_others_are_kept(self, change, why):
        kept = self.keep({**ROW, "key": "good"}, {**ROW, **change})
        assert (kept.new, kept.faults) == (1, [(2, why)])

    def test_another_organs_place_stays_its_own(self, as_persona):
        self.keep(ROW)
        assert self.keep({**ROW, "name": "改名"}, organ="sd-hrss").faults == [(1, "key-taken")]
        told = as_persona("jin").post("/api/registries/places", {"rows": [{**ROW, "key": "mine"}]}, content_type="application/json")
        assert told.json()["new"] == 1
        assert Place.objects.get(key="mine").organ_key == "sd-samr"
        with pytest.raises(Refused):
            commands.keep_places(type("A", (), {"is_system": False, "organ_key": "sd-samr", "require": lambda *_: None})(), organ="sd-hrss", rows=[ROW])

    def test_an_ended_place_is_no_longer_found(self):
        self.keep({**ROW, "until": "2020-01-01"})
        assert not geography.places().exists()
        assert rules.place_fault(ROW) == ""


def test_by_program(halls, client):
    told = client.get("/api/registries/addresses/match", {"address": "济南市历下区泉城路1号"}).json()
    assert [u["level"] for u in told["units"]][:2] == ["city", "county"]
    assert client.get("/api/registries/regions/covering", {"lon": HERE[0], "lat": HERE[1]}).json()[1]["code"] == "370102"
    assert client.get("/api/registries/places/nearest", {"lon": HERE[0], "lat": HERE[1], "count": 1}).json()[0]["key"] == "hall-370102"
    assert client.get("/api/registries/places/nearest", {"lon": 500, "lat": 0}).status_code == 422


def test_the_page_answers_an_address_and_a_point(halls, as_persona, django_assert_max_num_queries):
    client = as_persona("jin")
    with django_assert_max_num_queries(16):
        page = client.get("/registries/geography/", {"address": "济南市历下区解放路街道解放桥社区3号"}).content.decode()
    assert "370102001002" in page
    assert "3号" in page
    page = client.get("/registries/geography/", {"lon": HERE[0], "lat": HERE[1]}).content.decode()
    assert "济南市历下区政务服务大厅（合成位置）" in page
    assert "不在本省范围" in client.get("/registries/geography/", {"lon": "0", "lat": "0"}).content.decode()
    wrong = client.get("/registries/geography/", {"lon": "east", "lat": "0"})
    assert wrong.status_code == 422
    assert 'value="east"' in wrong.content.decode()
    assert "没有识别出" in client.get("/registries/geography/", {"address": "纽约"}).content.decode()


class TestOgc:
    def test_pages_link_on_and_back(self, halls, client):
        first = client.get("/ogc/collections/places/items?limit=50").json()
        links = {one["rel"]: one["href"] for one in first["links"]}
        assert first["numberReturned"] == 50
        assert "prev" not in links
        second = client.get(links["next"].replace("http://testserver", "")).json()
        assert second["features"][0]["id"] != first["features"][0]["id"]
        assert "prev" in {one["rel"] for one in second["links"]}

    def test_regions_by_level_and_parent(self, client):
        told = client.get("/ogc/collections/regions/items?level=county&parent=3701&limit=100").json()
        assert {f["properties"]["parent"] for f in told["features"]} == {"3701"}
        assert told["numberMatched"] >= 10
        assert client.get("/ogc/collections/regions/items?level=city&limit=100").json()["numberMatched"] == 16

    def test_a_box_with_heights_and_content_types(self, client):
        told = client.get("/ogc/collections/regions/items?bbox=117.076,36.666,0,117.077,36.667,100")
        assert told["Content-Type"] == "application/geo+json"
        assert {f["id"] for f in told.json()["features"]} == {"3701", "370102"}
        assert "openapi+json" in client.get("/ogc/api")["Content-Type"]

    @pytest.mark.parametrize(
        ("address", "status"),
        [
            ("collections/none", 404), ("collections/none/items", 404), ("collections/none/queryables", 404), ("collections/none/items/x", 404),
            ("collections/regions/items/999999", 404), ("collections/places/items/none", 404), ("collections/regions/items?limit=0", 400),
            ("collections/regions/items?limit=many", 400), ("collections/regions/items?bbox=1,2", 400), ("collections/regions/items?bbox=a,b,c,d", 400),
            ("collections/regions/items?bbox=1,9,2,3", 400), ("collections/regions/items?offset=-1", 400), ("collections/regions/items?unknown=1", 400),
        ],
    )  # fmt: skip
    def test_what_cannot_be_answered_is_told(self, client, address, status):
        told = client.get(f"/ogc/{address}")
        assert told.status_code == status
        assert told.json()["description"]

    def test_a_large_limit_is_cut(self, client):
        assert client.get("/ogc/collections/regions/items?limit=100000").json()["numberReturned"] > 100
