"""The public API of the hall: the main job, and what it refuses, as another system would call it."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tongban.config import province
from tongban.config.personas import DEMO_PASSWORD, LIXIA
from tongban.kernel.cases.tests.test_commands import CODE, act, submit
from tongban.kernel.identity.actor import system
from tongban.lib.sample import sample_pdf
from tongban.rooms.service.hall.commands import licences
from tongban.rooms.service.hall.tests.test_commands import granted

pytestmark = pytest.mark.django_db
PLATFORM = system("test")


class Caller:
    def __init__(self, client, username):
        told = client.post("/api/account/tokens", json.dumps({"username": username, "password": DEMO_PASSWORD}), content_type="application/json")
        self.client, self.token = client, told.json()["token"]

    def get(self, path, **query):
        return self.client.get("/api" + path, query, HTTP_AUTHORIZATION=f"Bearer {self.token}")

    def post(self, path, body=None, **more):
        if more:
            return self.client.post("/api" + path, more, HTTP_AUTHORIZATION=f"Bearer {self.token}")
        return self.client.post("/api" + path, json.dumps(body or {}), content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {self.token}")


@pytest.fixture
def caller(client):
    return lambda username: Caller(client, username)


SHOP = "92370102MA0000001R"


def application(caller, **changes):
    file = caller.post("/hall/files", file=SimpleUploadedFile("布局.pdf", sample_pdf("合成数据"), "application/pdf")).json()["file"]
    guide = caller.get(f"/hall/matters/{CODE}").json()
    known = caller.get(f"/hall/prefill/{CODE}", acting_for=SHOP).json()["values"]
    data, _files = province.complete(province.citizen(), CODE)
    needed = [m["name"] for m in guide["materials"] if m["provider"] == "applicant" and m["required"] and m["type"] != "申请表"]
    return {"matter": CODE, "data": {**data, **known}, "materials": [{"material": m, "file": file} for m in needed], "acting_for": SHOP, **changes}


class TestApplying:
    def test_from_search_to_number_and_progress(self, caller):
        zhang = caller("zhang")
        found = zhang.get("/hall/matters", q="我要开一家小餐馆", region=LIXIA).json()
        assert found["hits"][0]["code"] == CODE
        made = zhang.post("/hall/applications", application(zhang))
        assert made.status_code == 201
        number = made.json()["number"]
        assert zhang.get(f"/hall/progress/{number}").json()["organ"] == "历下区市场监督管理局"
        assert number in {c["number"] for c in zhang.get("/hall/cases").json()}
        assert zhang.get(f"/hall/cases/{number}").json()["state"] == "submitted"
        assert [a["tag"] for a in zhang.get(f"/hall/cases/{number}/acts").json()] == ["cases.case.submitted"]

    def test_the_same_key_gets_the_same_number(self, caller):
        zhang = caller("zhang")
        body = application(zhang, once="key-1")
        assert zhang.post("/hall/applications", body).json() == zhang.post("/hall/applications", body).json()

    def test_faults_are_a_problem_document_that_names_the_fields(self, caller):
        zhang = caller("zhang")
        body = application(zhang)
        body["data"]["place_area"] = -1
        told = zhang.post("/hall/applications", body)
        assert told.status_code == 422
        assert told["Content-Type"].startswith("application/problem+json")
        assert "place_area" in {e["field"] for e in told.json()["errors"]}

    def test_without_a_mandate_nobody_acts_for_the_shop(self, caller):
        wang = caller("wang")
        assert wang.get(f"/hall/prefill/{CODE}", acting_for=SHOP).status_code == 403

    def test_the_wrong_kind_of_applicant_is_told_so(self, caller):
        zhang = caller("zhang")
        told = zhang.post("/hall/applications", {"matter": f"senior-preferential-card@{LIXIA}", "data": {}, "materials": [], "acting_for": SHOP})
        assert (told.status_code, told.json()["title"]) == (409, "wrong-applicant")

    def test_a_matter_that_is_not_there(self, caller):
        assert caller("zhang").post("/hall/applications", {"matter": "x@y", "data": {}}).status_code == 404

    def test_withdrawn_and_then_no_more_decided(self, caller):
        number = submit()
        zhang = caller("zhang")
        assert zhang.post(f"/hall/cases/{number}/withdrawal", {"reason": "不办了"}).json()["state"] == "withdrawn"
        assert caller("li").get("/hall/work-items", case=number).json() == []

    def test_corrected(self, caller):
        number = submit()
        act("li", number, "correct", "请补充")
        zhang = caller("zhang")
        body = application(zhang)
        told = zhang.post(f"/hall/cases/{number}/corrections", {"data": body["data"], "materials": body["materials"], "note": "已补充"})
        assert told.status_code == 200
        assert zhang.post(f"/hall/cases/{number}/corrections", {"data": body["data"]}).status_code in (404, 409)


class TestWork:
    def test_an_item_is_found_claimed_and_done(self, caller):
        number = submit()
        li = caller("li")
        [item] = li.get("/hall/work-items", case=number).json()
        assert {"accept", "correct"} <= set(item["actions"])
        assert li.post(f"/hall/work-items/{item['id']}/claim").status_code == 200
        told = li.post(f"/hall/work-items/{item['id']}/actions", {"action": "accept", "opinion": "齐全"})
        assert told.json()["state"] == "accepted"
        assert li.post(f"/hall/work-items/{item['id']}/actions", {"action": "accept"}).status_code in (404, 409)

    def test_a_citizen_has_no_work_list(self, caller):
        assert caller("zhang").get("/hall/work-items").status_code == 403

    def test_a_stranger_logs_in_first(self, client):
        assert client.get("/api/hall/work-items").status_code == 401
        assert client.get("/api/hall/work-items", HTTP_AUTHORIZATION="Bearer forged").status_code == 401


class TestLicences:
    def test_listed_fetched_and_verified(self, caller, client):
        made = licences.issue_licence(PLATFORM, case_number=granted())
        zhang = caller("zhang")
        assert made.number in {one["number"] for one in zhang.get("/hall/licences").json()}
        body = zhang.get(f"/hall/licences/{made.number}/pdf").content
        told = client.post("/api/hall/verifications", {"file": SimpleUploadedFile("l.pdf", body)}).json()
        assert (told["genuine"], told["in_force"], told["number"]) == (True, True, made.number)
        changed = bytearray(body)
        changed[len(body) // 2] ^= 1
        assert not client.post("/api/hall/verifications", {"file": SimpleUploadedFile("l.pdf", bytes(changed))}).json()["genuine"]
        document = zhang.get(f"/hall/licences/{made.number}/document").json()
        assert document["content"]["holder"].startswith("济南历下一家小馆")
        assert client.get(f"/api/hall/verifications/{made.number}").json()["genuine"]

    def test_suspended_by_its_issuer_only(self, caller, client):
        made = licences.issue_licence(PLATFORM, case_number=granted())
        told = {"change": "suspend", "reason": "停业整顿"}
        assert caller("zhang").post(f"/hall/licences/{made.number}/changes", told).status_code == 403
        assert caller("sun").post(f"/hall/licences/{made.number}/changes", told).json()["state"] == "suspended"
        assert not client.get(f"/api/hall/verifications/{made.number}").json()["in_force"]

    def test_anothers_licence_is_not_there(self, caller):
        made = licences.issue_licence(PLATFORM, case_number=granted())
        assert caller("wang").get(f"/hall/licences/{made.number}/pdf").status_code == 404


class TestBulk:
    def test_lists_are_paged_by_position(self, caller):
        numbers = [submit() for _n in range(3)]
        li = caller("li")
        first = li.get("/hall/cases").json()
        assert len(first) <= 50
        assert numbers[-1] in {c["number"] for c in first}
        assert li.get("/hall/cases", after="-1").status_code == 422
