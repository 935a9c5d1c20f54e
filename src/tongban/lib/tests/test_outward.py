"""Calls to other systems stay where they were sent."""

import http.server
import threading
import urllib.error
import urllib.request

import pytest

from tongban.lib import outward


class Mover(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_POST(self):
        self.asked.append(self.path)
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    do_GET = do_POST  # noqa: N815 - the library calls it so

    def log_message(self, *_told):
        pass


def test_a_redirect_is_not_followed():
    with http.server.HTTPServer(("127.0.0.1", 0), Mover) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(urllib.error.HTTPError) as told:
            outward.call(urllib.request.Request(f"http://127.0.0.1:{server.server_port}/here", b"token"), timeout=5)
        server.shutdown()
    assert told.value.code == 302
    assert Mover.asked == ["/here"]
