"""Pages and API of the base registries."""

import json

import pytest

from tongban.config.personas import synthetic_id
from tongban.kernel.identity.actor import system
from tongban.rooms.data.registries.commands import disputes, records
from tongban.rooms.data.registries.models import Correction, Entity, Finding
from tongban.rooms.data.registries.queries import masters

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")
ZHANG = synthetic_id(1)


def test_at_a_glance(people, as_persona, django_assert_max_num_queries):
    client = as_persona("xu")
    with django_assert_max_num_queries(25):
        page = client.get("/registries/").content.decode()
    assert "合成数据" in page
    assert "济南市" in page
    assert "sd-police" not in page


def test_a_person_is_found_by_number_for_a_reason_and_shown_covered(known, as_persona):
    client = as_persona("xu")
    assert client.post("/registries/population/", {"key": ZHANG, "reason": ""}).status_code == 422
    page = client.post("/registries/population/", {"key": ZHANG, "reason": "核实户籍"}).content.decode()
    assert "张合成" in page
    assert ZHANG not in page
    assert "370102********" in page
    assert client.post("/registries/population/", {"key": synthetic_id(999), "reason": "核实"}).status_code == 404


def test_known_before_the_first_record_there_was_nothing(known, as_persona):
    page = as_persona("xu").post("/registries/population/", {"key": ZHANG, "reason": "核实", "known_on": "2020-01-01"}).content.decode()
    assert "当时尚无所知" in page


def test_a_conflict_is_opened_from_the_list_and_decided_on_the_page(known, as_persona):
    records.keep_records(PLATFORM, registry="population", organ="sd-health", rows=[{"id_number": ZHANG, "state": "死亡"}], origin="t")
    client = as_persona("xu")
    one = masters.person_numbered(ZHANG)
    assert f'value="{one.id}"' in client.get("/registries/conflicts/").content.decode()
    page = client.post("/registries/population/", {"subject": one.id, "reason": "核实"}).content.decode()
    assert 'name="chosen"' in page
    word = masters.view("population", one).settled["state"].others[0].said.id
    told = {"act": "decide", "subject": one.id, "attribute": "state", "chosen": word, "words": "健在", "reason": "核实"}
    assert "人工裁定" in client.post("/registries/population/", told).content.decode()


def test_entities_are_searched_and_read(people, known, as_persona):
    client = as_persona("jin")
    page = client.get("/registries/entities/?q=一家小馆").content.decode()
    code = Entity.objects.get(name__contains="一家小馆").credit_code
    assert code in page
    page = client.get(f"/registries/entities/{code}/").content.decode()
    assert "张合成" in page
    assert ZHANG not in page
    assert client.get("/registries/entities/0/").status_code == 404
    assert client.get("/registries/entities/?export=csv").content.decode().count("\n") == Entity.objects.count() + 1


def test_corrections_are_answered(known, as_persona):
    disputes.ask_correction(
        PLATFORM, registry="population", key=ZHANG, attribute="address", claimed="新址（合成地址）", reason="迁居", cause="c1", account=None
    )
    client, held = as_persona("xu"), Correction.objects.get()
    assert "迁居" in client.get("/registries/corrections/").content.decode()
    assert client.post("/registries/corrections/", {"correction": held.id, "act": "accept", "words": ""}).status_code == 422
    assert client.post("/registries/corrections/", {"correction": held.id, "act": "accept", "words": "属实"}).status_code == 302
    held.refresh_from_db()
    assert held.state == "accepted"


def test_the_api_keeps_reads_and_decides(known, as_persona):
    client = as_persona("jin")
    code = Entity.objects.get(name__contains="一家小馆").credit_code
    row = {"credit_code": code, "business_scope": "餐饮服务；食品销售；外卖递送服务"}
    body = {"registry": "entities", "origin": "api", "legal_on": "2026-11-01", "rows": [row, {"credit_code": "1", "name": "误"}]}
    kept = client.post("/api/registries/records", json.dumps(body), content_type="application/json")
    assert kept.json() == {"new": 1, "same": 0, "conflicts": 0, "faults": [[2, "length"]]}
    told = {a["attribute"]: a for a in client.get(f"/api/registries/entities/{code}").json()}
    assert told["business_scope"]["claim"]["value"].endswith("外卖递送服务")
    assert "legal_rep_id" not in told
    assert client.get("/api/registries/entities?q=一家小馆").json()[0]["credit_code"] == code
    assert client.get("/api/registries/conflicts").json() == []
    decision = {"registry": "entities", "subject": 0, "attribute": "name", "record": 1, "words": "x"}
    assert client.post("/api/registries/decisions", json.dumps(decision), content_type="application/json").status_code == 404


def test_a_finding_is_answered_by_the_office(known, as_persona):
    records.keep_records(PLATFORM, registry="population", organ="sd-health", rows=[{"id_number": ZHANG, "state": "死亡"}], origin="t")
    assert as_persona("jin").post("/registries/findings/", {"act": "run"}).status_code == 302
    client, one = as_persona("li"), Finding.objects.get()
    page = client.get("/registries/findings/").content.decode()
    assert "存续企业的法定代表人已死亡" in page
    assert "立即比对" not in page
    assert f'href="/hall/cases/{one.case_number}/"' in page
    assert one.case_number in as_persona("jin").get("/registries/findings/").content.decode()
    assert f'href="/hall/cases/{one.case_number}/"' not in as_persona("jin").get("/registries/findings/").content.decode()
    desk = as_persona("li").get(f"/hall/cases/{one.case_number}/", follow=True).content.decode()
    assert "应当办理变更登记" in desk
    assert f'href="/registries/findings/?state=all&amp;case={one.case_number}"' in desk
    assert "查看身份证号" not in desk
    assert client.post(f"/hall/cases/{one.case_number}/reveal/", {"purpose": "核对"}).status_code == 409
    assert client.get("/hall/desk/").status_code == 200
    assert one.entity.credit_code in client.get("/registries/findings/?state=all&export=csv").content.decode()


def test_lists_ask_for_names_once_however_many_rows(people, as_persona, django_assert_max_num_queries):
    from tongban.rooms.data.registries.models import Conflict

    one = Entity.objects.first()
    Conflict.objects.bulk_create(
        Conflict(registry="entities", subject=n, attribute="name", state="by-rank", region_code="370102", organs="sd-samr,sd-tax,gone", found_at=one.changed_at)
        for n in range(10**6, 10**6 + 25)
    )
    client = as_persona("jin")
    for more in ("", "&export=csv"):
        with django_assert_max_num_queries(14):
            told = client.get(f"/registries/conflicts/?state=by-rank{more}").content.decode()
        assert "省市场监管局" in told
        assert "gone" in told
