"""The log over its API and pages: an auditor proves an act, a second node witnesses."""

import base64
import json
import re
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client

from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands, tasks
from tongban.kernel.ledger.models import Cosignature
from tongban.kernel.ledger.tests.test_ledger import FORGET, act, loosen
from tongban.lib import sm
from tongban.lib.tlog import merkle, notes

PLATFORM = system("test")


@pytest.fixture(autouse=True)
def sealed(committed, settings, own_data):
    loosen("DELETE FROM ledger_entry; DELETE FROM ledger_cursor; " + FORGET)
    for account in range(5):
        act(PLATFORM, account=account)
    commands.seal_entries()


@pytest.fixture
def node():
    """The address of this installation answering over HTTP."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def first_proof(page):
    """The address of the first proof on a page."""
    return re.search(r"/account/acts/\d+/proof/", page)[0]


@pytest.fixture
def auditor(as_persona):
    return as_persona("zhou")


class TestPages:
    def test_an_auditor_finds_an_act_and_its_proof_holds_for_everyone(self, auditor):
        page = auditor.get("/account/acts/?subject=account:3").content.decode()
        assert "account:3" in page
        assert "account:2" not in page
        file = auditor.get(first_proof(page))
        assert file["Content-Disposition"].startswith("attachment")
        stranger = Client()
        told = stranger.post("/account/proof/", {"file": SimpleUploadedFile("p.json", file.content)}).content.decode()
        assert "证明成立" in told
        changed = file.content.replace(b'"index": 3', b'"index": 2')
        assert changed != file.content
        assert "证明不成立" in stranger.post("/account/proof/", {"file": SimpleUploadedFile("p.json", changed)}).content.decode()

    @pytest.mark.parametrize("content", [b"", b"x", b"{}", b"[" * 2000, b"\xff\xfe", b'{"format": "tongban-proof/1"}'])
    def test_what_is_no_proof_is_refused_with_the_remedy(self, content):
        answer = Client().post("/account/proof/", {"file": SimpleUploadedFile("p.json", content)})
        assert answer.status_code == 422
        assert "请选择" in answer.content.decode()

    def test_a_day_that_is_none_is_told(self, auditor):
        assert "2026-11-24" in auditor.get("/account/acts/?day=2026-02-30").content.decode()

    def test_citizens_do_not_read_the_ledger(self, as_persona):
        assert as_persona("zhang").get("/account/acts/").status_code == 403


class TestApi:
    def test_anyone_follows_the_log(self):
        client = Client()
        old = notes.parse(client.get("/api/ledger/checkpoint").content.decode())
        keys = client.get("/api/ledger/keys").json()
        assert old.signed_by({keys["origin"]: [bytes.fromhex(k["public"]) for k in keys["keys"]]}) == {keys["origin"]}
        act(PLATFORM, account=9)
        commands.seal_entries()
        new = notes.parse(client.get("/api/ledger/checkpoint").content.decode())
        told = client.get(f"/api/ledger/consistency?first={old.size}&second={new.size}").json()["path"]
        assert merkle.consistent(old.size, new.size, old.root, new.root, [bytes.fromhex(p) for p in told])
        assert client.get(f"/api/ledger/checkpoint?size={old.size}").content.decode() == old.note()

    @pytest.mark.parametrize(
        "asked", ["consistency?first=5&second=2", "consistency?first=1&second=999", "inclusion?index=9&size=3", "inclusion?index=0&size=0"]
    )
    def test_impossible_places_are_refused(self, asked):
        assert Client().get(f"/api/ledger/{asked}").status_code == 422

    def test_an_inclusion_path_leads_to_the_head(self, auditor):
        head = notes.parse(auditor.get("/api/ledger/checkpoint").content.decode())
        told = json.loads(auditor.get(first_proof(auditor.get("/account/acts/?subject=account:2").content.decode())).content)
        path = auditor.get(f"/api/ledger/inclusion?index={told['index']}&size={head.size}").json()["path"]
        assert path == told["path"]


class TestWitness:
    def test_a_node_cosigns_another_over_http(self, node, settings):
        key = commands.ledger_key().public.hex()
        commands.trust_log(PLATFORM, origin=commands.origin(), public=key)
        settings.LEDGER_WITNESSES = [f"{node}/api/ledger/witness#{key}"]
        tasks._seen.clear()
        assert tasks.ask_witnesses() == 1
        assert tasks.ask_witnesses() == 0
        act(PLATFORM, account=7)
        commands.seal_entries()
        tasks._seen.clear()  # as after a start: the witness says which size it knows
        assert tasks.ask_witnesses() == 1
        head = notes.parse(Client().get("/api/ledger/checkpoint").content.decode())
        assert len(head.signatures) == 2
        assert Cosignature.objects.count() == 2

    def test_a_witness_that_is_away_or_lies_costs_nothing(self, node, settings):
        other = sm.SigningKey.generate().public.hex()
        settings.LEDGER_WITNESSES = ["http://127.0.0.1:9/#00", f"{node}/api/ledger/witness#{other}", "ftp://x/#00"]
        tasks._seen.clear()
        assert tasks.ask_witnesses() == 0
        commands.trust_log(PLATFORM, origin=commands.origin(), public=commands.ledger_key().public.hex())
        assert tasks.ask_witnesses() == 0  # signed, but not by the key that was told

    @pytest.mark.parametrize("told", [b"", b"old 0\n\n", b"old 0\n" + base64.b64encode(b"x") + b"\n\nnonsense", b"\xff" * 50, b"x" * 70_000])
    def test_nonsense_is_refused(self, told):
        assert Client().post("/api/ledger/witness", told, content_type="text/plain").status_code == 422
