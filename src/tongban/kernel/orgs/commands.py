"""Organs of other nodes, as those tell them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tongban.kernel.orgs import events
from tongban.kernel.orgs.models import Organ
from tongban.lib.acts import May, command, nothing_changed, record

TOLD = ("name", "short_name", "function", "kind", "level", "region_code", "credit_code", "credit_code_synthetic", "address", "phone", "source", "verified")


@command("")
def take_organs(actor: May, *, region: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Bring the organs of a region to what their node says; returns how many differ. The platform does it: the caller has checked who says it."""
    known = {o.key: o for o in Organ.objects.filter(key__in=[str(r["key"]) for r in rows])}
    changed = 0
    for row in rows:
        told = {n: row[n] for n in TOLD} | {n: _day(row[n]) for n in ("valid_from", "valid_to")}
        held = known.get(str(row["key"]))
        if held and all(getattr(held, n) == v for n, v in told.items()):
            continue
        Organ.objects.update_or_create(key=row["key"], defaults=told)
        changed += 1
    if changed:
        record(actor, events.OrgansTaken(region=region, organs=len(rows), changed=changed))
    else:
        nothing_changed()
    return changed


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None
