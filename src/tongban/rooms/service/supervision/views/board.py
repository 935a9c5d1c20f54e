"""The live board and the efficiency table."""

import json
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import NotFound
from tongban.rooms.service.supervision import queries
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.maps import region_map

STEPS = (98.0, 99.0, 99.5, 99.9)


def _place(request: HttpRequest) -> orgs.Place:
    wanted = request.GET.get("region", "37")
    actor = actor_of(request)
    found = orgs.place(wanted)
    if not actor.reaches(found.code):
        raise NotFound(_("This region lies outside your scope."))
    return found


def _shade(on_time: float | None) -> int:
    """The step of the map's scale, 1 to 5; 5 is best."""
    return 0 if on_time is None else 1 + sum(on_time >= s for s in STEPS)


@allows("supervision.read_board")
def board(request: HttpRequest) -> HttpResponse:
    """Counts, map and table of a region; every number leads to the rows behind it."""
    actor, place = actor_of(request), _place(request)
    span = request.GET.get("span", "month")
    since = {"today": clock.today(), "month": clock.today().replace(day=1)}.get(span, clock.today().replace(day=1))
    rows = queries.board(actor, region=place.code, since=since)
    if request.GET.get("export"):
        columns = (_("Region"), _("Open"), _("Due soon"), _("Yellow"), _("Red"), _("Paused"), _("Decided"), _("Share on time"))
        told = ((r.name, r.open, r.soon, r.yellow, r.red, r.paused, r.decided, r.on_time) for r in rows)
        return exports.table(request.GET["export"], "board", columns, told)
    drawn = region_map("city" if place.level == "province" else "county", "" if place.level == "province" else place.code[:4])
    by_code = {r.code: r for r in rows}
    trend = queries.trend(actor, region=place.code)
    context = {
        "tab": "supervision:board", "place": place, "legend": ["< 98%", "98", "99", "99.5", "≥ 99.9%"], "rows": sorted(rows, key=lambda r: (-r.red, -r.yellow, -r.open)),
        "totals": queries.totals(rows), "height": drawn.height, "now": clock.now(), "span": span, "trend": json.dumps(trend),
        "areas": [(a, by_code.get(a.code), _shade(by_code[a.code].on_time) if a.code in by_code else 0) for a in drawn.areas],
        "days": list(zip(trend["days"], trend["yellow"], trend["red"], strict=True)), "path": orgs.path(place.code),
        "lights": queries.lights(actor, region=place.code).exclude(level="prompt").filter(state__in=["open", "answered", "appealed"])[:8],
    }  # fmt: skip
    return render(request, "supervision/board.html", context)


@allows("supervision.read_board")
def efficiency(request: HttpRequest) -> HttpResponse:
    """The monthly table of a region's organs."""
    place = _place(request)
    try:
        year, number = map(int, request.GET.get("month", f"{clock.today():%Y-%m}").split("-"))
        month = date(year, number, 1)
    except ValueError:
        month = clock.today().replace(day=1)
    rows = queries.efficiency(actor_of(request), region=place.code, month=month)
    if request.GET.get("export"):
        columns = (_("Organ"), _("Decided"), _("On time"), _("Early"), _("Share of the promise used"),
                   _("Corrections per case"), _("Refusal rate"))  # fmt: skip
        told = ((r.organ, r.decided, r.on_time, r.early, r.used_share, r.corrections, round(r.refusal_rate, 1)) for r in rows)
        return exports.table(request.GET["export"], f"efficiency-{month:%Y-%m}", columns, told)
    context = {"tab": "supervision:efficiency", "place": place, "rows": rows, "month": month, "cities": orgs.places("37")}
    return render(request, "supervision/efficiency.html", context)
