"""The OpenID Provider against an unmodified Authlib client over HTTP; and what must be refused."""

import base64
import json
import re
import threading
import time
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import KeySet

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import STRANGER
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.trust.account import queries, rules, tasks
from tongban.rooms.trust.account.commands import clients as commands
from tongban.rooms.trust.account.models import Client, Consent, Device, Token

BACK = "https://licence.example/cb"
NOW = datetime(2026, 11, 24, 10, tzinfo=clock.CHINA)


def actor_named(username):
    return identity.actor_of_account(identity.account_named(username).id)


def registered(kind="web", **more):
    """An approved system of 省大数据局, and its secret."""
    said = {
        "name": "证照查询（合成）", "purpose": "登录后查询本人证照", "kind": kind, "redirect_uris": [BACK] if kind in ("web", "native") else [],
        "scopes": ["openid", "profile", "offline_access"], "post_logout_uris": ["https://licence.example/bye"], "backchannel_uri": "https://licence.example/logout",
    }  # fmt: skip
    made = commands.request_client(actor_named("chen"), **{**said, **more})
    commands.decide_client(actor_named("he"), client=made.client_id, state="approved")
    secret = commands.new_secret(actor_named("chen"), client=made.client_id) if kind in ("web", "machine") else ""
    return Client.objects.get(id=made.id), secret


@pytest.fixture
def node(committed, settings):
    """This installation answering over HTTP under its own issuer."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    settings.PUBLIC_ADDRESS = f"http://127.0.0.1:{server.server_port}"
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield settings.PUBLIC_ADDRESS
    server.shutdown()
    server.server_close()
    thread.join()


class Person:
    """A browser that logs in as a persona and answers the provider's pages."""

    def __init__(self, node, username):
        self.node, self.session = node, requests.Session()
        self.session.trust_env = False
        page = self.session.get(f"{node}/account/login/").text
        self.session.post(f"{node}/account/persona/{username}/", {"csrfmiddlewaretoken": token_of(page)}, headers={"Referer": node})

    def allow(self, address, decision="allow"):
        """Open an authorisation address, consent if asked, and give where it leads."""
        answer = self.session.get(address, allow_redirects=False)
        if answer.status_code == 200:
            told = {"csrfmiddlewaretoken": token_of(answer.text), "decision": decision}
            answer = self.session.post(address, told, headers={"Referer": self.node}, allow_redirects=False)
        return answer.headers["Location"]


def token_of(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]


def session_of(client, secret, **more):
    made = OAuth2Session(
        client.client_id, secret or None, scope="openid profile offline_access", redirect_uri=BACK, code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if secret else "none", **more,
    )  # fmt: skip
    made.trust_env = False
    return made


def query(address):
    return {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}


VERIFIER = "v" * 64


class TestAuthlib:
    """Discovery, code with PKCE, id_token, userinfo, refresh, introspection, revocation, machine, device, logout."""

    def test_code_flow_and_all_that_follows(self, node):
        client, secret = registered()
        meta = requests.get(f"{node}/.well-known/openid-configuration", timeout=9).json()
        assert meta["issuer"] == node
        person, app = Person(node, "wang"), session_of(client, secret)
        address, state = app.create_authorization_url(meta["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1")
        back = person.allow(address)
        assert back.startswith(BACK)
        token = app.fetch_token(meta["token_endpoint"], authorization_response=back, code_verifier=VERIFIER, state=state)
        keys = KeySet.import_key_set(requests.get(meta["jwks_uri"], timeout=9).json())
        claims = jwt.decode(token["id_token"], keys, ["RS256"]).claims
        assert (claims["iss"], claims["aud"], claims["nonce"], claims["acr"]) == (node, client.client_id, "n-1", "urn:tongban:acr:2")
        assert abs(claims["auth_time"] - time.time()) < 60
        told = app.get(meta["userinfo_endpoint"]).json()
        assert told == {"sub": claims["sub"], "name": "王合成"}
        shown = app.introspect_token(meta["introspection_endpoint"], token["access_token"]).json()
        assert (shown["active"], shown["sub"]) == (True, claims["sub"])
        fresh = app.refresh_token(meta["token_endpoint"], token["refresh_token"])
        assert fresh["refresh_token"] != token["refresh_token"]
        app.revoke_token(meta["revocation_endpoint"], fresh["access_token"])
        assert requests.get(meta["userinfo_endpoint"], headers={"Authorization": f"Bearer {fresh['access_token']}"}, timeout=9).status_code == 401
        again = person.session.get(app.create_authorization_url(meta["authorization_endpoint"], code_verifier=VERIFIER)[0], allow_redirects=False)
        assert again.status_code == 302, "consent is remembered"

    def test_a_public_client_without_secret(self, node):
        client, _none = registered("native", redirect_uris=["cn.gov.sd.app:/cb"])
        app = session_of(client, "")
        app.redirect_uri = "cn.gov.sd.app:/cb"
        address, state = app.create_authorization_url(f"{node}/oauth/authorize", code_verifier=VERIFIER)
        back = Person(node, "wang").allow(address)
        assert app.fetch_token(f"{node}/oauth/token", authorization_response=back, code_verifier=VERIFIER, state=state)["id_token"]

    def test_a_machine(self, node):
        client, secret = registered("machine", scopes=["official"])
        app = OAuth2Session(client.client_id, secret, scope="official")
        app.trust_env = False
        token = app.fetch_token(f"{node}/oauth/token", grant_type="client_credentials")
        assert "refresh_token" not in token
        assert app.introspect_token(f"{node}/oauth/introspect", token["access_token"]).json()["sub"] == client.client_id

    def test_logging_out_here_ends_it_there(self, node):
        """Back-channel: the system gets a logout token that verifies."""
        got = []

        class There(BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["logout_token"][0])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_told):
                pass

        server = HTTPServer(("127.0.0.1", 0), There)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client, secret = registered(backchannel_uri=f"http://127.0.0.1:{server.server_port}/logout")
        person, app = Person(node, "wang"), session_of(client, secret)
        address, state = app.create_authorization_url(f"{node}/oauth/authorize", code_verifier=VERIFIER)
        token = app.fetch_token(f"{node}/oauth/token", authorization_response=person.allow(address), code_verifier=VERIFIER, state=state)
        keys = KeySet.import_key_set(requests.get(f"{node}/oauth/jwks", timeout=9).json())
        claims = jwt.decode(token["id_token"], keys, ["RS256"]).claims
        left = person.session.get(
            f"{node}/oauth/logout", params={"id_token_hint": token["id_token"], "post_logout_redirect_uri": "https://licence.example/bye", "state": "s"},
            allow_redirects=False,
        )  # fmt: skip
        assert left.headers["Location"] == "https://licence.example/bye?state=s"
        assert requests.get(f"{node}/oauth/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=9).status_code == 401
        tasks.tell_logged_out(client, sub=claims["sub"], sid=claims["sid"], event=1)
        server.shutdown()
        told = jwt.decode(got[0], keys, ["RS256"])
        assert told.header["typ"] == "logout+jwt"
        assert (told.claims["sub"], told.claims["sid"]) == (claims["sub"], claims["sid"])
        assert tasks.EVENT in told.claims["events"]


@pytest.mark.django_db
class TestAuthorize:
    @pytest.fixture
    def app(self):
        return registered()[0]

    def ask(self, app, **more):
        told = {
            "client_id": app.client_id, "response_type": "code", "scope": "openid profile", "redirect_uri": BACK, "state": "s", "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }  # fmt: skip
        return {k: v for k, v in {**told, **more}.items() if v is not None}

    def test_strangers_log_in_first(self, client, app):
        assert client.get("/oauth/authorize", self.ask(app))["Location"].startswith("/account/login/?next=")
        assert query(client.get("/oauth/authorize", self.ask(app, prompt="none"))["Location"])["error"] == "login_required"

    @pytest.mark.parametrize(
        "more", [{"client_id": "x"}, {"redirect_uri": "https://evil.example/cb"}, {"redirect_uri": BACK + "/more"}, {"redirect_uri": None}]
    )
    def test_what_cannot_be_trusted_stays_here(self, as_persona, app, more):
        answer = as_persona("wang").get("/oauth/authorize", self.ask(app, **more))
        assert answer.status_code == 400

    @pytest.mark.parametrize(
        ("more", "error"),
        [
            ({"response_type": "token"}, "unsupported_response_type"), ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"prompt": "none login"}, "invalid_request"), ({"scope": "openid nonsense"}, "invalid_scope"), ({"prompt": "none"}, "consent_required"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_goes_back(self, as_persona, app, more, error):
        told = query(as_persona("wang").get("/oauth/authorize", self.ask(app, **more))["Location"])
        assert (told["error"], told["state"]) == (error, "s")

    def test_refusing_goes_back_and_keeps_nothing(self, as_persona, app):
        client = as_persona("wang")
        page = client.get("/oauth/authorize", self.ask(app)).content.decode()
        assert "证照查询（合成）" in page
        assert "您的姓名" in page
        from urllib.parse import urlencode

        address = f"/oauth/authorize?{urlencode(self.ask(app))}"
        assert query(client.post(address, {"decision": "refuse"})["Location"])["error"] == "access_denied"
        assert not Consent.objects.exists()
        assert "code" in query(client.post(address, {"decision": "allow"})["Location"])
        assert client.get("/account/own/consents/").content.decode().count("证照查询") >= 1
        client.post("/account/own/consents/", {"client": app.client_id})
        assert not Consent.objects.filter(ended_at=None).exists()

    def test_max_age_and_prompt_login_ask_for_a_fresh_proof(self, as_persona, app):
        client = as_persona("wang")
        with clock.at(NOW + timedelta(minutes=5)):
            assert "/account/prove/" in client.get("/oauth/authorize", self.ask(app, max_age="60"))["Location"]
            assert client.get("/oauth/authorize", self.ask(app, max_age="600")).status_code == 200
            assert "/account/prove/" in client.get("/oauth/authorize", self.ask(app, prompt="login"))["Location"]
            assert "/account/prove/" in client.get("/oauth/authorize", self.ask(app, prompt="login"))["Location"], "asking twice is no proof"
        with clock.at(NOW + timedelta(minutes=6)):
            session = client.session
            session["proved_at"] = clock.now().timestamp()
            session.save()
            assert client.get("/oauth/authorize", self.ask(app, prompt="login")).status_code == 200

    def test_a_higher_level_is_asked_for(self, as_persona, app):
        client = as_persona("wang")
        session = client.session
        session["level"] = 1
        session.save()
        answer = client.get("/oauth/authorize", self.ask(app, acr_values="urn:tongban:acr:2"))
        assert answer.status_code == 403
        assert "两重身份验证" in answer.content.decode()
        assert client.get("/oauth/authorize", self.ask(app, acr_values="urn:tongban:acr:1")).status_code == 200


@pytest.mark.django_db
class TestTokens:
    @pytest.fixture
    def app(self):
        return registered()

    def post(self, browser, app, **told):
        basic = base64.b64encode(f"{app[0].client_id}:{app[1]}".encode()).decode()
        return browser.post("/oauth/token", told, headers={"Authorization": f"Basic {basic}"})

    def code(self, as_persona, app):
        import hashlib
        from urllib.parse import urlencode

        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        told = {
            "client_id": app[0].client_id, "response_type": "code", "scope": "openid profile offline_access", "redirect_uri": BACK,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return query(as_persona("wang").post(f"/oauth/authorize?{urlencode(told)}", {"decision": "allow"})["Location"])["code"]

    def test_a_code_works_once_and_its_reuse_ends_what_came_of_it(self, as_persona, app):
        code, browser = self.code(as_persona, app), Browser()
        told = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        first = self.post(browser, app, **told)
        assert first.status_code == 200
        assert self.post(browser, app, **told).json()["error"] == "invalid_grant"
        assert queries.live_token(first.json()["access_token"]) is None

    @pytest.mark.parametrize("wrong", [{"code_verifier": "w" * 64}, {"redirect_uri": "https://licence.example/"}, {"code_verifier": ""}, {"code": "x"}])
    def test_wrong_particulars_are_refused(self, as_persona, app, wrong):
        told = {"grant_type": "authorization_code", "code": self.code(as_persona, app), "redirect_uri": BACK, "code_verifier": VERIFIER}
        assert self.post(Browser(), app, **{**told, **wrong}).status_code == 400

    def test_a_code_ends_after_a_minute(self, as_persona, app):
        told = {"grant_type": "authorization_code", "code": self.code(as_persona, app), "redirect_uri": BACK, "code_verifier": VERIFIER}
        with clock.at(NOW + timedelta(seconds=61)):
            assert self.post(Browser(), app, **told).json()["error"] == "invalid_grant"

    def test_a_refresh_token_that_comes_twice_ends_its_family(self, as_persona, app):
        told = {"grant_type": "authorization_code", "code": self.code(as_persona, app), "redirect_uri": BACK, "code_verifier": VERIFIER}
        first = self.post(Browser(), app, **told).json()
        second = self.post(Browser(), app, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
        assert queries.live_token(first["access_token"]) is None
        assert self.post(Browser(), app, grant_type="refresh_token", refresh_token=first["refresh_token"]).status_code == 400
        assert queries.live_token(second["access_token"]) is None
        assert self.post(Browser(), app, grant_type="refresh_token", refresh_token=second["refresh_token"]).status_code == 400

    @pytest.mark.parametrize(
        "told", [{}, {"grant_type": "password", "username": "wang", "password": "x"}, {"grant_type": "refresh_token"}, {"grant_type": "x" * 9000}]
    )
    def test_other_grants_are_refused(self, app, told):
        assert self.post(Browser(), app, **told).status_code in (400, 401)

    def test_a_wrong_secret_and_a_suspended_system_get_nothing(self, app):
        assert self.post(Browser(), (app[0], "wrong"), grant_type="client_credentials").status_code == 401
        commands.decide_client(actor_named("he"), client=app[0].client_id, state="suspended", reason="测试停用")
        assert self.post(Browser(), app, grant_type="client_credentials").status_code in (400, 401)

    def test_secrets_and_tokens_lie_as_digests(self, as_persona, app):
        told = {"grant_type": "authorization_code", "code": self.code(as_persona, app), "redirect_uri": BACK, "code_verifier": VERIFIER}
        access = self.post(Browser(), app, **told).json()["access_token"]
        assert not Token.objects.filter(access_digest=access).exists()
        assert app[1] not in json.dumps(list(Client.objects.values()), default=str)

    def test_subjects_differ_between_hosts_and_agree_within_one(self, app):
        same, _secret = registered(redirect_uris=["https://licence.example/other"])
        other, _secret = registered(redirect_uris=["https://tax.example/cb"])
        assert queries.subject(app[0], 7) == queries.subject(same, 7)
        assert queries.subject(app[0], 7) != queries.subject(other, 7)

    def test_the_identity_number_needs_two_proofs(self):
        client, _secret = registered(scopes=["openid", "identity"])
        account = identity.account_named("wang").id
        for level, expected in ((1, False), (2, True)):
            row = Token(client=client, account=account, scope="openid identity", level=level)
            assert ("id_number" in queries.claims(row)) is expected


@pytest.mark.django_db
class TestDevices:
    def test_a_terminal_waits_for_its_person(self, as_persona):
        app, _none = registered("device")
        terminal = Browser()
        shown = terminal.post("/oauth/device_authorization", {"client_id": app.client_id, "scope": "openid profile"}).json()
        told = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": shown["device_code"], "client_id": app.client_id}
        assert terminal.post("/oauth/token", told).json()["error"] == "authorization_pending"
        assert terminal.post("/oauth/token", told).json()["error"] == "slow_down"
        person = as_persona("wang")
        assert person.get("/oauth/device?user_code=XXXX-XXXX").status_code == 404
        assert shown["user_code"] in person.get(f"/oauth/device?user_code={shown['user_code']}").content.decode()
        assert "已授权" in person.post("/oauth/device", {"user_code": shown["user_code"], "decision": "allow"}).content.decode()
        token = terminal.post("/oauth/token", told).json()
        assert terminal.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"}).json()["name"] == "王合成"
        assert "error" in terminal.post("/oauth/token", told).json()
        assert Device.objects.count() == 1


@pytest.mark.django_db
class TestClients:
    def test_asked_on_the_page_and_approved_by_another(self, as_persona):
        said = {"name": "某系统（合成）", "purpose": "登录", "kind": "web", "redirect_uris": BACK, "scopes": ["openid", "profile"], "backchannel_uri": ""}
        client = as_persona("chen")
        assert client.post("/account/clients/", {**said, "redirect_uris": "http://evil.example"}).status_code == 422
        address = client.post("/account/clients/", said)["Location"]
        assert "批准" not in client.get(address).content.decode()
        assert client.post(address, {"act": "approved"}).status_code == 403
        security = as_persona("he")
        assert security.post(address, {"act": "refused", "reason": ""}).status_code == 422
        assert security.post(address, {"act": "approved"}).status_code == 302
        page = as_persona("chen").post(address, {"act": "secret"}).content.decode()
        assert "仅显示一次" in page

    @pytest.mark.parametrize(
        "uri",
        [
            "http://a.example/",
            "https://",
            "javascript:alert(1)",
            "https://a.example/#x",
            "https://*.example/",
            "https://u@a.example/",
            "data:x",
            "https://a\\b/",
        ],
    )
    def test_addresses_that_are_refused(self, uri):
        assert rules.uri_fault(uri)
        with pytest.raises(Invalid):
            registered(redirect_uris=[uri])

    @pytest.mark.parametrize(("uri", "native"), [("https://a.example/cb", False), ("http://127.0.0.1:8080/cb", False), ("cn.gov.sd.app:/cb", True)])
    def test_addresses_that_are_good(self, uri, native):
        assert not rules.uri_fault(uri, native=native)

    def test_citizens_do_not_ask(self):
        with pytest.raises(Refused):
            commands.request_client(actor_named("wang"), name="x", purpose="xx", kind="web", redirect_uris=[BACK], scopes=["openid"], post_logout_uris=[])

    def test_decided_once(self):
        client, _secret = registered()
        with pytest.raises(Conflict):
            commands.decide_client(actor_named("he"), client=client.client_id, state="refused", reason="再次")
        with pytest.raises(Conflict):
            commands.new_secret(actor_named("chen"), client=registered("native")[0].client_id)


@pytest.mark.django_db
@pytest.mark.parametrize("hint", ["", "x", "a.b.c", "x" * 9000])
def test_leaving_with_a_worthless_hint_asks_the_person(as_persona, hint):
    client = as_persona("wang")
    page = client.get("/oauth/logout", {"id_token_hint": hint, "post_logout_redirect_uri": "https://evil.example/"})
    assert page.status_code == 200
    left = client.post("/oauth/logout", {"decision": "leave", "post_logout_redirect_uri": "https://evil.example/"})
    assert left["Location"] == "/"
    assert STRANGER.logged_in is False
