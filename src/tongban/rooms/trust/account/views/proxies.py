"""代办关系, and leaving."""

from datetime import date

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.cases import queries as cases
from tongban.kernel.identity import queries, rules
from tongban.kernel.identity.commands import proxies as commands
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.trust.account.commands import tokens
from tongban.ui.access import LOGGED_IN, actor_of, allows
from tongban.ui.fields import identifier
from tongban.ui.guard import WARD


@allows(LOGGED_IN)
def proxies(request: HttpRequest) -> HttpResponse:
    """Whom I may act for, who may act for me."""
    actor, fault, faults = actor_of(request), "", {}
    if request.method == "POST":
        try:
            messages.success(request, _act(request))
            return redirect("account:proxies")
        except (Invalid, Conflict, Refused, NotFound) as refused:
            fault, faults = str(refused), refused.fields
    context = {
        "tab": "mine", "held": queries.proxies_held(actor), "given": queries.proxies_given(actor), "guardians": rules.GUARDIANS, "fault": fault, "faults": faults,
        "typed": request.POST, "states": {"asked": "待审批", "active": "有效", "refused": "未批准"},
    }  # fmt: skip
    return render(request, "account/proxies.html", context, status=422 if fault else 200)


def _act(request: HttpRequest) -> str:
    actor, act = actor_of(request), request.POST.get("act", "")
    name, id_number = request.POST.get("name", "")[:60], request.POST.get("id_number", "")[:18]
    if act == "give":
        commands.give_proxy(actor, name=name, id_number=id_number, ended_on=_day(request.POST.get("ended_on", "")))
        return _("From now on this person may act for you; both of you can end it at any time.")
    if act == "ask":
        commands.ask_for_minor(actor, name=name, id_number=id_number, basis=request.POST.get("basis", ""))
        return _("Asked. Show your papers at the service hall of the child's region; the decision stands here.")
    if act == "end":
        commands.end_proxy(actor, proxy=identifier(request.POST.get("proxy", "")))
        return _("It has ended.")
    raise Invalid(_("Nothing was sent. Use one of the forms."))


def _day(told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise Invalid.at("ended_on", _("Until: choose a day.")) from None


@allows(LOGGED_IN)
@require_POST
def ward(request: HttpRequest) -> HttpResponse:
    """Act for a person, or for oneself again."""
    wanted = identifier(request.POST.get("proxy", ""))
    request.session.pop(WARD, None)
    if wanted:
        queries.acting_for_person(queries.actor_of_account(request.user.pk or 0), wanted)
        request.session[WARD] = wanted
        request.session.pop("legal_person", None)
    return redirect("/")


@allows("identity.manage_accounts")
def asked(request: HttpRequest) -> HttpResponse:
    """What guardians ask; decided having seen the papers."""
    actor, fault = actor_of(request), ""
    if request.method == "POST":
        good, words = request.POST.get("act") == "approve", request.POST.get("words", "")
        try:
            commands.decide_proxy(actor, proxy=identifier(request.POST.get("proxy", "")), good=good, words=words)
            messages.success(request, _("Done and recorded."))
            return redirect("account:asked")
        except (Invalid, Conflict, Refused) as refused:
            fault = str(refused)
    return render(
        request, "account/asked.html", {"tab": "account:people", "rows": queries.asked_proxies(actor)[:200], "fault": fault}, status=422 if fault else 200
    )


@allows(LOGGED_IN, fresh=True)
def cancel(request: HttpRequest) -> HttpResponse:
    """What goes, what the law keeps, and the button."""
    actor, fault = actor_of(request), ""
    if request.method == "POST":
        try:
            if request.POST.get("sure") != "yes":
                raise Invalid.at("sure", _("Confirm that you have read what is erased and what is kept."))
            tokens.end_there(actor, session=request.session.session_key or "")
            commands.cancel_account(actor, open_cases=cases.own_cases(actor).filter(closed_at=None).count())
            logout(request)
            return render(request, "account/cancelled.html", {"tab": "mine"})
        except (Invalid, Conflict, Refused) as refused:
            fault = str(refused)
    return render(request, "account/cancel.html", {"tab": "mine", "retention": queries.retention(), "fault": fault}, status=422 if fault else 200)
