"""An installation whose departments exchange: rows arrive, a correction follows, kills lose nothing, the proof stands by itself."""

import json
import os
import random
import shutil
import signal
import time
import urllib.error
import urllib.request
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import requests
import sdmx
from owslib.ogcapi.features import Features

from tongban.lib import codes
from tests.test_group import Installation

NUMBER = "XY2026-000005"
QUERIES = "XY2026-000001"  # 省人社厅 asks about enterprises


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    data = tmp_path_factory.mktemp("exchange") / "data"
    for folder in (data.parent, *data.parent.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    made = Installation(data)
    up = made.run("up", "--detach")
    assert up.returncode == 0, up.stdout + up.stderr
    yield made
    made.run("down")
    shutil.rmtree(data, ignore_errors=True)


def database(installation, name="tongban"):
    told = json.loads((installation.data / "state.json").read_text())["database"]
    return psycopg.connect(told.replace("/tongban?", f"/{name}?"), autocommit=True)


def until(true, seconds=240):
    """Wait for a fact; a database that is not there yet is waited for too."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if true():
                return True
        except psycopg.Error:
            pass
        time.sleep(0.2)
    return False


def arrived(installation):
    with database(installation, "demo_hrss") as line:
        return line.execute("SELECT count(*), count(DISTINCT credit_code) FROM enterprise").fetchone()


def test_rows_arrive_and_what_is_wrong_stays_behind(installation):
    assert until(lambda: arrived(installation) == (2997, 2997))
    with database(installation) as line:
        assert until(
            lambda: (
                line.execute(
                    "SELECT count(*) FROM exchange_batch b JOIN exchange_flow f ON f.id = b.flow_id WHERE agreement = %s AND taken_at IS NOT NULL", [NUMBER]
                ).fetchone()[0]
                == 1
            )
        )
        found = line.execute("SELECT \"column\", what FROM exchange_setaside WHERE state = 'open' ORDER BY 1").fetchall()
        assert found == [("region_code", "region"), ("registered_on", "future"), ("status", "code")]
        assert line.execute("SELECT bool_and(address::text NOT LIKE '%postgresql%') FROM exchange_endpoint").fetchone()[0]


def test_a_value_corrected_at_the_source_arrives(installation):
    with database(installation, "demo_samr") as line:
        line.execute("UPDATE enterprise SET status = '存续', change_no = 9001 WHERE change_no = 70")
    assert until(lambda: arrived(installation) == (2998, 2998))
    with database(installation) as line:
        assert until(lambda: line.execute("SELECT count(*) FROM exchange_setaside WHERE state = 'corrected'").fetchone()[0] == 1)


def processes_of(installation, word):
    found = []
    for pid in installation.processes():
        try:
            if word in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "):
                found.append(pid)
        except OSError:
            continue
    return found


def test_kills_lose_nothing_and_repeat_nothing(installation):
    chance = random.Random(7)
    for turn in range(6):
        with database(installation, "demo_samr") as line:
            line.execute(
                "INSERT INTO enterprise SELECT left(credit_code, 10) || lpad((%s * 3000 + change_no)::text, 8, '0'), name, entity_type, address,"
                " '370102', business_scope, '2020-01-01', '存续', 10000 + %s * 3000 + change_no FROM enterprise WHERE change_no <= 3000",
                [turn, turn],
            )
        for pid in processes_of(installation, (b"tongban exchange", b"nats-server")[turn % 2])[:1]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(chance.uniform(0.5, 2.5))
    with database(installation, "demo_samr") as line:
        # The check digits of what was inserted are wrong on purpose for all but chance: count what the contract lets through.
        sent = line.execute("SELECT count(*) FROM enterprise").fetchone()[0]
    assert sent > 3000

    def settled():
        with database(installation) as line:
            row = line.execute(
                "SELECT sum(b.rows), sum(b.aside), count(*) FILTER (WHERE b.taken_at IS NULL), max((b.envelope ->> 'last')::bigint) FROM exchange_batch b"
                " JOIN exchange_flow f ON f.id = b.flow_id WHERE f.agreement = %s",
                [NUMBER],
            ).fetchone()
        with database(installation, "demo_samr") as line:
            last = line.execute("SELECT max(change_no) FROM enterprise").fetchone()[0]
        return row[2] == 0 and row[3] == last

    assert until(settled, 240)
    with database(installation) as line:
        good = line.execute("SELECT sum(rows) FROM exchange_batch b JOIN exchange_flow f ON f.id = b.flow_id WHERE f.agreement = %s", [NUMBER]).fetchone()[0]
    total, unique = arrived(installation)
    assert total == unique == good


def test_either_side_can_be_handed_the_proof(installation, tmp_path):
    file = tmp_path / "proof.json"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = f"http://127.0.0.1:{installation.port}/api"

    def call(path, body=None, token=""):
        request = urllib.request.Request(address + path, json.dumps(body).encode() if body else None, {"Content-Type": "application/json"})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with opener.open(request, timeout=20) as answer:
            return answer.read()

    token = json.loads(call("/account/tokens", {"username": "tao", "password": "Tongban-demo-1"}))["token"]
    assert until(lambda: len(json.loads(call(f"/exchange/agreements/{NUMBER}/batches/1/proof", token=token))["ledger"]) == 2)
    content = call(f"/exchange/agreements/{NUMBER}/batches/1/proof", token=token)
    file.write_bytes(content)
    told = installation.run("verify", str(file))
    assert told.returncode == 0, told.stdout
    assert "山东省人力资源和社会保障厅" in told.stdout
    for before, after in ((b'"rows": 2997', b'"rows": 2998'), (b'"visits": 10000', b'"visits": 10001')):
        assert before in content
        file.write_bytes(content.replace(before, after))
        assert installation.run("verify", str(file)).returncode == 1
    file.write_bytes(b'{"format": "tongban-exchange-proof/1"}')
    assert installation.run("verify", str(file)).returncode == 2


def test_a_single_question_travels_signed_and_its_proof_stands_alone(installation, tmp_path):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = f"http://127.0.0.1:{installation.port}/api"

    def call(path, body, token=""):
        request = urllib.request.Request(address + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with opener.open(request, timeout=20) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as fault:
            return json.loads(fault.read())

    token = call("/account/tokens", {"username": "tao", "password": "Tongban-demo-1"})["token"]
    with database(installation) as line:
        key, name = line.execute("SELECT credit_code, name FROM registries_entity ORDER BY id LIMIT 1").fetchone()
        before = line.execute("SELECT count(*) FROM ledger_entry WHERE tag = 'catalogue.data.fetched'").fetchone()[0]
    asked = {"key": key, "purpose": "就业和社会保险业务核验"}
    answer = {}

    def answered():
        answer.update(call(f"/exchange/agreements/{QUERIES}/query", asked, token))
        return "values" in answer

    assert until(answered), answer
    assert answer["values"]["name"] == name
    with database(installation) as line:
        assert line.execute("SELECT count(*) FROM ledger_entry WHERE tag = 'catalogue.data.fetched'").fetchone()[0] == before + 1
    file = tmp_path / "query.json"
    file.write_text(json.dumps(answer["proof"], ensure_ascii=False))
    told = installation.run("verify", str(file))
    assert told.returncode == 0, told.stdout
    assert key in told.stdout
    file.write_text(json.dumps(answer["proof"], ensure_ascii=False).replace(name, "另一企业"))
    assert installation.run("verify", str(file)).returncode == 1
    refused = call(f"/exchange/agreements/{QUERIES}/query", {**asked, "purpose": "好奇"}, token)
    assert refused["status"] == 403
    assert QUERIES in refused["detail"]
    foreign = call("/account/tokens", {"username": "jin", "password": "Tongban-demo-1"})["token"]
    assert call(f"/exchange/agreements/{QUERIES}/query", asked, foreign)["status"] == 403
    for pid in processes_of(installation, b"tongban answering"):
        os.kill(pid, signal.SIGKILL)
    answer.clear()
    assert until(answered), answer


class Api:
    """The installation's API for one official."""

    def __init__(self, installation, who):
        self.address, self.token = f"http://127.0.0.1:{installation.port}/api", ""
        self.token = self("/account/tokens", {"username": who, "password": "Tongban-demo-1"})["token"]

    def __call__(self, path, body=None):
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        request = urllib.request.Request(self.address + path, None if body is None else json.dumps(body).encode(), headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.loads(answer.read())


def test_what_the_platform_keeps_goes_as_its_ledger_seals_it(installation):
    told = "SELECT number, state FROM case_record ORDER BY 1"

    def held():
        with database(installation, "demo_office") as line:
            return line.execute(told).fetchall()

    def kept():
        with database(installation) as line:
            return line.execute("SELECT number, state FROM cases_case WHERE home = '' AND cause = '' ORDER BY 1").fetchall()

    assert until(lambda: len(held()) == len(kept()) > 100)
    with database(installation) as line:
        number, who = line.execute(
            "SELECT c.number, a.username FROM cases_case c JOIN identity_account a ON a.person_id = c.person_id WHERE c.state = 'submitted' AND c.home = '' LIMIT 1"
        ).fetchone()
    assert dict(held())[number] == "已提交"
    Api(installation, who)(f"/hall/cases/{number}/withdrawal", {"reason": "不再经营"})
    assert until(lambda: dict(held())[number] == "已撤回", 30)


def test_a_department_follows_the_log_of_anothers_database(installation):
    """The whole story by API: found, applied for, granted less, signed, streamed; deletions and changed keys arrive, kills lose nothing."""
    own = os.environ["DATABASE_URL"].replace("//tongban:", "//owner:")  # the departments' servers are the test's own, whose logs may be followed
    jin, tao = Api(installation, "jin"), Api(installation, "tao")
    names = {"jin": "test_log_source", "tao": "test_log_target"}
    with psycopg.connect(own.replace("/tongban?", "/postgres?"), autocommit=True) as line:
        for name in names.values():
            line.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            line.execute(f"CREATE DATABASE {name}")
    address = {who: own.replace("/tongban?", f"/{name}?") for who, name in names.items()}
    source, target = (psycopg.connect(address[who], autocommit=True) for who in names)
    try:
        _follow_the_log(installation, jin, tao, address, source, target)
    finally:
        source.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
        source.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()")
        source.close()
        target.close()


def _follow_the_log(installation, jin, tao, address, source, target):
    source.execute("SET synchronous_commit = on")
    source.execute("CREATE TABLE representative (credit_code text PRIMARY KEY, legal_rep_name text, mobile text)")
    coded = [codes.make_credit_code("91", "370102", f"MAX{n:06d}") for n in range(1, 701)]

    def enter(some, name):
        with source.cursor() as cursor:
            cursor.executemany("INSERT INTO representative VALUES (%s, %s, '13900000000')", [(code, name) for code in some])

    enter(coded[:500], "合成")
    [found] = [r for r in tao("/exchange/resources?q=" + quote("法定代表人")) if r["title"] == "法定代表人信息"]
    today = date.today()
    wanted = {
        "items": ["credit_code", "legal_rep_name", "mobile"],
        "modes": ["stream"],
        "visits": 100,
        "begins": str(today),
        "ends": str(today + timedelta(days=300)),
    }
    asked = tao("/exchange/requests", {**wanted, "resource": found["key"], "purpose": "参保登记核验", "basis": "社会保险法"})
    agreed = jin(f"/exchange/requests/{asked['number']}/grant", {**wanted, "items": ["credit_code", "legal_rep_name"], "condition": "不得另作他用"})
    number = agreed["number"]
    assert jin(f"/exchange/agreements/{number}/sign", {})["state"] == "unsigned"
    assert tao(f"/exchange/agreements/{number}/sign", {})["state"] == "in-force"
    jin("/exchange/endpoints", {"key": "log-samr", "name": "登记库", "address": address["jin"]})
    tao("/exchange/endpoints", {"key": "log-hrss", "name": "社保库", "address": address["tao"]})
    jin(f"/exchange/agreements/{number}/end", {"endpoint": "log-samr", "table": "public.representative", "follows": "log"})
    tao(f"/exchange/agreements/{number}/end", {"endpoint": "log-hrss", "table": "public.representative"})
    assert tao(f"/exchange/agreements/{number}/flow", {"move": "run"})["state"] == "running"

    def same():
        told = "SELECT credit_code, legal_rep_name FROM representative ORDER BY 1"
        return source.execute(told).fetchall() == target.execute(told).fetchall()

    assert until(same, 60), installation.run("logs").stdout[-3000:]
    assert not target.execute("SELECT 1 FROM information_schema.columns WHERE table_name = 'representative' AND column_name = 'mobile'").fetchone()
    for turn in range(4):
        with source.transaction():
            source.execute("DELETE FROM representative WHERE credit_code IN (SELECT credit_code FROM representative ORDER BY credit_code LIMIT 20)")
            source.execute("UPDATE representative SET legal_rep_name = legal_rep_name || %s WHERE ascii(right(credit_code, 1)) %% 4 = %s", ["改", turn])
            enter(coded[500 + turn * 30 : 530 + turn * 30], "新设")
        for pid in processes_of(installation, (b"tongban exchange", b"nats-server")[turn % 2])[:1]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
    assert until(same, 120)
    jin(f"/exchange/agreements/{number}/flow", {"move": "pause"})
    source.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()")
    source.execute("DELETE FROM representative WHERE legal_rep_name LIKE '新设%'")
    jin(f"/exchange/agreements/{number}/flow", {"move": "run"})
    assert until(lambda: next(f for f in jin("/exchange/flows") if f["agreement"] == number)["state"] == "failed", 60)
    assert "重新加载" in next(f for f in jin("/exchange/flows") if f["agreement"] == number)["fault"]
    jin(f"/exchange/agreements/{number}/flow", {"move": "reload"})
    assert until(same, 60)


def test_sdmx1_reads_the_macro_registry(installation):
    """The unmodified client, told of us as of any other source."""
    sdmx.add_source({"id": "TONGBAN", "name": "Tongban", "url": f"http://127.0.0.1:{installation.port}/sdmx/rest"}, override=True)
    client = sdmx.Client("TONGBAN")
    client.session.trust_env = False
    assert str(client.dataflow("MACRO").dataflow["MACRO"].name.localized_default("zh")) == "宏观经济指标"
    structure = client.datastructure("MACRO", params={"references": "all"}).structure["MACRO"]
    assert [d.id for d in structure.dimensions.components] == ["FREQ", "INDICATOR", "REF_AREA", "TIME_PERIOD"]
    assert "gdp" in structure.dimensions.get("INDICATOR").local_representation.enumerated
    assert [a.id for a in structure.attributes.components] == ["UNIT_MEASURE", "DECIMALS", "RELEASED_ON"]
    span = {"startPeriod": "2015", "endPeriod": "2016"}
    frame = sdmx.to_pandas(client.data("MACRO", key={"INDICATOR": "gdp", "REF_AREA": "37+32"}, params=span).data[0])
    assert frame.xs(("gdp", "37", "2016"), level=("INDICATOR", "REF_AREA", "TIME_PERIOD")).iloc[0] == 59702.6
    assert len(frame) == 4
    message = client.data("MACRO", key="A.gdp.37", params={"startPeriod": "2016", "endPeriod": "2016", "includeHistory": True})
    assert {d.attrib["RELEASED_ON"].value: float(sdmx.to_pandas(d).iloc[0]) for d in message.data} == {"2018-12-31": 68024.49, "2025-12-31": 59702.6}
    with pytest.raises(requests.HTTPError, match="404"):
        client.data("MACRO", key="A.gdp.99")


def test_owslib_reads_the_geography(installation):
    """The unmodified client of OGC API Features."""
    client = Features(f"http://127.0.0.1:{installation.port}/ogc/")
    assert client.conformance()["conformsTo"][0].endswith("/conf/core")
    assert client.feature_collections() == ["regions", "places"]
    assert client.collection("regions")["title"] == "行政区划"
    assert set(client.collection_queryables("places")["properties"]) == {"kind", "region"}
    found = client.collection_items("regions", bbox=[117.02, 36.66, 117.03, 36.67], limit=5)
    assert {f["properties"]["name"] for f in found["features"]} >= {"济南市", "历下区"}
    first = client.collection_items("places", limit=100, region="3701")
    assert first["numberReturned"] == first["numberMatched"] == 12
    assert client.collection_item("regions", "370102")["geometry"]["type"].endswith("Polygon")
    assert "/collections/{collection}/items" in client.api()["paths"]
