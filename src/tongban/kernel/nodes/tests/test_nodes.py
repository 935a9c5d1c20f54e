"""A net of nodes: joined, told of each other, each letter once, nothing lost, nobody speaks for another."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.ledger.models import Entry
from tongban.kernel.nodes import arrivals, blobs, commands, queries, rules
from tongban.kernel.nodes.models import Announced, Held, Node, Posted
from tongban.kernel.nodes.tests.peer import PLATFORM, Peer
from tongban.kernel.orgs import queries as orgs
from tongban.kernel.orgs.models import Organ
from tongban.lib import clock, sm
from tongban.lib.acts import command, nothing_changed
from tongban.lib.bus import letters
from tongban.lib.bus.envelope import BadEnvelope
from tongban.lib.errors import Conflict, Invalid, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _brief(request, monkeypatch):
    """All of a province's organs and matters are told only where a test looks at them."""
    if request.cls is not TestJoining:
        for kind in set(arrivals.ANNOUNCERS) - {"nodes.node"}:
            monkeypatch.delitem(arrivals.ANNOUNCERS, kind)


@pytest.fixture
def yantai(db):
    return Peer("3706", "烟台市", ["3706"]).join_below()


@pytest.fixture
def weifang(db, yantai):
    return Peer("3707", "潍坊市", ["3707"]).join_below()


@pytest.fixture
def taken(monkeypatch):
    """Letters about a kind of the tests' own."""
    came = []

    @command("")
    def take(actor, letter):
        nothing_changed()
        if letter.body.get("bad"):
            raise ValueError("cannot be")
        came.append((letter.origin, letter.key, letter.body, {i: letter.content(i) for i in letter.files}))

    monkeypatch.setitem(arrivals.HANDLERS, "test.thing", take)
    return came


class TestJoining:
    def test_alone_everything_is_served_here(self, db):
        assert (queries.home_of("370602"), queries.own_code(), queries.here()) == ("", "", None)

    def test_an_invited_node_introduces_itself_and_learns_everything(self, yantai):
        node = Node.objects.get(code="3706")
        assert (node.state, node.public, node.taken) == ("joined", yantai.key.public.hex(), 1)
        assert queries.home_of("370602") == "3706"
        assert queries.home_of("370102") == ""
        kinds = [kind for kind, _key, _body in yantai.inbox()]
        assert kinds[0] == "nodes.node"
        assert {"orgs.organs", "hall.matter"} <= set(kinds)
        assert kinds == sorted(kinds, key=lambda k: {"nodes.node": 0, "orgs.organs": 1}.get(k, 2))

    def test_what_a_node_serves_is_not_told_to_it(self, yantai):
        organs = [row for _k, _key, body in yantai.inbox("orgs.organs") for row in body["organs"]]
        assert len(organs) > 1000
        assert not [row for row in organs if row["region_code"].startswith("3706")]
        assert {"sd-samr", "370102-market"} <= {row["key"] for row in organs}

    def test_an_introduction_that_failed_is_tried_again(self, db, monkeypatch):
        commands.invite_node(PLATFORM, code="3706", regions=["3706"])
        peer = Peer("3706", "烟台市", ["3706"])
        told = {"public": peer.key.public.hex(), "address": ""}
        with monkeypatch.context() as broken:
            broken.setitem(arrivals.ANNOUNCERS, "orgs.organs", lambda: 1 / 0)
            peer.send("nodes.hello", "3706", told)
        peer.send("orgs.organs", "3706", {"region": "3706", "organs": []}, to=letters.EVERYBODY)
        first, second = Held.objects.order_by("id")
        assert ("ZeroDivision" in first.fault, "who the writer is" in second.fault) == (True, True)
        assert commands.retry_held(PLATFORM, held=first.id)
        assert commands.retry_held(PLATFORM, held=second.id)
        assert Node.objects.get(code="3706").state == "joined"

    def test_a_key_that_is_none_is_no_introduction(self, db):
        commands.invite_node(PLATFORM, code="3706", regions=["3706"])
        Peer("3706", "烟台市", ["3706"]).send("nodes.hello", "3706", {"public": "zz"})
        assert Held.objects.count() == 1

    def test_all_others_are_told_of_a_new_node(self, yantai, weifang):
        [(_kind, key, body)] = [m for m in yantai.inbox("nodes.node") if m[1] == "3707"]
        assert (key, body["public"], body["regions"]) == ("3707", weifang.key.public.hex(), ["3707"])

    def test_a_key_is_pinned(self, yantai):
        impostor = Peer("3706", "烟台市", ["3706"])
        impostor.number, impostor.chain = yantai.number, yantai.chain
        impostor.send("nodes.hello", "3706", {"public": impostor.key.public.hex()})
        assert Node.objects.get(code="3706").public == yantai.key.public.hex()
        assert "signature" in Held.objects.get().fault

    @pytest.mark.parametrize(("code", "regions"), [("37", []), ("3206", []), ("3706", []), ("370602", []), ("3707", ["370602"])])
    def test_places_that_cannot_be_given(self, yantai, code, regions):
        with pytest.raises((Invalid, Conflict, NotFound)):
            commands.invite_node(PLATFORM, code=code, regions=regions)

    def test_joining_below(self, db):
        province = Peer("37", "山东省", ["37"], place="above").invite("3706", "烟台市", ["3706"])
        assert (queries.home_of("370102"), queries.home_of("370602"), queries.own_code()) == ("37", "", "3706")
        kind, _key, body = province.inbox()[0]
        assert (kind, body["public"]) == ("nodes.hello", commands.node_key().public.hex())
        with pytest.raises(Conflict, match="上级节点"):
            commands.join_node(PLATFORM, invitation={"above": province.told, "node": {"code": "3706", "name": "烟台市", "regions": ["3706"]}})

    @pytest.mark.parametrize("told", [{}, {"above": {}}, {"above": {"public": "zz"}, "node": {"regions": []}}, {"above": None, "node": 3}])
    def test_what_is_no_invitation(self, db, told):
        with pytest.raises(Invalid):
            commands.join_node(PLATFORM, invitation=told)

    def test_ended_its_regions_fall_back_and_it_can_be_invited_anew(self, yantai, weifang):
        yantai.inbox()
        with pytest.raises(Invalid):
            commands.end_node(PLATFORM, code="3706", words="")
        commands.end_node(PLATFORM, code="3706", words="设备退役")
        assert queries.home_of("370602") == ""
        assert [body["ended"] for _k, key, body in weifang.inbox("nodes.node") if key == "3706"][-1]
        with pytest.raises(NotFound):
            yantai.send("test.thing", "x", {})
        again = Peer("3706", "烟台市", ["3706"]).join_below()
        assert Node.objects.get(code="3706").public == again.key.public.hex()
        assert again.inbox()


class TestLines:
    def test_each_letter_once(self, yantai, taken):
        document = yantai.document("test.thing", "a", {"n": 1})
        yantai.put(document)
        commands.take_letter(PLATFORM, code="3706", number=yantai.number, chain=yantai.chain, document=document)
        assert [(o, k, b) for o, k, b, _f in taken] == [("3706", "a", {"n": 1})]
        assert Node.objects.get(code="3706").taken == 2

    def test_a_gap_or_another_chain_stops_the_line(self, yantai, taken):
        document = yantai.document("test.thing", "a", {"n": 1})
        for number, chain in ((yantai.number + 2, letters.chained(yantai.chain, document)), (yantai.number + 1, "ab" * 32)):
            with pytest.raises(BadEnvelope):
                commands.take_letter(PLATFORM, code="3706", number=number, chain=chain, document=document)
        assert (taken, Node.objects.get(code="3706").taken) == ([], 1)

    def test_files_travel_closed_and_arrive_whole(self, yantai, taken):
        yantai.send("test.thing", "a", {}, files=[("f1", "a.pdf", b"content")])
        assert taken[0][3] == {"f1": b"content"}

    def test_a_file_that_was_changed_holds_the_letter(self, yantai, taken):
        document = yantai.document("test.thing", "a", {}, files=[("f1", "a.pdf", b"content")])
        [(cipher, _size)] = letters.read(document).ciphers
        blobs.place(cipher).write_bytes(b"changed")
        yantai.put(document)
        assert taken == []
        assert "not the one that was signed" in Held.objects.get().fault

    def test_receipts_cover_the_chain(self, yantai):
        last = Posted.objects.filter(node__code="3706").latest("number")
        at = clock.now().isoformat()
        wrong = letters.receipt(yantai.key, taker="3706", sender="37", number=last.number, chain="ab" * 32, at=at)
        for held in (wrong, letters.receipt(yantai.key, taker="3706", sender="3707", number=1, chain=last.chain, at=at)):
            with pytest.raises(BadEnvelope):
                commands.keep_receipt(PLATFORM, code="3706", held=held)
        commands.keep_receipt(PLATFORM, code="3706", held=letters.receipt(yantai.key, taker="3706", sender="37", number=last.number, chain=last.chain, at=at))
        assert not Posted.objects.filter(node__code="3706", given_at=None).exists()
        assert Entry.objects.filter(tag="nodes.letters.receipted", subject="node:3706").exists()
        mine = commands.own_receipt(queries.neighbour("3706"))
        told = letters.receipted(mine, commands.node_key().public)
        assert (told["taker"], told["number"], told["chain"]) == ("37", 1, yantai.chain)

    def test_answers_are_in_order_and_not_all_at_once(self, yantai):
        for n in range(4):
            commands.write_letter(PLATFORM, to="3706", kind="test.thing", key=str(n), body={"noise": sm.derive(bytes([n]), 400_000).hex()})
        found = queries.waiting("3706", 0)
        assert [p.number for p in found] == list(range(1, len(found) + 1))
        assert queries.waiting("3706", found[-1].number)[0].number == found[-1].number + 1

    def test_only_files_of_waiting_letters_are_handed_out(self, yantai):
        commands.write_letter(PLATFORM, to="3706", kind="test.thing", key="a", body={}, files=[commands.Attachment("f1", "a.pdf", b"x" * 100)])
        one = Posted.objects.filter(node__code="3706").latest("number")
        [[cipher, size]] = one.ciphers
        assert (size, queries.may_fetch("3706", cipher), queries.may_fetch("3707", cipher)) == (100, True, False)
        assert not queries.may_fetch("3706", sm.sm3_hex(b"another"))
        one.given_at = clock.now()
        one.save()
        assert not queries.may_fetch("3706", cipher)
        assert cipher not in queries.needed_blobs()

    def test_old_letters_go_and_blobs_nobody_needs(self, yantai):
        Posted.objects.filter(node__code="3706").update(given_at=clock.now() - timedelta(days=100))
        kept = blobs.keep(b"left over")
        assert blobs.sweep([]) == 0  # fresh ones may belong to a letter that is being written
        assert commands.prune_posted(clock.now() - timedelta(days=90)) > 0
        blobs.sweep([kept], now=blobs.place(kept).stat().st_mtime + 1e6)
        assert blobs.is_here(kept)
        assert blobs.sweep([], now=blobs.place(kept).stat().st_mtime + 1e6) >= 1
        assert not blobs.is_here(kept)

    def test_a_note_that_a_neighbour_is_there(self, yantai):
        Node.objects.filter(code="3706").update(heard_at=None)
        commands.note_heard(PLATFORM, code="3706")
        assert Node.objects.get(code="3706").heard_at


class TestHeld:
    def test_what_cannot_be_taken_waits_and_others_go_on(self, yantai, taken):
        yantai.send("test.thing", "a", {"bad": True})
        yantai.send("test.thing", "a", {"n": 2})
        yantai.send("test.thing", "b", {"n": 3})
        assert [k for _o, k, _b, _f in taken] == ["b"]
        first, second = Held.objects.order_by("id")
        assert "cannot be" in first.fault
        assert "earlier letter" in second.fault
        with pytest.raises(Conflict, match="更早的信件"):
            commands.retry_held(PLATFORM, held=second.id)
        assert commands.retry_held(PLATFORM, held=first.id) is False
        assert Held.objects.get(id=first.id).tries == 2

    def test_tried_again_it_goes_in_its_order(self, yantai, taken, monkeypatch):
        yantai.send("test.thing", "a", {"bad": True})
        yantai.send("test.thing", "a", {"n": 2})
        first, second = Held.objects.order_by("id")
        monkeypatch.setitem(arrivals.HANDLERS, "test.thing", lambda _actor, letter: taken.append(letter.body))
        assert commands.retry_held(PLATFORM, held=first.id)
        assert commands.retry_held(PLATFORM, held=second.id)
        assert taken == [{"bad": True}, {"n": 2}]
        with pytest.raises(Conflict):
            commands.retry_held(PLATFORM, held=first.id)

    def test_only_when_its_time_has_come(self, yantai, taken):
        yantai.send("test.thing", "a", {"bad": True})
        assert queries.due_again() == []
        with clock.at(clock.now() + timedelta(minutes=1)):
            assert [h.key for h in queries.due_again()] == ["a"]

    def test_given_up_with_a_reason(self, yantai, taken):
        yantai.send("test.thing", "a", {"bad": True})
        one = Held.objects.get()
        with pytest.raises(Invalid):
            commands.drop_held(PLATFORM, held=one.id, words=" ")
        commands.drop_held(PLATFORM, held=one.id, words="测试信件")
        yantai.send("test.thing", "a", {"n": 2})
        assert [b for _o, _k, b, _f in taken] == [{"n": 2}]
        assert Entry.objects.filter(tag="nodes.letter.done").latest("id").body["words"] == "测试信件"

    def test_unknown_kinds_wait_for_a_newer_version(self, yantai):
        yantai.send("future.thing", "a", {})
        assert "knows no letters about future.thing" in Held.objects.get().fault

    def test_noise_on_the_line_stops_it_loudly(self, yantai):
        with pytest.raises(BadEnvelope):
            yantai.put(b"noise")
        assert Node.objects.get(code="3706").taken == 1


class TestRelay:
    def test_a_letter_for_another_goes_on_unread(self, yantai, weifang, taken):
        document = yantai.document("test.thing", "a", {"n": 1}, to="3707", files=[("f", "a.pdf", b"x")])
        yantai.put(document)
        assert taken == []
        one = Posted.objects.filter(node__code="3707").latest("number")
        assert bytes(one.document) == document
        assert one.ciphers
        assert weifang.inbox("test.thing") == [("test.thing", "a", {"n": 1})]

    def test_what_is_for_everybody_reaches_all_but_its_writer_and_who_comes_later(self, yantai, weifang, taken):
        yantai.inbox()
        yantai.send("test.thing", "a", {"n": 1}, to=letters.EVERYBODY)
        yantai.send("test.thing", "a", {"n": 2}, to=letters.EVERYBODY)
        assert [b["n"] for _o, _k, b, _f in taken] == [1, 2]
        assert [b["n"] for _k, _key, b in weifang.inbox("test.thing")] == [1, 2]
        assert yantai.inbox("test.thing") == []
        late = Peer("3708", "济宁市", ["3708"]).join_below()
        assert [b["n"] for _k, _key, b in late.inbox("test.thing")] == [2]  # only the newest
        assert Announced.objects.filter(kind="test.thing").count() == 1

    def test_no_way_holds_it(self, yantai):
        document = yantai.document("test.thing", "a", {"n": 1}, to="3706")
        yantai.put(document)
        assert "no way to 3706" in Held.objects.get().fault

    def test_nobody_writes_in_anothers_name(self, yantai, weifang, taken):
        yantai.put(yantai.document("test.thing", "a", {}, origin="3707"))
        yantai.put(yantai.document("test.thing", "b", {}, origin="3707", signer=weifang.key))
        yantai.put(yantai.document("test.thing", "c", {}, origin="37"))
        yantai.put(yantai.document("test.thing", "d", {}, origin="3799"))
        faults = dict(Held.objects.values_list("key", "fault"))
        assert taken == []
        assert "signature" in faults["a"]
        assert "does not lead to its writer" in faults["b"]
        assert set(faults) == set("abcd")

    def test_a_county_joins_below_a_city(self, yantai):
        county = Peer("370683", "莱州市", ["370683"])
        yantai.send("nodes.node", "370683", {**county.told, "ended": False}, to=letters.EVERYBODY)
        queries.forget()
        node = Node.objects.get(code="370683")
        assert (node.place, node.via, queries.home_of("370683"), queries.home_of("370602")) == ("beyond", "3706", "370683", "3706")
        commands.write_letter(PLATFORM, to="370683", kind="test.thing", key="a", body={"n": 1})
        one = Posted.objects.filter(node__code="3706").latest("number")
        assert letters.opened(letters.read(bytes(one.document)), county.key)[0] == {"n": 1}

    def test_an_address_is_a_web_address_or_none(self, yantai):
        for code, address in (("370602", "javascript:alert(1)"), ("370683", "https://laizhou.example")):
            yantai.send("nodes.node", code, {**Peer(code, "县", [code]).told, "address": address, "ended": False}, to=letters.EVERYBODY)
        assert dict(Node.objects.filter(place="beyond").values_list("code", "address")) == {"370602": "", "370683": "https://laizhou.example"}

    def test_a_node_tells_of_none_outside_what_it_serves(self, yantai):
        for code in ("370102", "3707"):
            yantai.send("nodes.node", code, {**Peer(code, "冒名", [code]).told, "ended": False}, to=letters.EVERYBODY)
        assert Held.objects.count() == 2
        assert not Node.objects.filter(code__in=("370102", "3707")).exists()

    def test_nobody_above_takes_what_this_node_serves(self, db):
        province = Peer("37", "山东省", ["37"], place="above").invite("3706", "烟台市", ["3706"])
        province.send("nodes.node", "370602", {**Peer("370602", "芝罘区", ["370602"]).told, "ended": False}, to=letters.EVERYBODY)
        province.send("nodes.node", "3707", {**Peer("3707", "潍坊市", ["3707"]).told, "ended": False}, to=letters.EVERYBODY)
        queries.forget()
        assert (queries.home_of("370602"), queries.home_of("3707")) == ("", "3707")
        assert Held.objects.get().key == "370602"


class TestOrgans:
    def test_a_node_tells_its_organs(self, yantai):
        held = Organ.objects.filter(region_code="370602", valid_to=None).first()
        rows = [r for r in orgs.told_organs("370602", 0) if r["key"] == held.key]
        rows[0]["name"] = "芝罘区新名称局"
        yantai.send("orgs.organs", "3706", {"region": "3706", "organs": rows}, to=letters.EVERYBODY)
        held.refresh_from_db()
        assert held.name == "芝罘区新名称局"
        assert Entry.objects.filter(tag="orgs.organs.taken").latest("id").body["changed"] == 1

    def test_not_those_of_others(self, yantai):
        rows = [r for r in orgs.told_organs("370102", 0) if r["key"] == "370102-market"]
        yantai.send("orgs.organs", "3706", {"region": "3706", "organs": rows}, to=letters.EVERYBODY)
        assert "does not serve" in Held.objects.get().fault


CODES = st.sampled_from(["37", "3706", "370602", "370683", "3707", "370702"])


@given(st.lists(CODES, unique=True, min_size=1), CODES)
def test_the_closest_node_is_home(codes, region):
    nodes = [rules.Known(c, (c,), "here" if c == codes[0] else "beyond", "") for c in codes]
    home = rules.home_of(nodes, region)
    fitting = [c for c in codes if region.startswith(c)]
    best = max(fitting, key=len, default="")
    assert home == ("" if best in ("", codes[0]) else best)


def test_letters_go_down_where_they_lead_and_else_up():
    nodes = [
        rules.Known("3706", ("3706",), "here"),
        rules.Known("37", ("37",), "above"),
        rules.Known("370683", ("370683",), "below"),
        rules.Known("3707", ("3707",), "beyond", "37"),
    ]
    assert [rules.next_hop(nodes, to) for to in ("37", "370683", "3707", "3799")] == ["37", "370683", "37", "37"]
    assert rules.next_hop(nodes[:1], "37") == ""


def test_retries_slow_down():
    assert [rules.retry_after(n) for n in (1, 2, 3, 9)] == [10, 60, 300, 3600]


def test_a_receipt_is_canonical_json():
    held = letters.receipt(sm.SigningKey.generate(), taker="a", sender="b", number=1, chain="00", at="x")
    assert json.loads(held["receipt"]) == {"at": "x", "chain": "00", "number": 1, "sender": "b", "taker": "a"}


def test_whoever_writes_is_named_in_the_ledger(yantai, taken):
    yantai.send("test.thing", "a", {})
    entry = Entry.objects.filter(tag="nodes.letter.taken").latest("id")
    assert (entry.body["what"], entry.body["held"], entry.subject) == ("test.thing", False, "node:3706")
