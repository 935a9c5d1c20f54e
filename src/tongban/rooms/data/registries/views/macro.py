"""The cube of macro figures: an indicator of a region, what each release said of it."""

import json
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongban.rooms.data.registries.queries import macro as figures
from tongban.ui import exports
from tongban.ui.access import allows

HOME = "37"


@allows("registries.use")
def macro(request: HttpRequest) -> HttpResponse:
    """One indicator, one region: periods down, releases across, and how far the latest moved the first."""
    held = figures.indicators()
    if not held:
        return render(request, "registries/macro.html", {"tab": "registries:overview", "part": "macro"})
    one = figures.indicator(request.GET["indicator"]) if request.GET.get("indicator") else held[0]
    regions = figures.regions_of([one])
    region = request.GET.get("region", HOME)
    region = region if region in regions else next(iter(regions), HOME)
    rows = list(figures.vintages(one, regions=[region]))
    releases = {r.release_id: r.release for r in rows}
    told: dict[str, dict[int, Decimal]] = {}
    for row in rows:
        told.setdefault(row.period, {})[row.release_id] = round(row.value, one.decimals)
    table = [_line(period, cells, list(releases)) for period, cells in sorted(told.items(), reverse=True)]
    if request.GET.get("export"):
        columns = (_("Period"), *(str(r) for r in releases.values()))
        return exports.table(request.GET["export"], f"{one.code}-{region}", columns, ((t["period"], *t["cells"]) for t in table))
    context = {
        "tab": "registries:overview", "part": "macro", "one": one, "indicators": held, "region": region, "name": figures.region_name(region),
        "regions": [(r, figures.region_name(r)) for r in regions], "releases": [(r, r.notes.get(one.code, "")) for r in releases.values()], "table": table,
        "chart": _chart(told, releases),
    }  # fmt: skip
    return render(request, "registries/macro.html", context)


def _line(period: str, cells: dict[int, Decimal], releases: list[int]) -> dict[str, Any]:
    values = [cells.get(r) for r in releases]
    said = [v for v in values if v is not None]
    moved = (said[-1] - said[0]) / said[0] * 100 if len(said) > 1 and said[0] else None
    return {"period": period, "cells": values, "shown": ["—" if v is None else f"{v:,}" for v in values], "moved": None if moved is None else f"{moved:+.1f}"}


def _chart(told: dict[str, dict[int, Decimal]], releases: dict[int, Any]) -> str:
    periods = sorted(told)
    lines = {str(r): [float(told[p][k]) if k in told[p] else None for p in periods] for k, r in releases.items()}
    return json.dumps({"periods": periods, "series": lines}, ensure_ascii=False).replace("<", "\\u003c")
