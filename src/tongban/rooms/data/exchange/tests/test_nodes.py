"""Nodes on pages and by API; resources of other nodes in the catalogue."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from tongban.kernel.catalogue import seed
from tongban.kernel.catalogue.commands import access, resources
from tongban.kernel.catalogue.models import Resource, ResourceVersion
from tongban.kernel.catalogue.queries import resources as queries
from tongban.kernel.catalogue.rules import access as rules
from tongban.kernel.identity.actor import system
from tongban.kernel.nodes import arrivals
from tongban.kernel.nodes.models import Held, Node
from tongban.kernel.nodes.tests.peer import Peer, deliver
from tongban.lib import clock
from tongban.lib.bus.letters import EVERYBODY
from tongban.lib.errors import Conflict
from tongban.rooms.data.exchange.rules import nodes as standing

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")


@pytest.fixture(autouse=True)
def _catalogue(db, monkeypatch):
    for kind in set(arrivals.ANNOUNCERS) - {"nodes.node", "catalogue.resource"}:
        monkeypatch.delitem(arrivals.ANNOUNCERS, kind)
    seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    deliver()


@pytest.fixture
def yantai(db):
    return Peer("3706", "烟台市", ["3706"]).join_below()


def told(key="food-inspection", **changes):
    held = ResourceVersion.objects.filter(state="published").first()
    return {
        "key": key, "code": "306/000001", "organ": "3706-market", "region": "3706", "published": True, "number": 1, "title": "烟台食品抽检信息",
        "sharing": held.sharing, "format": held.format, "cycle": held.cycle, "opening": False, "content": held.content, **changes,
    }  # fmt: skip


class TestCatalogue:
    def test_what_is_published_here_is_told_and_secrets_are_not(self, yantai):
        keys = {key for _k, key, _b in yantai.inbox("catalogue.resource")}
        assert keys == set(Resource.objects.exclude(published=None).values_list("key", flat=True))
        one = Resource.objects.exclude(published=None).first()
        one.published.content["zone"] = "intranet"
        one.published.save()
        resources.move_version(PLATFORM, key=one.key, number=one.published.number, move="recall", words="测试撤回")
        two = Resource.objects.exclude(published=None).exclude(id=one.id).first()
        resources.move_version(PLATFORM, key=two.key, number=two.published.number, move="recall", words="测试撤回")
        deliver()
        assert (two.key, False) in [(k, b["published"]) for _k, k, b in yantai.inbox("catalogue.resource")]

    def test_anothers_resource_is_found_and_applied_for_there(self, yantai, as_persona):
        yantai.send("catalogue.resource", "food-inspection", told(), to=EVERYBODY)
        assert not Held.objects.exists()
        client = as_persona("tao")
        assert "烟台食品抽检信息" in client.get("/exchange/", {"q": "烟台食品抽检"}).content.decode()
        page = client.get("/exchange/resources/3706-food-inspection/").content.decode()
        assert "本资源由烟台市节点维护" in page
        assert "/resources/3706-food-inspection/apply/" not in page
        wanted = rules.Asked(items=("credit_code",), modes=("query",), visits=10, rows={}, begins=clock.today(), ends=clock.today() + timedelta(30))
        with pytest.raises(Conflict, match="烟台市"):
            access.request_access(PLATFORM, key="3706-food-inspection", wanted=wanted, purpose="用途", basis="依据", organ="sd-hrss")
        with pytest.raises(Conflict):
            resources.move_version(PLATFORM, key="3706-food-inspection", number=1, move="recall", words="这里不能撤回")
        assert "306/000001" not in client.get("/exchange/dcat/").content.decode()

    def test_a_new_version_and_a_recall_follow(self, yantai):
        for number in (1, 2, 2):
            yantai.send("catalogue.resource", "food-inspection", told(number=number), to=EVERYBODY)
        states = dict(ResourceVersion.objects.filter(resource__key="3706-food-inspection").values_list("number", "state"))
        assert states == {1: "superseded", 2: "published"}
        yantai.send("catalogue.resource", "food-inspection", told(published=False), to=EVERYBODY)
        assert not queries.published(PLATFORM).filter(resource__node="3706").exists()
        yantai.send("catalogue.resource", "food-inspection", told(number=2), to=EVERYBODY)
        assert queries.published(PLATFORM).filter(resource__node="3706").count() == 1

    @pytest.mark.parametrize("change", [{"region": "37", "organ": "sd-samr"}, {"organ": "sd-samr"}, {"organ": "nothing"}, {"content": {"title": "x"}}])
    def test_what_a_node_may_not_say(self, yantai, change):
        yantai.send("catalogue.resource", "food-inspection", told(**change), to=EVERYBODY)
        assert Held.objects.count() == 1
        assert not Resource.objects.filter(node="3706").exists()


class TestPages:
    def test_alone_it_says_what_to_do(self, as_persona):
        assert "本系统尚未与其他节点互联" in as_persona("chen").get("/exchange/nodes/").content.decode()

    def test_the_line_and_its_letters(self, yantai, as_persona):
        client = as_persona("chen")
        page = client.get("/exchange/nodes/").content.decode()
        assert "烟台市" in page
        assert "未签收" in page
        assert "传送中" in page
        one = client.get("/exchange/nodes/3706/").content.decode()
        assert yantai.key.public.hex() in one
        assert "信息资源" in one
        assert client.get("/exchange/nodes/3799/").status_code == 404
        assert client.get("/exchange/nodes/", {"export": "csv"}).content.decode("utf-8-sig").count("\n") == 3
        assert "On its way" in client.get("/exchange/nodes/", headers={"Accept-Language": "en"}).content.decode()

    def test_held_letters_are_tried_again_and_given_up(self, yantai, as_persona):
        yantai.send("future.thing", "a", {})
        client, one = as_persona("chen"), Held.objects.get()
        assert "knows no letters about future.thing" in client.get("/exchange/nodes/").content.decode()
        assert "仍未能收下" in client.post(f"/exchange/nodes/held/{one.id}/", follow=True).content.decode()
        assert "写明为何放弃" in client.post(f"/exchange/nodes/held/{one.id}/", {"act": "drop", "words": ""}, follow=True).content.decode()
        assert "已放弃" in client.post(f"/exchange/nodes/held/{one.id}/", {"act": "drop", "words": "旧版本"}, follow=True).content.decode()
        assert Held.objects.get().dropped_by == "陈合成"

    def test_ended_with_a_reason(self, yantai, as_persona):
        client = as_persona("chen")
        assert client.post("/exchange/nodes/3706/", {"words": ""}).status_code == 422
        assert "已断开" in client.post("/exchange/nodes/3706/", {"words": "设备退役"}, follow=True).content.decode()
        assert Node.objects.get(code="3706").state == "ended"

    @pytest.mark.parametrize("who", ["zhang", "li", "tao", "zhou"])
    def test_only_administrators(self, who, as_persona):
        assert as_persona(who).get("/exchange/nodes/").status_code == 403


class TestApi:
    def test_nodes_and_held_letters(self, yantai, as_persona):
        yantai.send("future.thing", "a", {})
        client = as_persona("chen")
        found = {n["code"]: n for n in client.get("/api/exchange/nodes").json()}
        assert (found["3706"]["place"], found["3706"]["light"], found["3706"]["taken"], found["3706"]["held"]) == ("below", "yellow", 2, 1)
        assert found["37"]["place"] == "here"
        [held] = client.get("/api/exchange/nodes/held-letters").json()
        assert client.post(f"/api/exchange/nodes/held-letters/{held['id']}/retry").json() == {"taken": False}
        drop = {"data": {"words": "旧版本"}, "content_type": "application/json"}
        assert client.post(f"/api/exchange/nodes/held-letters/{held['id']}/drop", **drop).status_code == 204
        assert client.get("/api/exchange/nodes/held-letters").json() == []

    def test_strangers_learn_nothing(self, yantai):
        assert Client().get("/api/exchange/nodes").status_code == 401


@pytest.mark.parametrize(
    ("place", "state", "ago", "waits", "held", "light"),
    [("below", "ended", 0, 0, 0, "paused"), ("below", "invited", None, 3, 0, "paused"), ("above", "joined", 10, 0, 0, "ok"), ("above", "joined", 10, 5, 0, "ok"),
     ("above", "joined", 10, 0, 1, "yellow"), ("above", "joined", 600, 0, 0, "red"), ("above", "joined", None, 0, 0, "red"), ("here", "joined", None, 0, 0, "ok"),
     ("beyond", "joined", None, 0, 2, "yellow")],
)  # fmt: skip
def test_how_a_line_stands(place, state, ago, waits, held, light):
    now = clock.now()
    heard = now - timedelta(seconds=ago) if ago is not None else None
    assert standing.standing(place, state, heard, waits, held, now)[0] == light
