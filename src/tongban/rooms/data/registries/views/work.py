"""The registries at a glance; conflicts and corrections as work."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.lib.rooms import shows
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import disputes
from tongban.rooms.data.registries.models import Conflict as Difference
from tongban.rooms.data.registries.models import Correction
from tongban.rooms.data.registries.queries import masters, work
from tongban.rooms.data.registries.views.subjects import LIGHTS, STANDING
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier

CORRECTIONS = {Correction.State.OPEN: "yellow", Correction.State.ACCEPTED: "ok", Correction.State.REFUSED: "paused"}


@allows("registries.use")
def overview(request: HttpRequest) -> HttpResponse:
    """How many, from whom, where; the ages of the living."""
    actor = actor_of(request)
    figures = work.figures(actor)
    ages = work.pyramid(actor, clock.today())
    widest = max((max(men, women) for _age, men, women in ages), default=1) or 1
    names = orgs.short_names(s["organ_key"] for s in figures["sources"])
    sources = [(rules.REGISTRIES[s["registry"]], names[s["organ_key"]], s["n"]) for s in figures["sources"]]
    context = {
        "tab": "registries:overview", "part": "overview", "figures": figures, "sources": sources,
        "ages": [_bar(place, a, men / widest, women / widest) | {"men": men, "women": women} for place, (a, men, women) in enumerate(reversed(ages))],
    }  # fmt: skip
    return render(request, "registries/overview.html", context)


def _bar(place: int, age: int, men: float, women: float) -> dict[str, float | int]:
    """One group of the pyramid in a drawing 240 wide: men to the left of 120, women to the right."""
    return {
        "age": age,
        "last": age + 4,
        "y": place * 12,
        "left": round(104 - men * 100, 1),
        "left_width": round(men * 100, 1),
        "right_width": round(women * 100, 1),
    }


@allows("registries.use")
def conflicts(request: HttpRequest) -> HttpResponse:
    """What organs disagree about."""
    actor = actor_of(request)
    chosen = {"registry": request.GET.get("registry", ""), "state": request.GET.get("state", "open"), "attribute": request.GET.get("attribute", "")}
    rows = work.conflicts(actor, registry=chosen["registry"], state=chosen["state"] if chosen["state"] in STANDING else "", attribute=chosen["attribute"])
    if request.GET.get("export"):
        found = list(rows[:20_000])
        names = _names(found)
        columns = (_("Registry"), _("Attribute"), _("Organs"), _("State"), _("Region"), _("Found"))
        told = (
            (
                rules.REGISTRIES[c.registry],
                label(c),
                "、".join(names[o] for o in c.organs.split(",")),
                STANDING[c.state],
                orgs.division_name(c.region_code),
                c.found_at,
            )
            for c in found
        )
        return exports.table(request.GET["export"], "conflicts", columns, told)
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    names = _names(page.object_list)
    codes = masters.codes_of([c.subject for c in page if c.registry == rules.ENTITIES])
    context = {
        "tab": "registries:overview", "part": "conflicts", "page": page, "chosen": chosen, "standing": STANDING, "lights": LIGHTS,
        "registries": rules.REGISTRIES, "told": [(c, label(c), [names[o] for o in c.organs.split(",")], orgs.division_name(c.region_code), codes.get(c.subject)) for c in page],
    }  # fmt: skip
    return render(request, "registries/conflicts.html", context)


def _names(rows: Iterable[Difference]) -> dict[str, str]:
    return orgs.short_names(key for row in rows for key in row.organs.split(","))


@shows("correction")
def address(key: str) -> str:
    return f"/registries/corrections/#correction-{key}"


@allows("registries.use")
def corrections(request: HttpRequest) -> HttpResponse:
    """Values that someone doubts: accepted and corrected at the source, or kept with the reason."""
    actor, fault = actor_of(request), ""
    if request.method == "POST":
        try:
            words = request.POST.get("words", "")[:300]
            disputes.answer_correction(
                actor, correction=identifier(request.POST.get("correction", "")), accept=request.POST.get("act") == "accept", words=words
            )
            messages.success(request, _("Answered. Whoever reported it is told."))
            return redirect("registries:corrections")
        except (Invalid, Conflict, Refused) as refused:
            fault = str(refused)
    page = Paginator(work.corrections(actor), 25).get_page(request.GET.get("page"))
    names = orgs.short_names(c.organ_key for c in page)
    context = {
        "tab": "registries:overview", "part": "corrections", "page": page, "fault": fault, "lights": CORRECTIONS,
        "registries": rules.REGISTRIES, "told": [(c, label(c), names[c.organ_key], _now(c)) for c in page], "failed": identifier(request.POST.get("correction", "")) if fault else 0,
    }  # fmt: skip
    return render(request, "registries/corrections.html", context, status=422 if fault else 200)


def label(one: Difference | Correction) -> str:
    """An attribute in its registry's words."""
    return rules.ATTRIBUTES[one.registry].get(one.attribute, one.attribute)


def _now(one: Correction) -> str:
    """What the register says today."""
    try:
        return str(masters.subject(one.registry, one.subject).content.get(one.attribute, ""))
    except NotFound:
        return ""
