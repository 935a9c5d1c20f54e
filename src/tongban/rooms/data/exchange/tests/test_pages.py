"""The story on pages: found, applied for, granted less, signed by both, looked at."""

import json

import pytest
from django.conf import settings
from django.urls import reverse

from tongban.kernel.catalogue import seed
from tongban.kernel.catalogue.models import AccessRequest, Agreement, Resource, ResourceVersion
from tongban.kernel.identity.actor import system

pytestmark = pytest.mark.django_db
RESOURCE = "sd-samr-102-2"
DRAFT = {
    "title": "广告审查信息", "abstract": "审查批准文号及有效期", "class_code": "102", "format": "database", "sharing": "unconditional", "way": "service",
    "cycle": "daily", "item_key": ["approval_no", "valid_to", ""], "item_name": ["批准文号", "有效期至", ""], "item_type": ["text", "date", "text"],
    "item_length": ["20", "", ""], "item_sharing": ["unconditional"] * 3, "item_condition": [""] * 3, "item_check": [""] * 3, "item_codes": [""] * 3,
    "item_primary": ["0"],
}  # fmt: skip
ASK = {
    "purpose": "核对参保单位", "basis": "社会保险法第八条", "purposes": "参保登记", "items": ["credit_code", "legal_rep_name", "mobile"], "modes": ["query", "batch"],
    "visits": "500", "begins": "2026-11-24", "ends": "2027-11-23", "within": "37",
}  # fmt: skip


@pytest.fixture(autouse=True)
def shown():
    seed.load_demo(system("测试"), settings.DATASETS / "catalogue")


def test_the_catalogue_finds_by_words_and_filters(as_persona, django_assert_max_num_queries):
    client = as_persona("tao")
    with django_assert_max_num_queries(14):
        page = client.get("/exchange/", {"q": "法定代表人"}).content.decode()
    assert "法定代表人信息" in page
    assert "排污许可信息" not in page
    assert "没有符合条件的信息资源" in client.get("/exchange/", {"q": "不存在的资源"}).content.decode()
    assert "违法犯罪记录信息" in client.get("/exchange/", {"sharing": "refused"}).content.decode()
    assert client.get("/exchange/", {"export": "csv"}).content.decode("utf-8-sig").count("\n") == 18


def test_a_steward_drafts_and_the_page_lists_what_lacks(as_persona):
    client = as_persona("jin")
    assert client.post("/exchange/resources/new/", {**DRAFT, "title": ""}).status_code == 422
    answer = client.post("/exchange/resources/new/", {**DRAFT, "cycle": ""})
    made = ResourceVersion.objects.get(title="广告审查信息")
    assert answer.url == reverse("exchange:resource", args=[made.resource.key])
    page = client.get(reverse("exchange:edit", args=[made.resource.key])).content.decode()
    assert "提交前还需完善" in page
    client.post(reverse("exchange:edit", args=[made.resource.key]), DRAFT)
    made.refresh_from_db()
    assert [i["key"] for i in made.content["items"]] == ["approval_no", "valid_to"]
    assert made.content["items"][0]["primary"]
    client.post(answer.url, {"act": "submit"})
    made.refresh_from_db()
    assert made.state == "registration-review"
    review = as_persona("wei")
    assert "广告审查信息" in review.get("/exchange/desk/").content.decode()
    assert review.post(f"{answer.url}?version=1", {"act": "return", "words": ""}).status_code == 422
    review.post(f"{answer.url}?version=1", {"act": "register"})
    as_persona("jin").post(f"{answer.url}?version=1", {"act": "offer"})
    as_persona("shen").post(f"{answer.url}?version=1", {"act": "publish"})
    assert "广告审查信息" in as_persona("tao").get("/exchange/", {"q": "广告审查"}).content.decode()


def test_asked_granted_signed(as_persona):
    apply = f"/exchange/resources/{RESOURCE}/apply/"
    client = as_persona("tao")
    wrong = client.post(apply, {**ASK, "visits": "0", "ends": "昨天"})
    assert wrong.status_code == 422
    assert "日期：请按2026-11-24的格式填写。" in wrong.content.decode()
    assert "核对参保单位" in wrong.content.decode()  # what was typed is still there
    assert "请至少选择一个信息项" in client.post(apply, {**ASK, "items": []}).content.decode()
    one = AccessRequest.objects.get(number=client.post(apply, ASK).url.split("/")[-2])
    page = f"/exchange/requests/{one.number}/"
    assert "同意，可缩小范围" not in client.get(page).content.decode()
    owner = as_persona("jin")
    assert one.number in owner.get("/exchange/desk/").content.decode()
    assert "授予范围不能超出申请范围" in owner.post(page, {**ASK, "act": "grant", "visits": "501"}).content.decode()
    done = owner.post(
        page, {**ASK, "act": "grant", "visits": "200", "items": ["credit_code", "legal_rep_name"], "modes": ["query"], "condition": "仅用于参保登记"}
    )
    made = Agreement.objects.get(request=one)
    assert done.url == f"/exchange/agreements/{made.number}/"
    owner.post(done.url, {"act": "sign"})
    client = as_persona("tao")
    assert made.number in client.get("/exchange/desk/").content.decode()
    client.post(done.url, {"act": "sign"})
    told = client.get(done.url).content.decode()
    assert told.count("有效") >= 2
    assert "申请：500" in told
    policy = json.loads(client.get(done.url, {"policy": "odrl"}).content)
    assert policy["permission"][0]["constraint"][2]["rightOperand"] == 200
    assert client.post(done.url, {"act": "suspend", "words": "试试看看"}).status_code == 422
    as_persona("jin").post(done.url, {"act": "suspend", "words": "数据质量核查"})
    made.refresh_from_db()
    assert made.state == "suspended"
    assert as_persona("li").get(done.url).status_code == 404


def test_a_refusal_says_why(as_persona):
    one = AccessRequest.objects.get(number=as_persona("tao").post(f"/exchange/resources/{RESOURCE}/apply/", ASK).url.split("/")[-2])
    owner = as_persona("jin")
    page = f"/exchange/requests/{one.number}/"
    assert owner.post(page, {"act": "refuse", "words": "不"}).status_code == 422
    owner.post(page, {"act": "refuse", "words": "用途与职责不符"})
    assert "用途与职责不符" in as_persona("tao").get(page).content.decode()


def test_new_version_and_subscription(as_persona):
    page = f"/exchange/resources/{RESOURCE}/"
    as_persona("tao").post(page, {"act": "subscribe"})
    assert Resource.objects.get(key=RESOURCE).subscriptions.count() == 1
    as_persona("tao").post(page, {"act": "unsubscribe"})
    assert Resource.objects.get(key=RESOURCE).subscriptions.count() == 0
    owner = as_persona("jin")
    owner.post(f"{page}edit/", {"act": "new-version"})
    told = owner.get(f"{page}edit/").content.decode()
    assert "法定代表人证件号码" in told


def test_agreements_are_listed_and_exported(as_persona):
    client = as_persona("jin")
    assert "XY2026-000001" in client.get("/exchange/agreements/", {"state": "in-force"}).content.decode()
    assert "还没有共享协议" in client.get("/exchange/agreements/", {"state": "suspended"}).content.decode()
    assert "XY2026-000001" in client.get("/exchange/agreements/", {"export": "csv"}).content.decode("utf-8-sig")


def test_the_same_story_through_the_api(client):
    def call(username, path, body=None):
        token = client.post("/api/account/tokens", json.dumps({"username": username, "password": "Tongban-demo-1"}), content_type="application/json").json()[
            "token"
        ]
        send = client.post if body is not None else client.get
        return send(
            f"/api/exchange{path}",
            *([json.dumps(body)] if body is not None else []),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )

    found = call("tao", "/resources?q=法定代表人").json()
    assert found[0]["key"] == RESOURCE
    ask = {"items": ["credit_code", "legal_rep_name"], "modes": ["query"], "visits": 10, "begins": "2026-11-24", "ends": "2027-11-23"}
    made = call("tao", "/requests", {**ask, "resource": RESOURCE, "purpose": "核对参保单位", "basis": "社会保险法第八条", "purposes": ["参保登记"]}).json()
    assert made["state"] == "submitted"
    agreed = call("jin", f"/requests/{made['number']}/grant", {**ask, "visits": 5}).json()
    call("jin", f"/agreements/{agreed['number']}/sign", {})
    assert call("tao", f"/agreements/{agreed['number']}/sign", {}).json()["state"] == "in-force"
    assert call("tao", f"/agreements/{agreed['number']}").json()["signed_by"] == ["sd-samr", "sd-hrss"]
    wrong = call("tao", "/query", {"name": "legal.representative", "purpose": "营销", "key": "x"})
    assert wrong.status_code in (403, 503)
