"""Systems within the regions of whoever looks, with what their records say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, columns
from tongban.lib.errors import NotFound
from tongban.rooms.base.continuity import rules
from tongban.rooms.base.continuity.models import Destruction, Drill, DrillPlan, Report, RetentionRule, System, Tier


@dataclass(frozen=True, slots=True)
class Row:
    """A system with its last backup, last drill, and what is wrong, worst first."""

    system: System
    tier: rules.Tier
    backup: Report | None
    drill: Drill | None
    standing: list[str]

    @property
    def worst(self) -> str:
        return self.standing[0]


def tiers() -> dict[int, rules.Tier]:
    """The levels of today."""
    today = clock.today()
    rows = Tier.objects.filter(effective_from__lte=today).filter(Q(effective_to=None) | Q(effective_to__gte=today))
    return {t.level: rules.Tier(t.level, t.name, t.backup_hours, t.drill_days, t.rpo_s, t.rto_s) for t in rows.order_by("level", "effective_from")}


def systems(actor: Actor) -> QuerySet[System]:
    """Systems in the actor's regions."""
    actor.require("continuity.read")
    rows = System.objects.select_related("organ").order_by("region_code", "key")
    if actor.is_system:
        return rows
    scope = Q(pk=None)
    for code in actor.regions:
        scope |= Q(region_code__startswith=code)
    return rows.filter(scope)


def system(actor: Actor, key: str) -> System:
    found = systems(actor).filter(key=key).first()
    if found is None:
        raise NotFound(_("There is no such system within your regions."))
    return found


def judged(rows: Iterable[System]) -> list[Row]:
    """Systems with their standing, the worst first."""
    held = list(rows)
    levels, now = tiers(), clock.now()
    ids = [s.id for s in held]
    last = Report.objects.filter(system=OuterRef("system")).order_by("-at").values("id")[:1]
    reports = {r.system_id: r for r in Report.objects.filter(system__in=ids, id=Subquery(last))}
    latest = Drill.objects.filter(system=OuterRef("system")).order_by("-at").values("id")[:1]
    drills = {d.system_id: d for d in Drill.objects.filter(system__in=ids, id=Subquery(latest))}
    found = [_row(s, levels[s.tier], reports.get(s.id), drills.get(s.id), now) for s in held]
    return sorted(found, key=lambda r: (rules.ORDER.index(r.worst), -r.tier.level))


def _row(one: System, tier: rules.Tier, backup: Report | None, drill: Drill | None, now: datetime) -> Row:
    record = rules.Record(
        backup_at=backup.at if backup else None, backup_good=bool(backup and backup.good),
        drill_on=drill.at.astimezone(clock.CHINA).date() if drill else None, drill_rpo_s=drill.rpo_s if drill else None,
        drill_rto_s=drill.rto_s if drill else None, drill_passed=bool(drill and drill.passed),
        rpo_target_s=one.rpo_target_s, rto_target_s=one.rto_target_s,
    )  # fmt: skip
    return Row(one, tier, backup, drill, rules.standing(record, tier, now))


def open_plans(one: System) -> QuerySet[DrillPlan]:
    """Plans whose drill has not been held."""
    return DrillPlan.objects.filter(system=one, drill=None).order_by("day")


def retention_rules() -> list[RetentionRule]:
    """What is in force today, deletions first."""
    today = clock.today()
    rows = RetentionRule.objects.filter(Q(effective_to=None) | Q(effective_to__gte=today), effective_from__lte=today)
    return list(rows.order_by("way", "id"))


@dataclass(frozen=True, slots=True)
class Due:
    """A cohort whose time is over: its keys may be destroyed once two people agree."""

    cohort: str
    what: str
    organ_name: str
    region_code: str
    year: int


def due_cohorts(actor: Actor) -> list[Due]:
    """Within the actor's regions; those proposed already are left out."""
    waiting = set(Destruction.objects.filter(state__in=["asked", "agreed"]).values_list("cohort", flat=True))
    found = []
    for rule in retention_rules():
        if rule.way == RetentionRule.Way.DESTROY and rule.years is not None:
            for cohort in columns.cohorts(rule.key):
                _kind, organ, year = cohort.split("|")
                name, region = _answers_for(organ)
                if cohort not in waiting and rules.is_over(int(year), rule.years, clock.today()) and actor.reaches(region):
                    found.append(Due(cohort, rule.what, name, region, int(year)))
    return found


def _answers_for(organ: str) -> tuple[str, str]:
    """(name, region) of the organ of a cohort; the platform's own records are the province's."""
    if organ == "platform":
        return _("This platform"), "37"
    try:
        held = orgs.organ(organ)
    except NotFound:
        return organ, "37"
    return held.name, held.region_code


def destructions(actor: Actor) -> QuerySet[Destruction]:
    """Proposed and decided ones within the actor's regions, what waits first."""
    actor.require("continuity.read")
    reach = Q() if actor.is_system else Q(pk=None)
    for region in actor.regions if not actor.is_system else ():
        reach |= Q(region_code__startswith=region)
    return Destruction.objects.filter(reach).order_by("state", "-id")
