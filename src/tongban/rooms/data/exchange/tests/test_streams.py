"""How a provider lets changes be found; what our own rooms keep goes as the ledger seals it."""

import os
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases.models import Case
from tongban.kernel.catalogue import seed
from tongban.kernel.catalogue.commands import access, agreements
from tongban.kernel.catalogue.models import Agreement, Resource
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.models import Block, Entry
from tongban.lib import clock
from tongban.lib.bus import replica
from tongban.lib.bus.contract import GONE
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.data.exchange.commands import ends
from tongban.rooms.data.exchange.commands import flows as commands
from tongban.rooms.data.exchange.models import Batch, Flow
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.rooms.data.exchange.queries import ledger_source
from tongban.rooms.data.exchange.rules import flows as rules
from tongban.rooms.service.hall.commands import applications

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")
ADDRESS = os.environ["DATABASE_URL"]
OWNER = ADDRESS.replace("//tongban:", "//owner:")


CODE = f"food-operation-permit-new@{LIXIA}"


def submitted():
    """A case as its applicant hands it in."""
    actor = province.citizen("zhang")
    data, materials = province.complete(actor, CODE)
    return cases.case(PLATFORM, applications.submit_application(actor, matter_code=CODE, data=data, materials=materials))


def person(username):
    return identity.actor_of_account(identity.account_named(username).id)


def agreed(supply="legal.entity", modes=("stream",), rows=None, items=None):
    """An agreement of 省人社厅 about a resource, signed by both."""
    if not Resource.objects.exists():
        seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    today = clock.today()
    resource = Resource.objects.select_related("published", "organ").get(supply=supply)
    keys = items or tuple(i["key"] for i in resource.published.content["items"])
    wanted = Asked(tuple(keys), modes, 100, today, today + timedelta(days=365), rows or {})
    asked = access.request_access(PLATFORM, key=resource.key, wanted=wanted, purpose="比对", basis="社会保险法第八条", organ="sd-hrss")
    made = Agreement.objects.filter(request=asked).first() or access.grant_access(PLATFORM, number=asked.number, granted=wanted)
    number = made.number
    for organ in (resource.organ.key, "sd-hrss"):
        agreements.sign_agreement(PLATFORM, number=number, organ=organ)
    return number


@pytest.fixture
def tables():
    """A department's table in a database of its own."""
    name = f"test_streams_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"
    with psycopg.connect(OWNER.replace("/tongban?", "/postgres?"), autocommit=True) as line:
        line.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        line.execute(f"CREATE DATABASE {name} OWNER tongban")
    with psycopg.connect(OWNER.replace("/tongban?", f"/{name}?"), autocommit=True) as line:
        line.execute("CREATE TABLE entity (credit_code text PRIMARY KEY, name text, status text, changed_at timestamptz, changed_on date, change_no bigint)")
        yield f"/{name}?", line
        line.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()")


def databases(tables):
    for who, key, address in ((person("jin"), "samr", OWNER.replace("/tongban?", tables[0])), (person("tao"), "hrss", ADDRESS)):
        ends.keep_endpoint(who, key=key, name=key, address=address)


class TestWays:
    ITEMS = ("credit_code", "name", "status")

    def name_it(self, number, **told):
        return ends.set_end(person("jin"), agreement=number, **{"endpoint": "samr", "table": "public.entity", **told})

    def test_a_time_stamp_must_be_one_and_stand_in_every_row(self, tables):
        number = agreed(items=self.ITEMS)
        databases(tables)
        for wrong in ("", "changed_on", "no_such", "credit_code"):
            with pytest.raises(Invalid) as told:
                self.name_it(number, follows="stamp", order=wrong)
            assert "order" in told.value.fields
        tables[1].execute("INSERT INTO entity (credit_code) VALUES ('A')")
        with pytest.raises(Invalid, match="永远不会发出"):
            self.name_it(number, follows="stamp", order="changed_at")
        tables[1].execute("UPDATE entity SET changed_at = now()")
        made = self.name_it(number, follows="stamp", order="changed_at")
        held = commands.contract(made)
        assert (made.follows, made.order_column) == ("stamp", "changed_at")
        assert (held.sequence, held.gone, held.names) == ("tongban_seq", False, [*self.ITEMS, "tongban_seq"])

    def test_the_log_is_published_kept_loaded_anew_and_let_go(self, tables):
        number = agreed(items=self.ITEMS)
        databases(tables)
        with pytest.raises(Invalid) as told:
            self.name_it(number, follows="log", table="public.none")
        assert "table" in told.value.fields
        made = self.name_it(number, follows="log")
        assert commands.contract(made).gone
        assert not made.slot
        ends.set_end(person("tao"), agreement=number, endpoint="hrss", table="public.entity")
        commands.move_flow(person("jin"), agreement=number, move="run")
        commands.keep_slot(PLATFORM, agreement=number, held=True)
        commands.keep_slot(PLATFORM, agreement=number, held=True)
        commands.keep_loaded(PLATFORM, agreement=number)
        assert Entry.objects.filter(tag="exchange.flow.moved", body__move="slot").count() == 1
        with pytest.raises(Conflict):
            commands.move_flow(person("jin"), agreement=number, move="reload")
        commands.fail_flow(PLATFORM, agreement=number, words=ends.log_sentence("lost"))
        again = commands.move_flow(person("jin"), agreement=number, move="reload")
        assert (again.state, again.slot, again.loaded) == ("running", False, False)
        commands.keep_slot(PLATFORM, agreement=number, held=True)
        assert queries.to_release() == []
        agreements.move_agreement(person("jin"), number=number, move="terminate", words="合作事项已经结束")
        assert [f.agreement for f in queries.to_release()] == [number]

    def test_another_database_lets_the_one_before_go(self, tables, monkeypatch):
        number, gone = agreed(items=self.ITEMS), []
        databases(tables)
        monkeypatch.setattr(replica, "release", lambda address, agreement: gone.append((address, agreement)))
        made = self.name_it(number, follows="log")
        commands.keep_slot(PLATFORM, agreement=number, held=True)
        self.name_it(number, follows="log")
        assert gone == [], "the same database keeps its log"
        commands.keep_slot(PLATFORM, agreement=number, held=True)
        ends.keep_endpoint(person("jin"), key="samr-new", name="新库", address=made.source.address)
        moved = self.name_it(number, follows="log", endpoint="samr-new")
        assert gone == [(made.source.address, number)]
        assert not moved.slot

    def test_a_grant_of_some_rows_needs_whole_rows_in_the_log(self, tables):
        number = agreed(items=self.ITEMS, rows={"status": "存续"})
        databases(tables)
        with pytest.raises(Invalid, match="REPLICA IDENTITY FULL"):
            self.name_it(number, follows="log")
        tables[1].execute("ALTER TABLE entity REPLICA IDENTITY FULL")
        assert self.name_it(number, follows="log").follows == "log"

    def test_what_the_agreement_does_not_allow_is_refused(self, tables):
        number = agreed(modes=("batch",), items=self.ITEMS)
        databases(tables)
        for way in ("log", "ledger", "magic"):
            with pytest.raises(Invalid) as told:
                self.name_it(number, follows=way)
            assert "follows" in told.value.fields

    def test_only_what_our_rooms_keep_follows_the_ledger(self, tables):
        number = agreed(items=self.ITEMS)
        databases(tables)
        with pytest.raises(Refused):
            self.name_it(number, follows="ledger")

    def test_the_way_stays_once_batches_have_gone(self, tables):
        number = agreed(items=self.ITEMS)
        databases(tables)
        made = self.name_it(number, follows="order", order="change_no")
        Batch.objects.create(flow=made, number=1, rows=1, sent_at=clock.now())
        for told in ({"follows": "log"}, {"follows": "order", "order": "other"}):
            with pytest.raises(Conflict, match="不再更改"):
                self.name_it(number, **told)
        assert self.name_it(number, follows="order", order="change_no", table="public.entity2").source_table == "public.entity2"

    def test_the_page_offers_the_ways(self, tables, as_persona):
        number = agreed(items=self.ITEMS)
        databases(tables)
        client, page = as_persona("jin"), f"/exchange/flows/{number}/"
        told = client.get(page).content.decode()
        assert "按数据库日志" in told
        assert "按平台账本" not in told
        wrong = client.post(page, {"act": "end", "endpoint": "samr", "table": "public.none", "follows": "log"})
        assert (wrong.status_code, "只有表才有日志" in wrong.content.decode()) == (422, True)
        client.post(page, {"act": "end", "endpoint": "samr", "table": "public.entity", "follows": "log"})
        ends.set_end(person("tao"), agreement=number, endpoint="hrss", table="public.entity")
        for act in ("run", "pause"):
            client.post(page, {"act": act})
        assert "重新加载" in client.get(page).content.decode()

    def test_ends_are_named_and_flows_run_by_api(self, tables, as_persona):
        number = agreed(items=self.ITEMS)

        def post(who, path, **told):
            return as_persona(who).post(f"/api/exchange{path}", told, content_type="application/json")

        address = OWNER.replace("/tongban?", tables[0])
        assert post("jin", "/endpoints", key="samr", name="登记库", address=address).json() == {"key": "samr", "name": "登记库"}
        assert post("tao", "/endpoints", key="hrss", name="社保库", address="http://x").status_code == 422
        assert post("tao", "/endpoints", key="hrss", name="社保库", address=ADDRESS).status_code == 201
        assert post("jin", f"/agreements/{number}/end", endpoint="samr", table="public.entity", follows="log").json()["follows"] == "log"
        assert post("jin", f"/agreements/{number}/flow", move="run").status_code == 409
        assert post("tao", f"/agreements/{number}/end", endpoint="hrss", table="public.entity").status_code == 200
        assert post("tao", f"/agreements/{number}/flow", move="run").json()["state"] == "running"
        assert post("tao", f"/agreements/{number}/flow", move="reload").status_code == 409
        assert post("tao", f"/agreements/{number}/flow", move="stop").status_code == 422


class TestLedger:
    @pytest.fixture
    def flow(self):
        number = agreed("service.case")
        ends.keep_endpoint(person("tao"), key="hrss", name="社保库", address=ADDRESS)
        ends.set_end(PLATFORM, agreement=number, endpoint="", table="", follows="ledger")
        return ends.set_end(person("tao"), agreement=number, endpoint="hrss", table="public.cases")

    def source(self, flow):
        agreement = Agreement.objects.get(number=flow.agreement)
        return ledger_source.LedgerSource(agreement.resource.supply, agreement.terms)

    @staticmethod
    def seal():
        """What the sealer does once rows are committed: a block behind all entries. Its leaves are not looked at here."""
        head = Block.objects.order_by("-number").first()
        first = head.first_sequence + head.size if head else 0
        statement = """INSERT INTO ledger_block (number, first_sequence, size, last_xid, last_id, leaves, root)
            SELECT %s, %s, 7, pg_current_xact_id(), max(id), '', '' FROM ledger_entry HAVING max(id) > %s"""
        with connection.cursor() as cursor:
            cursor.execute(statement, [head.number + 1 if head else 0, first, head.last_id if head else 0])

    def read(self, flow, after=0):
        self.seal()
        return list(self.source(flow).batches(commands.contract(flow), after))

    def test_each_case_goes_with_its_state_and_again_when_it_changed(self, flow, monkeypatch):
        monkeypatch.setattr(ledger_source.connection, "close", lambda: None)
        one = submitted()
        [held] = self.read(flow)
        row = next(r for r in held.table.to_pylist() if r["number"] == one.number)
        assert (row["state"], row["applicant_kind"], row[GONE]) == ("已提交", "法人", False)
        assert row["submitted_at"] == one.submitted_at.replace(microsecond=row["submitted_at"].microsecond)
        assert set(row) == {*commands.contract(flow).names, GONE}
        assert not {"applicant_name", "person", "data"} & set(row)
        assert self.read(flow, held.last) == []
        other = submitted()
        [next_one] = self.read(flow, held.last)
        assert [r["number"] for r in next_one.table.to_pylist()] == [other.number]
        assert next_one.before == held.last < next_one.last

    def test_what_the_room_knows_no_more_is_gone(self, flow, monkeypatch):
        monkeypatch.setattr(ledger_source.connection, "close", lambda: None)
        one = submitted()
        Case.objects.unscoped("as if another node decided").filter(id=one.id).update(home="370600")
        [held] = self.read(flow)
        assert [(r["number"], r[GONE]) for r in held.table.to_pylist() if r["number"] == one.number] == [(one.number, True)]

    def test_batches_of_one_look_share_their_place(self, flow, monkeypatch):
        monkeypatch.setattr(ledger_source.connection, "close", lambda: None)
        monkeypatch.setattr(ledger_source, "TOGETHER", 1)
        submitted()
        submitted()
        reads = self.read(flow)
        assert len(reads) >= 2
        assert {r.last for r in reads[:-1]} == {0}
        assert reads[-1].last > 0

    def test_it_runs_without_a_database_of_the_provider(self, flow, as_persona):
        assert (flow.source, flow.follows, commands.has_source(flow)) == (None, "ledger", True)
        assert commands.move_flow(person("tao"), agreement=flow.agreement, move="run").state == "running"
        told = as_persona("tao").get(f"/exchange/flows/{flow.agreement}/").content.decode()
        assert "按平台账本" in told
        assert rules.FOLLOWS["ledger"] in told
        assert Flow.objects.get().order_column == ""
