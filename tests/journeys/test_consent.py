"""A citizen logs in at another system through this account: asked once, sees it in My account, takes it back."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.requests_client import OAuth2Session

from tongban.rooms.trust.account.tests.test_provider import VERIFIER, registered


class Foreign(BaseHTTPRequestHandler):
    """The other system: whoever comes back with a code is exchanged for a name."""

    def do_GET(self):
        app = self.server.app
        asked = parse_qs(urlsplit(self.path).query)
        name = "没有同意"
        if "code" in asked:
            landed = f"http://127.0.0.1:{self.server.server_port}{self.path}"
            app.fetch_token(f"{self.server.site}/oauth/token", authorization_response=landed, code_verifier=VERIFIER, state=self.server.state)
            name = app.get(f"{self.server.site}/oauth/userinfo").json()["name"]
        body = f"<!doctype html><html lang=zh><meta charset=utf-8><title>另一系统</title><h1>您好，{name}</h1></html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told):
        pass


@pytest.fixture
def foreign(site, committed):
    server = HTTPServer(("127.0.0.1", 0), Foreign)
    back = f"http://127.0.0.1:{server.server_port}/cb"
    client, secret = registered(redirect_uris=[back], backchannel_uri="", scopes=["openid", "profile"])
    server.app = OAuth2Session(client.client_id, secret, scope="openid profile", redirect_uri=back, code_challenge_method="S256")
    server.app.trust_env, server.site = False, site
    address, server.state = server.app.create_authorization_url(f"{site}/oauth/authorize", code_verifier=VERIFIER)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()


@pytest.mark.parametrize("width", [1440, 390])
def test_consent_at_a_foreign_system(visitor, foreign, width):
    citizen = visitor(width)
    page = citizen.page
    page.goto(foreign)
    page.locator('form[action="/account/persona/wang/"] button').click()
    citizen.sees("申请登录授权").sees("您的姓名").check()
    page.click("text=不同意")
    page.wait_for_selector("text=您好，没有同意")
    page.goto(foreign)
    page.click("button:has-text('同意') >> nth=0")
    page.wait_for_selector("text=您好，王合成")
    citizen.troubles.clear()  # the other system is another site
    citizen.go("/account/own/consents/")
    citizen.sees("证照查询（合成）").check()
    page.locator("button", has_text="撤回").first.click()
    page.wait_for_selector("text=已撤回")
