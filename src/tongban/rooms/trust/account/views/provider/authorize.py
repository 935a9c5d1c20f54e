"""The authorisation endpoint: log in, be sure enough, allow, go back."""

from __future__ import annotations

import hashlib
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import AccessDeniedError
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongban.kernel.identity import queries as identity
from tongban.lib import clock
from tongban.rooms.trust.account import queries, rules
from tongban.rooms.trust.account.commands import tokens
from tongban.rooms.trust.account.views.provider.policy import lead_back
from tongban.rooms.trust.account.views.provider.server import provider
from tongban.ui.access import OPEN, actor_of, allows
from tongban.ui.guard import LEVEL, PROVED

ASKED = "asked_to_prove"  # in the session: since when a request wants a fresh proof
KEPT = 10


@allows(OPEN)
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Everything that keeps a person from going on is a page of ours; everything that is wrong goes back to the system, if it is known."""
    actor = actor_of(request)
    try:
        grant = provider.get_consent_grant(request, end_user=actor if actor.logged_in else None)
        return _go_on(request, grant)
    except OAuth2Error as fault:
        if fault.redirect_uri:
            fault.state = request.GET.get("state")
            return _back(fault)
        return render(request, "account/provider_fault.html", {"fault": fault.description or fault.error, "code": fault.error}, status=400)


def _back(fault: OAuth2Error) -> HttpResponse:
    answer = HttpResponse(status=302)
    told = {k: v for k, v in (("error", fault.error), ("error_description", fault.description), ("state", fault.state)) if v}
    answer["Location"] = fault.redirect_uri + ("&" if "?" in fault.redirect_uri else "?") + urlencode(told)
    return answer


def _go_on(request: HttpRequest, grant: Any) -> HttpResponse:
    told, actor, client = request.GET, actor_of(request), grant.request.client.row
    silent = told.get("prompt") == "none"
    scopes = grant.request.client.get_allowed_scope(told.get("scope")).split()
    missing = _proof_missing(request, scopes, client.least_level)
    if missing and silent:
        raise LoginRequiredError(redirect_uri=grant.request.payload.redirect_uri, description=missing)
    if missing:
        return _send_to_prove(request, missing)
    asked = "consent" in told.get("prompt", "").split()
    if request.method == "GET" and not silent and (asked or not queries.consented(actor, client, scopes)):
        shown = {"client": client, "scopes": scopes, "words": words(), "tab": "mine", "query": request.GET.urlencode()}
        return lead_back(render(request, "account/consent.html", shown), request.get_full_path())
    if silent and not queries.consented(actor, client, scopes):
        raise ConsentRequiredError(redirect_uri=grant.request.payload.redirect_uri)
    if request.method == "POST":
        if request.POST.get("decision") != "allow":
            raise AccessDeniedError(redirect_uri=grant.request.payload.redirect_uri)
        tokens.give_consent(actor, client=client, scopes=scopes)
    grant.request.login = tokens.Login(
        int(request.session.get(PROVED, 0)), request.session.get(LEVEL, 1), identity.way_of_session(request.session.session_key or ""),
        request.session.session_key or "",
    )  # fmt: skip
    return provider.create_authorization_response(grant.request, grant_user=actor, grant=grant)


def _proof_missing(request: HttpRequest, scopes: list[str], least: int) -> str:
    """What keeps the login from satisfying the request: "login", "fresh", "level", or ""."""
    if not actor_of(request).logged_in:
        return "login"
    told, proved = request.GET, float(request.session.get(PROVED, 0))
    if told.get("max_age", "").isascii() and told.get("max_age", "").isdigit() and clock.now().timestamp() - proved > int(told["max_age"][:9]):
        return "fresh"
    if "login" in told.get("prompt", "").split() and proved <= request.session.get(ASKED, {}).get(_key(request), float("inf")):
        return "fresh"
    wanted = max(rules.level_of_scopes(scopes), rules.level_asked(told.get("acr_values", "")), least)
    return "level" if request.session.get(LEVEL, 1) < wanted else ""


def _send_to_prove(request: HttpRequest, missing: str) -> HttpResponse:
    here = request.get_full_path()
    if missing == "login":
        return redirect(f"{reverse('account:login')}?{urlencode({'next': here})}")
    held = {**request.session.get(ASKED, {}), _key(request): clock.now().timestamp()}
    request.session[ASKED] = dict(list(held.items())[-KEPT:])
    if missing == "level" and not identity.second_proofs(identity.own_account(actor_of(request))):
        return render(
            request,
            "account/provider_fault.html",
            {
                "fault": _("This system needs two proofs of who you are. Set up a passkey or one-time codes, log in again, and come back."),
                "code": "unmet_authentication_requirements",
                "enrol": True,
            },
            status=403,
        )
    return redirect(f"{reverse('account:prove')}?{urlencode({'next': here})}")


def _key(request: HttpRequest) -> str:
    return hashlib.sha256(request.GET.urlencode().encode()).hexdigest()[:16]


def words() -> dict[str, str]:
    """What each scope lets a system learn."""
    return {
        "openid": _("That it is you, by a number that only this system gets"), "profile": _("Your name"),
        "phone": _("Your mobile number"), "official": _("Your organ and roles"), "enterprise": _("The enterprises you act for"),
        "identity": _("Your identity number"), "offline_access": _("To stay logged in there for thirty days"),
        "scim": _("To keep accounts and roles of the organ's officials (machines only)"),
    }  # fmt: skip
