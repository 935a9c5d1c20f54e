"""Cases and work items within the actor's scope."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import rules
from tongban.kernel.cases.models import Case, ClockEvent, ProcessDefinition, ProcessVersion, WorkItem
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.rules import CITIZEN, SUPERVISOR
from tongban.lib import clock, text
from tongban.lib.errors import NotFound

_versions: dict[int, ProcessVersion] = {}
_latest: dict[str, tuple[float, int]] = {}
LATEST_SECONDS = 2
_NUMBER = re.compile(r"[A-Za-z]{2}\d{2}-\d{4}-\d{5,12}")
COUNT_CAP = 1000  # lists count this far and then say "more": counting a million rows tells nobody anything


def visible(actor: Actor) -> QuerySet[Case]:
    """The cases that an actor may see: one's own; one's organ's within one's regions; a supervisor's regions whole."""
    rows = Case.objects.unscoped("limited below")
    if actor.is_system:
        return rows
    scope = Q(person=actor.person) if actor.person else Q(pk__in=[])
    if actor.is_official and actor.may("cases.read_organ"):
        regions = Q()
        for code in actor.regions:
            regions |= Q(region_code__startswith=code)
        if SUPERVISOR in actor.roles:
            scope |= regions if "37" not in actor.regions else Q()
            if "37" in actor.regions:
                return rows
        else:
            scope |= Q(organ=actor.organ) & regions
    return rows.filter(scope)


def grounds(actor: Actor, number: str) -> list[str]:
    """Why an actor may see a case: applicant, organ, supervisor, platform; empty when it may not, or there is none. One rule each of `visible`."""
    one = Case.objects.unscoped("explains scope, shows nothing").filter(number=number).first()
    if one is None or not visible(actor).filter(id=one.id).exists():
        return []
    found = ["platform"] if actor.is_system else []
    if actor.person is not None and one.person_id == actor.person:
        found.append("applicant")
    if actor.is_official and actor.may("cases.read_organ") and actor.reaches(one.region_code):
        if SUPERVISOR in actor.roles:
            found.append("supervisor")
        elif one.organ_id == actor.organ:
            found.append("organ")
    return found


def case(actor: Actor, number: str) -> Case:
    """One case in scope; raises NotFound, which does not tell absent from hidden."""
    one = visible(actor).select_related("organ", "legal_person", "person").filter(number=number).first()
    if one is None:
        raise NotFound(_("There is no case %(number)s within your view. Check the number.") % {"number": number})
    one.process = process_version(one.process_id)
    return one


def case_for_update(actor: Actor, number: str) -> Case:
    """The same, locked until the transaction ends."""
    one = visible(actor).select_for_update(of=("self",)).select_related("organ").filter(number=number).first()
    if one is None:
        raise NotFound(_("There is no case %(number)s within your view. Check the number.") % {"number": number})
    one.process = process_version(one.process_id)
    return one


@dataclass(frozen=True, slots=True)
class Progress:
    """What anyone who has the number may know: no name, no content."""

    number: str
    title: str
    organ: str
    state: str
    stage: str
    submitted_at: datetime
    due: date | None


def progress(number: str) -> Progress:
    """The public progress of a case by its number."""
    one = Case.objects.unscoped("public progress: no personal data").select_related("organ").filter(number=number, cause="").first()
    if one is None:
        raise NotFound(_("There is no case %(number)s. Check the number on your receipt.") % {"number": number})
    item = WorkItem.objects.unscoped("of the case above").filter(case=one, state="open").order_by("id").first()
    return Progress(one.number, one.title, one.organ.name, one.state, item.name if item else "", one.submitted_at, one.promise_due)


def own_cases(actor: Actor) -> QuerySet[Case]:
    """The actor's own applications, latest first."""
    return Case.objects.unscoped("own only").filter(person=actor.person).select_related("organ").order_by("-id")


def applied_for(actor: Actor) -> QuerySet[Case]:
    """What an actor may see of what somebody applied for: without what offices look into of themselves."""
    return visible(actor).filter(cause="")


def search(actor: Actor, *, words: str = "", state: str = "", region: str = "", matter: str = "", after: int = 0, limit: int = 50) -> list[Case]:
    """Cases in scope by words, state, region, matter; newest first, the page before `after`."""
    rows = visible(actor)
    tokens = [text.quoted(w) for w in _words(words)]
    tokens += [text.quoted(f"st:{state}")] if state else []
    tokens += [text.quoted(f"rg:{region}")] if region else []
    tokens += [text.quoted(f"mt:{matter}")] if matter else []
    if tokens and actor.is_official and SUPERVISOR not in actor.roles:
        tokens.append(text.quoted(f"og:{actor.organ}"))
    if tokens:
        rows = rows.extra(where=["search @@ %s::tsquery"], params=[" & ".join(tokens)])
    if after:
        rows = rows.filter(id__lt=after)
    return list(rows.select_related("organ").defer("engine_state", "data", "search").order_by("-id")[:limit])


def _words(asked: str) -> list[str]:
    """The words of a question; a case number stays whole."""
    return [w for part in asked.split() for w in ([part.lower()] if _NUMBER.fullmatch(part) else text.meaningful(part))]


def work_items(actor: Actor) -> QuerySet[WorkItem]:
    """The open work items that the actor may do: of its organ, roles and regions, free or its own."""
    regions = Q()
    for code in actor.regions:
        regions |= Q(region_code__startswith=code)
    return WorkItem.objects.unscoped("limited here").filter(
        regions, Q(assignee=None) | Q(assignee=actor.account),
        state="open", organ_id=actor.organ, role__in=sorted(actor.roles - {CITIZEN}),
    )  # fmt: skip


def work_list(actor: Actor, *, light: str = "", matter: str = "", after: tuple[date | None, int] | None = None, limit: int = 20) -> list[WorkItem]:
    """待办, most urgent first; `after` is (due, id) of the last row seen."""
    rows = _lit(work_items(actor), light)
    if matter:
        rows = rows.filter(case__matter_code=matter)
    if after and after[0]:
        rows = rows.filter(Q(due__gt=after[0]) | Q(due=after[0], id__gt=after[1]) | Q(due=None))
    elif after:
        rows = rows.filter(due=None, id__gt=after[1])
    rows = rows.select_related("case").defer("case__engine_state", "case__data", "case__search")
    return list(rows.order_by(F("due").asc(nulls_last=True), "id")[:limit])


def _lit(rows: QuerySet[WorkItem], light: str) -> QuerySet[WorkItem]:
    today = clock.today()
    if light == "paused":
        return rows.filter(due=None)
    if light == "red":
        return rows.filter(due__lt=today, case__statutory_due__lt=today)
    if light == "yellow":
        return rows.filter(Q(case__statutory_due=None) | Q(case__statutory_due__gte=today), due__lt=today)
    if light == "soon":
        return rows.filter(due__gte=today, due__lte=calendar.due("37", today, 1))
    return rows


def work_counts(actor: Actor) -> dict[str, int]:
    """How many items shine in each light, each counted to the cap."""
    rows = work_items(actor).order_by()
    return {light: _lit(rows, light)[: COUNT_CAP + 1].count() for light in ("", "red", "yellow", "soon", "paused")}


def item(actor: Actor, item_id: int) -> WorkItem:
    """A work item of a case in scope, whatever its state."""
    one = (
        WorkItem.objects.unscoped("case checked next")
        .select_related("case")
        .defer("case__engine_state", "case__data", "case__search")
        .filter(id=item_id)
        .first()
    )
    if one is None or not visible(actor).filter(id=one.case_id).exists():
        raise NotFound(_("There is no such work item within your view."))
    return one


def items_of(one: Case) -> list[WorkItem]:
    """Every step of a case that the caller has in scope, in the order they were opened."""
    return list(WorkItem.objects.unscoped("of a case in scope").filter(case=one).order_by("id"))


def doable(actor: Actor, one: Case) -> WorkItem | None:
    """The open item of a case that this actor may do now."""
    for candidate in items_of(one):
        if candidate.state == "open" and may_do(actor, candidate, one):
            return candidate
    return None


def may_do(actor: Actor, candidate: WorkItem, one: Case) -> bool:
    """Whether role, organ, region and assignment let the actor do an item."""
    if actor.is_system:
        return True
    if candidate.role == CITIZEN:
        return actor.person is not None and one.person_id == actor.person
    return (
        candidate.role in actor.roles
        and candidate.organ_id == actor.organ
        and actor.reaches(candidate.region_code)
        and candidate.assignee in (None, actor.account)
    )


def actions(one: Case, candidate: WorkItem) -> list[dict[str, str]]:
    """What may be done with an item, by its process; a second correction notice is not among it (art. 32)."""
    found: list[dict[str, str]] = one.process.steps[candidate.step]["actions"]
    return [a for a in found if not (a["effect"] == "correct" and one.corrections)]


def ticks(one: Case) -> list[rules.Tick]:
    rows = ClockEvent.objects.filter(case=one).order_by("id")
    return [rules.Tick(e.kind, e.on, e.days, e.reason) for e in rows]


def clock_events(one: Case) -> list[ClockEvent]:
    return list(ClockEvent.objects.filter(case=one).order_by("id"))


def standing(one: Case, today: date | None = None) -> rules.Standing:
    """How a case stands today."""
    return rules.standing(
        today=today or clock.today(), due=None if one.paused else one.promise_due or one.receipt_due,
        statutory_due=one.statutory_due, paused=one.paused, closed=one.decided_at is not None or one.state in rules.FINAL_STATES,
        days=calendar.working_days(one.region_code),
    )  # fmt: skip


@dataclass(slots=True)
class OwnFigures:
    """A clerk's own work over a span."""

    done: int = 0
    on_time: int = 0
    by_step: list[tuple[str, int]] = field(default_factory=list)


def own_figures(actor: Actor, since: datetime) -> OwnFigures:
    """What the actor did since a moment: steps done, those within the step's limit, by step."""
    rows = WorkItem.objects.unscoped("own work").filter(done_by=actor.account, done_at__gte=since)
    by_step = rows.values_list("name").annotate(n=Count("id")).order_by("-n")
    late = rows.filter(step_due__isnull=False, done_at__date__gt=F("step_due")).count()
    total = rows.count()
    return OwnFigures(total, total - late, [(name, n) for name, n in by_step])


def recent_opinions(actor: Actor, step: str) -> list[str]:
    """Opinions that the actor wrote at a step lately: templates that write themselves."""
    rows = WorkItem.objects.unscoped("own opinions").filter(done_by=actor.account, step=step).exclude(opinion="")
    return list(dict.fromkeys(rows.order_by("-done_at").values_list("opinion", flat=True)[:30]))[:5]


def published_process(key: str) -> ProcessVersion:
    """The latest published version of a process; raises NotFound. Every web process follows a new one within seconds."""
    held = _latest.get(key)
    if held and held[0] > time.monotonic() - LATEST_SECONDS:
        return process_version(held[1])
    rows = ProcessVersion.objects.filter(definition__key=key, state="published").order_by("-number")
    found = rows.values_list("id", flat=True).first()
    if found is None:
        raise NotFound(_("No published process %(key)s.") % {"key": key})
    _latest[key] = (time.monotonic(), found)
    return process_version(found)


def forget() -> None:
    """Drop what is kept of processes: on publication, and between tests."""
    _versions.clear()
    _latest.clear()


def process_version(version: int) -> ProcessVersion:
    """A version by its id. Published ones never change, so each process of the web keeps those it met."""
    held = _versions.get(version)
    if held:
        return held
    found = ProcessVersion.objects.select_related("definition").filter(id=version).first()
    if found is None:
        raise NotFound(_("No such process version."))
    if found.state == "published":
        _versions[version] = found
    return found


def process_keys() -> set[str]:
    """The keys of every process."""
    return set(ProcessDefinition.objects.values_list("key", flat=True))


def processes(actor: Actor) -> list[ProcessDefinition]:
    """Every process with its versions, for editors."""
    actor.require("cases.edit_process")
    return list(ProcessDefinition.objects.filter(node="").prefetch_related("versions").order_by("key"))


def told_process(key: str) -> dict[str, Any]:
    """The published version of a process of ours, as another node is told: with its first tasks, so that a case is the same in both places."""
    one = published_process(key)
    return {
        "key": key, "name": one.definition.name, "number": one.number, "bpmn": one.bpmn, "steps": one.steps, "start_state": one.start_state,
        "entry_tasks": one.entry_tasks,
    }  # fmt: skip


def process_numbered(key: str, number: int) -> ProcessVersion:
    """A published version of a process of ours, the newest where that one is gone."""
    found = ProcessVersion.objects.filter(definition__key=key, number=number, state="published").values_list("id", flat=True).first()
    return process_version(found) if found else published_process(key)


def snapshot(one: Case) -> dict[str, Any]:
    """A case as the API shows it to whoever has it in scope."""
    now = standing(one)
    return {
        "number": one.number, "title": one.title, "matter": one.matter_code, "state": one.state,
        "state_name": rules.STATES[one.state], "organ": one.organ.name, "region": one.region_code,
        "applicant": one.applicant_name, "submitted_at": one.submitted_at, "accepted_on": one.accepted_on,
        "promise_due": one.promise_due, "statutory_due": one.statutory_due, "paused": one.paused,
        "light": now.light, "working_days_left": now.left if now.due else None, "result": one.result,
    }  # fmt: skip


def filed_at(number: str) -> str:
    """The node where a case of ours was handed in, "" for here."""
    return Case.objects.unscoped("the node only").filter(number=number).values_list("filed_at", flat=True).first() or ""


def home(number: str) -> str:
    """The node that decides a case, "" for here."""
    return Case.objects.unscoped("the node only").filter(number=number).values_list("home", flat=True).first() or ""


def watchable(near: date) -> list[str]:
    """Numbers of open cases whose step, receipt, promise or statutory limit ends by `near`: what supervision looks at."""
    rows = Case.objects.unscoped("numbers only, for the platform").filter(closed_at=None, decided_at=None, home="")
    due = Q(promise_due__lte=near) | Q(receipt_due__lte=near) | Q(statutory_due__lte=near)
    late_steps = WorkItem.objects.unscoped("numbers only").filter(state="open", step_due__lt=clock.today())  # of copies too, which `home` leaves out
    rows = rows.filter(due | Q(id__in=late_steps.values("case_id")))
    return list(rows.order_by("id").values_list("number", flat=True))


def past_receipt() -> list[str]:
    """Numbers of cases that nobody answered within the receipt limit."""
    rows = Case.objects.unscoped("numbers only").filter(state="submitted", receipt_due__lt=clock.today(), closed_at=None, home="")
    return list(rows.order_by("id").values_list("number", flat=True))


def past_correction() -> list[str]:
    """Numbers of cases whose correction is overdue."""
    rows = WorkItem.objects.unscoped("numbers only").filter(state="open", stage="correction", step_due__lt=clock.today(), case__home="")
    return list(rows.order_by("id").values_list("case__number", flat=True))


def records(numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """办件信息 by number: what was asked of whom and how it stands, without who asked. A case that another node decides is that node's record."""
    rows = Case.objects.unscoped("no identity, no form").filter(number__in=list(numbers), home="", cause="").select_related("organ")
    return {
        c.number: {
            "number": c.number, "matter_code": c.matter_code, "title": c.title, "organ_name": c.organ.name, "region_code": c.region_code,
            "applicant_kind": "法人" if c.legal_person_id else "自然人", "channel": c.channel, "state": rules.STATES[c.state], "submitted_at": c.submitted_at,
            "accepted_on": c.accepted_on, "promise_due": c.promise_due, "decided_at": c.decided_at, "closed_at": c.closed_at,
        }
        for c in rows
    }  # fmt: skip
