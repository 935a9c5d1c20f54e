"""Second proofs: set up, asked for, used once, lost, removed; sessions seen and ended; proving oneself again."""

import json
import re
from datetime import datetime, timedelta

import pyotp
import pytest
from django.test import Client

from tongban.config.personas import DEMO_PASSWORD
from tongban.kernel.identity import queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import factors, staff
from tongban.kernel.identity.models import Account, Factor, LoginSession
from tongban.lib import clock, passkeys
from tongban.lib.errors import Conflict, Refused

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 10, tzinfo=clock.CHINA)


def actor_named(username):
    return queries.actor_of_account(queries.account_named(username).id)


@pytest.fixture
def seed():
    """李 has one-time codes and knows the recovery codes."""
    made, _address = factors.begin_totp(actor_named("li"))
    made_codes = factors.confirm_totp(actor_named("li"), code=pyotp.TOTP(made).at(NOW - timedelta(seconds=30)))
    return made, made_codes


def log_in(client, username="li"):
    return client.post("/account/login/", {"username": username, "password": DEMO_PASSWORD})


def code(seed, later=0):
    return pyotp.TOTP(seed[0]).at(NOW + timedelta(seconds=later))


class TestCodes:
    def test_the_password_alone_no_longer_suffices(self, client, seed):
        assert log_in(client)["Location"] == "/account/second/"
        assert client.get("/hall/desk/").status_code == 302
        assert client.post("/account/second/", {"code": "000000"}).status_code == 401
        assert client.post("/account/second/", {"code": code(seed)}).status_code == 302
        assert client.get("/hall/desk/").status_code == 200
        assert client.session["level"] == 2

    def test_a_code_works_once(self, client, seed):
        log_in(client)
        client.post("/account/second/", {"code": code(seed)})
        other = Client()
        log_in(other)
        assert other.post("/account/second/", {"code": code(seed)}).status_code == 401
        with clock.at(NOW + timedelta(seconds=31)):
            assert other.post("/account/second/", {"code": code(seed, 31)}).status_code == 302

    def test_a_code_of_the_past_or_future_is_refused(self, client, seed):
        log_in(client)
        for later in (-90, 90, 3600):
            assert client.post("/account/second/", {"code": code(seed, later)}).status_code == 401

    def test_recovery_codes_work_once_each(self, client, seed):
        for status in (302, 401):
            log_in(client)
            assert client.post("/account/second/", {"code": seed[1][0].upper()}).status_code == status
            client.post("/account/logout/")
        assert queries.recovery_left(actor_named("li")) == rules.RECOVERY_CODES - 1

    def test_wrong_codes_are_slowed_like_passwords(self, client, seed):
        log_in(client)
        for _n in range(rules.FREE_FAILURES):
            client.post("/account/second/", {"code": "000000"})
        assert "再试" in client.post("/account/second/", {"code": code(seed)}).content.decode() or client.get("/hall/desk/").status_code == 302

    def test_five_minutes_after_the_password_it_begins_anew(self, client, seed):
        log_in(client)
        with clock.at(NOW + timedelta(minutes=6)):
            assert client.get("/account/second/")["Location"] == "/account/login/"

    def test_without_the_password_there_is_no_second_step(self, client, seed):
        assert client.get("/account/second/")["Location"] == "/account/login/"

    def test_the_api_asks_for_the_code_too(self, client, seed):
        def token(**more):
            body = json.dumps({"username": "li", "password": DEMO_PASSWORD, **more})
            return client.post("/api/account/tokens", body, content_type="application/json")

        assert token().json()["type"].endswith("second-proof-needed")
        assert token(code="1").status_code == 401
        assert token(code=code(seed)).status_code == 200

    def test_the_seed_lies_sealed(self, seed):
        assert seed[0].encode() not in bytes(Factor.objects.get(kind="totp").secret)

    def test_set_up_on_the_page_with_its_picture_and_recovery_codes(self, as_persona):
        client = as_persona("wang")
        client.session  # noqa: B018 - a session stands
        prove(client)
        page = client.get("/account/own/security/totp/").content.decode()
        assert "<svg" in page
        made = re.search(r"<code class=\"tb-break\">([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
        assert client.post("/account/own/security/totp/", {"code": "123"}).status_code == 422
        told = client.post("/account/own/security/totp/", {"code": pyotp.TOTP(made).at(NOW)}).content.decode()
        assert len(re.findall(r"<code>[0-9a-f]{8}-[0-9a-f]{8}</code>", told)) == rules.RECOVERY_CODES
        factor = Factor.objects.get(kind="totp", account__username="wang")
        client.post("/account/own/security/", {"act": "remove", "id": str(factor.id)})
        assert not Factor.objects.filter(account__username="wang").exists()
        assert client.post("/account/own/security/", {"act": "remove", "id": "99999"}, follow=True).status_code == 200


def prove(client):
    assert client.post("/account/prove/", {"password": DEMO_PASSWORD, "next": "/account/own/security/"})["Location"] == "/account/own/security/"


class TestProvingAgain:
    def test_sensitive_pages_ask_after_ten_minutes(self, client):
        log_in(client, "chen")
        assert client.get("/account/own/security/").status_code == 200
        with clock.at(NOW + timedelta(minutes=11)):
            answer = client.get("/account/own/security/")
            assert answer["Location"] == "/account/prove/?next=/account/own/security/"
            assert client.post("/account/prove/", {"password": "x"}).status_code == 401
            prove(client)
            assert client.get("/account/own/security/").status_code == 200

    def test_with_codes_the_password_does_not_do(self, client, seed):
        log_in(client)
        client.post("/account/second/", {"code": code(seed)})
        with clock.at(NOW + timedelta(minutes=11)):
            assert client.post("/account/prove/", {"password": DEMO_PASSWORD}).status_code == 401
            assert client.post("/account/prove/", {"code": code(seed, 660)}).status_code == 302

    def test_it_leads_to_no_other_site(self, client):
        log_in(client, "wang")
        assert client.post("/account/prove/", {"password": DEMO_PASSWORD, "next": "https://evil.example/"})["Location"] == "/account/own/"


class TestSessions:
    def test_another_browser_is_seen_and_logged_out(self, client):
        other = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"})
        log_in(client, "wang")
        log_in(other, "wang")
        page = client.get("/account/own/security/").content.decode()
        assert "Chrome · Windows" in page
        [there] = [s for s in LoginSession.objects.filter(account__username="wang") if "Windows" in s.agent]
        client.post("/account/own/security/", {"act": "end", "id": str(there.id)})
        assert other.get("/account/own/").status_code == 302
        assert client.get("/account/own/").status_code == 200

    def test_all_others_at_once_and_never_those_of_others(self, client):
        others = [Client(), Client()]
        for one in (client, *others):
            log_in(one, "wang")
        stranger = Client()
        log_in(stranger, "zhang")
        mine = LoginSession.objects.get(account__username="zhang")
        client.post("/account/own/security/", {"act": "end", "id": str(mine.id)})
        client.post("/account/own/security/", {"act": "end-others"})
        assert [one.get("/account/own/").status_code for one in others] == [302, 302]
        assert stranger.get("/account/own/").status_code == 200
        client.post("/account/logout/")
        assert not LoginSession.objects.filter(account__username="wang", ended_at=None).exists()


class TestPasskeys:
    """The whole exchange runs in the browser journey; here what must be refused."""

    @pytest.mark.parametrize(("host", "may"), [("localhost:8000", True), ("tongban.example", True), ("127.0.0.1:8000", False), ("[::1]:8000", False)])
    def test_only_under_a_name(self, host, may):
        assert passkeys.possible(host) is may

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": "x", "rawId": "eA", "response": {}, "type": "public-key"}', b"[" * 5000])
    def test_nonsense_is_refused(self, client, body):
        client.post("/account/passkey/options/", HTTP_HOST="localhost")
        assert client.post("/account/passkey/", body, content_type="application/json", HTTP_HOST="localhost").status_code == 401

    def test_options_name_no_account(self, client):
        told = client.post("/account/passkey/options/", HTTP_HOST="localhost").json()["publicKey"]
        assert not told.get("allowCredentials")
        assert told["userVerification"] == "required"

    def test_a_new_one_needs_a_challenge_of_this_session(self, client):
        log_in(client, "wang")
        answer = client.post("/account/own/security/passkey/", b"{}", content_type="application/json", HTTP_HOST="localhost")
        assert answer.status_code == 422


class TestAuthority:
    def test_administrators_need_two_proofs_outside_the_demo(self, settings):
        settings.STRONG_LOGIN = True
        account = queries.account_named("chen").id
        assert "administrator" in queries.actor_of_account(account, level=2).roles
        assert "administrator" not in queries.actor_of_account(account, level=1).roles
        assert "supervisor" in queries.actor_of_account(queries.account_named("zhou").id, level=1).roles

    def test_a_password_session_of_an_administrator_reaches_no_accounts_outside_the_demo(self, client, settings):
        settings.STRONG_LOGIN = True
        log_in(client, "chen")
        assert client.get("/account/people/").status_code == 403
        assert client.get("/admin/")["Location"].startswith("/admin/login/")
        assert client.get("/admin/login/")["Location"] == "/account/own/security/"

    def test_a_code_raises_the_session_and_opens_what_needs_two_proofs(self, client, settings):
        settings.STRONG_LOGIN = True
        log_in(client, "chen")
        made, _address = factors.begin_totp(actor_named("chen"))
        factors.confirm_totp(actor_named("chen"), code=pyotp.TOTP(made).at(NOW))
        later = NOW + timedelta(seconds=31)
        with clock.at(later):
            assert client.post("/account/prove/", {"code": pyotp.TOTP(made).at(later)}).status_code == 302
            assert client.get("/account/people/").status_code == 200
            assert client.get("/admin/").status_code == 200

    @pytest.mark.parametrize(("username", "role"), [("he", "administrator"), ("lv", "security_administrator"), ("wu", "matter_publisher")])
    def test_separated_roles_are_not_joined(self, username, role):
        organ = {"wu": "sd-samr"}.get(username, "sd-bigdata")
        with pytest.raises(Conflict):
            staff.appoint(actor_named("chen"), account=queries.account_named(username).id, organ=organ, role=role, region="37")

    def test_nobody_grants_the_own_account(self):
        chen = actor_named("chen")
        with pytest.raises(Refused):
            staff.appoint(chen, account=chen.account, organ="sd-bigdata", role="supervisor", region="37")

    def test_levels_of_ways(self):
        assert rules.level_of("password") == 1
        assert rules.level_of("password+totp") == rules.level_of("passkey") == 2
        assert rules.effective_roles(frozenset({"auditor", "citizen"}), 1) == frozenset({"citizen"})
        assert Actor(roles=frozenset({"auditor"})).proved_only(1).roles == frozenset()


def test_a_reset_ends_second_proofs():
    """Whoever lost everything shows the identity card; the administrator's reset must open the account again."""
    seed, _address = factors.begin_totp(actor_named("li"))
    factors.confirm_totp(actor_named("li"), code=pyotp.TOTP(seed).at(NOW))
    staff.reset_password(actor_named("chen"), account=queries.account_named("li").id)
    assert queries.second_proofs(Account.objects.get(username="li")) == set()
