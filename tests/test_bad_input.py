"""What is refused, and how: at the edge, before a byte is read or a row written."""

import os
import socket
import struct
import threading

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tongban.config import province
from tongban.kernel.cases.tests.test_commands import CODE, act, submit
from tongban.kernel.files import scanners
from tongban.kernel.identity import queries as identity
from tongban.lib import clock
from tongban.lib.errors import Invalid, Unavailable

pytestmark = pytest.mark.django_db


def client_of(username):
    client = Client()
    client.force_login(identity.account_named(username))
    return client


def test_an_upload_of_1_gb_is_refused_by_its_announced_length():
    answer = Client().post("/api/hall/files", b"x", content_type="application/octet-stream", CONTENT_LENGTH=str(2**30))
    assert answer.status_code == 413
    assert "20 MB" in answer.json()["detail"]
    page = client_of("zhang").post("/hall/drafts/x/materials/", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**30))
    assert page.status_code == 413


def test_a_form_from_another_site_is_refused():
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/login/", {"username": "li", "password": "x"})
    assert answer.status_code == 403
    assert "表单已过期" in answer.content.decode()


def test_the_way_back_never_leads_to_another_site():
    client = Client()
    answer = client.post("/account/persona/zhang/", {"next": "https://evil.example/"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/")


def test_every_answer_carries_the_policy():
    answer = Client().get("/")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_session_left_alone_ends():
    client = client_of("li")
    assert client.get("/hall/desk/").status_code == 200
    session = client.session
    session["seen_at"] = clock.now().timestamp() - 31 * 60
    session.save()
    assert "/account/login/" in client.get("/hall/desk/")["Location"]


def test_identity_numbers_are_masked_until_a_purpose_is_kept():
    number = submit()
    act("li", number, "accept")
    full = province.synthetic_id(1)
    client = client_of("qian")
    assert full not in client.get(f"/hall/desk/cases/{number}/").content.decode()
    assert client.post(f"/hall/cases/{number}/reveal/", {"purpose": ""}).status_code == 422
    assert full in client.post(f"/hall/cases/{number}/reveal/", {"purpose": "现场核对证件"}).content.decode()


def test_a_cancelled_matter_says_so_on_its_page():
    from tongban.rooms.service.hall.commands import matters

    matters.cancel_matter(province.official("feng"), code=CODE, document="鲁政办字〔2026〕1号", replaced_by="food-operation-permit-new@3701")
    page = Client().get(f"/hall/matters/{CODE}/")
    assert page.status_code == 410
    assert "济南市市场监督管理局" in page.content.decode()


def test_a_refused_step_keeps_the_opinion_that_was_typed():
    number = submit()
    client = client_of("li")
    item = client.get(f"/hall/desk/cases/{number}/").context["item"].id
    answer = client.post(f"/hall/desk/{item}/act/", {"action": "nonsense", "opinion": "写了很久的意见"})
    assert answer.status_code == 422
    assert "写了很久的意见" in answer.content.decode()


@pytest.mark.parametrize(
    ("username", "path", "most"),
    [("stranger", "/", 22), ("stranger", "/hall/matters/?q=开饭店&region=370102", 12), ("stranger", f"/hall/matters/{CODE}/", 12),
     ("li", "/hall/desk/", 30), ("zhang", "/hall/mine/", 18), ("zhou", "/supervision/", 18), ("stranger", "/hall/lists/", 8)],
)  # fmt: skip
def test_pages_ask_the_database_a_bounded_number_of_times(username, path, most, django_assert_max_num_queries):
    from django.db import connection

    for _n in range(3):
        submit()
    client = Client() if username == "stranger" else client_of(username)
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        assert client.get(path).status_code == 200
    for _n in range(5):
        submit()
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) <= len(few) + 1, "the number of queries grows with the rows"
    assert len(many) <= most


class FakeClamd(threading.Thread):
    """A peer that speaks clamd's INSTREAM over a unix socket."""

    def __init__(self, path, answer):
        super().__init__(daemon=True)
        self.answer, self.received = answer, b""
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()

    def run(self):
        peer, _address = self.server.accept()
        with peer, peer.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", stream.read(4))[0]:
                self.received += stream.read(size)
            peer.sendall(self.answer)


def test_the_scanner_speaks_to_clamd(tmp_path):
    content = os.urandom(150_000)
    peer = FakeClamd(tmp_path / "clamd", b"stream: OK\0")
    peer.start()
    scanners.ClamAV(str(tmp_path / "clamd")).scan(content)
    peer.join(5)
    assert peer.received == content


def test_malware_and_a_silent_scanner_are_refused(tmp_path):
    peer = FakeClamd(tmp_path / "clamd", b"stream: Eicar-Test-Signature FOUND\0")
    peer.start()
    with pytest.raises(Invalid, match="恶意代码"):
        scanners.ClamAV(str(tmp_path / "clamd")).scan(b"x")
    with pytest.raises(Unavailable):
        scanners.ClamAV(str(tmp_path / "nobody")).scan(b"x")
