"""The second proof after a password, passkeys in place of it, and proving oneself again before a sensitive page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import check_password
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries
from tongban.kernel.identity.commands import factors
from tongban.kernel.identity.rules import TWO_PROOFS
from tongban.lib import clock, passkeys
from tongban.lib.errors import Invalid, NotLoggedIn, TooMany
from tongban.rooms.trust.account.views.login import HALF, enter, next_page
from tongban.rooms.trust.account.views.provider.policy import lead_back
from tongban.ui.access import LOGGED_IN, OPEN, actor_of, allows
from tongban.ui.guard import LEVEL, PROVED

if TYPE_CHECKING:
    from tongban.kernel.identity.models import Account

HALF_FOR = 300  # seconds between the password and the second proof
STATE = "passkey_state"
LONGEST = 64 * 1024


def _half(request: HttpRequest) -> Account | None:
    """Whose password was right a moment ago."""
    held = request.session.get(HALF)
    if not held or clock.now().timestamp() - held["at"] > HALF_FOR:
        return None
    return queries.account_by_id(held["account"])


@allows(OPEN)
def second(request: HttpRequest) -> HttpResponse:
    """One-time code, recovery code or passkey, within five minutes of the password."""
    account, fault = _half(request), ""
    if account is None:
        return redirect("account:login")
    if request.method == "POST":
        try:
            kind = factors.check_code(actor_of(request), account=account, code=request.POST.get("code", "")[:30])
            way = f"{request.session[HALF].get('first', 'password')}+{kind}"
            identity.note_login(actor_of(request), account=account, way=way)
            return enter(request, account, way)
        except (NotLoggedIn, TooMany) as refused:
            fault = str(refused)
    kinds = queries.second_proofs(account)
    context = {"fault": fault, "kinds": kinds, "passkeys": "passkey" in kinds and passkeys.possible(request.get_host()), "tab": "mine"}
    page = render(request, "account/second.html", context, status=401 if fault else 200)
    return lead_back(page, request.session[HALF].get("next", ""))


@allows(LOGGED_IN)
def prove(request: HttpRequest) -> HttpResponse:
    """Prove again who one is: by a code where there is one, by the password otherwise, or by a passkey."""
    account, fault = queries.own_account(actor_of(request)), ""
    kinds = queries.second_proofs(account)
    if request.method == "POST":
        try:
            _prove(request, account, kinds)
            request.session[PROVED] = clock.now().timestamp()
            return redirect(next_page(request, "/account/own/"))
        except (NotLoggedIn, TooMany) as refused:
            fault = str(refused)
    context = {
        "fault": fault, "code": "totp" in kinds, "passkeys": "passkey" in kinds and passkeys.possible(request.get_host()), "next": next_page(request, ""),
        "tab": "mine",
    }  # fmt: skip
    return lead_back(render(request, "account/prove.html", context, status=401 if fault else 200), next_page(request, ""))


def _prove(request: HttpRequest, account: Account, kinds: set[str]) -> None:
    if "totp" in kinds:
        factors.check_code(actor_of(request), account=account, code=request.POST.get("code", "")[:30])
        request.session[LEVEL] = TWO_PROOFS  # the password stood at the session's beginning
    elif not check_password(request.POST.get("password", "")[:200], account.password):
        identity.note_failure(actor_of(request), username=account.username, account=account)
        raise NotLoggedIn(_("Present password: this is wrong."))


@allows(OPEN)
@require_POST
def options(request: HttpRequest) -> JsonResponse:
    """What `navigator.credentials.get` needs; the state stays in the session."""
    account = _half(request)
    asked, request.session[STATE] = passkeys.ask_proof(request.get_host(), queries.passkeys_of(account) if account else ())
    return JsonResponse(asked)


@allows(OPEN)
@require_POST
def passkey(request: HttpRequest) -> JsonResponse:
    """Log in with a passkey, or prove oneself again with one; answers where to go on, or why not."""
    try:
        account = factors.use_passkey(actor_of(request), host=request.get_host(), state=request.session.pop(STATE, None), answer=body_of(request))
    except (NotLoggedIn, Invalid) as refused:
        return JsonResponse({"fault": str(refused)}, status=401)
    if actor_of(request).logged_in:
        if actor_of(request).account != account.id:
            return JsonResponse({"fault": _("This passkey belongs to another account.")}, status=401)
        request.session[PROVED], request.session[LEVEL] = clock.now().timestamp(), TWO_PROOFS
        return JsonResponse({"next": next_page(request, "/account/own/")})
    identity.note_login(actor_of(request), account=account, way="passkey")
    return JsonResponse({"next": enter(request, account, "passkey")["Location"]})


def body_of(request: HttpRequest) -> dict[str, Any]:
    """A browser's JSON; raises Invalid."""
    try:
        told = json.loads(request.body[:LONGEST])
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Invalid(_("Nothing was sent. Use one of the forms."))
    return told
