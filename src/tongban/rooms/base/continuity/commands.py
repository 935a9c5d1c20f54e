"""Registering systems, taking reports, planning and recording drills."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.jobs import queue
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, columns
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.lib.retention import PURGES
from tongban.rooms.base.continuity import events, queries, rules
from tongban.rooms.base.continuity.models import Destruction, Drill, DrillPlan, Report, RetentionRule, System

APPRAISAL = "机关档案管理规定（国家档案局令第13号）"
AUTHORITY = "GB/T 20988 信息系统灾难恢复规范"
OWN, OWN_ORGAN = "tongban", "sd-bigdata"
LONGEST = 10 * 366 * 24 * 3600


@command("continuity.manage")
def register_system(
    actor: Actor, *, key: str, name: str, organ: str, tier: int, tool: str, rpo_s: int | None, rto_s: int | None, site: str = "", capacity: int = 0
) -> System:
    """Take a system under protection; targets default to its tier's. Raises Invalid, Conflict, Refused."""
    level = queries.tiers().get(tier)
    if level is None:
        raise Invalid.at("tier", _("Tier: choose one of the list."))
    if tool not in rules.TOOLS:
        raise Invalid.at("tool", _("Tool: choose one of the list."))
    if not name.strip():
        raise Invalid.at("name", _("Name: write the system's name."))
    if not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
        raise Invalid.at("key", _("Key: letters, digits and hyphens."))
    for field, value in (("rpo", rpo_s), ("rto", rto_s)):
        if value is not None and not 0 <= value <= LONGEST:
            raise Invalid.at(field, _("Targets: seconds, from 0 to ten years."))
    owner = orgs.organ_known_as(organ)
    if not actor.reaches(owner.region_code):
        raise Refused(_("The organ lies outside your regions."))
    if System.objects.filter(key=key).exists():
        raise Conflict(_("There is a system with this key. Choose another key."))
    made = System.objects.create(
        key=key, name=name.strip()[:120], organ=owner, region_code=owner.region_code, tier=tier, tool=tool, site=site.strip()[:120],
        rpo_target_s=level.rpo_s if rpo_s is None else rpo_s, rto_target_s=level.rto_s if rto_s is None else rto_s,
        capacity_bytes=max(0, capacity), registered_at=clock.now(),
    )  # fmt: skip
    record(actor, events.SystemRegistered(system=key, tier=tier), authority=AUTHORITY)
    return made


@command("continuity.report")
def report_backup(actor: Actor, *, system: str, tool: str, told: Any) -> Report:
    """Take a tool's own report; raises Invalid when it is none, NotFound outside the actor's regions."""
    one = queries.system(actor, system)
    try:
        read = rules.read_report(tool, told)
    except rules.Unreadable as fault:
        raise Invalid.at("told", _("The report is not what the tool writes: %(why)s") % {"why": str(fault)}) from fault
    if read.at > clock.now() + timedelta(hours=1):
        raise Invalid.at("told", _("The backup's time lies in the future. Set the clock of the machine that reports."))
    made = Report.objects.create(
        system=one, at=read.at, received_at=clock.now(), tool=tool[:20], kind=read.kind, bytes=min(max(0, read.bytes), 2**62), good=read.good, words=read.words
    )
    record(actor, events.BackupReported(system=one.key, report=made.id, good=read.good), authority=AUTHORITY)
    return made


@command("continuity.manage")
def plan_drill(actor: Actor, *, system: str, day: date, words: str = "") -> DrillPlan:
    """Set the day of a drill."""
    one = queries.system(actor, system)
    if day < clock.today():
        raise Invalid.at("day", _("Day of the drill: today or later."))
    made = DrillPlan.objects.create(system=one, day=day, words=words.strip()[:300], planned_by=actor.name)
    record(actor, events.DrillPlanned(system=one.key, plan=made.id, day=day.isoformat()), authority=AUTHORITY)
    return made


@command("continuity.manage")
def record_drill(
    actor: Actor,
    *,
    system: str,
    at: datetime,
    rpo_s: float | None,
    rto_s: float | None,
    passed: bool,
    words: str = "",
    detail: dict[str, Any] | None = None,
) -> Drill:
    """Put down what a drill measured; it answers the oldest open plan that is due."""
    one = queries.system(actor, system)
    for field, value in (("rpo", rpo_s), ("rto", rto_s)):
        if value is not None and not 0 <= value <= LONGEST:
            raise Invalid.at(field, _("Targets: seconds, from 0 to ten years."))
    if passed and (rpo_s is None or rto_s is None):
        raise Invalid.at("rpo", _("A drill that passed has measured RPO and RTO: write both, in seconds."))
    plan = queries.open_plans(one).filter(day__lte=clock.today()).first()
    made = Drill.objects.create(
        system=one, plan=plan, at=at, rpo_s=rpo_s, rto_s=rto_s, passed=passed, words=words.strip()[:500], detail=detail or {}, by_name=actor.name
    )
    record(actor, events.DrillRecorded(system=one.key, drill=made.id, passed=passed), authority=AUTHORITY)
    return made


def own_system(actor: Actor) -> Model:
    """The platform itself as a protected system, registered at its first drill."""
    found = System.objects.filter(key=OWN).first()
    return found or register_system(actor, key=OWN, name="通办平台", organ=OWN_ORGAN, tier=5, tool="tongban", rpo_s=5, rto_s=60, site="TONGBAN_BACKUP")


@command("")
def note_told(actor: Actor, *, system: int, standing: list[str]) -> list[str]:
    """What is newly wrong with a system since its owner was told; the platform's own task asks, so no permission is needed."""
    one = System.objects.select_for_update().get(id=system)
    wrong = [s for s in standing if s in rules.WORRYING]
    fresh = [s for s in wrong if s not in one.told]
    if one.told != wrong:
        one.told = wrong
        one.save(update_fields=["told"])
    for what in fresh:
        record(actor, events.LatenessTold(system=one.key, what=what), authority=AUTHORITY)
    if not fresh:
        nothing_changed()
    return fresh


@command("continuity.run")
def expire(actor: Actor, *, rule: int) -> int:
    """Remove the rows of a kind whose time is over; returns how many went."""
    held = RetentionRule.objects.select_for_update().get(id=rule, way=RetentionRule.Way.DELETE)
    before = clock.now() - timedelta(days=held.days or 0)
    count = PURGES[held.key](before)
    held.run_at, held.removed = clock.now(), held.removed + count
    held.save(update_fields=["run_at", "removed"])
    if count:
        record(actor, events.RowsExpired(key=held.key, before=before.isoformat(), count=count), authority=held.document)
    else:
        nothing_changed()
    return count


@command("continuity.manage")
def propose_destruction(actor: Actor, *, cohort: str, reason: str) -> Destruction:
    """Ask that the keys of a cohort whose time is over be destroyed. Nothing is destroyed yet."""
    due = next((d for d in queries.due_cohorts(actor) if d.cohort == cohort), None)
    if due is None:
        raise Conflict(_("These records are not due, or someone proposed them already. Reload the page."))
    if len(reason.strip()) < 2:
        raise Invalid.at("reason", _("Reason: say who appraised the records and how."))
    made = Destruction.objects.create(
        cohort=cohort, organ_name=due.organ_name, region_code=due.region_code, reason=reason.strip()[:300], asked_by=actor.account or 0,
        asked_by_name=actor.name, asked_at=clock.now(),
    )  # fmt: skip
    record(actor, events.DestructionDecided(cohort=cohort, change="asked", words=made.reason, keys=[]), authority=APPRAISAL)
    return made


@command("continuity.agree_destruction")
def decide_destruction(actor: Actor, *, destruction: int, good: bool, words: str) -> Destruction:
    """Agree or refuse; whoever asked does not decide. The keys are destroyed by a job, after this is on record."""
    held = queries.destructions(actor).select_for_update().filter(id=destruction, state=Destruction.State.ASKED).first()
    if held is None:
        raise Conflict(_("This has been decided meanwhile. Reload the page."))
    if held.asked_by == actor.account:
        raise Refused(_("Whoever asked does not decide. Let another person look at it."))
    if not good and len(words.strip()) < 2:
        raise Invalid.at("words", _("Reason: say why."))
    held.state = Destruction.State.AGREED if good else Destruction.State.REFUSED
    held.decided_by_name, held.decided_at, held.words = actor.name, clock.now(), words.strip()[:300]
    held.save(update_fields=["state", "decided_by_name", "decided_at", "words"])
    record(actor, events.DestructionDecided(cohort=held.cohort, change=held.state, words=held.words, keys=[]), authority=APPRAISAL)
    if good:
        queue.defer("continuity.destroy", key=f"continuity.destroy.{held.id}", destruction=held.id)
    return held


@command("continuity.run")
def destroy_agreed(actor: Actor, *, destruction: int) -> list[str]:
    """Destroy the keys that two people agreed on, and say which they were. Run again after a crash it comes to the same end."""
    held = Destruction.objects.select_for_update().get(id=destruction)
    if held.state != Destruction.State.AGREED:
        nothing_changed()
        return list(held.keys)
    held.keys = columns.destroy(held.cohort)
    held.state, held.done_at = Destruction.State.DONE, clock.now()
    held.save(update_fields=["keys", "state", "done_at"])
    record(actor, events.DestructionDecided(cohort=held.cohort, change="done", words="", keys=held.keys), authority=APPRAISAL)
    return list(held.keys)


@command("continuity.run")
def renew_cohorts(actor: Actor, *, kind: str) -> int:
    """New keys for everything that a class of record seals from now on; how many cohorts."""
    cohorts = columns.cohorts(kind)
    for cohort in cohorts:
        columns.renew(cohort)
    record(actor, events.CohortsRenewed(key=kind, count=len(cohorts)), authority="GB/T 39786 密钥管理")
    return len(cohorts)
