"""空间地理: regions by point and box, places nearby, addresses matched. Names and borders are public; nobody's home is a place here."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib import addresses, areas, clock
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries.models import Place, Village

PROVINCE = "37"
REACHES = (2_000, 20_000, 200_000, 1_000_000)  # metres; the province is 700 km wide
LEVELS = ("city", "county")


@dataclass(frozen=True, slots=True)
class Region:
    """A region in force with its outline."""

    code: str
    name: str
    level: str
    geometry: dict[str, Any]


@lru_cache(maxsize=4)
def _regions(_month: str) -> dict[str, Region]:
    return {code: Region(code, name, level, geometry) for level in LEVELS for code, name, geometry in orgs.region_outlines(level)}


@lru_cache(maxsize=4)
def _areas(month: str) -> areas.Areas:
    return areas.Areas((r.code, r.geometry) for r in _regions(month).values())


def _month() -> str:
    return f"{clock.today():%Y-%m}"  # borders change by the month at most


def regions(*, box: areas.Box | None = None) -> list[Region]:
    """Cities and counties with outlines, those that a box touches."""
    held = _regions(_month())
    codes = _areas(_month()).meeting(box) if box else sorted(held)
    return [held[c] for c in codes]


def region(code: str) -> Region:
    """One of them; raises NotFound."""
    found = _regions(_month()).get(code)
    if found is None:
        raise NotFound(_("There is no region %(code)s. Choose one from the list.") % {"code": code[:9]})
    return found


def covering(lon: float, lat: float) -> list[Region]:
    """The city and the county that cover a point, none outside the province."""
    return [_regions(_month())[c] for c in _areas(_month()).covering(lon, lat)]


def units() -> list[tuple[str, int, int, int, int]]:
    """City by city: its name, how many counties, townships, villages, places."""
    villages = dict(Village.objects.annotate(city=Left("code", 4)).values_list("city").annotate(n=Count("id")))
    held = dict(places().order_by().annotate(city=Left("region_code", 4)).values_list("city").annotate(n=Count("id")))
    found = []
    for city in orgs.places(PROVINCE):
        counties = orgs.places(city.code)
        found.append((city.name, len(counties), sum(len(orgs.townships(c.code)) for c in counties), villages.get(city.code, 0), held.get(city.code, 0)))
    return found


def places(*, box: areas.Box | None = None, kind: str = "", within: str = "", words: str = "") -> QuerySet[Place]:
    """Places that stand today."""
    today = clock.today()
    rows = Place.objects.filter(Q(until=None) | Q(until__gt=today), since__lte=today)
    if box:
        rows = rows.filter(lon__gte=box[0], lat__gte=box[1], lon__lte=box[2], lat__lte=box[3])
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(region_code__startswith=within) if within else rows
    return (rows.filter(name__contains=words) if words else rows).order_by("key")


def place(key: str) -> Place:
    found = places().filter(key=key).first()
    if found is None:
        raise NotFound(_("There is no such place."))
    return found


def kinds() -> list[str]:
    return sorted(set(places().order_by().values_list("kind", flat=True).distinct()))


def nearest(lon: float, lat: float, *, kind: str = "", count: int = 5) -> list[tuple[Place, float]]:
    """(place, metres), the nearest first; looked for in boxes that grow until enough lie within their reach."""
    found: list[tuple[Place, float]] = []
    for reach in REACHES:
        held = places(box=areas.box_around((lon, lat), reach), kind=kind)
        found = sorted(((p, areas.distance((lon, lat), (p.lon, p.lat))) for p in held), key=lambda one: (one[1], one[0].key))
        if sum(metres <= reach for _place, metres in found) >= count:
            break
    return found[:count]


def matched(text: str) -> addresses.Matched:
    """The units that an address names, from the province down."""
    return addresses.match(text, _below)


def _below(code: str, level: str) -> Sequence[addresses.Unit]:
    """Units of a level under a code; a county or town without its city or county is looked for in the whole province, a village only under a county or town."""
    if level == "province":
        return [addresses.Unit(PROVINCE, "山东省", level), addresses.Unit(PROVINCE, "山东", level)]
    if level == "city":
        return [addresses.Unit(p.code, p.name, level) for p in orgs.places(PROVINCE)]
    if level == "county":
        cities = [code] if len(code) == 4 else [p.code for p in orgs.places(PROVINCE)]
        return [addresses.Unit(p.code, p.name, level) for city in cities for p in orgs.places(city)]
    if level == "township":
        return [addresses.Unit(p.code, p.name, level) for p in orgs.townships(code)] if len(code) == 6 else []
    rows = Village.objects.filter(code__startswith=code) if len(code) >= 6 else Village.objects.none()
    return [addresses.Unit(v.code, v.name, level) for v in rows.order_by("code")]
