"""Figures come in by releases; what a release said is never changed, a later release says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.data.registries import events, rules
from tongban.rooms.data.registries.models import Figure, Indicator, Release
from tongban.rooms.data.registries.queries import macro

Cell = tuple[str, str]  # region, period


@dataclass(frozen=True, slots=True)
class Publication:
    """Which release, by whom, when."""

    key: str
    title: str
    publisher: str
    released_on: date
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """Which indicator: code, name, unit, decimals; the publisher's notes."""

    code: str
    name: str
    unit: str
    decimals: int
    notes: str = ""


@command("registries.keep")
def keep_release(actor: Actor, *, publication: Publication, measured: Measured, figures: Mapping[Cell, Decimal]) -> int:
    """Keep what a release says of an indicator; how many figures an earlier release gave otherwise.

    Said again it changes nothing; said otherwise under the same release it is refused: a revision is a release of its own.
    Only the statistics bureau brings figures. Raises Refused, Invalid, Conflict.
    """
    if not (actor.is_system or actor.organ_key in rules.STATISTICIANS):
        raise Refused(_("Only the bureau of statistics brings macro figures."))
    faults = rules.figure_faults(publication.key, measured.code, figures)
    if faults:
        raise Invalid(_("%(n)s entries need a change.") % {"n": len(faults)}, fields={name: _told(what) for name, what in faults.items()})
    indicator, _new = Indicator.objects.get_or_create(
        code=measured.code, defaults={"name": measured.name[:120], "unit": measured.unit[:20], "decimals": measured.decimals}
    )
    release, _new = Release.objects.get_or_create(
        key=publication.key, defaults={
            "title": publication.title[:120], "publisher": publication.publisher[:60], "released_on": publication.released_on, "verified": publication.verified,
            "kept_at": clock.now(),
        },
    )  # fmt: skip
    held = {(f.region, f.period): f.value for f in Figure.objects.filter(release=release, indicator=indicator)}
    other = [cell for cell, value in figures.items() if cell in held and held[cell] != value]
    if other:
        region, period = other[0]
        raise Conflict(
            _("Release %(key)s already says otherwise of %(region)s in %(period)s. A revision is a release of its own.")
            % {"key": release.key, "region": region, "period": period}
        )
    new = {cell: value for cell, value in figures.items() if cell not in held}
    if not new:
        nothing_changed()
        return 0
    before = {(f.region, f.period): f.value for f in macro.known(indicator, release.released_on) if f.release_id != release.id}
    Figure.objects.bulk_create([Figure(release=release, indicator=indicator, region=r, period=p, value=v) for (r, p), v in new.items()], batch_size=5000)
    if measured.notes and measured.code not in release.notes:
        release.notes[measured.code] = measured.notes
        release.save(update_fields=["notes"])
    revised = sum(before[cell] != value for cell, value in new.items() if cell in before)
    record(actor, events.ReleaseKept(release=release.key, indicator=indicator.code, figures=len(new), revised=revised))
    return revised


def _told(what: str) -> str:
    return {
        "key": _("Release: small letters, digits and hyphens, 40 at most."), "indicator": _("Indicator: small letters, digits and hyphens, 40 at most."),
        "empty": _("Figures: none is given."), "many": _("Figures: at most %(n)s at once.") % {"n": rules.MOST_FIGURES},
        "region": _("Region: two to nine digits, such as 37."), "period": _("Period: write it like 2016, 2016-Q1 or 2016-01."),
    }[what]  # fmt: skip
