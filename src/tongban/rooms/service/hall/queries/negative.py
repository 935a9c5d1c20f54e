"""The negative list in force, its editions, and what one edition changed."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from tongban.lib import clock
from tongban.rooms.service.hall.models import NegativeEntry


@dataclass(frozen=True, slots=True)
class Edition:
    name: str
    document: str
    effective_on: date


def editions() -> list[Edition]:
    """What was imported, latest first."""
    rows = NegativeEntry.objects.values_list("edition", "document", "effective_on").distinct().order_by("-effective_on", "-edition")
    return [Edition(*row) for row in rows]


def in_force(known: list[Edition] | None = None) -> Edition | None:
    """The edition that holds today, of those known; an imported one that begins later waits."""
    return next((e for e in (editions() if known is None else known) if e.effective_on <= clock.today()), None)


def in_force_size() -> int:
    """How many entries the edition in force has."""
    now = in_force()
    return NegativeEntry.objects.filter(edition=now.name).count() if now else 0


def entries(edition: str, *, words: str = "", group: str = "") -> QuerySet[NegativeEntry]:
    rows = NegativeEntry.objects.filter(edition=edition).order_by("id")
    if group:
        rows = rows.filter(group=group)
    if words:
        rows = rows.filter(Q(item__contains=words) | Q(measure__contains=words) | Q(code=words) | Q(department__contains=words))
    return rows


@dataclass(frozen=True, slots=True)
class Change:
    """`what`: added, removed or changed."""

    what: str
    code: str
    before: str
    after: str


def compare(old: str, new: str) -> list[Change]:
    """What the newer edition added, removed and worded anew, by code."""
    before, after = ({e.code: e for e in entries(edition)} for edition in (old, new))
    found = []
    for code in sorted(before.keys() | after.keys()):
        a, b = before.get(code), after.get(code)
        told = [f"{e.item}：{e.measure}" if e else "" for e in (a, b)]
        if told[0] != told[1]:
            found.append(Change("changed" if a and b else "added" if b else "removed", code, *told))
    return found
