"""How long what is kept, what is due, and destroying keys by two people."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.contrib import messages
from django.utils.translation import gettext as _

from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.base.continuity import commands, queries
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier


@allows("continuity.read")
def retention(request: HttpRequest) -> HttpResponse:
    """The schedule, cohorts that are due, proposals and what became of them."""
    actor, faults, fault = actor_of(request), {}, ""
    if request.method == "POST":
        try:
            messages.success(request, _act(request))
            return redirect("continuity:retention")
        except (Invalid, Conflict, Refused) as refused:
            faults, fault = refused.fields, str(refused)
    context = {
        "tab": "continuity:board", "rules": queries.retention_rules(), "due": Paginator(queries.due_cohorts(actor), 25).get_page(request.GET.get("due")),
        "page": Paginator(queries.destructions(actor), 25).get_page(request.GET.get("page")), "may_ask": actor.may("continuity.manage"),
        "may_agree": actor.may("continuity.agree_destruction"), "account": actor.account, "faults": faults, "fault": fault, "typed": request.POST,
    }  # fmt: skip
    return render(request, "continuity/retention.html", context, status=422 if fault else 200)


def _act(request: HttpRequest) -> str:
    actor, act = actor_of(request), request.POST.get("act", "")
    if act == "propose":
        commands.propose_destruction(actor, cohort=request.POST.get("cohort", "")[:120], reason=request.POST.get("reason", ""))
        return _("Proposed. Another person, the security administrator, decides.")
    made = commands.decide_destruction(
        actor, destruction=identifier(request.POST.get("destruction", "")), good=act == "agree", words=request.POST.get("words", "")
    )
    return _("Agreed. The keys are being destroyed.") if made.state == "agreed" else _("Refused. The records stay.")
