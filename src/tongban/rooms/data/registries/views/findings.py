"""比对线索: what cannot be, for the office concerned to look into."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import comparisons
from tongban.rooms.data.registries.models import Finding
from tongban.rooms.data.registries.queries import findings as queries
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier

LIGHTS = {Finding.State.OPEN: "yellow", Finding.State.CONFIRMED: "ok", Finding.State.REFUTED: "paused", Finding.State.GONE: "paused"}


@allows("registries.check")
def findings(request: HttpRequest) -> HttpResponse:
    """Findings of the own office with their limits; answered on the same page."""
    actor, fault = actor_of(request), ""
    if request.method == "POST":
        try:
            messages.success(request, _act(request))
            return redirect("registries:findings")
        except (Invalid, Conflict, Refused) as refused:
            fault = str(refused)
    chosen = {"comparison": request.GET.get("comparison", ""), "state": request.GET.get("state", "open")}
    state = chosen["state"] if chosen["state"] in Finding.State.values else ""
    rows = queries.findings(actor, comparison=chosen["comparison"][:30], state=state)
    if request.GET.get("export"):
        found = list(rows[:20_000])
        names = orgs.short_names(f.organ_key for f in found)
        columns = (_("Finding"), _("Credit code"), _("Name"), _("Office"), _("Region"), _("Due"), _("State"), _("Answer"))
        told = (
            (
                rules.COMPARISONS[f.comparison].title,
                f.entity.credit_code,
                f.entity.name,
                names[f.organ_key],
                orgs.full_name(f.region_code),
                f.due,
                f.get_state_display(),
                f.answer,
            )
            for f in found
        )
        return exports.table(request.GET["export"], "findings", columns, told)
    page, counts = Paginator(rows, 25).get_page(request.GET.get("page")), queries.counts(actor)
    names = orgs.short_names(f.organ_key for f in page)
    context = {
        "tab": "registries:findings", "part": "findings", "page": page, "chosen": chosen, "fault": fault, "lights": LIGHTS, "states": Finding.State.choices,
        "comparisons": [(key, told, counts.get(key, 0)) for key, told in rules.COMPARISONS.items()], "today": clock.today(),
        "told": [(f, rules.COMPARISONS[f.comparison], names[f.organ_key]) for f in page],
        "failed": identifier(request.POST.get("finding", "")) if fault else 0,
    }  # fmt: skip
    return render(request, "registries/findings.html", context, status=422 if fault else 200)


def _act(request: HttpRequest) -> str:
    actor, act = actor_of(request), request.POST.get("act", "")
    if act == "run":
        sums = [comparisons.run_comparison(actor, comparison=name) for name in rules.COMPARISONS]
        return _("Compared: %(found)s hold now, %(new)s of them new.") % {"found": sum(s[0] for s in sums), "new": sum(s[1] for s in sums)}
    words = request.POST.get("words", "")[:300]
    comparisons.answer_finding(actor, finding=identifier(request.POST.get("finding", "")), confirmed=act == "confirm", words=words)
    return _("Answered.")
