"""接入系统: requests of departments' systems to log people in here, and their approval."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from django.utils.translation import gettext as _

from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.trust.account import queries, rules
from tongban.rooms.trust.account.commands import clients as commands
from tongban.rooms.trust.account.commands import tokens
from tongban.rooms.trust.account.commands.signing import issuer
from tongban.rooms.trust.account.models import Client
from tongban.rooms.trust.account.views.provider.authorize import words
from tongban.ui.access import LOGGED_IN, actor_of, allows


@allows("account.request_client", "account.approve_client")
def clients(request: HttpRequest) -> HttpResponse:
    """Systems in view, and the request of a new one."""
    actor, fault, faults = actor_of(request), "", {}
    if request.method == "POST":
        try:
            made = commands.request_client(actor, **_typed(request))
            messages.success(request, _("Your request is on its way: the security administrator decides."))
            return redirect("account:client", client=made.client_id)
        except (Invalid, Refused) as refused:
            fault, faults = str(refused), refused.fields
    context = {
        "tab": "account:clients", "page": Paginator(queries.clients(actor), 25).get_page(request.GET.get("page")), "kinds": Client.Kind.choices,
        "scopes": [(s, words()[s]) for s in rules.SCOPES], "fault": fault, "faults": faults, "typed": request.POST, "chosen": request.POST.getlist("scopes") or ["openid"],
        "may": actor.may("account.request_client"),
    }  # fmt: skip
    return render(request, "account/clients.html", context, status=422 if fault else 200)


def _typed(request: HttpRequest) -> dict[str, Any]:
    def lines(name: str) -> list[str]:
        return [one.strip() for one in request.POST.get(name, "")[:4000].splitlines() if one.strip()]

    return {
        "name": request.POST.get("name", "")[:80], "purpose": request.POST.get("purpose", "")[:300], "kind": request.POST.get("kind", "")[:10],
        "redirect_uris": lines("redirect_uris"), "post_logout_uris": lines("post_logout_uris"), "scopes": request.POST.getlist("scopes")[:20],
        "backchannel_uri": request.POST.get("backchannel_uri", "").strip()[:300], "least_level": 2 if request.POST.get("strong") else 1,
    }  # fmt: skip


@allows("account.request_client", "account.approve_client", fresh=True)
def client(request: HttpRequest, client: str) -> HttpResponse:
    """One system: what it asked for, the decision, its secret."""
    actor, fault, secret = actor_of(request), "", ""
    one = queries.client(actor, client)
    if request.method == "POST":
        try:
            if request.POST.get("act") == "secret":
                secret = commands.new_secret(actor, client=one.client_id)
            else:
                state, reason = request.POST.get("act", "")[:10], request.POST.get("reason", "")
                commands.decide_client(actor, client=one.client_id, state=state, reason=reason)
                messages.success(request, _("The decision is kept."))
                return redirect("account:client", client=one.client_id)
        except (Invalid, Conflict) as refused:
            fault = str(refused)
    context = {
        "tab": "account:clients", "client": one, "fault": fault, "secret": secret, "issuer": issuer(), "scopes": [words()[s] for s in one.scopes],
        "decide": actor.may("account.approve_client") and one.requested_by != actor.account,
        "own": actor.may("account.request_client") and one.organ_id == actor.organ and one.kind in ("web", "machine"),
    }  # fmt: skip
    return render(request, "account/client.html", context, status=422 if fault else 200)


@allows(LOGGED_IN)
def consents(request: HttpRequest) -> HttpResponse:
    """What one allows other systems to learn; each is taken back with one press."""
    if request.method == "POST":
        tokens.end_consent(actor_of(request), client=request.POST.get("client", "")[:40])
        messages.success(request, _("Taken back: that system learns nothing more."))
        return redirect("account:consents")
    return render(request, "account/consents.html", {"tab": "mine", "consents": queries.consents(actor_of(request)), "words": words()})
