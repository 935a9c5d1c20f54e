"""文件交换: checked before anything goes, packed so that `frictionless` accepts it, signed by both sides, proved offline."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from tongban.kernel.catalogue import seed
from tongban.kernel.catalogue.commands import access, agreements, borders
from tongban.kernel.catalogue.models import Resource
from tongban.kernel.catalogue.queries import access as access_queries
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.catalogue.rules.borders import Proposal
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands as ledger
from tongban.lib import clock, packages, sm
from tongban.lib.bus import proofs
from tongban.lib.bus.contract import Column, Contract
from tongban.lib.codes import make_credit_code
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused, TooMany
from tongban.rooms.data.exchange.commands import files as commands
from tongban.rooms.data.exchange.commands import flows
from tongban.rooms.data.exchange.models import Batch, Flow, SetAside
from tongban.rooms.data.exchange.queries import files as queries_of_files
from tongban.rooms.data.exchange.queries import flows as queries

PLATFORM = system("测试")
ITEMS = ("credit_code", "name", "registered_on", "status")
GOOD = [make_credit_code("91", "370102", f"MAX{n:06d}") for n in range(3)]


def person(username):
    return identity.actor_of_account(identity.account_named(username).id)


@pytest.fixture
def agreement(db):
    """企业基本信息 by file, from 市场监管 to 人社, signed by both."""
    seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    return agreed()


def agreed(**change):
    today = clock.today()
    wanted = replace(Asked(ITEMS, ("file",), 100, today, today + timedelta(days=365), {}), **change)
    asked = access.request_access(person("tao"), key=Resource.objects.get(supply="legal.entity").key, wanted=wanted, purpose="比对", basis="社会保险法第八条")
    for username in ("jin", "tao"):
        agreements.sign_agreement(person(username), number=asked.agreement.number)
    return asked.agreement.number


def rows(*bad):
    lines = [f"{code},合成企业{n},2020-01-0{n + 1},存续" for n, code in enumerate(GOOD)]
    return ("统一社会信用代码,name,registered_on,status\n" + "\n".join([*lines, *bad]) + "\n").encode()


def send(agreement, content=None, *, name="企业.csv", **more):
    return commands.send_file(person("jin"), agreement=agreement, name=name, content=content if content is not None else rows(), **more)


def take(actor, *, agreement, batch):
    """(name, bytes) as a client takes a package: the content, then the receipt."""
    held = queries_of_files.content(actor, agreement, batch)
    body = b"".join(held.pieces())
    commands.sign_for(actor, agreement=agreement, batch=batch, digest=sm.sm3_hex(body))
    return held.name, body


def opened(body):
    with zipfile.ZipFile(io.BytesIO(body)) as kept:
        return json.loads(kept.read("datapackage.json")), kept.read("data.csv").decode()


def frictionless(body: bytes, folder: Path):
    with zipfile.ZipFile(io.BytesIO(body)) as kept:
        kept.extractall(folder)
    command = [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def frictionless_names(body):
    with zipfile.ZipFile(io.BytesIO(body)) as kept:
        return kept.namelist()


def test_a_file_becomes_a_package_that_frictionless_accepts(agreement, tmp_path):
    made = send(agreement)
    name, body = take(person("tao"), agreement=agreement, batch=made.number)
    told, data = opened(body)
    assert name == f"{agreement}-1.zip"
    assert data.splitlines()[0] == ",".join(ITEMS)
    assert told["resources"][0]["schema"]["primaryKey"] == "credit_code"
    report = frictionless(body, tmp_path)
    assert report["valid"], report
    assert report["tasks"][0]["stats"]["rows"] == 3


def test_frictionless_finds_a_package_that_was_changed(agreement, tmp_path):
    _name, body = take(person("tao"), agreement=agreement, batch=send(agreement).number)
    frictionless(body, tmp_path)
    data = (tmp_path / "data.csv").read_text()
    (tmp_path / "data.csv").write_text(data.replace(GOOD[0], "91370102MAX000000O").replace("2020-01-02", "昨天"))
    command = [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"]
    report = json.loads(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout)
    assert not report["valid"]
    assert {e["type"] for e in report["tasks"][0]["errors"]} >= {"type-error"} or report["tasks"][0]["errors"][0]["type"] == "hash-count"


@pytest.mark.django_db(transaction=False)
def test_both_signatures_stand_in_a_proof_that_is_judged_offline(agreement):
    first, second = send(agreement), send(agreement)
    assert second.envelope["previous"] == sm.sm3_hex(commands.Envelope(**first.envelope).canonical())
    with pytest.raises(NotFound):
        take(person("xu"), agreement=agreement, batch=1)
    _name, body = take(person("jin"), agreement=agreement, batch=1)
    assert Batch.objects.get(number=1).receipt is None, "the provider reads without signing for it"
    _name, same = take(person("tao"), agreement=agreement, batch=1)
    take(person("tao"), agreement=agreement, batch=1)
    assert sm.sm3_hex(same) == sm.sm3_hex(body) == first.envelope["digest"]
    ledger.seal_entries()
    flow = Flow.objects.get(agreement=agreement)
    proof = queries.proof(person("tao"), flow, 1)
    judged = proofs.judge(json.dumps(proof).encode())
    assert judged.faults == ()
    assert judged.receipt is not None
    proof["envelope"]["digest"] = "0" * 64
    assert proofs.judge(json.dumps(proof).encode()).faults


BAD = (
    "91370102MAX000000O,坏代码,2020-01-01,存续",
    f"{GOOD[0]},重复,2020-01-01,存续",
    f"{make_credit_code('91', '370102', 'MAX000009')},坏日期,2020-13-01,存续",
)


def test_with_bad_rows_nothing_goes_unless_the_sound_ones_are_to(agreement):
    with pytest.raises(Invalid) as fault:
        send(agreement, rows(*BAD))
    assert "3行不合格" in str(fault.value.fields["file"])
    assert "格式不符 2020-13-01" in str(fault.value.fields["file"])
    assert not Batch.objects.exists()
    made = send(agreement, rows(*BAD), partly=True)
    assert (made.rows, made.aside) == (3, 3)
    assert {(a.what, a.column) for a in SetAside.objects.all()} == {("credit-code", "credit_code"), ("twice", "credit_code"), ("type", "registered_on")}
    with pytest.raises(Invalid, match="没有合格的行"):
        send(agreement, b"credit_code,name,registered_on,status\nX,Y,2020-01-01,Z\n", partly=True)


def test_a_sound_row_in_a_later_file_corrects_what_was_set_aside(agreement):
    other = make_credit_code("91", "370102", "MAX000009")
    send(agreement, rows(f"{other},坏日期,2020-13-01,存续", "91370102MAX000000O,坏代码,2020-01-01,存续"), partly=True)
    assert SetAside.objects.filter(state="open").count() == 2
    send(agreement, rows(f"{other},已更正,2020-12-01,存续"))
    assert list(SetAside.objects.filter(state="open").values_list("what", flat=True)) == ["credit-code"]
    assert SetAside.objects.get(state="corrected").column == "registered_on"


def test_excel_and_parquet_carry_the_same_rows(agreement):
    book = openpyxl.Workbook()
    for line in rows().decode().splitlines():
        book.active.append(line.split(","))
    held = io.BytesIO()
    book.save(held)
    texts = [line.split(",") for line in rows().decode().splitlines()]
    sink = io.BytesIO()
    pq.write_table(pa.table({n: [line[i] for line in texts[1:]] for i, n in enumerate(texts[0])}), sink)
    bodies = [rows(), held.getvalue(), sink.getvalue()]
    made = [send(agreement, body, name=name) for body, name in zip(bodies, ("a.csv", "b.xlsx", "c.parquet"), strict=True)]
    taken = {opened(take(person("jin"), agreement=agreement, batch=m.number)[1])[1] for m in made}
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.parquet", b"no parquet", "请选择CSV"), ("a.csv", b"", "没有数据行"), ("a.csv", "统一社会信用代码\nX\n".encode(), "缺少列"), ("a.xlsx", b"PK\x03\x04broken", ""),
        ("a.csv", ("统一社会信用代码,name,registered_on,status\n").encode(), "没有数据行"),
        ("a.csv", rows() + b"91,too,many,cells,here\n", "单元格数"), ("a.csv", b"\xff\xfe\x00\x81,\n1", ""),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_and_nothing_is_kept(agreement, name, content, words):
    with pytest.raises(Invalid) as fault:
        send(agreement, content, name=name)
    assert words in " ".join([str(fault.value), *map(str, fault.value.fields.values())])
    assert not Batch.objects.exists()


def test_only_the_provider_sends_and_only_where_files_are_granted(agreement):
    with pytest.raises(Refused):
        commands.send_file(person("tao"), agreement=agreement, name="a.csv", content=rows())
    with pytest.raises(Conflict, match="没有授予文件交换"):
        send(agreed(modes=("batch",)))
    agreements.move_agreement(person("jin"), number=agreement, move="suspend", words="质量核查")
    with pytest.raises(Conflict, match="不在执行中"):
        send(agreement)


def test_a_file_that_crosses_a_border_is_filtered_and_counted(agreement, tmp_path):
    number = agreed(zone="public")
    today = clock.today()
    with pytest.raises(Refused):
        commands.send_file(person("jin"), agreement=agreed(zone="internet"), name="a.csv", content=rows())
    proposal = Proposal("administrative", "public", ITEMS, {"name": "mask"}, 0, 5, today, today + timedelta(days=30), "公众查询服务")
    borders.decide_rule(
        person("shen"),
        number=borders.propose_rule(person("wei"), resource=access_queries.agreement_numbered(number).resource.key, proposal=proposal).number,
        approve=True,
    )
    send(number)
    _name, body = take(person("tao"), agreement=number, batch=1)
    assert "合****" in opened(body)[1]
    assert frictionless(body, tmp_path)["valid"]
    with pytest.raises(TooMany, match="今日限量"):
        send(number)
    assert flows.at_the_border(Flow.objects.get(agreement=number)).open_for(2)


def test_a_masked_key_keeps_rows_from_crossing_in_bulk(agreement):
    number = agreed(zone="public")
    today = clock.today()
    proposal = Proposal("administrative", "public", ITEMS, {"credit_code": "mask"}, 0, 500, today, today + timedelta(days=30), "公众查询服务")
    resource = access_queries.agreement_numbered(number).resource.key
    borders.decide_rule(person("shen"), number=borders.propose_rule(person("wei"), resource=resource, proposal=proposal).number, approve=True)
    with pytest.raises(Conflict, match="无法区分"):
        send(number)
    assert not Batch.objects.exists()


def test_money_is_fen_within_and_yuan_in_files():
    contract = Contract(
        "X", (Column("code", "text", required=True), Column("paid", "money"), Column("at", "datetime"), Column("tongban_seq", "integer")), "code"
    )
    told = 'code,paid,at\nA,"1,234.50",2026-01-02 08:00:00\nB,-0.05,\nC,1.234,2026-01-02T08:00:00\n'
    [block] = packages.blocks("a.csv", io.BytesIO(told.encode()), contract, {})
    assert block.table.column("paid").to_pylist() == [123450, -5, None]
    assert [(f.key, f.column, f.what) for f in block.faults] == [("C", "paid", "type")]
    body = packed(block.table, contract)
    assert opened(body)[1].splitlines()[1:3] == ["A,1234.50,2026-01-02T00:00:00Z", "B,-0.05,"]
    assert body == packed(block.table, contract), "the same rows, the same bytes"
    assert opened(packed(block.table, contract, 2))[1] == opened(body)[1], "in two blocks too"


def packed(table, contract, blocks=1):
    out = io.BytesIO()
    made = packages.Package(out, contract, {}, packages.About("a", "甲", "乙", "丙", "2026-01-01T00:00:00Z"))
    step = -(-table.num_rows // blocks)
    for start in range(0, table.num_rows, step):
        made.add(table.slice(start, step))
    made.close()
    return out.getvalue()


def test_the_story_on_pages_and_by_api(agreement, as_persona, client):
    page = f"/exchange/flows/{agreement}/"
    assert "发送文件" in as_persona("jin").get(page).content.decode()
    assert "发送文件" not in as_persona("tao").get(page).content.decode()
    upload = {"act": "file", "file": SimpleUploadedFile("企业.csv", rows(*BAD))}
    wrong = as_persona("jin").post(page, upload)
    assert wrong.status_code == 422
    assert "3行不合格" in wrong.content.decode()
    assert as_persona("jin").post(page, {"act": "file"}).status_code == 422
    as_persona("jin").post(page, {"act": "file", "file": SimpleUploadedFile("企业.csv", rows(*BAD)), "partly": "yes"})
    assert "签收并下载" in as_persona("tao").get(page).content.decode()
    answer = as_persona("tao").post(f"{page}batches/1/file/")
    assert answer.headers["Content-Type"] == "application/zip"
    assert not Batch.objects.get(number=1).receipt, "nothing is signed for before it has come"
    assert frictionless_names(answer.getvalue()) == ["data.csv", "datapackage.json"]
    assert "回执有效" in as_persona("tao").get(page).content.decode()
    assert as_persona("tao").get(f"{page}batches/1/file/").status_code == 405

    def call(username, path, body):
        told = json.dumps({"username": username, "password": "Tongban-demo-1"})
        token = client.post("/api/account/tokens", told, content_type="application/json").json()["token"]
        return client.post(f"/api/exchange{path}", json.dumps(body), content_type="application/json", headers={"Authorization": f"Bearer {token}"})

    sent = call("jin", f"/agreements/{agreement}/files", {"name": "a.csv", "content": base64.b64encode(rows()).decode()}).json()
    assert (sent["batch"], sent["rows"], sent["rows_aside"]) == (2, 3, 0)
    assert call("jin", f"/agreements/{agreement}/files", {"name": "a.csv", "content": "%%%"}).status_code == 422
    assert call("tao", f"/agreements/{agreement}/files/2/take", {"digest": "0" * 64}).status_code == 409
    assert not Batch.objects.get(number=2).receipt
    token = client.post("/api/account/tokens", json.dumps({"username": "tao", "password": "Tongban-demo-1"}), content_type="application/json").json()["token"]
    address, who = f"/api/exchange/agreements/{agreement}/files/2/content", {"Authorization": f"Bearer {token}"}
    whole = client.get(address, headers=who)
    body = whole.getvalue()
    assert (whole.status_code, sm.sm3_hex(body), whole.headers["ETag"]) == (200, sent["digest"], f'"sm3-{sent["digest"]}"')
    rest = client.get(address, headers={**who, "Range": "bytes=100-"})
    assert (rest.status_code, rest.getvalue(), rest.headers["Content-Range"]) == (206, body[100:], f"bytes 100-{len(body) - 1}/{len(body)}")
    assert client.get(address, headers={**who, "Range": "bytes=0-9"}).getvalue() == body[:10]
    assert client.get(address, headers={**who, "Range": f"bytes={len(body)}-"}).status_code == 416
    taken = call("tao", f"/agreements/{agreement}/files/2/take", {"digest": sm.sm3_hex(body)}).json()
    assert (taken["signed"], taken["bytes"], taken["content"]) == (True, len(body), address)
