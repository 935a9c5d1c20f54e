"""比对线索: what cannot be, for the office concerned to look into."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.rooms import reference, shows
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import comparisons
from tongban.rooms.data.registries.models import Finding
from tongban.rooms.data.registries.queries import findings as queries
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier

LIGHTS = {Finding.State.OPEN: "yellow", Finding.State.CONFIRMED: "ok", Finding.State.REFUTED: "paused", Finding.State.GONE: "paused"}


@shows("finding")
def address(key: str) -> str:
    return f"/registries/findings/?state=all&case={queries.case_of(identifier(key))}"


@allows("registries.check", writes="registries.compare")
def findings(request: HttpRequest) -> HttpResponse:
    """Findings of the own office with the cases in which they are looked into."""
    actor = actor_of(request)
    if request.method == "POST":
        messages.success(request, _compare(request))
        return redirect("registries:findings")
    chosen = {"comparison": request.GET.get("comparison", ""), "state": request.GET.get("state", "open"), "case": request.GET.get("case", "").strip()[:24]}
    state = chosen["state"] if chosen["state"] in Finding.State.values else ""
    rows = queries.findings(actor, comparison=chosen["comparison"][:30], state=state, case=chosen["case"])
    if request.GET.get("export"):
        found = list(rows[:20_000])
        names = orgs.short_names(f.organ_key for f in found)
        columns = (_("Case"), _("Finding"), _("Credit code"), _("Name"), _("Office"), _("Region"), _("Due"), _("State"), _("Answer"))
        told = (
            (
                f.case_number,
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
        "tab": "registries:findings", "part": "findings", "page": page, "chosen": chosen, "lights": LIGHTS, "states": Finding.State.choices,
        "comparisons": [(key, told, counts.get(key, 0)) for key, told in rules.COMPARISONS.items()], "today": clock.today(),
        "told": [(f, rules.COMPARISONS[f.comparison], names[f.organ_key], _case(actor, f)) for f in page],
    }  # fmt: skip
    return render(request, "registries/findings.html", context)


def _case(actor: Actor, one: Finding) -> str:
    """The address of its case, for whoever may read it: the office concerned and whoever watches."""
    mine = one.organ_key == actor.organ_key or actor.may("registries.watch")
    return reference("case", one.case_number) if mine and one.case_number and actor.may("cases.read_organ") else ""


def _compare(request: HttpRequest) -> str:
    sums = [comparisons.run_comparison(actor_of(request), comparison=name) for name in rules.COMPARISONS]
    return _("Compared: %(found)s hold now, %(new)s of them new.") % {"found": sum(s[0] for s in sums), "new": sum(s[1] for s in sums)}
