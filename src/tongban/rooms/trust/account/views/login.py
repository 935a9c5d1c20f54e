"""Logging in and out, choosing language and enterprise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries
from tongban.kernel.identity.commands import sessions
from tongban.kernel.identity.rules import level_of
from tongban.lib import clock, passkeys
from tongban.lib.errors import NotLoggedIn, TooMany
from tongban.rooms.trust.account.commands import tokens
from tongban.rooms.trust.account.views.provider.policy import lead_back
from tongban.ui.access import LOGGED_IN, OPEN, actor_of, allows
from tongban.ui.guard import LEVEL, PROVED, from_proxy

if TYPE_CHECKING:
    from tongban.kernel.identity.models import Account


HALF = "half"  # in the session: whose password was right, while the second proof is awaited


def next_page(request: HttpRequest, otherwise: str = "/") -> str:
    """Where to go on; never to another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else otherwise


def enter(request: HttpRequest, account: Account, way: str) -> HttpResponse:
    """Begin a session and lead to where the account's work is."""
    onward = request.session.pop(HALF, {}).get("next", "")
    login(request, account, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[LEVEL], request.session[PROVED] = level_of(way), clock.now().timestamp()
    request.session.save()
    agent = request.headers.get("User-Agent", "")
    sessions.begin_session(actor_of(request), key=request.session.session_key or "", account=account, way=way, agent=agent)
    if onward:
        return redirect(onward)
    actor = queries.actor_of_account(account.id)
    if actor.may("hall.work"):
        home = "hall:work"
    elif actor.may("supervision.read_board"):
        home = "supervision:board"
    elif actor.may("hall.read_matters"):
        home = "hall:matter-list"
    elif actor.may("exchange.use"):
        home = "exchange:catalogue"
    else:
        home = "hall:mine"
        held = queries.mandates(actor)
        if held:
            request.session["legal_person"] = held[0].id
    if actor.may("calendar.edit") and not actor.may("hall.work"):
        return redirect(next_page(request, "/admin/"))
    return redirect(next_page(request, reverse(home)))


@allows(OPEN)
def log_in(request: HttpRequest) -> HttpResponse:
    """The login page; in the demo it lists the personas."""
    fault = ""
    if request.method == "POST":
        try:
            account = identity.log_in(
                actor_of(request), username=request.POST.get("username", "").strip()[:60],
                password=request.POST.get("password", "")[:200],
            )  # fmt: skip
            if not queries.second_proofs(account):
                return enter(request, account, "password")
            request.session[HALF] = {"account": account.id, "at": clock.now().timestamp(), "next": next_page(request, "")}
            return redirect("account:second")
        except (NotLoggedIn, TooMany) as refused:
            fault = str(refused)
    context = {
        "fault": fault, "next": next_page(request, ""), "username": request.POST.get("username", ""),
        "personas": queries.personas() if settings.DEMO else [], "tab": "mine", "passkeys": passkeys.possible(request.get_host()), "sms": bool(settings.SMS_GATEWAY),
        "certificate": from_proxy(request) and request.headers.get("X-Client-Verify", "") == "SUCCESS",
    }  # fmt: skip
    return lead_back(render(request, "account/login.html", context, status=401 if fault else 200), next_page(request, ""))


@allows(OPEN)
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    tokens.end_there(actor_of(request), session=request.session.session_key or "")
    sessions.leave_session(actor_of(request), key=request.session.session_key or "")
    logout(request)
    response = redirect("/")
    response["Clear-Site-Data"] = '"cache"'  # nobody who sits down next reads it by going back
    return response


@allows(OPEN)
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Chinese or English, kept in a cookie."""
    response = redirect(next_page(request))
    wanted = request.POST.get("language", "")
    if wanted in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=365 * 86400, samesite="Lax", httponly=True)
    return response


@allows(LOGGED_IN)
@require_POST
def choose_enterprise(request: HttpRequest) -> HttpResponse:
    """Act for oneself or for an enterprise that gave a mandate."""
    wanted = request.POST.get("legal_person", "")
    request.session.pop("legal_person", None)
    if wanted.isdigit():
        request.session["legal_person"] = queries.acting_for(actor_of(request), int(wanted)).legal_person
    return redirect(next_page(request, reverse("hall:mine")))
