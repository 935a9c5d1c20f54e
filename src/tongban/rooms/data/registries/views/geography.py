"""Geography: an address matched to the units of the list, a point to its region and the places nearby."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.rooms.data.registries.queries import geography as queries
from tongban.ui.access import allows
from tongban.ui.maps import region_map

NAMES = {"province": "省", "city": "市", "county": "县（市、区）", "township": "乡镇（街道）", "village": "村（社区）"}


@allows("registries.use")
def geography(request: HttpRequest) -> HttpResponse:
    """A map with the places; what was asked beside it."""
    asked = {n: request.GET.get(n, "").strip()[:300] for n in ("address", "lon", "lat", "kind")}
    point, fault = _point(asked)
    drawn = region_map("city")
    matched = queries.matched(asked["address"]) if asked["address"] else None
    covering = queries.covering(*point) if point else []
    near = queries.nearest(*point, kind=asked["kind"]) if covering and point else []
    context = {
        "tab": "registries:overview", "part": "geography", "typed": asked, "fault": fault, "faults": {"lon": fault} if fault else {}, "areas": drawn.areas,
        "height": drawn.height, "kinds": queries.kinds(), "units": queries.units(), "matched": matched, "levels": [(u, NAMES[u.level]) for u in matched.units] if matched else [],
        "others": [orgs.full_name(u.code) or u.name for u in matched.others] if matched else [], "covering": covering, "point": point,
        "near": [(p, f"{metres / 1000:.1f}") for p, metres in near], "dots": [drawn.place(p.lon, p.lat) for p in queries.places()[:2000]],
        "here": drawn.place(*point) if point and covering else None, "chosen": {r.code for r in covering} | ({matched.code[:4]} if matched and matched.code else set()),
    }  # fmt: skip
    return render(request, "registries/geography.html", context, status=422 if fault else 200)


def _point(asked: dict[str, Any]) -> tuple[tuple[float, float] | None, str]:
    if not asked["lon"] and not asked["lat"]:
        return None, ""
    try:
        lon, lat = float(asked["lon"]), float(asked["lat"])
    except ValueError:
        return None, _("Longitude and latitude: write degrees like 117.02 and 36.67.")
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        return None, _("Longitude and latitude: write degrees like 117.02 and 36.67.")
    return (lon, lat), ""
