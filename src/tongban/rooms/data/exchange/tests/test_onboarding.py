"""Items are proposed from a table or file; the steward confirms."""

import os
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tongban.kernel.catalogue.models import Resource
from tongban.kernel.identity import queries as identity
from tongban.lib import codes
from tongban.lib.probing import Probed
from tongban.rooms.data.exchange.commands import ends
from tongban.rooms.data.exchange.rules import flows as rules
from tongban.rooms.data.exchange.views import drafts

TODAY = date(2026, 11, 24)
IDS = tuple(f"37010219000101{n:03d}" + codes.resident_check_digit(f"37010219000101{n:03d}") for n in range(20))
CREDIT = tuple(codes.make_credit_code("91", "370102", f"MA{n:07d}") for n in range(20))


def test_checks_codes_key_and_personal_data_are_recognised():
    columns = [
        Probed("USCC", "text", 18, samples=CREDIT), Probed("证件号码", "text", 18, samples=IDS), Probed("STATUS", "text", 4, samples=("存续",) * 15 + ("注销",) * 5),
        Probed("联系人姓名", "text"), Probed("region_code", "text", samples=("370102",) * 20), Probed("amount", "money"),
    ]  # fmt: skip
    items, personal = rules.propose(columns, TODAY, "仅限履职")
    assert [(i.key, i.check) for i in items] == [
        ("uscc", "credit-code"),
        ("item_2", "resident-id"),
        ("status", ""),
        ("item_4", ""),
        ("region_code", "region"),
        ("amount", ""),
    ]
    assert items[0].primary
    assert items[2].codes == ("存续", "注销")
    assert personal == ["证件号码", "联系人姓名"]
    assert [i.sharing for i in items[:2]] == ["unconditional", "conditional"]
    assert items[5].name == "金额"


def test_a_few_unsound_values_do_not_hide_a_check():
    items, _personal = rules.propose([Probed("a", "text", samples=(*IDS[:19], "错"))], TODAY, "")
    assert items[0].check == "resident-id"
    items, _personal = rules.propose([Probed("a", "text", samples=(*IDS[:10], *("错",) * 5))], TODAY, "")
    assert items[0].check == ""


@pytest.mark.django_db
def test_a_steward_uploads_a_file_and_keeps_the_draft(as_persona):
    client = as_persona("jin")
    rows = "统一社会信用代码,联系人姓名\n" + "".join(f"{c},合成\n" for c in CREDIT)
    told = client.post("/exchange/resources/new/", {"act": "probe", "file": SimpleUploadedFile("广告主.csv", rows.encode())}).content.decode()
    assert "已根据“广告主”生成2个信息项" in told
    assert "联系人姓名" in told
    assert Resource.objects.count() == 0  # nothing is kept before the steward says so
    wrong = client.post("/exchange/resources/new/", {"act": "probe", "file": SimpleUploadedFile("a.exe", b"MZ")})
    assert wrong.status_code == 422
    assert "CSV、XLSX" in wrong.content.decode()
    assert client.post("/exchange/resources/new/", {"act": "probe"}).status_code == 422


@pytest.mark.django_db
def test_a_table_of_the_own_database_is_looked_at(as_persona):
    jin = identity.actor_of_account(identity.account_named("jin").id)
    ends.keep_endpoint(jin, key="samr", name="登记库", address=os.environ["DATABASE_URL"])
    client = as_persona("jin")
    absent = client.post("/exchange/resources/new/", {"act": "probe", "endpoint": "samr", "table": "public.no_such_table"})
    assert "没有这个数据表" in absent.content.decode()
    assert as_persona("tao").post("/exchange/resources/new/", {"act": "probe", "endpoint": "samr", "table": "pg_catalog.pg_class"}).status_code == 422


@pytest.mark.django_db
def test_an_http_interface_is_looked_at(as_persona, monkeypatch):
    asked = []

    def http(url, authorization):
        asked.append((url, authorization))
        if "nothing" in url:
            raise drafts.probing.CannotProbe("no-list")
        return [Probed("credit_code", "text", 18, samples=CREDIT), Probed("since", "date")]

    monkeypatch.setattr(drafts.probing, "http", http)
    client = as_persona("jin")
    told = client.post(
        "/exchange/resources/new/", {"act": "probe", "api": "https://example.invalid/v1/licences?page=1", "authorization": "Bearer x"}
    ).content.decode()
    assert "已根据“licences”生成2个信息项" in told
    assert "Bearer x" not in told
    assert asked == [("https://example.invalid/v1/licences?page=1", "Bearer x")]
    wrong = client.post("/exchange/resources/new/", {"act": "probe", "api": "https://example.invalid/nothing"})
    assert wrong.status_code == 422
    assert "没有记录列表" in wrong.content.decode()
    assert "https://example.invalid/nothing" in wrong.content.decode(), "what was typed is still there"
