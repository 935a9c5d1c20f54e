"""Zones and borders on pages and by API: proposed by one, approved by another, closed again."""

import json

import pytest
from django.conf import settings

from tongban.kernel.catalogue import seed
from tongban.kernel.catalogue.models import AccessRequest, BorderRule, Resource
from tongban.kernel.identity.actor import system

pytestmark = pytest.mark.django_db
ASK = {
    "purpose": "公众查询企业登记", "basis": "企业信息公示暂行条例第八条", "items": ["credit_code", "name"], "modes": ["query"], "visits": "500", "begins": "2026-11-24",
    "ends": "2027-11-23", "zone": "internet",
}  # fmt: skip
RULE = {
    "source": "administrative", "target": "internet", "items": ["credit_code", "name"], "filter_name": "mask", "rate": "1,000", "rows": "", "begins": "2026-11-24",
    "ends": "2027-11-23", "reason": "企业公示信息查询",
}  # fmt: skip


@pytest.fixture(autouse=True)
def shown():
    seed.load_demo(system("测试"), settings.DATASETS / "catalogue")


def test_the_story_on_pages(as_persona, django_assert_max_num_queries):
    resource = Resource.objects.get(supply="legal.entity")
    client = as_persona("xu")
    asked = client.post(f"/exchange/resources/{resource.key}/apply/", ASK)
    one = AccessRequest.objects.get(number=asked.url.split("/")[-2])
    assert "互联网" in client.get(asked.url).content.decode()
    number = one.agreement.number
    client.post(f"/exchange/agreements/{number}/", {"act": "sign"})
    as_persona("jin").post(f"/exchange/agreements/{number}/", {"act": "sign"})
    assert as_persona("jin").get("/exchange/borders/").status_code == 403
    client = as_persona("wei")
    with django_assert_max_num_queries(20):
        page = client.get("/exchange/borders/").content.decode()
    assert "已生效但没有边界规则的协议" in page
    assert number in page
    assert "仅离线交换" in page
    propose = f"/exchange/resources/{resource.key}/border/"
    wrong = client.post(propose, {**RULE, "target": "administrative", "reason": ""}).content.decode()
    assert "请选择两个不同的分区" in wrong
    assert "至少4个字" in wrong
    made = client.post(propose, RULE)
    rule = BorderRule.objects.get(target="internet")
    assert (rule.items, rule.filters, rule.rate, rule.rows) == (["credit_code", "name"], {"name": "mask"}, 1000, 0)
    assert "须由提出人以外的人员核准" in client.get(made.url).content.decode()
    assert client.post(made.url, {"act": "approve"}).status_code == 422
    as_persona("shen").post(made.url, {"act": "approve"})
    page = as_persona("he").get("/exchange/borders/").content.decode()
    assert "1条规则" in page
    assert "已生效但没有边界规则的协议" not in page
    assert "掩码" in as_persona("he").get(made.url).content.decode()
    assert as_persona("he").post(made.url, {"act": "end", "words": ""}).status_code == 422
    as_persona("he").post(made.url, {"act": "end", "words": "发现异常访问"})
    rule.refresh_from_db()
    assert rule.state == "ended"
    assert rule.number in as_persona("wei").get("/exchange/borders/", {"export": "csv"}).content.decode("utf-8-sig")


def test_the_story_through_the_api(client):
    def call(username, path, body=None):
        told = json.dumps({"username": username, "password": "Tongban-demo-1"})
        token = client.post("/api/account/tokens", told, content_type="application/json").json()["token"]
        send = client.post if body is not None else client.get
        more = [json.dumps(body)] if body is not None else []
        return send(f"/api/exchange{path}", *more, content_type="application/json", headers={"Authorization": f"Bearer {token}"})

    key = Resource.objects.get(supply="legal.entity").key
    told = {
        "resource": key, "target": "internet", "items": ["name"], "filters": {"name": "mask"}, "rate": 10, "begins": "2026-11-24", "ends": "2027-11-23",
        "reason": "企业公示信息查询",
    }  # fmt: skip
    assert call("jin", "/borders", told).status_code == 403
    assert call("wei", "/borders", {**told, "rate": 0}).status_code == 422
    made = call("wei", "/borders", told).json()
    assert made["state"] == "proposed"
    assert call("wei", f"/borders/{made['number']}/decision", {"approve": True}).status_code == 403
    assert call("shen", f"/borders/{made['number']}/decision", {"approve": True}).json()["state"] == "in-force"
    assert made["number"] in {r["number"] for r in call("he", "/borders").json()}
    assert call("he", f"/borders/{made['number']}/end", {"words": "发现异常访问"}).json()["state"] == "ended"
