"""An HTTP interface looked at: its records' fields and types; what cannot be read is told apart."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tongban.lib import probing

RECORDS = [
    {"credit_code": "91370102MA0000001X", "paid": 12.5, "count": 3, "open": True, "since": "2026-01-02", "at": "2026-01-02T08:00:00+08:00", "place": {"name": "历下"}, "tags": ["一"]},
    {"credit_code": "91370102MA0000002X", "paid": 7, "count": None, "open": False, "since": "2026-01-03", "at": "2026-01-02T09:00:00Z", "place": {"name": "市中"}, "tags": []},
]  # fmt: skip
ANSWERS = {
    "/good": (200, json.dumps({"code": 0, "data": {"total": 2, "list": RECORDS}}, ensure_ascii=False)), "/plain": (200, json.dumps(RECORDS)),
    "/nothing": (200, '{"code": 0, "data": []}'), "/page": (200, "<html></html>"), "/broken": (500, "{}"), "/large": (200, " " * (probing.MOST_BODY + 1)),
    "/deep": (200, "[" * 100_000),
}  # fmt: skip


@pytest.fixture(scope="module")
def interface():
    seen = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, self.headers.get("Authorization")))
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "/good")
                self.end_headers()
                return
            if self.path == "/secret" and self.headers.get("Authorization") != "Bearer x":
                self.send_response(401)
                self.end_headers()
                return
            status, body = ANSWERS.get(self.path, ANSWERS["/good"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_told):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()


@pytest.mark.parametrize("path", ["/good", "/plain"])
def test_fields_and_types_are_those_of_the_records(interface, path):
    found = {p.name: p for p in probing.http(interface[0] + path)}
    assert {n: p.type for n, p in found.items()} == {
        "credit_code": "text", "paid": "number", "count": "integer", "open": "boolean", "since": "date", "at": "datetime", "place.name": "text", "tags": "text",
    }  # fmt: skip
    assert found["credit_code"].length == 18
    assert (found["credit_code"].required, found["count"].required) == (True, False)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/nothing", "no-list"), ("/page", "not-readable"), ("/broken", "no-answer"), ("/large", "not-readable"), ("/deep", "not-readable"),
        ("/elsewhere", "no-answer"), ("/secret", "no-answer"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_apart(interface, path, why):
    with pytest.raises(probing.CannotProbe, match=f"^{why}$"):
        probing.http(interface[0] + path)


def test_a_header_that_was_given_is_sent(interface):
    assert probing.http(f"{interface[0]}/secret", "Bearer x")
    assert interface[1][-1] == ("/secret", "Bearer x")


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://169.254.169.254/latest", "http://[fe80::1]/", "http://a:b@127.0.0.1/", "http://", "乱写"]
)
def test_addresses_that_are_no_interface_are_never_called(url):
    with pytest.raises(probing.CannotProbe, match="no-address"):
        probing.http(url)


def test_nobody_at_home_is_told():
    with pytest.raises(probing.CannotProbe, match="no-answer"):
        probing.http("http://127.0.0.1:9/x")
