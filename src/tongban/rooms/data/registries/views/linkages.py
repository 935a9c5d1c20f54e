"""比对台: a file without numbers, linked to the population register, doubtful rows decided side by side."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.lib import masking, tables
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.data.registries.commands import linkages as commands
from tongban.rooms.data.registries.models import LinkedRow, Linkage
from tongban.rooms.data.registries.queries import linkages as queries
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier

ZONES = {"review": "待人工比对", "link": "同一人", "reject": "未找到"}
FIELDS = {"name": "姓名", "born": "出生日期", "sex": "性别", "county": "行政区划", "address": "住址"}
LEVELS = {
    "equal": "一致", "sounds the same": "读音相同", "one sign apart": "一字之差", "one slip": "一处笔误", "two slips": "两处笔误", "close": "很像", "alike": "相像",
    "differs": "不同", "nothing": "缺项",
}  # fmt: skip
LIGHTS = {Linkage.State.WAITING: "yellow", Linkage.State.DONE: "ok", Linkage.State.FAILED: "red"}


@allows("registries.link")
def linkages(request: HttpRequest) -> HttpResponse:
    """Files of the own organ; a new one is uploaded here."""
    actor, fault, faults = actor_of(request), "", {}
    typed = {n: request.POST.get(n, "").strip()[:120] for n in ("title", "purpose")}
    if request.method == "POST":
        try:
            rows = tables.read_upload(request.FILES.get("file"), ["姓名"])
            held = commands.ask_linkage(actor, **typed, rows=rows)
            messages.success(request, _("Being linked: %(n)s rows. You are told when it is done.") % {"n": held.rows})
            return redirect("registries:linkage", linkage=held.id)
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    page = Paginator(queries.linkages(actor), 25).get_page(request.GET.get("page"))
    context = {"tab": "registries:overview", "part": "linkages", "page": page, "fault": fault, "faults": faults, "typed": typed, "lights": LIGHTS}
    context["columns"] = "、".join(commands.COLUMNS)
    return render(request, "registries/linkages.html", context, status=422 if fault else 200)


@allows("registries.link")
def linkage(request: HttpRequest, linkage: int) -> HttpResponse:
    """One file: doubtful rows beside the person they may mean, with the evidence; the others as lists."""
    actor, fault = actor_of(request), ""
    held = queries.linkage(actor, linkage)
    if request.method == "POST":
        try:
            commands.decide_link(actor, linkage=linkage, row=identifier(request.POST.get("row", "")), same=request.POST.get("act") == "same")
            return redirect(f"{request.path}#next")
        except (Invalid, Conflict, Refused) as refused:
            fault = str(refused)
    zone = request.GET.get("zone", "review" if held.review else "link")
    rows = queries.found(held, zone if zone in ZONES else "review")
    if request.GET.get("export"):
        columns = (_("Row"), _("Full name"), _("Outcome"), _("Chance"), _("Citizen identity number"))
        told = ((r.row, r.record.get("name", ""), _outcome(r), f"{r.likely:.4f}", _number(r)) for r in queries.found(held))
        return exports.table(request.GET["export"], "linkage", columns, told)
    page = Paginator(rows, 10 if zone == "review" else 50).get_page(request.GET.get("page"))
    context = {
        "tab": "registries:overview", "part": "linkages", "held": held, "page": page, "zone": zone, "fault": fault, "lights": LIGHTS,
        "zones": [(k, w, {"review": held.review, "link": held.linked, "reject": held.rejected}[k]) for k, w in ZONES.items()],
        "told": [(r, _beside(r)) for r in page],
    }  # fmt: skip
    return render(request, "registries/linkage.html", context, status=422 if fault else 200)


def _outcome(one: LinkedRow) -> str:
    if one.decided:
        return "同一人（人工）" if one.decided == "same" else "不是同一人（人工）"
    return ZONES.get(one.zone, "")


def _number(one: LinkedRow) -> str:
    """The number that was asked for, of those surely or by decision the same."""
    sure = one.zone == "link" or one.decided == "same"
    return str(one.person.content.get("id_number", "")) if sure and one.person else ""


def _beside(one: LinkedRow) -> list[tuple[str, str, str, str, float]]:
    """(field, in the file, in the register, how far they agree, weight) of a row."""
    mine = queries.compared(one.record)
    theirs: dict[str, Any] = queries.compared(one.person.content) if one.person else {}
    return [
        (FIELDS[name], masking.mask_text(mine[name]), masking.mask_text(theirs.get(name, "")), LEVELS.get(level, level), weight)
        for name, level, weight in one.evidence
    ]
