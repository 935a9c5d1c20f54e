"""The public API: every room's router under one door, every error as application/problem+json."""

from typing import Any

import django.db
import psycopg
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from tongban.lib.errors import Invalid, TongbanError
from tongban.rooms.base.continuity.api import router as continuity
from tongban.rooms.data.exchange.api import router as exchange
from tongban.rooms.data.registries.api import router as registries
from tongban.rooms.service.hall.api import router as hall
from tongban.rooms.service.supervision.api import router as supervision
from tongban.rooms.trust.account.api import log
from tongban.rooms.trust.account.api import router as account
from tongban.rooms.trust.security.api import router as security
from tongban.ui import refusals
from tongban.ui.refusals import problem

api = NinjaAPI(title="Tongban 通办", version="1", urls_namespace="api", docs_url="/docs", description="Bearer token: POST /api/account/tokens")
api.add_router("/account", account, tags=["account"])
api.add_router("/continuity", continuity, tags=["continuity"])
api.add_router("/exchange", exchange, tags=["exchange"])
api.add_router("/hall", hall, tags=["hall"])
api.add_router("/ledger", log, tags=["ledger"])
api.add_router("/registries", registries, tags=["registries"])
api.add_router("/security", security, tags=["security"])
api.add_router("/supervision", supervision, tags=["supervision"])


@api.exception_handler(TongbanError)
def told(request: HttpRequest, fault: Any) -> HttpResponse:
    return problem(fault)


@api.exception_handler(django.db.DataError)
@api.exception_handler(psycopg.DataError)
def unstorable(request: HttpRequest, fault: Any) -> HttpResponse:
    return problem(refusals.unstorable())


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, fault: Any) -> HttpResponse:
    fields = {".".join(str(p) for p in e["loc"][1:]) or "body": e["msg"] for e in fault.errors}
    return problem(Invalid(_("The request does not have the form that the API's description gives."), code="malformed", fields=fields))


@api.exception_handler(HttpError)
def refused(request: HttpRequest, fault: Any) -> HttpResponse:
    made = TongbanError(str(fault), code="malformed")
    made.status = fault.status_code
    return problem(made)
