"""Regions and organs are public: these queries ask for no actor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet

from tongban.kernel.orgs.models import Organ, OrganSuccession, Region, RegionChange
from tongban.lib import clock, codes
from tongban.lib.errors import NotFound
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Place:
    """A region in force, as pages need it."""

    code: str
    name: str
    level: str
    parent_code: str
    abbreviation: str


def _in_force(on: date) -> Q:
    return (Q(valid_from=None) | Q(valid_from__lte=on)) & (Q(valid_to=None) | Q(valid_to__gt=on))


@lru_cache(maxsize=1)
def _spans() -> list[tuple[Place, date | None, date | None]]:
    rows = Region.objects.filter(statistical=False).exclude(level="township").order_by("code").defer("outline")
    return [(Place(r.code, r.name, r.level, r.parent_code, r.abbreviation), r.valid_from, r.valid_to) for r in rows]


@lru_cache(maxsize=512)
def _places(on: date) -> dict[str, Place]:
    return {place.code: place for place, begun, ended in _spans() if (begun is None or begun <= on) and (ended is None or ended > on)}


def forget() -> None:
    """Drop what is kept of regions: after a load, and between tests."""
    _spans.cache_clear()
    _places.cache_clear()
    _townships.cache_clear()
    known_region_codes.cache_clear()


def place(code: str) -> Place:
    """The province, city or county in force with this code; raises NotFound."""
    found = _places(clock.today()).get(code)
    if found is None:
        raise NotFound(_("There is no region %(code)s. Choose one from the list.") % {"code": code})
    return found


def places(parent: str = "") -> list[Place]:
    """The regions directly below `parent`; the province for ""."""
    return [p for p in _places(clock.today()).values() if p.parent_code == parent]


def path(code: str) -> list[Place]:
    """Province, city, county down to `code`, those that exist."""
    known = _places(clock.today())
    return [known[c] for c in codes.ancestors(code) if c in known]


def full_name(code: str) -> str:
    """济南市历下区; the province alone is 山东省."""
    names = [p.name for p in path(code)]
    return "".join(names[1:]) or "".join(names)


@lru_cache(maxsize=4)
def _townships(on: date) -> dict[str, Place]:
    rows = Region.objects.filter(_in_force(on), level="township", statistical=False).order_by("code").defer("outline")
    return {r.code: Place(r.code, r.name, r.level, r.parent_code, "") for r in rows}


def townships(county: str) -> list[Place]:
    """The townships and subdistricts in force below a county."""
    return [p for p in _townships(clock.today()).values() if p.parent_code == county]


def division_name(code: str) -> str:
    """济南市历下区解放路街道 from a county's or a township's code; "" when there is none in force."""
    town = _townships(clock.today()).get(code)
    known = _places(clock.today())
    county = town.parent_code if town else code
    return full_name(county) + (town.name if town else "") if county in known else ""


@lru_cache(maxsize=1)
def known_region_codes() -> frozenset[str]:
    """Every six-digit code that was ever in force, statistical zones apart."""
    rows = Region.objects.filter(statistical=False).exclude(level="township").values_list("code", flat=True)
    return frozenset(codes.gbt2260(code) for code in rows)


def region_known(six_digits: str) -> bool:
    """Whether an identity number may begin so. Other provinces' codes are not kept here: accepted by form."""
    return six_digits in known_region_codes() if six_digits.startswith("37") else six_digits[:2].isdigit()


def region_history(code: str) -> list[RegionChange]:
    """The changes that lead to or from a code, oldest first."""
    return list(RegionChange.objects.filter(Q(old_code=code) | Q(new_code=code)).order_by("changed_on"))


def region_outlines(level: str, within: str = "") -> list[tuple[str, str, Any]]:
    """(code, name, GeoJSON geometry) of the regions in force at a level."""
    rows = Region.objects.filter(_in_force(clock.today()), level=level, code__startswith=within, statistical=False)
    return list(rows.exclude(outline=None).order_by("code").values_list("code", "name", "outline"))


def organ(key: str) -> Organ:
    """The organ with this key; raises NotFound."""
    found = Organ.objects.filter(key=key).first()
    if found is None:
        raise NotFound(_("There is no organ %(key)s.") % {"key": key})
    return found


def organ_known_as(told: str) -> Organ:
    """The organ in force that a person means: by key, credit code or full name; raises NotFound."""
    told = told.strip()
    named = Organ.objects.filter(_in_force(clock.today()), name=told).order_by("id").first() if told else None
    found = named or Organ.objects.filter(Q(key=told) | Q(credit_code=told)).first()
    if found is None:
        raise NotFound(_("There is no organ %(key)s.") % {"key": told[:60]})
    return found


def organ_by_id(organ_id: int) -> Organ:
    return Organ.objects.get(id=organ_id)


def organs(region: str = "", *, on: date | None = None, exact: bool = False) -> QuerySet[Organ]:
    """Organs in force on a day, in a region or below it."""
    found = Organ.objects.filter(_in_force(on or clock.today()))
    return (found.filter(region_code=region) if exact else found.filter(region_code__startswith=region)).order_by("id")


def organ_names(ids: set[int]) -> dict[int, str]:
    return dict(Organ.objects.filter(id__in=ids).values_list("id", "name"))


def short_names(keys: Iterable[str]) -> dict[str, str]:
    """What organs are called for short, by key, in one question; a key that is gone is its own name."""
    wanted = set(keys)
    return {k: k for k in wanted} | dict(Organ.objects.filter(key__in=wanted).values_list("key", "short_name"))


def organ_history(one: Organ) -> list[OrganSuccession]:
    """Who this organ followed and who followed it."""
    rows = OrganSuccession.objects.filter(Q(old=one) | Q(new=one)).select_related("old", "new")
    return list(rows.order_by("changed_on"))


def told_organs(prefix: str, depth: int) -> list[dict[str, Any]]:
    """Every organ of the regions below `prefix`, as another node is told; `depth`: only codes of at most so many digits, 0 for all."""
    rows = Organ.objects.filter(region_code__startswith=prefix).order_by("key").values()
    return [
        {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items() if k != "id"} for row in rows if not depth or len(row["region_code"]) <= depth
    ]
