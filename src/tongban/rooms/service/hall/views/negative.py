"""市场准入负面清单: public, and its import."""

from datetime import date

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongban.lib import clock, tables
from tongban.lib.errors import Conflict, Invalid
from tongban.rooms.service.hall.commands import negative as commands
from tongban.rooms.service.hall.queries import negative
from tongban.rooms.service.hall.views.matters import LISTS
from tongban.ui import exports
from tongban.ui.access import OPEN, actor_of, allows


@allows(OPEN)
def negative_list(request: HttpRequest) -> HttpResponse:
    """The edition in force or another one: filtered, paged, printed, exported, compared."""
    editions = negative.editions()
    chosen = {name: request.GET.get(name, "").strip()[:60] for name in ("edition", "words", "group", "before")}
    now = negative.in_force(editions)
    shown = next((e for e in editions if e.name == chosen["edition"]), now)
    rows = negative.entries(shown.name if shown else "", words=chosen["words"], group=chosen["group"])
    if request.GET.get("export"):
        told = ((r.group, r.number, r.item, r.code, r.measure, r.department, r.local) for r in rows)
        return exports.table(request.GET["export"], f"{LISTS['negative'][0]}{shown.name if shown else ''}", commands.COLUMNS, told)
    before = next((e for e in editions if e.name == chosen["before"]), None)
    context = {
        "tab": "lists", "kind": "negative", "lists": LISTS, "title": LISTS["negative"][0], "editions": editions, "shown": shown, "now": now,
        "chosen": chosen, "groups": commands.GROUPS, "page": Paginator(rows, 50).get_page(request.GET.get("page")), "before": before,
        "changes": negative.compare(before.name, shown.name) if before and shown else [],
    }  # fmt: skip
    return render(request, "hall/negative.html", context)


@allows("hall.load")
def load(request: HttpRequest) -> HttpResponse:
    """Import an edition: a dry run first, then the whole of it."""
    run, loaded, fault = None, None, ""
    faults: dict[str, object] = {}
    if request.method == "POST":
        try:
            run = commands.check_rows(tables.read_upload(request.FILES.get("file"), commands.COLUMNS))
            if request.POST.get("what") == "load":
                loaded = commands.load_edition(
                    actor_of(request), run=run, edition=request.POST.get("edition", ""), document=request.POST.get("document", ""),
                    effective_on=_day(request.POST.get("effective_on", "")),
                )  # fmt: skip
        except (Invalid, Conflict) as refused:
            fault, faults = str(refused), dict(refused.fields)
    context = {
        "tab": "hall:matter-list", "run": run, "loaded": loaded, "fault": fault, "faults": faults, "columns": commands.COLUMNS,
        "typed": request.POST, "editions": negative.editions(), "today": clock.today(),
    }  # fmt: skip
    return render(request, "hall/negative_load.html", context, status=422 if fault else 200)


def _day(told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        sentence = _("In force from: choose a day.")
        raise Invalid(sentence, fields={"effective_on": sentence}) from None
