"""Logging in by text message and by certificate."""

from urllib.parse import unquote

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries
from tongban.kernel.identity.commands import doors
from tongban.kernel.notices.channels import channels
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotLoggedIn, TooMany, Unavailable
from tongban.rooms.trust.account.views.login import HALF, enter, next_page
from tongban.rooms.trust.account.views.provider.policy import lead_back
from tongban.ui.access import LOGGED_IN, OPEN, actor_of, allows
from tongban.ui.guard import from_proxy


def certificate_of(request: HttpRequest) -> str:
    """The PEM of the certificate that a trusted balancer checked on this connection, "" where there is none."""
    if not from_proxy(request) or request.headers.get("X-Client-Verify", "") != "SUCCESS":
        return ""
    return unquote(request.headers.get("X-Client-Cert", ""))


@allows(OPEN)
def sms(request: HttpRequest) -> HttpResponse:
    """First the account's name, then the code that its mobile got."""
    username, fault, sent = request.POST.get("username", "").strip()[:60], "", False
    if request.method == "POST":
        try:
            if request.POST.get("code"):
                return _finish(request, username)
            sent = _send(request, username)
        except (NotLoggedIn, TooMany) as refused:
            fault, sent = str(refused), True
        except Unavailable as refused:
            fault = str(refused)
    context = {"fault": fault, "sent": sent, "username": username, "next": next_page(request, ""), "tab": "mine", "possible": bool(settings.SMS_GATEWAY)}
    return lead_back(render(request, "account/sms.html", context, status=401 if fault else 200), next_page(request, ""))


def _send(request: HttpRequest, username: str) -> bool:
    """Send a code where there is an account with a mobile; say the same in every case."""
    gateway = channels().get("sms")
    if gateway is None:
        raise Unavailable(_("Text messages are not connected here. Log in another way."))
    told = doors.begin_sms(actor_of(request), username=username)
    if told:
        try:
            gateway.send(
                told[0], _("Login code"), _("%(code)s is your code, good for five minutes. Nobody of the government asks you for it.") % {"code": told[1]}
            )
        except OSError as fault:
            raise Unavailable(_("The message could not be sent. Try again in a minute.")) from fault
    return True


def _finish(request: HttpRequest, username: str) -> HttpResponse:
    account = doors.finish_sms(actor_of(request), username=username, code=request.POST.get("code", "")[:12])
    if queries.second_proofs(account):
        request.session[HALF] = {"account": account.id, "at": clock.now().timestamp(), "next": next_page(request, ""), "first": "sms"}
        return redirect("account:second")
    identity.note_login(actor_of(request), account=account, way="sms")
    return enter(request, account, "sms")


@allows(OPEN)
@require_POST
def certificate(request: HttpRequest) -> HttpResponse:
    """Log in with the certificate of this connection."""
    pem = certificate_of(request)
    try:
        if not pem:
            raise NotLoggedIn(_("No certificate arrived with this connection. Insert the key and choose the certificate in the browser."))
        account = doors.use_certificate(actor_of(request), pem=pem)
    except (NotLoggedIn, Invalid) as refused:
        context = {"fault": str(refused), "next": next_page(request, ""), "tab": "mine", "certificate": bool(pem)}
        return render(request, "account/login.html", context, status=401)
    identity.note_login(actor_of(request), account=account, way="certificate")
    return enter(request, account, "certificate")


@allows(LOGGED_IN, fresh=True)
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Register the certificate of this connection for the own account."""
    from_here = certificate_of(request)
    try:
        if not from_here:
            raise Invalid(_("No certificate arrived with this connection. Insert the key and choose the certificate in the browser."))
        doors.add_certificate(actor_of(request), pem=from_here)
        messages.success(request, _("The certificate is registered: from now on it logs you in."))
    except (Invalid, Conflict) as refused:
        messages.error(request, str(refused))
    return redirect("account:security")
