"""What the room shows: within the regions of whoever looks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Count, Model, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.errors import NotFound
from tongban.rooms.trust.security.models import (
    Alert, Control, CorrelationRule, Extractor, Finding, HoneyRecord, Incident, Observation, Period, ProtectedSystem, ProtectionStep, ReportingLimit, WarningNotice, WarningReply,
)  # fmt: skip
from tongban.rooms.trust.security.rules import protection, reading
from tongban.rooms.trust.security.rules.correlation import HOSTILE, Seen

M = TypeVar("M", bound=Model)
SEEN = ("id", "at", "kind", "severity", "account", "name", "address", "host", "subject")


def _within(actor: Actor, rows: QuerySet[M]) -> QuerySet[M]:
    actor.require("security.read")
    if actor.is_system:
        return rows
    scope = Q(pk=None)
    for code in actor.regions:
        scope |= Q(region_code__startswith=code)
    return rows.filter(scope)


def _one(rows: QuerySet[M], **which: Any) -> M:
    found = rows.filter(**which).first()
    if found is None:
        raise NotFound(_("There is no such record within your view."))
    return found


def _in_force() -> Q:
    today = clock.today()
    return Q(effective_from__lte=today) & (Q(effective_to=None) | Q(effective_to__gte=today))


def honey() -> dict[tuple[str, str], str]:
    """What lies out now: (kind, value) → words."""
    return {(h.kind, h.value): h.words for h in HoneyRecord.objects.filter(lifted_at=None)}


def honey_records(actor: Actor) -> list[HoneyRecord]:
    actor.require("security.handle")
    return list(HoneyRecord.objects.filter(lifted_at=None).order_by("kind", "value"))


def extractors() -> list[reading.Extractor]:
    rows = Extractor.objects.order_by("id")
    return [reading.Extractor(r.app, r.contains, r.kind, r.name_after, r.address_after) for r in rows]


def rules_in_force() -> list[CorrelationRule]:
    return list(CorrelationRule.objects.filter(_in_force()).order_by("id"))


def fresh_observations(since: datetime) -> list[Seen]:
    """What came in since then, oldest first; at most 20,000 a round."""
    rows = Observation.objects.filter(received_at__gte=since).order_by("received_at")
    return [Seen(*row) for row in rows.values_list(*SEEN)[:20_000]]


def history(field: str, values: Iterable[str], kinds: Iterable[str], since: datetime) -> dict[str, list[Seen]]:
    """The observations of some groups, oldest first."""
    wanted: list[Any] = [int(v) for v in values] if field == "account" else list(values)
    rows = Observation.objects.filter(kind__in=kinds, at__gte=since, **{f"{field}__in": wanted}).order_by("at", "id")
    found: dict[str, list[Seen]] = {}
    for row in rows.values_list(*SEEN)[:100_000]:
        one = Seen(*row)
        found.setdefault(one.value(field), []).append(one)
    return found


def observations(actor: Actor, *, kind: str = "", words: str = "", ids: list[int] | None = None) -> QuerySet[Observation]:
    rows = _within(actor, Observation.objects.order_by("-at", "-id"))
    if kind:
        rows = rows.filter(kind=kind)
    if words:
        exact = Q(address=words) | Q(name=words) | Q(host=words) | Q(subject=words)
        rows = rows.filter(exact | Q(account=int(words))) if words.isascii() and words.isdigit() and len(words) < 18 else rows.filter(exact)
    return rows if ids is None else rows.filter(id__in=ids)


def alerts(actor: Actor, *, state: str = "", severity: str = "") -> QuerySet[Alert]:
    """The unfinished first, then by deadline."""
    rows = _within(actor, Alert.objects.select_related("rule"))
    if state == "open":
        rows = rows.filter(closed_at=None)
    elif state == "late":
        rows = rows.filter(closed_at=None, due_at__lt=clock.now())
    elif state:
        rows = rows.filter(state=state)
    if severity:
        rows = rows.filter(severity=severity)
    return rows.order_by("closed_at", "due_at", "id") if state in ("open", "late") else rows.order_by("-raised_at", "-id")


def alert(actor: Actor, alert_id: int) -> Alert:
    return _one(_within(actor, Alert.objects.select_related("rule")), id=alert_id)


def incidents(actor: Actor) -> QuerySet[Incident]:
    return _within(actor, Incident.objects.select_related("organ").order_by("-id"))


def incident(actor: Actor, number: str) -> Incident:
    return _one(incidents(actor), number=number)


def reporting_limits(level: int) -> list[ReportingLimit]:
    return list(ReportingLimit.objects.filter(_in_force(), level=level).order_by("minutes"))


def warnings(actor: Actor) -> QuerySet[WarningNotice]:
    """Those issued within one's regions."""
    return _within(actor, WarningNotice.objects.order_by("-id"))


def warning(actor: Actor, number: str) -> WarningNotice:
    return _one(warnings(actor), number=number)


@dataclass(frozen=True, slots=True)
class Tally:
    """How far the departments have come with a warning."""

    told: int
    received: int
    answered: int
    verified: int
    affected: int


def tallies(ids: Iterable[int]) -> dict[int, Tally]:
    done = {"received": ("received", "answered", "returned", "verified"), "answered": ("answered", "verified"), "verified": ("verified",)}
    counted = WarningReply.objects.filter(warning__in=list(ids)).values("warning").annotate(
        told=Count("id"), affected=Count("id", filter=Q(affected=True)), **{name: Count("id", filter=Q(state__in=states)) for name, states in done.items()}
    )  # fmt: skip
    return {r["warning"]: Tally(r["told"], r["received"], r["answered"], r["verified"], r["affected"]) for r in counted}


def replies(one: WarningNotice) -> list[WarningReply]:
    return list(WarningReply.objects.filter(warning=one).select_related("organ").order_by("organ__region_code", "organ_id"))


def own_warnings(actor: Actor) -> QuerySet[WarningReply]:
    """What one's own organ was told, the newest first."""
    actor.require("security.answer_warnings")
    return WarningReply.objects.filter(organ_id=actor.organ).select_related("warning", "organ").order_by("-warning_id")


def own_reply(actor: Actor, number: str) -> WarningReply:
    return _one(own_warnings(actor), warning__number=number)


def systems(actor: Actor, *, regime: str = "") -> QuerySet[ProtectedSystem]:
    rows = _within(actor, ProtectedSystem.objects.select_related("organ").order_by("region_code", "key"))
    return rows.filter(regime=regime) if regime else rows


def system(actor: Actor, key: str) -> ProtectedSystem:
    return _one(systems(actor), key=key)


def controls(regime: str, level: int) -> list[Control]:
    """The control points that a level asks for."""
    return list(Control.objects.filter(_in_force(), regime=regime, least_level__lte=level).order_by("id"))


def periods() -> dict[tuple[str, int], dict[str, int]]:
    """(regime, level) → what → days, as of today."""
    found: dict[tuple[str, int], dict[str, int]] = {}
    for p in Period.objects.filter(_in_force()).order_by("effective_from"):
        found.setdefault((p.regime, p.level), {})[p.what] = p.days
    return found


@dataclass(frozen=True, slots=True)
class Judged:
    """A system with its standing and its open findings."""

    system: ProtectedSystem
    standing: protection.Standing
    open_findings: int


def judged(rows: Iterable[ProtectedSystem]) -> list[Judged]:
    """Systems with their standing, the worst first; two more statements whatever their number."""
    held = list(rows)
    ids, table, today = [s.id for s in held], periods(), clock.today()
    steps: dict[int, list[protection.Step]] = {}
    for s in ProtectionStep.objects.filter(system__in=ids).order_by("on", "id"):
        steps.setdefault(s.system_id, []).append(protection.Step(s.kind, s.on, s.outcome))
    owed: dict[int, list[protection.Owed]] = {}
    for f in Finding.objects.filter(system__in=ids).exclude(state="closed"):
        owed.setdefault(f.system_id, []).append(protection.Owed(f.due))
    found = [
        Judged(s, protection.standing(s.level, steps.get(s.id, []), owed.get(s.id, []), table.get((s.regime, s.level), {}), today), len(owed.get(s.id, [])))
        for s in held
    ]
    return sorted(found, key=lambda j: (protection.ORDER.index(j.standing.worst), -j.system.level))


def hours(actor: Actor, now: datetime) -> list[tuple[datetime, int, int]]:
    """(hour, observations, the hostile or refused ones) of the last 24 hours, every hour present."""
    begin = (now - timedelta(hours=23)).replace(minute=0, second=0, microsecond=0)
    rows = _within(actor, Observation.objects.filter(at__gte=begin)).annotate(hour=TruncHour("at")).values("hour")
    counted = {r["hour"]: (r["n"], r["bad"]) for r in rows.annotate(n=Count("id"), bad=Count("id", filter=Q(kind__in=HOSTILE)))}
    return [(at, *counted.get(at, (0, 0))) for at in (begin + timedelta(hours=n) for n in range(24))]


def attackers(actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The ten addresses with the most hostile observations of the last 24 hours."""
    rows = _within(actor, Observation.objects.filter(at__gte=now - timedelta(hours=24), kind__in=HOSTILE)).exclude(address="")
    counted = rows.values("address").annotate(n=Count("id"), kinds=Count("kind", distinct=True), names=Count("name", distinct=True))
    return [dict(row) for row in counted.order_by("-n")[:10]]
