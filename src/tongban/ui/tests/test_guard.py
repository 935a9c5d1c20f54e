"""What stands before every request: headers, cookies, forms from elsewhere, idle sessions, large bodies, errors that tell nothing."""

from datetime import timedelta

import pytest
from django.test import Client

from tongban.kernel.identity import queries as identity
from tongban.lib import clock
from tongban.ui import guard

pytestmark = pytest.mark.django_db


def test_headers_of_a_page(client):
    answer = client.get("/")
    policy = answer["Content-Security-Policy"]
    assert "script-src" not in policy and "default-src 'self'" in policy  # no inline script, none from elsewhere
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy and "form-action 'self'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "Server" not in answer and "X-Powered-By" not in answer


def test_headers_stand_on_refusals_too(client):
    for answer in (client.get("/nowhere"), client.get("/api/hall/cases"), client.post("/account/login/", {"username": "x", "password": "y"})):
        assert "default-src" in answer["Content-Security-Policy"], answer.status_code


def test_cookies_are_kept_from_scripts_and_other_sites(client):
    client.post("/account/persona/wang/")
    session = client.cookies["sessionid"]
    assert session["httponly"] and session["samesite"] == "Lax"


def test_the_session_gets_a_new_key_at_login(client):
    client.get("/account/login/")
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    client.post("/account/persona/wang/")
    assert client.cookies["sessionid"].value != before


@pytest.mark.parametrize("page", ["/account/login/", "/account/own/", "/account/own/ward/", "/security/incidents/", "/networks/lines/"])
def test_a_form_without_its_token_is_refused(page):
    client = Client(enforce_csrf_checks=True)
    client.force_login(identity.account_named("chen"))
    answer = client.post(page, {"username": "x"})
    assert answer.status_code == 403
    assert "表单" in answer.content.decode()


def test_half_an_hour_idle_ends_a_session(as_persona):
    wang = as_persona("wang")
    assert wang.get("/account/own/").status_code == 200
    with clock.at(clock.now() + timedelta(minutes=29)):
        assert wang.get("/account/own/").status_code == 200
        with clock.at(clock.now() + timedelta(minutes=31)):
            assert wang.get("/account/own/").status_code == 302


def test_a_body_beyond_the_limit_is_refused_unread(client, settings):
    settings.BODY_LIMIT = 1000
    assert client.post("/account/login/", {"x": "y" * 2000}).status_code == 413


def test_an_error_tells_nothing_of_the_inside(monkeypatch):
    monkeypatch.setattr(guard.refusals, "HARMLESS", None)  # breaks the page for missing addresses
    answer = Client(raise_request_exception=False).get("/nowhere")
    assert answer.status_code == 500
    told = answer.content.decode()
    assert "Traceback" not in told and "TypeError" not in told and "refusals" not in told


def test_what_is_meant_for_one_person_is_kept_by_no_cache_between(client, as_persona):
    assert "Cache-Control" not in client.get("/")
    wang = as_persona("wang")
    assert wang.get("/account/own/")["Cache-Control"] == "private, no-cache"
    assert wang.post("/account/logout/")["Clear-Site-Data"] == '"cache"'
    assert client.get("/api/hall/cases", HTTP_AUTHORIZATION="Bearer x")["Cache-Control"] == "private, no-store"


def test_no_request_is_echoed(client):
    assert client.generic("TRACE", "/").status_code == 405
