"""Organs keep the places that they answer for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Invalid, Refused
from tongban.rooms.data.registries import events, rules
from tongban.rooms.data.registries.models import Place
from tongban.rooms.data.registries.queries import geography

FIELDS = ("name", "kind", "address", "lon", "lat", "since", "until", "region_code", "synthetic")


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the rows: new, changed, and faulty with the row's number and why."""

    new: int
    changed: int
    faults: list[tuple[int, str]]


@command("registries.keep")
def keep_places(actor: Actor, *, organ: str, rows: Iterable[Mapping[str, Any]], synthetic: bool = False) -> Kept:
    """Keep places of an organ by key; good rows are kept, faulty ones told. Raises Refused for the places of another organ, Invalid for too many."""
    if not actor.is_system and actor.organ_key != organ:
        raise Refused(_("You keep the records of your own organ only."))
    told = list(rows)
    if len(told) > rules.MOST_PLACES:
        raise Invalid.at("rows", _("Rows: %(n)s at once at most.") % {"n": rules.MOST_PLACES})
    held = {p.key: p for p in Place.objects.filter(key__in=[str(r.get("key", "")) for r in told])}
    new, changed, faults = 0, 0, []
    for number, row in enumerate(told, 1):
        fault = rules.place_fault(row)
        found = geography.covering(float(row["lon"]), float(row["lat"])) if not fault else []
        county = next((r.code for r in found if r.level == "county"), "")
        one = held.get(str(row.get("key", "")))
        fault = fault or ("" if county else "outside") or ("key-taken" if one and one.organ_key != organ else "")
        if fault:
            faults.append((number, fault))
            continue
        values = _values(row, county, synthetic)
        if one is None:
            held[row["key"]] = Place.objects.create(key=row["key"], organ_key=organ, kept_at=clock.now(), **values)
            new += 1
        elif any(getattr(one, n) != values[n] for n in FIELDS):
            Place.objects.filter(id=one.id).update(**values, kept_at=clock.now())
            changed += 1
    if new or changed:
        record(actor, events.PlacesKept(registry="geography", organ=organ, new=new, changed=changed))
    else:
        nothing_changed()
    return Kept(new, changed, faults)


def _values(row: Mapping[str, Any], county: str, synthetic: bool) -> dict[str, Any]:
    return {
        "name": str(row["name"])[:120], "kind": str(row["kind"])[:40], "address": str(row.get("address", ""))[:200], "lon": float(row["lon"]),
        "lat": float(row["lat"]), "since": rules.day(row.get("since")) or date(2016, 1, 1), "until": rules.day(row.get("until")), "region_code": county,
        "synthetic": synthetic,
    }  # fmt: skip
