"""登录与安全: one's own proofs, sessions and recent logins."""

import io
from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.identity import queries
from tongban.kernel.identity.commands import factors, sessions
from tongban.kernel.ledger import queries as ledger
from tongban.lib import passkeys
from tongban.lib.errors import Conflict, Invalid, NotFound
from tongban.rooms.trust.account.commands import tokens
from tongban.rooms.trust.account.views.doors import certificate_of
from tongban.rooms.trust.account.views.proving import STATE, body_of
from tongban.ui.access import LOGGED_IN, actor_of, allows

LOGINS = 10


@allows(LOGGED_IN, fresh=True)
def security(request: HttpRequest) -> HttpResponse:
    """Proofs, sessions, recent logins; forms that end one of them."""
    if request.method == "POST":
        try:
            return _act(request)
        except (Invalid, NotFound) as refused:
            messages.error(request, str(refused))
            return redirect("account:security")
    return render(request, "account/security.html", _shown(request))


def _shown(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    logins = [a for a in ledger.acts_about(actor, f"account:{actor.account}", entitled=True) if a.tag == "identity.account.logged-in"]
    held = queries.factors(actor)
    return {
        "tab": "mine", "factors": held, "recovery": queries.recovery_left(actor), "sessions": queries.open_sessions(actor), "logins": logins[: -LOGINS - 1 : -1],
        "here": request.session.session_key, "passkeys": passkeys.possible(request.get_host()), "ways": ways(), "totp": any(f.kind == "totp" for f in held),
        "strong": actor.level, "certificate": bool(certificate_of(request)),
    }  # fmt: skip


def _act(request: HttpRequest) -> HttpResponse:
    actor, act = actor_of(request), request.POST.get("act", "")
    told = request.POST.get("id", "")
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 15 else 0
    if act == "remove":
        factors.remove_factor(actor, factor=number)
        messages.success(request, _("The proof was removed."))
    elif act == "end":
        tokens.end_there(actor, session=sessions.end_session(actor, session=number))
        messages.success(request, _("That browser is logged out."))
    elif act == "end-others":
        for key in sessions.end_other_sessions(actor, but=request.session.session_key or ""):
            tokens.end_there(actor, session=key)
        messages.success(request, _("All other browsers are logged out."))
    elif act == "recovery":
        return render(request, "account/security.html", {**_shown(request), "codes": factors.new_recovery_codes(actor)})
    else:
        raise Invalid(_("Nothing was sent. Use one of the forms."))
    return redirect("account:security")


def ways() -> dict[str, str]:
    """How someone logged in, in words."""
    return {
        "password": _("Password"), "passkey": _("Passkey"), "password+totp": _("Password and one-time code"),
        "password+recovery": _("Password and recovery code"), "persona": _("Demo persona"), "token": _("API token"), "sms": _("Text message"), "sms+totp": _("Text message and one-time code"),
        "sms+recovery": _("Text message and recovery code"), "certificate": _("Certificate"),
    }  # fmt: skip


@allows(LOGGED_IN, fresh=True)
def totp(request: HttpRequest) -> HttpResponse:
    """Set up one-time codes: QR code, then one code typed."""
    actor, fault = actor_of(request), ""
    if request.method == "POST" and "code" in request.POST:
        try:
            codes = factors.confirm_totp(actor, code=request.POST["code"][:12])
        except Invalid as refused:
            fault = str(refused)
        else:
            messages.success(request, _("From now on logging in asks for a one-time code too."))
            return render(request, "account/security.html", {**_shown(request), "codes": codes})
    seed, address = factors.begin_totp(actor) if not fault else ("", "")
    context = {"tab": "mine", "seed": " ".join(seed[i : i + 4] for i in range(0, len(seed), 4)), "fault": fault, "picture": _picture(address)}
    return render(request, "account/totp.html", context, status=422 if fault else 200)


def _picture(address: str) -> str:
    if not address:
        return ""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=5, xmldecl=False, svgns=True, border=2)
    return mark_safe(out.getvalue().decode())  # noqa: S308 - drawn here


@allows(LOGGED_IN, fresh=True)
@require_POST
def passkey_options(request: HttpRequest) -> JsonResponse:
    """What `navigator.credentials.create` needs."""
    try:
        asked, request.session[STATE] = factors.begin_passkey(actor_of(request), host=request.get_host())
    except Conflict as refused:
        return JsonResponse({"fault": str(refused)}, status=409)
    return JsonResponse(asked)


@allows(LOGGED_IN, fresh=True)
@require_POST
def passkey(request: HttpRequest) -> JsonResponse:
    """Keep the new passkey."""
    try:
        state, answer = request.session.pop(STATE, None), body_of(request)
        factors.add_passkey(actor_of(request), host=request.get_host(), state=state, answer=answer, name=request.GET.get("name", ""))
    except (Invalid, Conflict) as refused:
        return JsonResponse({"fault": str(refused)}, status=422)
    messages.success(request, _("The passkey is set up."))
    return JsonResponse({"next": "/account/own/security/"})
