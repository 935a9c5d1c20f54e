"""统一接入平台: zones, the rules of their borders, what crossed."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands import borders as commands
from tongban.kernel.catalogue.queries import borders as queries
from tongban.kernel.catalogue.queries import resources
from tongban.kernel.catalogue.rules import borders as rules
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.data.exchange import forms
from tongban.ui import exports
from tongban.ui.access import actor_of, allows

LIGHTS = {rules.PROPOSED: "yellow", rules.IN_FORCE: "ok", rules.REJECTED: "paused", rules.ENDED: "paused"}
WORDS = {
    "tab": "exchange:catalogue",
    "part": "borders",
    "zones": rules.ZONES,
    "online": rules.ONLINE,
    "filters": rules.FILTERS,
    "border_states": rules.STATES,
    "lights": LIGHTS,
}


@allows("catalogue.border")
def borders(request: HttpRequest) -> HttpResponse:
    """Every border with its rules and what crossed today; agreements whose border is closed; a resource is chosen here for a new rule."""
    actor = actor_of(request)
    state = request.GET.get("state", "")
    rows = queries.border_rules(actor, state=state if state in rules.STATES else "")
    if request.GET.get("export"):
        columns = (_("Serial number"), _("Resource"), _("From zone"), _("To zone"), _("Items"), _("Queries a day"), _("Rows a day"), _("Term to"), _("State"))
        lines = (
            (r.number, _title(r), rules.ZONES[r.source], rules.ZONES[r.target], len(r.items), r.rate, r.rows, r.ends.isoformat(), rules.STATES[r.state])
            for r in rows
        )
        return exports.table(request.GET["export"], "borders", columns, lines)
    told = queries.matrix(actor, clock.today())
    context = {
        **WORDS, "page": Paginator(rows, 25).get_page(request.GET.get("page")), "state": state, "closed": queries.closed(actor)[:20],
        "matrix": [(a, [(b, told.get((a, b), (0, 0, 0))) for b in rules.ZONES]) for a in rules.ZONES],
        "resources": [(v.resource.key, v.title) for v in resources.published(actor) if v.sharing != resource_rules.REFUSED][:500],
    }  # fmt: skip
    return render(request, "exchange/borders.html", context)


def _title(one: Any) -> str:
    return one.resource.published.title if one.resource.published else one.resource.code


@allows("catalogue.border")
def propose(request: HttpRequest, resource: str) -> HttpResponse:
    """A new rule for a resource: zones, items with their filters, limits, term, reason."""
    actor, fault, faults = actor_of(request), "", {}
    one = resources.version(actor, resource)
    if request.method == "POST":
        try:
            made = commands.propose_rule(actor, resource=resource, proposal=forms.proposal(request.POST))
            messages.success(request, _("Proposed. Somebody else approves it."))
            return redirect("exchange:border", number=made.number)
        except (Invalid, Conflict) as refused:
            fault, faults = str(refused), refused.fields
    begins, ends = forms.suggested_term()
    items = [i for i in resource_rules.items(one.content["items"]) if i.sharing != resource_rules.REFUSED]
    context = {
        **WORDS, "one": one, "items": [(i, request.POST.get(f"filter_{i.key}", "")) for i in items], "typed": request.POST, "begins": begins, "ends": ends,
        "chosen": request.POST.getlist("items"), "fault": fault, "faults": faults,
    }  # fmt: skip
    return render(request, "exchange/border_propose.html", context, status=422 if fault else 200)


@allows("catalogue.border")
def border(request: HttpRequest, number: str) -> HttpResponse:
    """One rule: what crosses in which form, day by day; decided and ended here."""
    actor, fault, faults = actor_of(request), "", {}
    one = queries.border_rule(actor, number)
    if request.method == "POST":
        act, words = request.POST.get("act"), request.POST.get("words", "")
        try:
            if act in ("approve", "reject"):
                commands.decide_rule(actor, number=number, approve=act == "approve", words=words)
            else:
                commands.end_rule(actor, number=number, words=words)
            messages.success(request, _("Saved."))
            return redirect("exchange:border", number=number)
        except (Invalid, Conflict, Refused, NotFound) as refused:
            fault, faults = str(refused), refused.fields
    names = {i["key"]: i["name"] for i in one.resource.published.content["items"]} if one.resource.published else {}
    context = {
        **WORDS, "one": one, "title": _title(one), "items": [(names.get(i, i), one.filters.get(i, "")) for i in one.items], "counts": queries.counts(one),
        "may_decide": one.state == rules.PROPOSED and one.proposed_by != actor.account, "fault": fault, "faults": faults, "typed": request.POST,
    }  # fmt: skip
    return render(request, "exchange/border.html", context, status=422 if fault else 200)
