"""SCIM 2.0: an independent tester against the whole service, then what it cannot know: organs, roles, people with accounts of their own."""

import json
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import urlencode

import pytest
from django.db import close_old_connections, transaction
from django.test import Client as DjangoClient
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_models import Mutability, Required, ResourceType, Returned, ScimProvider
from scim2_tester import Status, check_server

from tongban.config import personas
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.models import Account, Person
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock
from tongban.rooms.trust.account import queries
from tongban.rooms.trust.account.models import Client
from tongban.rooms.trust.account.views.scim import resources

pytestmark = pytest.mark.django_db
USER, OFFICIAL = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:tongban:params:scim:schemas:2.0:Official"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def token_of(official="li", scope="scim"):
    """A token as the system of that official's organ gets one: by its own credentials."""
    account = identity.account_named(official)
    where = identity.posts(account)[0].organ
    made = Client.objects.create(
        client_id=f"hr-{official}-{scope}", name="人事系统（合成）", purpose="人员同步", organ=where, region_code=where.region_code, kind="machine", state="approved",
        scopes=[scope], secret_digest=queries.digest("secret"), requested_by=account.id, requested_at=clock.now(),
    )  # fmt: skip
    asked = {"grant_type": "client_credentials", "scope": scope, "client_id": made.client_id, "client_secret": "secret"}
    return DjangoClient().post("/oauth/token", asked).json()["access_token"]


@pytest.fixture
def hr(client, db):
    """A personnel system of 历下区市场监督管理局."""
    token = token_of()

    def ask(method, path, body=None, **headers):
        told = {"content_type": "application/scim+json", "HTTP_AUTHORIZATION": f"Bearer {token}", **headers}
        answer = client.generic(method, f"/scim/v2/{path}", json.dumps(body) if body is not None else "", **told)
        return answer.status_code, json.loads(answer.content) if answer.content else None

    return ask


def official(serial=77, name="孔合成", **more):
    return {
        "schemas": [USER, OFFICIAL], "userName": f"kong{serial}", "name": {"formatted": name}, "emails": [{"value": "kong@example.cn", "primary": True}],
        "phoneNumbers": [{"value": "13800001234"}], "roles": [{"value": "clerk"}], OFFICIAL: {"idNumber": personas.synthetic_id(serial), "employeeNumber": "0077"},
        **more,
    }  # fmt: skip


class Fresh(list):
    """A list from which nobody draws the same twice."""

    def __getitem__(self, place):
        return self.pop()


class Official(resources.Official):
    """As the server describes it, with numbers that pass for the tester to choose from."""

    id_number: Annotated[str | None, Required.true, Mutability.immutable, Returned.never] = Field(
        None, examples=Fresh(personas.synthetic_id(n) for n in range(100, 990))
    )


@contextmanager
def one_connection():
    """The test's own transaction goes on through requests, as it does with Django's test client."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def test_an_independent_tester_finds_nothing():
    client = WSGISCIMClient(get_wsgi_application(), base_url="http://testserver/scim/v2", headers={"Authorization": f"Bearer {token_of()}"})
    client.provider = ScimProvider(
        [resources.User, Official], [ResourceType.from_resource(resources.User[Annotated[Official, Required.true]])], config=resources.config()
    )
    with one_connection():
        results = check_server(client)
    told = [(r.title, r.reason) for r in results if r.status not in (Status.SUCCESS, Status.SKIPPED)]
    # It draws another identity number when it replaces, since none is ever told: that this is refused is right.
    assert [one for one in told if not (one[0] in ("object_replacement", "check_replace_attribute") and "mutab" in one[1])] == []
    assert sum(r.status == Status.SUCCESS for r in results) > 30


class TestLife:
    def test_hired_promoted_let_go(self, hr):
        status, made = hr("POST", "Users", official())
        assert status == 201, made
        assert "idNumber" not in json.dumps(made)
        assert made["meta"]["version"]
        account = Account.objects.get(username="kong77")
        assert (account.is_active, account.email, account.person.mobile) == (True, "kong@example.cn", "13800001234")
        assert identity.actor_of_account(account.id).roles == {"citizen", "clerk"}
        assert identity.actor_of_account(account.id).organ_key == "370102-market"
        status, changed = hr(
            "PATCH", f"Users/{made['id']}", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "roles", "value": [{"value": "approver"}]}]}
        )
        assert (status, [r["value"] for r in changed["roles"]]) == (200, ["approver"])
        assert identity.actor_of_account(account.id).roles == {"citizen", "approver"}
        status, off = hr("PATCH", f"Users/{made['id']}", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]})
        assert (status, off["active"]) == (200, False)
        account.refresh_from_db()
        assert not account.is_active
        assert hr("PATCH", f"Users/{made['id']}", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": True}]})[0] == 200
        account.refresh_from_db()
        assert account.is_active
        assert hr("DELETE", f"Users/{made['id']}")[0] == 204
        assert hr("GET", f"Users/{made['id']}")[0] == 404
        account.refresh_from_db()
        assert not account.is_active
        assert identity.posts(account) == []
        told = list(Entry.objects.filter(tag="account.staff.provisioned").values_list("actor_name", flat=True))
        assert set(told) == {"人事系统（合成）（人员同步）"}
        assert personas.synthetic_id(77) not in json.dumps(list(Entry.objects.values_list("body", flat=True)), ensure_ascii=False)

    def test_whoever_had_an_account_keeps_it(self, hr):
        zhang = Person.objects.get(name="张合成")
        status, made = hr("POST", "Users", official(name="张合成", userName="zhang.hc") | {OFFICIAL: {"idNumber": zhang.id_number}})
        assert status == 201, made
        account = identity.account_named("zhang")
        assert "clerk" in identity.actor_of_account(account.id).roles
        assert account.email == ""  # the own contact is the person's
        assert hr("DELETE", f"Users/{made['id']}")[0] == 204
        assert identity.actor_of_account(account.id).roles == {"citizen"}
        assert Account.objects.get(id=account.id).is_active

    def test_let_go_and_hired_again(self, hr):
        first = hr("POST", "Users", official())[1]
        hr("DELETE", f"Users/{first['id']}")
        status, second = hr("POST", "Users", official())
        assert status == 201, second
        assert Account.objects.get(username="kong77").is_active
        hr("DELETE", f"Users/{second['id']}")
        assert not Account.objects.get(username="kong77").is_active

    def test_a_replacement_tells_the_same_number_again(self, hr):
        made = hr("POST", "Users", official())[1]
        body = official(active=False, id=made["id"])
        for number, status in ((None, 400), (personas.synthetic_id(78), 400), (personas.synthetic_id(77), 200)):
            assert hr("PUT", f"Users/{made['id']}", body | {OFFICIAL: {"idNumber": number}})[0] == status

    def test_what_is_sent_twice_changes_once(self, hr):
        made = hr("POST", "Users", official())[1]
        body = {**official(), "id": made["id"]}
        again = hr("PUT", f"Users/{made['id']}", body)
        assert again[0] == 200, again
        assert again[1]["meta"]["version"] == made["meta"]["version"]
        assert hr("POST", "Users", official())[0] == 409

    def test_two_writers_at_once(self, hr):
        made = hr("POST", "Users", official())[1]
        change = {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "roles"}]}
        assert hr("PATCH", f"Users/{made['id']}", change, HTTP_IF_MATCH=made["meta"]["version"])[0] == 200
        assert hr("PATCH", f"Users/{made['id']}", change, HTTP_IF_MATCH=made["meta"]["version"])[0] == 412
        assert hr("GET", f"Users/{made['id']}", HTTP_IF_NONE_MATCH=hr("GET", f"Users/{made['id']}")[1]["meta"]["version"]) == (304, None)


class TestFinding:
    def test_filters_sort_and_pages(self, hr):
        for serial in (81, 82, 83):
            assert hr("POST", "Users", official(serial, externalId=f"e{serial}"))[0] == 201
        assert hr("GET", 'Users?filter=userName eq "kong82"')[1]["totalResults"] == 1
        assert hr("GET", 'Users?filter=externalId eq "e83" or roles.value eq "nobody"')[1]["Resources"][0]["userName"] == "kong83"
        page = hr("GET", "Users?sortBy=userName&sortOrder=descending&startIndex=2&count=1")[1]
        assert (page["totalResults"], [u["userName"] for u in page["Resources"]]) == (3, ["kong82"])
        slim = hr("GET", "Users?attributes=userName&count=1")[1]["Resources"][0]
        assert set(slim) == {"schemas", "id", "userName"}
        assert (
            hr("POST", "Users/.search", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": 'userName sw "kong8"'})[1][
                "totalResults"
            ]
            == 3
        )
        assert hr("GET", "Users?filter=nonsense(")[1]["scimType"] == "invalidFilter"


class TestRefusals:
    @pytest.mark.parametrize("role", ["administrator", "security_administrator", "auditor", "citizen", "system", "nonsense"])
    def test_no_personnel_system_makes_administrators(self, hr, role):
        status, told = hr("POST", "Users", official(roles=[{"value": role}]))
        assert (status, told["scimType"]) == (400, "invalidValue")
        assert not Account.objects.filter(username="kong77").exists()

    def test_roles_that_nobody_holds_together(self, hr):
        status, _told = hr("POST", "Users", official(roles=[{"value": "matter_editor"}, {"value": "matter_publisher"}]))
        assert status == 403

    def test_an_official_of_another_organ(self, hr):
        wu = identity.account_named("wu").person
        status, _told = hr("POST", "Users", official(name=wu.name, userName="wu2") | {OFFICIAL: {"idNumber": wu.id_number}})
        assert status == 409

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"userName": None}, 400),
            ({OFFICIAL: {"idNumber": "370102199001010000"}}, 400),
            ({OFFICIAL: {"employeeNumber": "1"}}, 400),
            ({"userName": "li"}, 400),
            ({"emails": [{"value": "nonsense"}]}, 400),
        ],
    )
    def test_what_is_wrong_is_told(self, hr, change, status):
        assert hr("POST", "Users", official() | change)[0] == status

    @pytest.mark.parametrize("header", [{}, {"HTTP_AUTHORIZATION": "Bearer nonsense"}])
    def test_strangers(self, client, header):
        answer = client.get("/scim/v2/Users", **header)
        assert answer.status_code == 401
        assert "invalid_token" in answer["WWW-Authenticate"]

    def test_a_token_without_the_scope(self, client):
        answer = client.get("/scim/v2/Users", HTTP_AUTHORIZATION=f"Bearer {token_of(scope='openid')}")
        assert answer.status_code == 401

    def test_another_organs_officials_are_not_there(self, hr, client):
        made = hr("POST", "Users", official())[1]
        token = token_of("wu")
        for path in (f"Users/{made['id']}", "Users/nonsense", "Users/99999999999999999999", "Nothing"):
            assert client.get(f"/scim/v2/{path}", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 404
        assert json.loads(client.get("/scim/v2/Users", HTTP_AUTHORIZATION=f"Bearer {token}").content)["totalResults"] == 0


NAMES = st.sampled_from(
    [
        "schemas",
        "userName",
        "name",
        "formatted",
        "active",
        "emails",
        "value",
        "roles",
        "Operations",
        "op",
        "path",
        "primary",
        "type",
        OFFICIAL,
        "idNumber",
        "id",
        "meta",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from([USER, OFFICIAL, PATCH, "add", "remove", "replace", 'roles[value eq "clerk"]', "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


class TestNonsense:
    """Whatever is sent, the answer is SCIM's and never a fault of ours."""

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=st.dictionaries(NAMES, VALUES, max_size=6), method=st.sampled_from(["POST", "PUT", "PATCH", "SEARCH"]))
    def test_bodies(self, hr, body, method):
        made = hr("GET", "Users")[1]["Resources"] or [hr("POST", "Users", official())[1]]
        path = {"POST": "Users", "SEARCH": "Users/.search"}.get(method, f"Users/{made[0]['id']}")
        with transaction.atomic():
            status, told = hr("POST" if method == "SEARCH" else method, path, {**official(), **body} if method in ("POST", "PUT") else body)
        assert status < 500, told
        assert status < 400 or told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.text(max_size=30)
        | st.builds("{} {} {}".format, NAMES, st.sampled_from(["eq", "co", "pr", "gt", "nonsense"]), st.sampled_from(['"x"', "1", "true", "("])),
        st.sampled_from(["filter", "sortBy", "attributes", "startIndex", "count"]),
    )
    def test_questions(self, hr, words, parameter):
        status, told = hr("GET", f"Users?{urlencode({parameter: words})}")
        assert status < 500, told
