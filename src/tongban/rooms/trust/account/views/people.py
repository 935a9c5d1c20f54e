"""Accounts as administrators keep them."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.identity import queries, rules
from tongban.kernel.identity.commands import staff
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.ui.access import actor_of, allows


@allows("identity.manage_accounts")
def people(request: HttpRequest) -> HttpResponse:
    """Accounts in one's regions, and the form that opens one."""
    actor, faults, fault = actor_of(request), {}, ""
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip()[:120] for name in ("username", "name", "id_number", "mobile", "region")}
        try:
            made, password = staff.open_for(
                actor,
                username=typed["username"],
                name=typed["name"],
                id_number=typed["id_number"],
                mobile=typed["mobile"],
                region=typed["region"],
            )
            return render(request, "account/person.html", _person(request, made.id) | {"password": password}, status=201)
        except (Invalid, Conflict, Refused) as refused:
            faults, fault = refused.fields, str(refused)
    words = request.GET.get("q", "").strip()[:60]
    page = Paginator(queries.managed_accounts(actor, words=words), 25).get_page(request.GET.get("page"))
    context = {
        "tab": "account:people",
        "page": page,
        "q": words,
        "faults": faults,
        "fault": fault,
        "typed": request.POST,
        "region_code": request.POST.get("region") or "".join(actor.regions[:1]),
    }
    return render(request, "account/people.html", context, status=422 if fault else 200)


def _person(request: HttpRequest, account: int) -> dict[str, object]:
    held = queries.managed_account(actor_of(request), account)
    posts = queries.posts(held)
    return {
        "tab": "account:people", "held": held, "posts": posts, "roles": rules.OFFICIALS,
        "own": held.id == actor_of(request).account, "organ": request.POST.get("organ") or (posts[0].organ.key if posts else ""),
        "region_code": request.POST.get("region") or (posts[0].region_code if posts else ""),
    }  # fmt: skip


@allows("identity.manage_accounts", fresh=True)
def person(request: HttpRequest, account: int) -> HttpResponse:
    """One account: its roles, appointing, ending, a new password, closing."""
    fault, password = "", ""
    context = _person(request, account)
    if request.method == "POST":
        try:
            password = _change(request, account)
            if not password:
                messages.success(request, _("Saved."))
                return redirect("account:person", account=account)
        except (Invalid, Conflict, Refused, NotFound) as refused:
            fault = str(refused)
        context = _person(request, account)
    context |= {"fault": fault, "password": password}
    return render(request, "account/person.html", context, status=422 if fault else 200)


def _change(request: HttpRequest, account: int) -> str:
    """What was asked; a new first password is returned to be shown once."""
    actor, act = actor_of(request), request.POST.get("act", "")
    if act == "appoint":
        organ, role, region = (request.POST.get(name, "").strip()[:60] for name in ("organ", "role", "region"))
        clearance = request.POST.get("clearance", "")
        staff.appoint(
            actor, account=account, organ=organ, role=role, region=region, until=_day(request.POST.get("until", "")),
            clearance=int(clearance) if clearance in ("1", "2", "3", "4") else rules.DEFAULT_CLEARANCE,
        )  # fmt: skip
    elif act == "end":
        number = request.POST.get("appointment", "")
        staff.end_appointment(actor, appointment=int(number) if number.isdigit() and len(number) < 15 else 0)
    elif act == "close":
        staff.close_account(actor, account=account)
    elif act == "reset":
        return staff.reset_password(actor, account=account)
    else:
        raise Invalid(_("Nothing was sent. Use one of the forms."))
    return ""


def _day(told: str) -> date | None:
    """A day of a form, None where it is empty; raises Invalid."""
    if not told.strip():
        return None
    try:
        return date.fromisoformat(told.strip())
    except ValueError:
        raise Invalid.at("until", _("Until: a day that is still to come, or leave it empty.")) from None
