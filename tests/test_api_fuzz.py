"""Every operation of the API, fuzzed from its own description: no 5xx, no answer that is not declared."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from tongban.config.wsgi import application
from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries
from tongban.kernel.identity.actor import STRANGER

schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)


@pytest.fixture(autouse=True)
def _one_connection():
    """The application runs in the test's own transaction: its connection must outlive each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(params=["zhang", "li", "zhou"])
def token(request, db):
    return identity.issue_token(STRANGER, account=queries.account_named(request.param))


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
def test_operation(case, token):
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
    case.call_and_validate(checks=[not_a_server_error, status_code_conformance])
