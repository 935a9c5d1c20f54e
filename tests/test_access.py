"""The access matrix: every route × every kind of actor, taken for real and compared with what is declared and committed."""

import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from tongban.config.api import api
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import STRANGER
from tongban.lib import clock
from tongban.lib.rooms import PERMISSIONS
from tongban.ui.access import LOGGED_IN, OPEN

COMMITTED = Path(__file__).parent / "access.json"
ACTORS = ("stranger", "zhang", "wang", "li", "desk-3702", "qian", "zhao", "sun", "zhou", "wu", "zheng", "feng", "chen", "he", "lv", "yan", "jin")
EXAMPLES = {
    "rest": "nothing",
    "code": "food-operation-permit-new@370102", "number": "JN00-0000-00000", "draft": "x", "upload": "00000000-0000-0000-0000-000000000000", "part": 0, "version": 999999, "item": 999999, "key": "sd-samr",
    "kind": "power", "system": "nothing", "file": "x", "token": "x", "light": 999999, "rating": 999999, "account": 999999, "username": "nobody", "bundle": "x",
    "entry": 999999999, "act": 999999999, "client": "x", "alert": 999999, "digest": "x", "review": 999999, "linkage": 999999, "comparison": 999999, "resource": "nothing", "batch": 999999,
    "flow": "MACRO", "node": "nothing", "letter": 999999, "evaluation": "nothing", "organ": "sd-samr", "provider": "all", "agency": "all", "identifier": "all", "collection": "regions", "feature": "370102",
}  # fmt: skip


def pages():
    """(name, address, view) of every page of ours; Django's own admin is behind is_staff and tested below."""
    found = []

    def walk(patterns, prefix, namespace):
        for entry in patterns:
            if not isinstance(entry, URLPattern):
                if entry.namespace not in ("admin", "api"):
                    walk(entry.url_patterns, prefix + str(entry.pattern), f"{entry.namespace}:" if entry.namespace else namespace)
                continue
            address = "/" + prefix + str(entry.pattern)
            for name in entry.pattern.converters:
                for kind in ("slug", "str", "int", "path", "uuid"):
                    address = address.replace(f"<{kind}:{name}>", str(EXAMPLES[name]))
            found.append((namespace + (entry.name or ""), address, entry.callback))

    walk(get_resolver().url_patterns, "", "")
    return found


def operations():
    """(method and path, address, view) of every operation of the API."""
    found = []
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                path_whole = f"/{prefix}/{path}".replace("//", "/").replace("//", "/")
                address = "/api" + path_whole
                for name, value in EXAMPLES.items():
                    address = address.replace("{path:" + name + "}", str(value)).replace("{" + name + "}", str(value))
                found += [(f"{method} {path_whole}", address, operation.view_func, method) for method in operation.methods]
    return found


def allowed(view, actor, *, writing=False):
    rules = view.access
    opens = OPEN in rules or (actor.logged_in and (LOGGED_IN in rules or any(actor.may(r) for r in rules)))
    needed = getattr(view, "writes", "") if writing else ""
    return opens and (not needed or actor.may(needed))


def actor_of(username):
    if username == "stranger":
        return STRANGER
    return identity.actor_of_account(identity.account_named(username).id)


HANDLER = Client().handler  # its chain of middlewares is built once, not for each of some thousand visits


def client_of(username):
    client = Client(raise_request_exception=False)
    client.handler = HANDLER
    if username != "stranger":
        client.force_login(identity.account_named(username))
        session = client.session
        session["proved_at"] = clock.now().timestamp()
        session.save()
    return client


def test_every_route_declares_who_may_take_it():
    assert [name for name, _address, view in pages() if not hasattr(view, "access")] == []
    assert [name for name, _address, view, _m in operations() if not hasattr(view, "access")] == []
    rules = {r for _n, _a, view in pages() for r in view.access} | {r for _n, _a, view, _m in operations() for r in view.access}
    assert rules - {OPEN, LOGGED_IN} <= set(PERMISSIONS)


@pytest.mark.django_db
def test_the_matrix_is_the_committed_one():
    """A changed cell shows as a diff: TONGBAN_WRITE_ACCESS=1 writes the file anew, for review."""
    import os

    people = {name: actor_of(name) for name in ACTORS}
    matrix = {
        name: "".join("y" if allowed(view, people[a]) else "." for a in ACTORS)
        for name, view in [*((n, v) for n, _a, v in pages()), *((n, v) for n, _a, v, _m in operations())]
    }
    matrix |= {
        f"{name} (writing)": "".join("y" if allowed(view, people[a], writing=True) else "." for a in ACTORS)
        for name, _a, view in pages() if getattr(view, "writes", "")
    }  # fmt: skip
    told = json.dumps({"actors": ACTORS, "routes": dict(sorted(matrix.items()))}, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("TONGBAN_WRITE_ACCESS"):
        COMMITTED.write_text(told)
    assert COMMITTED.read_text() == told


@pytest.mark.django_db
@pytest.mark.parametrize("username", ACTORS)
def test_every_page_keeps_its_rule(username):
    actor = actor_of(username)
    wrong = []
    for name, address, view in pages():
        if name == "account:logout":
            continue
        client = client_of(username)
        for ask in (client.get, client.post):
            answer = ask(address)
            refused = answer.status_code in (401, 403) or (answer.status_code == 302 and "/account/login/" in answer.get("Location", ""))
            if answer.status_code >= 500:
                wrong.append((name, ask.__name__, answer.status_code))
            if allowed(view, actor, writing=ask == client.post) == refused and not (refused and _own_reasons(name, answer)):
                wrong.append((name, ask.__name__, answer.status_code, answer.get("Location", "")))
    assert wrong == []


def _own_reasons(name, answer):
    """A page that is open may still refuse the act itself: a wrong password, an enterprise without mandate."""
    return name.startswith("scim:") or name in (
        "account:login",
        "account:second",
        "account:prove",
        "account:passkey",
        "account:sms",
        "account:certificate",
        "account:enterprise",
        "provider:token",
        "provider:userinfo",
        "provider:introspect",
        "provider:revoke",
        "provider:device-authorization",
        "provider:authorize",
        "hall:move",
        "supervision:act",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("username", ACTORS)
def test_every_operation_keeps_its_rule(username):
    actor, client, wrong = actor_of(username), client_of(username), []
    for name, address, view, method in operations():
        answer = client.generic(method, address, "{}", content_type="application/json")
        refused = answer.status_code in (401, 403)
        malformed = answer.status_code == 422 and "malformed" in answer.content.decode()
        if answer.status_code >= 500:
            wrong.append((name, answer.status_code))
        if not malformed and allowed(view, actor) == refused:
            wrong.append((name, answer.status_code))
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize(("username", "status"), [("stranger", 302), ("zhang", 302), ("li", 302), ("chen", 200)])
def test_the_tables_are_for_administrators(username, status):
    assert client_of(username).get("/admin/").status_code == status


@pytest.mark.django_db
def test_a_foreign_case_is_hidden_from_everyone_outside_its_scope():
    from tongban.kernel.cases.tests.test_commands import submit

    number = submit()
    inside, outside = ("zhang", "li", "qian", "zhao", "sun", "zhou"), ("wang", "desk-3702", "wu")
    for username in inside:
        assert client_of(username).get(f"/api/hall/cases/{number}").status_code == 200, username
    for username in outside:
        assert client_of(username).get(f"/api/hall/cases/{number}").status_code in (403, 404), username
        assert client_of(username).get(f"/hall/cases/{number}/").status_code in (403, 404), username


@pytest.mark.django_db
def test_outside_the_demo_the_personas_do_not_exist(tmp_path):
    import os
    import subprocess
    import sys

    code = (
        "import django; django.setup(); from django.test import Client; from django.urls import resolve, Resolver404\n"
        "try:\n    resolve('/account/persona/zhang/'); print('there')\nexcept Resolver404:\n    print('gone')\n"
        "import sys; print('personas' in ' '.join(m for m in sys.modules if 'account.views' in m))"
    )
    environment = {**os.environ, "TONGBAN_DEMO": "0", "TONGBAN_DATA": str(tmp_path), "PYTHONPATH": "src"}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment).stdout
    assert told.split() == ["gone", "False"]
