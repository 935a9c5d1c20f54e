"""Flows: ends named by their own organs, batches kept once, values set aside and corrected, proofs."""

import json
import os
import re
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from django.conf import settings

from tongban.kernel.catalogue import seed
from tongban.kernel.catalogue.commands import access, agreements
from tongban.kernel.catalogue.models import Agreement, Resource, ResourceVersion
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.catalogue.rules.resources import Item
from tongban.kernel.catalogue.supplies import supply_of
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.models import Entry
from tongban.kernel.notices.models import Notice
from tongban.lib import clock, sm
from tongban.lib.bus import asking, comparison, proofs
from tongban.lib.bus.checks import Fault
from tongban.lib.bus.envelope import Envelope, Receipt
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused, TongbanError
from tongban.lib.tlog.proofs import BadProof
from tongban.rooms.data.exchange import tasks
from tongban.rooms.data.exchange.commands import ends
from tongban.rooms.data.exchange.commands import flows as commands
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.rooms.data.exchange.rules import flows as rules
from tongban.rooms.data.exchange.models import Batch, Endpoint, Flow, SetAside

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")


def person(username):
    return identity.actor_of_account(identity.account_named(username).id)


@pytest.fixture
def agreement():
    """企业基本信息 in batches, from 市场监管 to 人社, signed by both."""
    seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    today = clock.today()
    resource = Resource.objects.get(supply="legal.entity")
    wanted = Asked(("credit_code", "name", "status"), ("batch",), 100, today, today + timedelta(days=365), {})
    asked = access.request_access(person("tao"), key=resource.key, wanted=wanted, purpose="比对", basis="社会保险法第八条")
    agreements.sign_agreement(person("jin"), number=asked.agreement.number)
    agreements.sign_agreement(person("tao"), number=asked.agreement.number)
    return asked.agreement.number


@pytest.fixture
def flow(agreement):
    address = os.environ["DATABASE_URL"]
    ends.keep_endpoint(person("jin"), key="samr", name="登记库", address=address)
    ends.keep_endpoint(person("tao"), key="hrss", name="社保库", address=address)
    ends.set_end(person("jin"), agreement=agreement, endpoint="samr", table="public.entity", order="change_no")
    ends.set_end(person("tao"), agreement=agreement, endpoint="hrss", table="public.entity")
    return commands.move_flow(person("tao"), agreement=agreement, move="run")


def envelope(number, batch=1, rows=3):
    return Envelope(number, "102/000001", "sd-samr", "sd-hrss", batch, rows, 1, rows, sm.sm3_hex(b"body"), "", "2026-11-24T02:00:00.000+00:00")


def sent_and_taken(number):
    one = envelope(number)
    receipt = Receipt(number, 1, sm.sm3_hex(one.canonical()), 3, "2026-11-24T02:00:01.000+00:00")
    commands.keep_sent(PLATFORM, envelope=one, signature=agreements.organ_key("sd-samr").sign(one.canonical()).hex())
    commands.keep_taken(PLATFORM, receipt=receipt, signature=agreements.organ_key("sd-hrss").sign(receipt.canonical()).hex())
    return one, receipt


def test_a_database_must_answer_and_its_address_lies_sealed(agreement):
    for address in ("mysql://x", "postgresql://nobody:wrong@127.0.0.1:1/none"):
        with pytest.raises(Invalid) as told:
            ends.keep_endpoint(person("jin"), key="x", name="库", address=address)
        assert "address" in told.value.fields
    made = ends.keep_endpoint(person("jin"), key="samr", name="登记库", address=os.environ["DATABASE_URL"])
    with pytest.raises(Refused):
        ends.keep_endpoint(person("tao"), key="samr", name="登记库", address=os.environ["DATABASE_URL"])
    assert Endpoint.objects.get(id=made.id).address == os.environ["DATABASE_URL"]
    assert "postgresql" not in str(Entry.objects.filter(tag="exchange.endpoint.kept").values_list("body", flat=True))


def test_each_organ_names_its_own_end_and_both_are_needed(agreement):
    ends.keep_endpoint(person("jin"), key="samr", name="登记库", address=os.environ["DATABASE_URL"])
    with pytest.raises(Refused):
        ends.set_end(person("tao"), agreement=agreement, endpoint="samr", table="entity")
    with pytest.raises(Invalid):
        ends.set_end(person("jin"), agreement=agreement, endpoint="samr", table="entity")
    ends.set_end(person("jin"), agreement=agreement, endpoint="samr", table="entity", order="change_no")
    with pytest.raises(Conflict, match="双方"):
        commands.move_flow(person("jin"), agreement=agreement, move="run")
    with pytest.raises(NotFound):
        commands.move_flow(person("li"), agreement=agreement, move="run") if person("li").may("catalogue.request") else queries.flow(person("li"), agreement)


def test_a_query_agreement_has_no_flow():
    seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    with pytest.raises(Conflict):
        ends.set_end(PLATFORM, agreement="XY2026-000001", endpoint="none", table="entity")


def test_running_pausing_failing(flow):
    assert [f.agreement for f in queries.runnable()] == [flow.agreement]
    agreements.move_agreement(person("jin"), number=flow.agreement, move="suspend", words="数据核查")
    assert queries.runnable() == []
    with pytest.raises(Conflict):
        ends.set_end(person("tao"), agreement=flow.agreement, endpoint="hrss", table="other")
    commands.fail_flow(PLATFORM, agreement=flow.agreement, words="签名不符")
    commands.fail_flow(PLATFORM, agreement=flow.agreement, words="签名不符")
    assert Flow.objects.get().state == "failed"
    assert Entry.objects.filter(tag="exchange.flow.moved", body__move="failed").count() == 1
    assert commands.move_flow(person("jin"), agreement=flow.agreement, move="run").fault == ""


def test_a_contract_needs_the_key_and_carries_the_checks():
    items = [Item("credit_code", "代码", check="credit-code", primary=True), Item("amount", "金额", type="money", length=9), Item("secret", "其他")]
    made = rules.contract_of("XY2026-000009", items, {"items": ["credit_code", "amount"]}, "change_no")
    assert made.names == ["credit_code", "amount", "change_no"]
    assert (made.key, made.sequence) == ("credit_code", "change_no")
    assert made.columns[1].length == 0  # a number has no length in characters
    with pytest.raises(ValueError, match="key"):
        rules.contract_of("XY2026-000009", items, {"items": ["amount"]}, "change_no")


def test_batches_and_receipts_are_kept_once(flow):
    one, receipt = sent_and_taken(flow.agreement)
    before = Entry.objects.count()
    commands.keep_sent(PLATFORM, envelope=one, signature="00")
    commands.keep_taken(PLATFORM, receipt=receipt, signature="00")
    assert Entry.objects.count() == before
    held = Batch.objects.get()
    assert queries.signatures_good(held, *queries.keys_of(flow)) == (True, True)
    held.envelope["rows"] = 4
    assert queries.signatures_good(held, *queries.keys_of(flow))[0] is False
    told = queries.standings([flow])[flow.id]
    assert (told.sent, told.taken, told.rows_taken, told.lag, told.late) == (1, 1, 3, 0, False)


def test_a_batch_without_receipt_is_late_after_five_minutes(flow):
    commands.keep_sent(PLATFORM, envelope=envelope(flow.agreement), signature="00")
    assert not queries.standings([flow])[flow.id].late
    with clock.at(clock.now() + timedelta(seconds=301)):
        assert queries.standings([flow])[flow.id].late


def test_values_set_aside_are_sealed_work_until_they_are_corrected(flow):
    faults = [Fault("9137", "name", "length", "名称过长", 7), Fault("9138", "status", "code", "停业", 8)]
    commands.keep_aside(PLATFORM, agreement=flow.agreement, batch=1, faults=faults, rows=2)
    commands.keep_aside(PLATFORM, agreement=flow.agreement, batch=1, faults=faults, rows=2)
    assert [(a.key, a.value, a.order) for a in queries.uncorrected(flow.agreement)] == [("9137", "名称过长", 7), ("9138", "停业", 8)]
    assert SetAside.objects.count() == 2
    commands.keep_corrected(PLATFORM, agreement=flow.agreement, aside=[queries.uncorrected(flow.agreement)[0].id])
    assert [a.key for a in queries.uncorrected(flow.agreement)] == ["9138"]
    assert tasks.drop_corrected(clock.now() - timedelta(days=90)) == 0
    assert tasks.drop_corrected(clock.now() + timedelta(seconds=1)) == 1
    assert SetAside.objects.get().state == "open"


def test_pages_of_flows(flow, as_persona, django_assert_max_num_queries):
    sent_and_taken(flow.agreement)
    commands.keep_aside(PLATFORM, agreement=flow.agreement, batch=1, faults=[Fault("9137", "status", "code", "停业", 7)], rows=1)
    page = f"/exchange/flows/{flow.agreement}/"
    client = as_persona("jin")
    with django_assert_max_num_queries(16):
        assert "企业基本信息" in client.get("/exchange/flows/").content.decode()
    told = client.get(page).content.decode()
    assert "签名有效" in told
    assert "回执有效" in told
    assert "停业" in told
    assert "postgresql://t" not in told
    client.post(page, {"act": "pause"})
    assert "登记数据库" in client.get(page).content.decode()
    wrong = client.post(page, {"act": "endpoint", "key": "x", "name": "库", "address": "http://x"})
    assert wrong.status_code == 422
    client.post(page, {"act": "endpoint", "key": "second", "name": "第二库", "address": os.environ["DATABASE_URL"]})
    client.post(page, {"act": "end", "endpoint": "second", "table": "public.other", "order": "change_no"})
    assert Flow.objects.get().source_table == "public.other"
    consumer = as_persona("tao").get(page).content.decode()
    assert "停业" not in consumer  # what was set aside is the provider's work
    assert as_persona("li").get(page).status_code == 404
    assert flow.agreement in as_persona("jin").get("/exchange/flows/", {"export": "csv"}).content.decode("utf-8-sig")


def test_a_proof_stands_by_itself_and_falls_with_any_change(flow, as_persona):
    sent_and_taken(flow.agreement)
    answer = as_persona("tao").get(f"/exchange/flows/{flow.agreement}/batches/1/")
    document = json.loads(answer.content)
    judged = proofs.judge(answer.content)
    assert judged.faults == ()
    assert (judged.provider, judged.envelope.rows) == ("山东省市场监督管理局", 3)
    changes = {
        "terms": ("did not sign these terms", {**document, "terms": {**document["terms"], "condition": "另加"}}),
        "envelope": ("provider did not sign", {**document, "envelope": {**document["envelope"], "rows": 4}}),
        "receipt": ("consumer did not sign", {**document, "receipt": {**document["receipt"], "rows": 4}}),
        "other": ("another agreement", {**document, "envelope": {**document["envelope"], "agreement": "XY2026-000001"}}),
    }
    for match, changed in changes.values():
        assert any(match in fault for fault in proofs.judge(json.dumps(changed).encode()).faults)
    for broken in (b"{}", b"[]", json.dumps({**document, "signatures": {}}).encode(), json.dumps({**document, "envelope": {}}).encode()):
        with pytest.raises(BadProof):
            proofs.judge(broken)
    receipt = Receipt(**document["receipt"])
    other = replace(receipt, batch=2)
    signed = {**document, "receipt": {**document["receipt"], "batch": 2}, "receipt_signature": agreements.organ_key("sd-hrss").sign(other.canonical()).hex()}
    assert "the receipt is for another batch" in proofs.judge(json.dumps(signed).encode()).faults


class TestComparing:
    @pytest.fixture
    def tables(self, flow):
        """What the flow would have filled, and the department's own."""
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as line:
            line.execute("CREATE TABLE entity (credit_code text PRIMARY KEY, name text); CREATE TABLE employer (credit_code text, name text)")
            line.execute("INSERT INTO entity VALUES ('A', '甲'), ('B', '乙'); INSERT INTO employer VALUES ('B', '乙改'), ('C', '丙')")
            yield flow
            line.execute(f"DROP TABLE entity, employer; DROP TABLE IF EXISTS {comparison.findings_table('public.entity', 'public.employer')}")

    def run(self, who="tao", **changes):
        asked = {
            "endpoint": "hrss",
            "left": "public.entity",
            "right": "public.employer",
            "key": "credit_code",
            "columns": ["name"],
            "purpose": "参保核验",
            **changes,
        }
        return commands.compare_tables(person(who), **asked)

    def test_what_came_by_a_flow_against_the_own_table(self, tables):
        made = self.run()
        assert (made.agree, made.differ, made.only_left, made.only_right) == (0, 1, 1, 1)
        assert made.agreements == [tables.agreement]
        assert Entry.objects.get(tag="exchange.tables.compared").body["agreements"] == [tables.agreement]

    def test_an_agreement_that_does_not_name_it_forbids_it(self, tables):
        Agreement.objects.filter(number=tables.agreement).update(terms={**Agreement.objects.get(number=tables.agreement).terms, "purpose": "办理业务"})
        with pytest.raises(Refused):
            self.run()

    def test_only_the_own_database_and_what_is_there(self, tables):
        for changes in ({"who": "jin"}, {"endpoint": "nothing"}, {"left": "public.nothing"}, {"key": ""}, {"purpose": " "}):
            with pytest.raises(Invalid):
                self.run(**changes)

    def test_the_pages(self, tables, as_persona):
        client = as_persona("tao")
        assert "尚未比对" in client.get("/exchange/comparisons/").content.decode()
        told = {"endpoint": "hrss", "left": "public.entity", "right": "public.employer", "key": "credit_code", "columns": "name", "purpose": "参保核验"}
        assert client.post("/exchange/comparisons/", {**told, "left": ""}).status_code == 422
        page = client.post("/exchange/comparisons/", told, follow=True).content.decode()
        assert "仅左表有" in page
        assert "内容不一致" in page
        assert "public.entity × public.employer" in client.get("/exchange/comparisons/").content.decode()


class TestAnsweringFromATable:
    """A department's own table answers single queries where no room does."""

    @pytest.fixture
    def resource(self):
        seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")
        ends.keep_endpoint(person("jin"), key="samr", name="登记库", address=os.environ["DATABASE_URL"])
        ends.keep_endpoint(person("tao"), key="hrss", name="社保库", address=os.environ["DATABASE_URL"])
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as line:
            line.execute("DROP TABLE IF EXISTS test_equipment")
            held = Resource.objects.filter(supply="", organ__key="sd-samr", published__isnull=False).first()
            items = [i["key"] for i in held.published.content["items"]]
            line.execute(f"CREATE TABLE test_equipment ({', '.join(f'{i} text' for i in items)}, registered date)")
            line.execute(f"INSERT INTO test_equipment ({items[0]}, {items[1]}) VALUES ('E1', '合成一'), ('E2', '合成二')")
        yield held
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as line:
            line.execute("DROP TABLE test_equipment")

    def test_the_provider_names_it_and_rows_come_by_key(self, resource):
        ends.set_answering(person("jin"), resource=resource.key, endpoint="samr", table="public.test_equipment")
        items = [i["key"] for i in resource.published.content["items"]]
        found = supply_of(resource).answers(["E2", "E9"])
        assert list(found) == ["E2"]
        assert found["E2"][items[1]] == "合成二"

    def test_only_the_provider_and_only_a_table_that_holds_the_items(self, resource):
        with pytest.raises(Refused):
            ends.set_answering(person("tao"), resource=resource.key, endpoint="hrss", table="public.test_equipment")
        with pytest.raises(Invalid):
            ends.set_answering(person("jin"), resource=resource.key, endpoint="hrss", table="public.test_equipment")
        with pytest.raises(Invalid) as told:
            ends.set_answering(person("jin"), resource=resource.key, endpoint="samr", table="public.no_such_table")
        assert "no_such_table" in str(told.value.fields["table"])
        assert supply_of(resource) is None

    def test_the_page_takes_it(self, resource, as_persona):
        page = as_persona("jin").get(f"/exchange/resources/{resource.key}/").content.decode()
        assert "单笔查询应答" in page
        assert "单笔查询应答" not in as_persona("tao").get(f"/exchange/resources/{resource.key}/").content.decode()
        told = {"act": "answering", "endpoint": "samr", "table": "public.test_equipment"}
        assert as_persona("jin").post(f"/exchange/resources/{resource.key}/", told).status_code == 302
        assert "public.test_equipment" in as_persona("jin").get(f"/exchange/resources/{resource.key}/").content.decode()


def test_a_query_without_a_broker_is_told_and_keeps_what_was_typed(agreement, as_persona):
    today = clock.today()
    resource = Resource.objects.get(supply="legal.entity")
    asked = access.request_access(
        person("tao"),
        key=resource.key,
        wanted=Asked(("credit_code", "name"), ("query",), 100, today, today + timedelta(days=365), {}),
        purpose="核验",
        basis="社会保险法第八条",
    )
    for who in ("jin", "tao"):
        agreements.sign_agreement(person(who), number=asked.agreement.number)
    address = f"/exchange/agreements/{asked.agreement.number}/"
    assert "单笔查询" in as_persona("tao").get(address).content.decode()
    assert "单笔查询</b>" not in as_persona("jin").get(address).content.decode()
    told = as_persona("tao").post(address, {"act": "ask", "key": "91370102MA00000001", "purpose": "核验"})
    assert told.status_code == 422
    assert "没有应答" in told.content.decode()
    assert "91370102MA00000001" in told.content.decode()
    assert as_persona("tao").post(address, {"act": "ask", "key": " ", "purpose": "核验"}).status_code == 422
    assert as_persona("jin").post(address, {"act": "ask", "key": "91370102MA00000001", "purpose": "核验"}).status_code == 422


@pytest.mark.parametrize(("state", "status"), [("away", 503), ("nobody-answers", 503), ("visits", 429), ("purpose", 403)])
def test_an_answer_that_nobody_could_give_is_no_refusal(agreement, monkeypatch, state, status):
    told = asking.Answered(asking.Answer(agreement, "x", state, None, "", asking.now()), asked=None, replied=None)
    monkeypatch.setattr(queries, "gateway", lambda _home: SimpleNamespace(ask=lambda *_a: told))
    with pytest.raises(TongbanError) as fault:
        queries.signed_query(person("tao"), agreement, key="91370102MA0000000X", purpose="核对")
    assert (fault.value.status, fault.value.code) == (status, f"agreement-{state}")


@pytest.mark.parametrize(
    ("cycle", "last", "since"),
    [
        ("daily", "2026-11-22", "2026-11-24"), ("daily", "2026-11-23", None), ("weekly", "2026-11-16", "2026-11-24"), ("weekly", "2026-11-17", None),
        ("yearly", "2025-11-22", "2026-11-24"), ("realtime", "2020-01-01", None),
    ],
)  # fmt: skip
def test_data_older_than_their_cycle_are_stale(cycle, last, since):
    found = rules.stale_since(cycle, date.fromisoformat(last), date(2026, 11, 24))
    assert found == (date.fromisoformat(since) if since else None)


def test_stale_data_are_told_once_and_shown(flow, as_persona):
    ResourceVersion.objects.filter(resource__supply="legal.entity").update(cycle="daily")
    Flow.objects.filter(id=flow.id).update(begun_at=clock.now() - timedelta(days=5))
    assert tasks.tell_providers() == 1
    assert tasks.tell_providers() == 0
    [told] = Notice.objects.filter(key="flow-stale")
    assert told.account == identity.account_named("jin").id
    assert "2026-11-21" in told.body
    assert "未按周期更新" in as_persona("jin").get("/exchange/flows/").content.decode()
    assert "至今没有新批次" in as_persona("jin").get(f"/exchange/flows/{flow.agreement}/").content.decode()
    commands.keep_sent(PLATFORM, envelope=envelope(flow.agreement), signature="00")
    assert not queries.stale(list(queries.flows(PLATFORM)))


def test_references_are_read_by_line_and_tried_on_the_database(flow):
    assert rules.references("a = public.t.b\n\n c_d＝s.t.u ") == {"a": ("public.t", "b"), "c_d": ("s.t", "u")}
    for wrong in ("a", "a = b", "A = t.b", "a = t.b; drop table x"):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            rules.references(wrong)
    commands.move_flow(person("jin"), agreement=flow.agreement, move="pause")
    told = {"agreement": flow.agreement, "endpoint": "samr", "table": "public.entity", "order": "change_no"}
    for wrong in ("status = pg_catalog.pg_class.no_such_column", "status = no_such_table.x", "乱写"):
        with pytest.raises(Invalid) as fault:
            ends.set_end(person("jin"), **told, references=wrong)
        assert "references" in fault.value.fields
    made = ends.set_end(person("jin"), **told, references="status = pg_catalog.pg_class.relname")
    assert made.references == {"status": ["pg_catalog.pg_class", "relname"]}
