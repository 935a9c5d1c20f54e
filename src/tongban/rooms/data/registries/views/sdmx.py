"""The macro cube by SDMX REST 2.1, open to all: `dataflow`, `datastructure`, `codelist`, `conceptscheme`, `data`, with vintages (`includeHistory`, `asOf`)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tongban.lib import clock, sdmx
from tongban.rooms.data.registries.models import Figure
from tongban.rooms.data.registries.queries import macro
from tongban.ui.access import OPEN, allows

AGENCY, FLOW = "TONGBAN", "MACRO"
FREQUENCIES = {"A": {"zh": "年", "en": "Year"}, "Q": {"zh": "季", "en": "Quarter"}, "M": {"zh": "月", "en": "Month"}}
EVERYTHING = ("dataflow", "codelist", "conceptscheme", "datastructure")
MOST = 200_000  # observations of one answer


def _cube() -> sdmx.Cube:
    held = macro.indicators()
    regions = {code: {"zh": macro.region_name(code)} for code in macro.regions_of(held)}
    lists = (
        sdmx.Codelist("CL_FREQ", {"zh": "频率", "en": "Frequency"}, FREQUENCIES),
        sdmx.Codelist("CL_INDICATOR", {"zh": "指标", "en": "Indicator"}, {i.code: {"zh": f"{i.name}（{i.unit}）"} for i in held}),
        sdmx.Codelist("CL_AREA", {"zh": "地区", "en": "Region"}, regions),
    )
    names = (("FREQ", {"zh": "频率", "en": "Frequency"}), ("INDICATOR", {"zh": "指标", "en": "Indicator"}), ("REF_AREA", {"zh": "地区", "en": "Region"}))
    dimensions = tuple((name, words, one) for (name, words), one in zip(names, lists, strict=True))
    attributes = (("UNIT_MEASURE", {"zh": "计量单位", "en": "Unit"}), ("DECIMALS", {"zh": "小数位", "en": "Decimals"}))
    return sdmx.Cube(AGENCY, FLOW, {"zh": "宏观经济指标", "en": "Macroeconomic indicators"}, dimensions, attributes)


def _answer(body: bytes, kind: str, status: int = 200) -> HttpResponse:
    return HttpResponse(body, content_type=kind, status=status)


def _error(status: int, code: int, words: str) -> HttpResponse:
    return _answer(sdmx.error(code, words), "application/xml", status)


@allows(OPEN)
def structure(request: HttpRequest, kind: str, agency: str = "all", identifier: str = "all", version: str = "latest") -> HttpResponse:
    """One kind of structure, with what it refers to where `references` asks for it."""
    cube = _cube()
    known = {
        "dataflow": {FLOW}, "datastructure": {FLOW}, "conceptscheme": {f"{FLOW}_CONCEPTS"}, "codelist": {one.id for _n, _w, one in cube.dimensions},
    }  # fmt: skip
    if kind not in known:
        return _error(404, 100, f"{kind} is not kept here")
    if agency not in ("all", AGENCY) or (identifier != "all" and identifier not in known[kind]) or version not in ("latest", "all", sdmx.VERSION):
        return _error(404, 100, "no such structure")
    if kind == "codelist" and identifier != "all":
        cube = sdmx.Cube(cube.agency, cube.id, cube.names, tuple(d for d in cube.dimensions if d[2].id == identifier), cube.attributes)
    wanted: Iterable[str] = (kind,) if request.GET.get("references", "none") == "none" else EVERYTHING
    return _answer(sdmx.structure(cube, clock.now(), wanted), sdmx.STRUCTURE)


@allows(OPEN)
def data(request: HttpRequest, flow: str, key: str = "all", provider: str = "all") -> HttpResponse:
    """Observations by key; `includeHistory=true` gives a data set for each release, `asOf` what was known on a day."""
    named = flow.split(",")  # MACRO, or TONGBAN,MACRO,1.0
    if (named[1] if len(named) > 1 else named[0]) != FLOW or provider not in ("all", AGENCY):
        return _error(404, 100, "no such dataflow")
    cube, asked = _cube(), request.GET
    try:
        wanted = sdmx.key_of(key, len(cube.dimensions))
        first, last = sdmx.period_of(asked.get("startPeriod", "")), sdmx.period_of(asked.get("endPeriod", ""))
        on = date.fromisoformat(asked["asOf"][:10]) if asked.get("asOf") else clock.today()
    except (sdmx.BadKey, ValueError) as fault:
        return _error(400, 140, str(fault))
    sets = _sets(wanted, (first, last), on, history=asked.get("includeHistory", "").lower() == "true")
    if sum(len(s.observations) for one in sets for s in one.series) > MOST:
        return _error(413, 510, f"more than {MOST} observations: ask for fewer regions or periods")
    if not any(one.series for one in sets):
        return _error(404, 100, "no results")
    if "csv" in request.headers.get("Accept", "") or asked.get("format") == "csv":
        return _answer(sdmx.as_csv(cube, sets), sdmx.CSV)
    return _answer(sdmx.data(cube, sets, clock.now()), sdmx.GENERIC)


def _sets(wanted: list[set[str]], span: tuple[str, str], on: date, *, history: bool) -> list[sdmx.DataSet]:
    frequencies, indicators, regions = wanted
    found: dict[Any, list[sdmx.Series]] = {}
    for one in macro.indicators():
        if (indicators and one.code not in indicators) or (frequencies and one.frequency not in frequencies):
            continue
        rows = macro.vintages(one, regions=regions, first=span[0], last=span[1]).filter(release__released_on__lte=on) if history else macro.known(
            one, on, regions=regions, first=span[0], last=span[1]
        )  # fmt: skip
        grouped: dict[tuple[Any, str], list[Figure]] = {}
        for row in rows:
            grouped.setdefault((row.release.released_on if history else None, row.region), []).append(row)
        for (since, region), figures in grouped.items():
            seen = [(f.period, round(f.value, one.decimals)) for f in figures]
            found.setdefault(since, []).append(sdmx.Series((one.frequency, one.code, region), (one.unit, str(one.decimals)), seen))
    return [sdmx.DataSet(series, since) for since, series in found.items()]


urlpatterns = [
    path("data/<str:flow>", data, name="sdmx-data"),
    path("data/<str:flow>/<str:key>", data, name="sdmx-data-key"),
    path("data/<str:flow>/<str:key>/<str:provider>", data, name="sdmx-data-provider"),
    path("<slug:kind>", structure, name="sdmx-structures"),
    path("<slug:kind>/<str:agency>", structure, name="sdmx-structures-agency"),
    path("<slug:kind>/<str:agency>/<str:identifier>", structure, name="sdmx-structure"),
    path("<slug:kind>/<str:agency>/<str:identifier>/<str:version>", structure, name="sdmx-structure-version"),
]
