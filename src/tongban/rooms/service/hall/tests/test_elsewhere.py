"""One case in two places: handed in here and decided elsewhere, handed in elsewhere and decided here."""

import uuid
from datetime import datetime, timedelta

import pytest

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.cases import commands as cases
from tongban.kernel.cases import queries as case_queries
from tongban.kernel.cases.models import Case, WorkItem
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as file_queries
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.models import Person
from tongban.kernel.ledger.models import Entry
from tongban.kernel.nodes import arrivals, queries
from tongban.kernel.nodes.models import Held
from tongban.kernel.nodes.tests.peer import Peer, deliver
from tongban.kernel.notices.models import Notice
from tongban.lib import clock
from tongban.lib.bus.letters import EVERYBODY
from tongban.lib.errors import Conflict
from tongban.lib.sample import sample_pdf
from tongban.rooms.service.hall.commands import applications, elsewhere, licences, matters, ratings
from tongban.rooms.service.hall.models import Matter, MatterVersion, Rating, RatingInvitation
from tongban.rooms.service.hall.queries import licences as licence_queries
from tongban.rooms.service.hall.queries import matters as matter_queries

pytestmark = pytest.mark.django_db
PLATFORM = system("test")
CODE = f"food-operation-permit-new@{LIXIA}"
ITEM = "food-operation-permit-new"
MONDAY = datetime(2026, 11, 2, 9, tzinfo=clock.CHINA)


@pytest.fixture(autouse=True)
def _monday(db, monkeypatch):
    """Only what a test looks at is told to a node that joins."""
    for kind in set(arrivals.ANNOUNCERS) - {"nodes.node"}:
        monkeypatch.delitem(arrivals.ANNOUNCERS, kind)
    deliver()
    with clock.at(MONDAY):
        yield


@pytest.fixture
def jinan(db):
    """The city of Jinan as a node below this one, keeping the matters of Lixia."""
    told = next(body for key, body in elsewhere.own_matters() if key == ITEM)
    peer = Peer("3701", "济南市", ["3701"]).join_below()
    rows = [r for r in told["rows"] if r["region_code"].startswith("3701")]
    peer.send("hall.matter", ITEM, {**told, "version": {**told["version"], "id": 4711, "number": 9}, "rows": rows}, to=EVERYBODY)
    assert not Held.objects.exists()
    peer.inbox()
    return peer


@pytest.fixture
def applied(jinan):
    """(peer, number, the application as it left)."""
    actor = province.citizen("zhang")
    data, materials = province.complete(actor, CODE)
    number = applications.submit_application(actor, matter_code=CODE, data=data, materials=materials)
    deliver()
    [(_kind, _key, body)] = jinan.inbox("hall.application")
    return jinan, number, body


def state(number, **changes):
    """How the case stands at its home, as the letter tells it."""
    one = Case.objects.unscoped("test").get(number=number)
    items = [
        {"task": i.task, "step": i.step, "name": i.name, "stage": i.stage, "role": i.role, "state": i.state, "done_by_name": "", "action": "", "action_name": "",
         "due": None, "step_due": None, "opened_at": MONDAY.isoformat(), "done_at": None, "opinion": ""} for i in case_queries.items_of(one)
    ]  # fmt: skip
    clock_now = [
        {"kind": e.kind, "on": e.on.isoformat(), "at": e.at.isoformat(), "days": 0, "reason": e.reason, "note": "", "authority": ""}
        for e in case_queries.clock_events(one)
    ]
    told = {
        "state": one.state, "result": "", "corrections": 0, "paused": "", "promised_days": one.promised_days, "statutory_days": one.statutory_days,
        "accepted_on": None, "receipt_due": "2026-11-09", "promise_due": None, "statutory_due": None, "decided_at": None, "closed_at": None,
        "items": items, "clock": clock_now, "event": {"tag": "cases.case.submitted"},
    }  # fmt: skip
    return {**told, **changes}


def accepted(number):
    told = state(number, state="accepted", accepted_on="2026-11-03", receipt_due=None, promise_due="2026-11-10", statutory_due="2026-11-17")
    told["event"] = {"tag": "cases.case.accepted", "opinion": "", "due": "2026-11-10"}
    told["items"][0] |= {"state": "done", "done_by_name": "李某", "action": "accept", "action_name": "受理", "done_at": MONDAY.isoformat()}
    told["items"].append({**told["items"][0], "task": "next", "name": "现场核查", "state": "open", "action": "", "done_at": None, "due": "2026-11-10"})
    told["clock"].append({"kind": "start", "on": "2026-11-03", "at": MONDAY.isoformat(), "days": 0, "reason": "", "note": "", "authority": ""})
    return told


class TestMatters:
    def test_another_nodes_matters_are_offered_here(self, jinan):
        one = Matter.objects.get(code=CODE)
        assert (one.version.origin, one.version.origin_id, one.version.number, one.process.startswith("3701-")) == ("3701", 4711, 9, True)
        assert Matter.objects.get(code=f"{ITEM}@370202").version.origin == ""
        assert [v.number for v in matter_queries.versions(CODE)] == [9]
        assert matter_queries.guide(CODE).name == one.name

    def test_they_are_changed_there(self, jinan):
        with pytest.raises(Conflict, match="济南市"):
            matters.cancel_matter(PLATFORM, code=CODE, document="鲁政办字〔2026〕1号")
        version = MatterVersion.objects.get(item__key=ITEM, origin="", state="published")
        draft = matters.save_version(PLATFORM, item=ITEM, content={**version.content, "name": "新名称"})
        matters.submit_version(PLATFORM, version=draft.id)
        matters.review_version(system("另一人"), version=MatterVersion.objects.filter(id=draft.id).update(drafted_by=1) and draft.id, approve=True)
        matters.publish_version(PLATFORM, version=draft.id, document="鲁政办字〔2026〕1号", effective_on=MONDAY.date())
        assert Matter.objects.get(code=CODE).name != "新名称"
        assert Matter.objects.get(code=f"{ITEM}@370202").name == "新名称"
        deliver()
        [(_kind, key, body)] = jinan.inbox("hall.matter")
        assert (key, body["version"]["content"]["name"]) == (ITEM, "新名称")
        assert not [r for r in body["rows"] if r["region_code"].startswith("3701")]

    def test_nobody_delegates_into_another_node(self, jinan):
        code = next(m.code for m in Matter.objects.filter(region_code="37", state="in-force").exclude(organ=None))
        with pytest.raises(Conflict, match="济南市"):
            matters.delegate_matter(PLATFORM, code=code, regions=["3701"], document="鲁政办字〔2026〕1号")

    def test_a_newer_version_supersedes_and_the_same_again_changes_nothing(self, jinan):
        told = {"item": {"key": ITEM}, "processes": [], "rows": []}
        version = {"id": 5, "number": 10, "content": MatterVersion.objects.get(origin="3701").content, "document_number": "", "effective_on": None}
        for _again in range(2):
            jinan.send("hall.matter", ITEM, {**told, "version": version}, to=EVERYBODY)
        assert dict(MatterVersion.objects.filter(origin="3701").values_list("number", "state")) == {9: "superseded", 10: "published"}

    @pytest.mark.parametrize("change", [{"region_code": "3702"}, {"region_code": "37"}, {"code": f"{ITEM}@370202"}, {"organ": "no-such-organ"}])
    def test_what_a_node_may_not_say(self, jinan, change):
        told = next(body for key, body in elsewhere.own_matters() if key == ITEM)
        row = {**told["rows"][0], "code": CODE, "region_code": LIXIA, "organ": f"{LIXIA}-market"}
        jinan.send("hall.matter", ITEM, {**told, "rows": [{**row, **change}]}, to=EVERYBODY)
        assert Held.objects.count() == 1

    def test_content_that_makes_no_page_is_held(self, jinan):
        told = next(body for key, body in elsewhere.own_matters() if key == ITEM)
        told["version"] = {**told["version"], "number": 12, "content": {"form_fields": []}}
        jinan.send("hall.matter", ITEM, {**told, "rows": []}, to=EVERYBODY)
        assert Held.objects.count() == 1
        assert not MatterVersion.objects.filter(origin="3701", number=12).exists()

    def test_a_broken_form_is_held(self, jinan):
        told = next(body for key, body in elsewhere.own_matters() if key == ITEM)
        told["version"] = {
            **told["version"],
            "number": 11,
            "content": {**told["version"]["content"], "form_fields": [{"name": "x", "type": "nonsense", "label": "x"}]},
        }
        jinan.send("hall.matter", ITEM, {**told, "rows": []}, to=EVERYBODY)
        assert "JSON Schema" in Held.objects.get().fault


class TestHandedInHere:
    def test_the_application_travels_whole(self, applied):
        _peer, number, body = applied
        assert number.startswith("SD26-1102-90000")
        one = Case.objects.unscoped("test").get(number=number)
        assert (one.home, one.state, body["number"], body["version"]) == ("3701", "submitted", number, 4711)
        assert body["data"] == one.data
        assert body["who"]["person"]["id_number"] == one.person.id_number
        assert body["process"]["key"] == "permit-with-site-check"
        assert {m["file"] for m in body["materials"]} == {m["file"] for m in one.materials}

    def test_it_is_nobodys_work_here(self, applied):
        _peer, number, _body = applied
        assert set(WorkItem.objects.unscoped("test").filter(case__number=number).values_list("organ_id", flat=True)) == {0}
        assert number not in case_queries.past_receipt()
        with clock.at(MONDAY + timedelta(30)):
            assert number not in case_queries.past_receipt()
            assert number not in case_queries.watchable(clock.today())
        assert number not in {i.case.number for i in case_queries.work_list(province.official("li"))}

    def test_its_home_says_how_it_stands_and_the_clock_is_the_same(self, applied):
        peer, number, _body = applied
        told = accepted(number)
        peer.send("cases.state", number, told)
        one = case_queries.case(province.citizen("zhang"), number)
        assert (one.state, str(one.promise_due), str(one.statutory_due)) == ("accepted", "2026-11-10", "2026-11-17")
        assert [e.kind for e in case_queries.clock_events(one)] == ["receive", "start"]
        assert [(i.name, i.state) for i in case_queries.items_of(one)][-1] == ("现场核查", "open")
        peer.send("cases.state", number, told)
        assert len(case_queries.clock_events(one)) == 2
        deliver()
        assert Notice.objects.filter(title__startswith="受理通知书").count() == 2  # each word of its home is told
        assert Entry.objects.filter(subject=f"case:{number}", tag="cases.case.echoed").count() == 2

    def test_only_its_home(self, applied):
        _peer, number, _body = applied
        qingdao = Peer("3702", "青岛市", ["3702"]).join_below()
        for kind in ("cases.state", "cases.act-refused", "hall.licence", "hall.rating-reply"):
            qingdao.send(kind, number, accepted(number))
        assert Held.objects.count() == 4
        assert Case.objects.unscoped("test").get(number=number).state == "submitted"

    def test_a_withdrawal_is_asked_for_and_answered(self, applied):
        peer, number, _body = applied
        actor = province.citizen("zhang")
        assert cases.withdraw_case(actor, number=number, reason="不办了").state == "submitted"
        [(_kind, _key, body)] = peer.inbox("cases.act")
        assert (body["act"], body["words"]) == ("withdraw", "不办了")
        with pytest.raises(Conflict, match="尚未回复"):
            cases.withdraw_case(actor, number=number)
        peer.send("cases.act-refused", number, {"act": "withdraw", "words": "已作出决定，不能撤回。"})
        one = case_queries.case(actor, number)
        assert one.awaiting == ""
        deliver()
        assert Notice.objects.filter(title__startswith="未能办理", body__contains="不能撤回").exists()
        cases.withdraw_case(actor, number=number)
        peer.send("cases.state", number, state(number, state="withdrawn", event={"tag": "cases.case.withdrawn"}))
        one = case_queries.case(actor, number)
        assert (one.state, one.awaiting) == ("withdrawn", "")

    def test_a_correction_travels_with_its_new_file(self, applied):
        peer, number, _body = applied
        actor = province.citizen("zhang")
        told = state(number, state="correcting", corrections=1, paused="correction", receipt_due=None)
        told["items"][0] |= {"state": "done", "action": "correct", "action_name": "补正", "opinion": "请补图"}
        told["items"].append(
            {**told["items"][0], "task": "fix", "step": "correct", "name": "补正", "stage": "correction", "role": "citizen", "state": "open", "action": ""}
        )
        step = next(k for k, s in Case.objects.unscoped("t").get(number=number).process.steps.items() if s["stage"] == "correction")
        told["items"][-1]["step"] = step
        told["event"] = {"tag": "cases.case.correction-requested", "opinion": "请补图"}
        peer.send("cases.state", number, told)
        one = case_queries.case(actor, number)
        data, materials = province.complete(actor, CODE)
        sent = applications.correct_application(actor, number=number, data={**data, "staff_count": 9}, materials=materials)
        assert (sent.state, sent.awaiting) == ("correcting", "resubmit")
        [(_kind, _key, body)] = peer.inbox("cases.act")
        assert (body["task"], body["data"]["staff_count"]) == ("fix", 9)
        assert case_queries.case(actor, number).data["staff_count"] != 9
        foreign = {"material": "x", "file": str(files.keep_made(PLATFORM, name="机密.pdf", content=sample_pdf("机密")).id), "name": "x"}
        peer.send("cases.state", number, state(number, event={"tag": "cases.case.resubmitted"}, data=body["data"], materials=[*body["materials"], foreign]))
        one = case_queries.case(actor, number)
        assert (one.awaiting, one.data["staff_count"], one.materials) == ("", 9, body["materials"])

    def test_its_licence_comes_and_is_genuine(self, applied):
        peer, number, _body = applied
        content = {"number": "L1", "holder": "x", "case": number, "synthetic": True}
        text = licence_queries.canonical(content)
        pdf = sample_pdf("证照")
        identifier = str(uuid.uuid4())
        told = {
            "number": "L1", "code": "unguessable-code-1", "case_number": number, "name": "食品经营许可证", "holder_name": "x", "organ": f"{LIXIA}-market",
            "organ_name": "历下区市场监督管理局", "region_code": LIXIA, "content": content, "signature": peer.key.sign(text).hex(), "signer": peer.key.public.hex(),
            "state": "valid", "valid_from": "2026-11-02", "valid_to": None, "issued_at": MONDAY.isoformat(), "pdf": identifier, "changes": [],
        }  # fmt: skip
        peer.send("hall.licence", number, told, files=[(identifier, "L1.pdf", pdf)])
        assert not Held.objects.exists()
        [one] = licence_queries.own_licences(province.citizen("zhang"))
        assert (one.home, str(one.pdf)) == ("3701", identifier)
        assert licence_queries.by_code("unguessable-code-1").in_force
        change = {"at": MONDAY.isoformat(), "kind": "suspend", "reason": "整改", "by_name": "孙某"}
        peer.send("hall.licence", number, {**told, "state": "suspended", "changes": [change]}, files=[(identifier, "L1.pdf", pdf)])
        verdict = licence_queries.by_code("unguessable-code-1")
        assert (verdict.genuine, verdict.in_force, verdict.licence.changes.get().reason) == (True, False, "整改")
        peer.send("hall.licence", number, {**told, "content": {**content, "holder": "y"}}, files=[(identifier, "L1.pdf", pdf)])
        assert not licence_queries.by_code("unguessable-code-1").genuine

    def test_rated_here_it_counts_there_and_the_answer_comes_back(self, applied):
        peer, number, _body = applied
        peer.send(
            "cases.state",
            number,
            state(number, state="not-accepted", closed_at=MONDAY.isoformat(), event={"tag": "cases.case.not-accepted", "opinion": "理由"}),
        )
        deliver()
        invitation = RatingInvitation.objects.get(case_number=number)
        ratings.rate_service(PLATFORM, token=invitation.token, level=5, indicators=[], words="太慢")
        deliver()
        [(_kind, _key, body)] = peer.inbox("hall.rating")
        assert (body["level"], body["words"]) == (5, "太慢")
        for _again in range(2):
            peer.send("hall.rating-reply", number, {"reply": "已整改，向您致歉", "at": MONDAY.isoformat(), "by": "赵某"})
        assert Rating.objects.get(invitation=invitation).reply == "已整改，向您致歉"
        deliver()
        assert Notice.objects.filter(title__startswith="差评整改回复", body__contains="向您致歉").count() == 1


@pytest.fixture
def arrived(db):
    """(peer, number): a case that was handed in at Yantai and is decided here."""
    peer = Peer("3706", "烟台市", ["3706"]).join_below()
    peer.inbox()
    told = application()
    peer.send("hall.application", told["number"], told, files=[(told["materials"][0]["file"], "图.pdf", sample_pdf("图"))])
    assert not Held.objects.exists()
    return peer, told["number"]


def application(**changes):
    actor = province.citizen("zhang")
    data, materials = province.complete(actor, CODE)
    identifier = str(uuid.uuid4())
    firm = identity.synthetic_enterprises().first()
    who = identity.told_applicant(actor.person, firm.id)
    who["person"] |= {"id_number": province.synthetic_id(321), "name": "远合成"}
    return {
        "number": "YT26-1130-9060000001", "matter": CODE, "version": 1, "title": "食品经营许可", "applicant": "远合成", "who": who, "data": data,
        "materials": [{**m, "file": identifier} for m in materials], "process": {"key": "permit-with-site-check", "number": 1}, "promised": 5, "statutory": 10,
        "submitted_at": (MONDAY - timedelta(3)).isoformat(), "bundle": "", "channel": "online", **changes,
    }  # fmt: skip


def act(username, number, action, opinion="写明理由"):
    actor = province.official(username)
    item = case_queries.doable(actor, case_queries.case(actor, number))
    return cases.complete_item(actor, item=item.id, action=action, opinion=opinion)


class TestDecidedHere:
    def test_it_is_work_here_and_its_clock_runs_since_it_was_handed_in(self, arrived):
        _peer, number = arrived
        one = case_queries.case(province.official("li"), number)
        assert (one.filed_at, one.home, one.state, one.submitted_at) == ("3706", "", "submitted", MONDAY - timedelta(3))
        assert str(one.receipt_due) == "2026-11-06"  # five working days after Friday 30 October
        assert [e.on.isoformat() for e in case_queries.clock_events(one)] == ["2026-10-30"]
        assert number in {i.case.number for i in case_queries.work_list(province.official("li"))}
        assert Person.objects.of_number(province.synthetic_id(321)).get().name == "远合成"

    def test_every_step_is_told_where_it_was_handed_in(self, arrived):
        peer, number = arrived
        act("li", number, "accept")
        act("qian", number, "pass", "内部意见：现场与图纸一致")
        deliver()
        told = [body for _k, _key, body in peer.inbox("cases.state")]
        assert [t["event"]["tag"] for t in told] == ["cases.case.submitted", "cases.case.accepted", "cases.step.taken"]
        one = case_queries.case(province.official("li"), number)
        assert (told[-1]["promise_due"], len(told[-1]["clock"])) == (one.promise_due.isoformat(), 2)
        done = [i for i in told[-1]["items"] if i["state"] == "done"]
        assert [i["opinion"] for i in done] == ["写明理由", ""]  # what officials write to each other stays here

    def test_the_same_application_again_changes_nothing(self, arrived):
        peer, number = arrived
        told = application()
        peer.send("hall.application", number, told, files=[(told["materials"][0]["file"], "图.pdf", sample_pdf("图"))])
        assert Case.objects.unscoped("test").filter(number=number).count() == 1

    def test_its_applicant_withdraws_there(self, arrived):
        peer, number = arrived
        act("li", number, "accept")
        peer.send("cases.act", number, {"act": "withdraw", "task": "", "words": "不办了", "data": None, "materials": None, "by": "远合成"})
        deliver()
        assert case_queries.case(PLATFORM, number).state == "withdrawn"
        assert peer.inbox("cases.state")[-1][2]["event"]["tag"] == "cases.case.withdrawn"
        entry = Entry.objects.get(subject=f"case:{number}", tag="cases.case.withdrawn")
        assert entry.actor_name == "远合成（经烟台市节点）"
        peer.send("cases.act", number, {"act": "withdraw", "task": "", "words": "", "data": None, "materials": None, "by": "远合成"})
        [(_kind, _key, body)] = peer.inbox("cases.act-refused")
        assert body["act"] == "withdraw"
        assert not Held.objects.exists()

    def test_its_applicant_corrects_there(self, arrived):
        peer, number = arrived
        act("li", number, "correct")
        deliver()
        told = peer.inbox("cases.state")[-1][2]
        item = next(i for i in told["items"] if i["state"] == "open")
        one = case_queries.case(PLATFORM, number)
        identifier = str(uuid.uuid4())
        body = {
            "act": "resubmit", "task": item["task"], "words": "已补", "data": {**one.data, "staff_count": 9}, "by": "远合成",
            "materials": [*one.materials, {"material": "补充", "file": identifier, "name": "补.pdf"}],
        }  # fmt: skip
        peer.send("cases.act", number, body, files=[(identifier, "补.pdf", sample_pdf("补"))])
        deliver()
        one = case_queries.case(PLATFORM, number)
        assert (one.state, one.data["staff_count"], one.materials) == ("submitted", 9, body["materials"])
        told = peer.inbox("cases.state")[-1][2]
        assert (told["event"]["tag"], told["data"]["staff_count"]) == ("cases.case.resubmitted", 9)
        peer.send("cases.act", number, body)
        assert peer.inbox("cases.act-refused")

    def test_licence_and_rating(self, arrived):
        peer, number = arrived
        for who, action in (("li", "accept"), ("qian", "pass"), ("qian", "pass"), ("zhao", "grant")):
            act(who, number, action)
        deliver()
        licence = licences.issue_licence(PLATFORM, case_number=number)
        act("sun", number, "deliver")
        deliver()
        [(_kind, _key, body)] = peer.inbox("hall.licence")
        assert (body["number"], body["state"]) == (licence.number, "valid")
        assert not RatingInvitation.objects.filter(case_number=number).exists()  # its applicant is asked there
        peer.send(
            "hall.rating", number, {"level": 4, "indicators": [], "words": "慢", "channel": "online", "by_default": False, "rated_at": MONDAY.isoformat()}
        )
        deliver()
        given = Rating.objects.get(invitation__case_number=number)
        assert given.rectify_due
        ratings.answer_rating(province.official("zhao"), rating=given.id, reply="已核实并整改")
        deliver()
        [(_kind, _key, body)] = peer.inbox("hall.rating-reply")
        assert body["reply"] == "已核实并整改"
        renewed = licences.reissue_licence(province.official("sun"), number=licence.number, items={next(iter(licence.content["items"])): "新"}, reason="变更")
        deliver()
        assert [(b["number"], b["state"]) for _k, _key, b in peer.inbox("hall.licence")] == [(licence.number, "replaced"), (renewed.number, "valid")]

    @pytest.mark.parametrize(
        "change", [{"matter": "nothing@37"}, {"who": {"person": {"id_number": "1", "name": "x", "mobile": "", "address": "", "region": "", "synthetic": True}}}]
    )
    def test_what_cannot_be_taken_is_held_not_lost(self, arrived, change):
        peer, _number = arrived
        told = application(**{**change, "number": "YT26-1130-9060000002"})
        peer.send("hall.application", told["number"], told, files=[(told["materials"][0]["file"], "图.pdf", sample_pdf("图"))])
        assert Held.objects.count() == 1

    def test_a_node_shows_no_file_that_it_did_not_send(self, arrived):
        peer, number = arrived
        secret = sample_pdf("机密")  # made once: the second of its making stands in it
        mine = files.keep_made(PLATFORM, name="机密.pdf", content=secret)
        told = application(number="YT26-1130-9060000003")
        told["materials"][0]["file"] = str(mine.id)
        peer.send("hall.application", told["number"], told)
        body = {"act": "resubmit", "task": "x", "words": "", "data": {}, "by": "", "materials": [{"material": "x", "file": str(mine.id), "name": "x"}]}
        peer.send("cases.act", number, body)
        peer.send("hall.application", "YT26-1130-9060000004", application(number="YT26-1130-9060000004"), files=[(str(mine.id), "x.pdf", sample_pdf("别的"))])
        assert [h.kind for h in Held.objects.order_by("id")] == ["hall.application", "cases.act", "hall.application"]
        assert file_queries.content(file_queries.file(PLATFORM, str(mine.id))) == secret

    def test_a_bad_rating_is_no_rating(self, arrived):
        peer, number = arrived
        peer.send("hall.rating", number, {"level": 9, "indicators": [], "words": "", "channel": "x", "by_default": False, "rated_at": MONDAY.isoformat()})
        assert "no rating" in Held.objects.get().fault


def test_alone_nothing_is_written(db):
    actor = province.citizen("zhang")
    data, materials = province.complete(actor, CODE)
    number = applications.submit_application(actor, matter_code=CODE, data=data, materials=materials)
    deliver()
    assert queries.own_code() == ""
    assert not Entry.objects.filter(tag__startswith="nodes.").exists()
    assert Case.objects.unscoped("test").get(number=number).home == ""
