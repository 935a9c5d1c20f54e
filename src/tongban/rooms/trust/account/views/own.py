"""One's own account: what is registered, how to be reached, who acts for whom."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.identity import queries
from tongban.kernel.identity.commands import own
from tongban.kernel.identity.rules import REPRESENTATIVE
from tongban.kernel.ledger import queries as ledger
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.trust.account.queries import own_questions
from tongban.ui.access import LOGGED_IN, actor_of, allows


@allows(LOGGED_IN)
def account(request: HttpRequest) -> HttpResponse:
    """One page, one form for each thing that can be changed; `act` names which was sent."""
    actor, faults, fault = actor_of(request), {}, ""
    if request.method == "POST":
        try:
            done = _ACTS.get(request.POST.get("act", ""), _nothing)(request)
            messages.success(request, done)
            return redirect("account:own")
        except (Invalid, Conflict, Refused, NotFound) as refused:
            faults, fault = refused.fields, str(refused)
    held = queries.own_account(actor)
    mine = queries.mandates(actor)
    context = {
        "tab": "mine", "held": held, "mandates": mine, "given": queries.mandates_given(actor), "faults": faults, "fault": fault,
        "act": request.POST.get("act", ""), "typed": request.POST, "represented": [m for m in mine if m.basis == REPRESENTATIVE],
    }  # fmt: skip
    return render(request, "account/own.html", context, status=422 if fault else 200)


@allows(LOGGED_IN)
def access(request: HttpRequest) -> HttpResponse:
    """Who looked at one's data: person, organ, what, for what, while handling which case. Latest first."""
    actor = actor_of(request)
    seen = [a for a in ledger.acts_about(actor, f"person:{actor.person}", entitled=True) if a.tag == "identity.person.seen"]
    page = Paginator(seen[::-1], 25).get_page(request.GET.get("page"))
    return render(request, "account/access.html", {"tab": "mine", "page": page, "what": _what(), "asked": own_questions(actor)})


def _what() -> dict[str, str]:
    """What an official may have seen, in words."""
    return {
        "id_number": _("Identity number, unmasked"), "mobile": _("Mobile number, unmasked"), "address": _("Home address"),
        "application": _("Application, with identity numbers masked"), "document": _("A document you uploaded"),
    }  # fmt: skip


def _contact(request: HttpRequest) -> str:
    own.change_contact(actor_of(request), mobile=request.POST.get("mobile", "")[:20], email=request.POST.get("email", "")[:200])
    return _("Saved.")


def _password(request: HttpRequest) -> str:
    new = request.POST.get("new", "")[:200]
    if new != request.POST.get("again", ""):
        sentence = _("New password: the two differ.")
        raise Invalid(sentence, fields={"again": sentence})
    own.change_password(actor_of(request), old=request.POST.get("old", "")[:200], new=new)
    update_session_auth_hash(request, queries.own_account(actor_of(request)))
    return _("Your password was changed; other sessions have ended.")


def _give(request: HttpRequest) -> str:
    try:
        until = date.fromisoformat(request.POST.get("ended_on", ""))
        legal_person = int(request.POST.get("legal_person", ""))
    except ValueError:
        sentence = _("Until: choose a day.")
        raise Invalid(sentence, fields={"ended_on": sentence}) from None
    own.give_mandate(
        actor_of(request),
        legal_person=legal_person,
        name=request.POST.get("name", "")[:60],
        id_number=request.POST.get("id_number", "")[:18],
        ended_on=until,
    )
    return _("The mandate was given.")


def _end(request: HttpRequest) -> str:
    told = request.POST.get("mandate", "")
    own.end_mandate(actor_of(request), mandate=int(told) if told.isdigit() and len(told) < 15 else 0)
    return _("The mandate has ended.")


def _nothing(request: HttpRequest) -> str:
    raise Invalid(_("Nothing was sent. Use one of the forms."))


_ACTS: dict[str, Callable[[HttpRequest], Any]] = {"contact": _contact, "password": _password, "give": _give, "end": _end}
