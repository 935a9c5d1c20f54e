"""Opening cases and taking their steps."""

import json
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.calendar.rules import MissingYear
from tongban.kernel.cases import engine, events, queries, rules
from tongban.kernel.cases.commands import elsewhere
from tongban.kernel.cases.models import FORMS, Case, ClockEvent, ProcessVersion, WorkItem
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import queries as nodes
from tongban.kernel.orgs import queries as orgs
from tongban.kernel.ledger import commands as ledger
from tongban.lib import clock, columns, sm, statements, text
from tongban.lib.acts import command, nothing_changed, record, recorded
from tongban.lib.errors import Conflict, Invalid, Refused

# One statement for all rows of a submission, its ledger entry included: the rate of the whole platform hangs on it.
_OPEN = f"""
    WITH new AS (
      INSERT INTO cases_case (number, matter_code, matter_version, title, person_id, legal_person_id, applicant_name,
        organ_id, region_code, process_id, state, data, materials, promised_days, statutory_days, submitted_at, result,
        corrections, receipt_due, paused, bundle, channel, home, search)
      SELECT p.prefix || lpad(p.n::text, 5, '0'), %(matter)s, %(version)s, %(title)s, %(person)s, %(legal_person)s::bigint,
        %(applicant)s, %(organ)s, %(region)s, %(process)s, 'submitted', %(data)s::bytea, %(materials)s::jsonb, %(promised)s,
        %(statutory)s, %(e_at)s, '', 0, %(due)s::date, '', %(bundle)s, %(channel)s, %(home)s,
        (%(search)s || ' ' || quote_literal(lower(p.prefix || lpad(p.n::text, 5, '0'))))::tsvector
      FROM (SELECT %(prefix)s::text AS prefix, nextval('cases_number') AS n) p
      RETURNING id, number),
    items AS (
      INSERT INTO cases_workitem (case_id, task, step, name, stage, role, organ_id, region_code, state, opened_at, due,
        step_due, done_by_name, action, action_name, opinion)
      SELECT new.id, t.task, t.step, t.name, t.stage, t.role, %(worker)s, %(region)s, 'open', %(e_at)s, %(due)s::date,
        t.step_due, '', '', '', ''
      FROM new, jsonb_to_recordset(%(tasks)s::jsonb) AS t(task text, step text, name text, stage text, role text, step_due date)),
    ticks AS (
      INSERT INTO cases_clockevent (case_id, kind, "on", at, days, reason, note, authority)
      SELECT new.id, 'receive', %(today)s, %(e_at)s, 0, '', '', '' FROM new),
    entry AS (
      INSERT INTO ledger_entry ({ledger.COLUMNS})
      SELECT {ledger.VALUES}, 'case:' || new.number, %(body)s::jsonb || jsonb_build_object('case', new.number) FROM new)
    SELECT number FROM new"""  # noqa: S608 - the ledger's own column names


@command("cases.open", one_statement=True)
def open_case(
    actor: Actor, *, matter_code: str, matter_version: int, title: str, organ: int, organ_key: str, region: str,
    process: ProcessVersion, promised_days: int, statutory_days: int, data: dict[str, Any],
    materials: list[dict[str, str]], bundle: str = "", channel: str = "online",
) -> str:  # fmt: skip
    """Submit an application; returns its number. The caller has checked form and materials.

    The receipt clock starts: acceptance or the one correction notice within five working days (art. 32).
    """
    if actor.person is None:
        raise Refused(_("Log in first."))
    today = clock.today()
    due = receipt_due(region, today)
    home = nodes.home_of(region)
    tasks = [task_row(process.steps[step], task, step, region, today) for task, step in process.entry_tasks]
    applicant = actor.legal_person_name or actor.name
    filled = columns.close(columns.cohort(FORMS, organ_key, today.year), "cases_case.data", json.dumps(data, ensure_ascii=False))
    event = events.CaseSubmitted(
        case="", matter=matter_code, organ=organ_key, region=region, title=title,
        # Of what lies sealed: a digest of the open text would let guesses be tried for ever.
        data_digest="sm3:" + sm.sm3_hex(filled), materials=[m["file"] for m in materials],
    )  # fmt: skip
    [(number,)] = statements.rows(
        _OPEN,
        {
            "matter": matter_code, "version": matter_version, "title": title, "person": actor.person,
            "legal_person": actor.legal_person, "applicant": applicant, "organ": organ, "region": region,
            "process": process.id, "data": filled, "materials": json.dumps(materials, ensure_ascii=False),
            "promised": promised_days, "statutory": statutory_days, "today": today, "due": due, "bundle": bundle,
            "channel": channel, "home": home, "worker": 0 if home else organ, "tasks": json.dumps(tasks, ensure_ascii=False), "prefix": number_prefix(region, today, home),
            "search": search_tokens(title, applicant, organ, region, matter_code, "submitted"),
            "body": json.dumps(event.payload(), ensure_ascii=False), **ledger.entry(actor, event.tag, "行政许可法第二十九条"),
        },
    )  # fmt: skip
    recorded(event.tag)
    return str(number)


def receipt_due(region: str, received: date) -> date:
    """Acceptance or the one correction notice by this day (art. 32)."""
    return calendar.due(region, received, rules.RECEIPT_DAYS)


def number_prefix(region: str, today: date, home: str = "") -> str:
    """ "JN26-1124-": the city's letters, year, month and day. Decided at another node: the letters and the code of the one that gives the number."""
    mine = nodes.own_code() if home else ""
    city = next((p.abbreviation for p in reversed(orgs.path(mine or region)) if p.abbreviation), "SD")
    return f"{city}{today:%y}-{today:%m%d}-" + (f"9{mine[2:].ljust(4, '0')}" if home else "")


def search_tokens(title: str, applicant: str, organ: int, region: str, matter: str, state: str) -> str:
    """The words of a case and, as tokens of their own, what lists are filtered by."""
    tokens = dict.fromkeys([*text.words(title), *text.words(applicant)])
    marks = [f"og:{organ}", f"st:{state}", f"mt:{matter}", *(f"rg:{p.code}" for p in orgs.path(region))]
    return " ".join(text.quoted(t) for t in [*tokens, *marks])


def task_row(step: dict[str, Any], task: str, name: str, region: str, today: date) -> dict[str, Any]:
    days = step["days"]
    due = calendar.due(region, today, days).isoformat() if days is not None else None
    return {"task": task, "step": name, "name": step["name"], "stage": step["stage"], "role": step["role"], "step_due": due}


@command("cases.handle")
def complete_item(
    actor: Actor, *, item: int, action: str, opinion: str = "", special_days: int = 0,
    data: dict[str, Any] | None = None, materials: list[dict[str, str]] | None = None,
) -> Case:  # fmt: skip
    """Do a work item: the process moves on, the clock ticks, the applicant's rights are kept.

    `special_days`: how long a special procedure takes, told to the applicant in writing (art. 45).
    `data`, `materials`: what the applicant corrected. Two officials at once: the case is locked, one wins.
    """
    one, candidate = _locked(actor, item)
    chosen = next((a for a in one.process.steps[candidate.step]["actions"] if a["key"] == action), None)
    if chosen is None:
        raise Invalid(_("This step has no action %(action)s.") % {"action": action}, fields={"action": action})
    _check_action(one, chosen, opinion, special_days)
    if one.home:
        elsewhere.send_act(actor, one, "resubmit", task=candidate.task, words=opinion.strip(), data=data, materials=materials)
        return one
    _move(actor, one, candidate, chosen, opinion.strip(), special_days, data, materials)
    return one


def _locked(actor: Actor, item: int) -> tuple[Case, WorkItem]:
    """The case, locked, and the item, open and the actor's to do; says who was faster otherwise."""
    seen = queries.item(actor, item)
    one = queries.case_for_update(actor, seen.case.number)
    elsewhere.require_answered(one)
    candidate = WorkItem.objects.unscoped("of the locked case").get(id=item)
    if candidate.state != "open":
        if one.state == "withdrawn":
            raise Conflict(_("The applicant withdrew this application; nothing more is to be decided."))
        raise Conflict(
            _("Already done by %(who)s at %(when)s: %(what)s. Your opinion was not saved.")
            % {
                "who": candidate.done_by_name or "—",
                "when": f"{candidate.done_at:%m-%d %H:%M}" if candidate.done_at else "—",
                "what": candidate.action_name,
            }
        )
    if not queries.may_do(actor, candidate, one):
        if candidate.assignee not in (None, actor.account) and candidate.role in actor.roles:
            raise Conflict(_("A colleague has claimed this item."))
        raise Refused(_("This step belongs to another role or organ."))
    return one, candidate


def _check_action(one: Case, chosen: dict[str, str], opinion: str, special_days: int) -> None:
    if chosen.get("reason") == "required" and len(opinion.strip()) < 2:
        sentence = _("Opinion: write the reason; the applicant must be told it.")
        raise Invalid(sentence, fields={"opinion": sentence})
    if chosen["effect"] == "correct" and one.corrections:
        raise Conflict(_("The one permitted correction notice was sent already (Administrative Licensing Law art. 32)."))
    if chosen["effect"] == "suspend" and not 1 <= special_days <= 365:
        sentence = _("Days: say how many working days it takes (1 to 365); the applicant is told in writing.")
        raise Invalid(sentence, fields={"special_days": sentence})
    if chosen["effect"] == "extend" and any(t.kind == "extend" for t in queries.ticks(one)):
        raise Conflict(_("The limit was extended once already (art. 42)."))


def _move(
    actor: Actor, one: Case, candidate: WorkItem, chosen: dict[str, str], opinion: str, special_days: int,
    data: dict[str, Any] | None, materials: list[dict[str, str]] | None, on: date | None = None,
) -> None:  # fmt: skip
    effect, was = chosen["effect"], one.state
    try:
        one.state = rules.next_state(was, effect)
    except rules.IllegalMove as fault:
        raise Conflict(_("A case that is “%(state)s” cannot be handled so. Reload the page to see where it stands.") % {"state": rules.STATES[was]}) from fault
    position = _engine_step(one, candidate.task, chosen["key"])
    one.engine_state = position.state
    _tick(one, effect, chosen, opinion, special_days, on)
    if effect == "correct":
        one.corrections += 1
    if data is not None:
        one.data = data
    if materials is not None:
        one.materials = materials
    _finish_item(actor, candidate, chosen, opinion)
    _set_dates(one, effect, chosen["key"])
    _save(one)
    open_items(one, position.tasks)
    _tell(actor, one, candidate, chosen, opinion, special_days)


def _engine_step(one: Case, task: str, action: str) -> engine.Position:
    state = one.engine_state or one.process.start_state
    try:
        return engine.take_step(one.process.id, one.process.bpmn, one.process.definition.key, state or {}, task, action)
    except engine.StepGone as fault:
        raise Conflict(_("This step is no longer open. Reload the page.")) from fault


_CLOCK = {"correct": "pause", "resubmit": "resume", "accept": "start", "suspend": "pause", "resume": "resume",
          "extend": "extend", "grant": "stop", "grant-at-once": "stop", "refuse": "stop", "reject": "stop",
          "withdraw": "stop", "lapse": "stop", "conclude": "stop"}  # fmt: skip


def _tick(one: Case, effect: str, chosen: dict[str, str], note: str, special_days: int, on: date | None = None) -> None:
    kind = _CLOCK.get(effect)
    today = on or clock.today()
    if kind:
        days = {"extend": rules.EXTENSION_DAYS, "suspend": special_days}.get(effect, 0)
        ClockEvent.objects.create(
            case=one, kind=kind, on=today, at=clock.now(), days=days, note=note[:300],
            reason=chosen.get("special", "") or ("correction" if effect == "correct" else ""),
            authority=chosen.get("authority", ""),
        )  # fmt: skip
        try:
            now = rules.fold(queries.ticks(one), calendar.working_days(one.region_code), one.promised_days, one.statutory_days)
        except MissingYear as fault:
            raise calendar.missing_year(fault) from fault
        one.receipt_due, one.promise_due, one.statutory_due = now.receipt_due, now.promise_due, now.statutory_due
        one.paused = now.paused
    if effect == "accept":
        one.accepted_on = today


def _set_dates(one: Case, effect: str, action: str) -> None:
    if effect == "conclude":
        one.decided_at, one.result = clock.now(), action[:20]
    if effect in ("grant", "grant-at-once", "refuse"):
        one.decided_at = clock.now()
        one.result = "refused" if effect == "refuse" else "granted"
    if effect == "grant-at-once":
        one.accepted_on = clock.today()
    if one.state in rules.FINAL_STATES:
        one.closed_at = clock.now()


def _finish_item(actor: Actor, candidate: WorkItem, chosen: dict[str, str], opinion: str) -> None:
    candidate.state, candidate.done_at, candidate.done_by = "done", clock.now(), actor.account
    candidate.done_by_name, candidate.opinion = actor.name, opinion
    candidate.action, candidate.action_name = chosen["key"], chosen["name"]
    candidate.save()


def _save(one: Case) -> None:
    one.save()
    index_case(one)


def index_case(one: Case) -> None:
    """Write the words that a case is found by."""
    tokens = search_tokens(one.title, one.applicant_name, one.organ_id, one.region_code, one.matter_code, one.state)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET search = %s::tsvector WHERE id = %s", [f"{tokens} {text.quoted(one.number.lower())}", one.id])


def open_items(one: Case, tasks: list[tuple[str, str]], since: date | None = None) -> None:
    """Open what the engine has ready, close what it no longer has, and give open items the limit that runs now. `since`: from when their own limits count."""
    due = None if one.paused or one.decided_at else one.promise_due or one.receipt_due
    items = WorkItem.objects.unscoped("of the locked case").filter(case=one)
    known = set(items.values_list("task", flat=True))
    items.filter(state="open").exclude(task__in=[t for t, _step in tasks]).update(state="cancelled")
    for task, name in tasks:
        if task in known:
            continue
        row = task_row(one.process.steps[name], task, name, one.region_code, since or clock.today())
        WorkItem.objects.unscoped("create").create(case=one, organ_id=one.organ_id, region_code=one.region_code, opened_at=clock.now(), **row)
    items.filter(state="open").update(due=due)


def _tell(actor: Actor, one: Case, candidate: WorkItem, chosen: dict[str, str], opinion: str, special_days: int) -> None:
    about = {"case": one.number, "matter": one.matter_code, "organ": one.organ.key, "region": one.region_code}
    effect, authority = chosen["effect"], chosen.get("authority", "")
    moved = events.MOVED.get(effect)
    if effect == "conclude":
        event: events.CaseEvent = events.CaseConcluded(**about, cause=one.cause, result=one.result, opinion=opinion)
    elif moved is None:
        event = events.StepTaken(**about, step=candidate.name, action=chosen["name"], effect=effect, opinion=opinion)
    else:
        due = one.promise_due.isoformat() if one.promise_due else ""
        event = moved(**about, opinion=opinion, days=special_days, special=chosen.get("special", ""), due=due)
    record(actor, event, authority=authority)


@command("cases.handle")
def claim_item(actor: Actor, *, item: int) -> WorkItem:
    """Take an item from the pool: colleagues no longer see it."""
    one, candidate = _locked(actor, item)
    return _hand(actor, one, candidate, "claimed", actor.account, actor.name)


@command("cases.handle")
def return_item(actor: Actor, *, item: int) -> WorkItem:
    """Give an item back to the pool."""
    one, candidate = _locked(actor, item)
    return _hand(actor, one, candidate, "returned", None, "")


@command("cases.handle")
def delegate_item(actor: Actor, *, item: int, to: int) -> WorkItem:
    """Hand an item to a colleague of the same organ who holds its role."""
    one, candidate = _locked(actor, item)
    name = dict(identity.officials(actor, role=candidate.role)).get(to)
    if name is None:
        sentence = _("Colleague: choose someone of your organ who holds the role of this step.")
        raise Invalid(sentence, fields={"to": sentence})
    return _hand(actor, one, candidate, "delegated", to, name)


def _hand(actor: Actor, one: Case, candidate: WorkItem, how: str, to: int | None, name: str) -> WorkItem:
    candidate.assignee = to
    candidate.save(update_fields=["assignee"])
    record(
        actor,
        events.WorkItemMoved(
            case=one.number, matter=one.matter_code, organ=one.organ.key, region=one.region_code, step=candidate.name,
            how=how, to=name,
        ),
    )  # fmt: skip
    return candidate


@command("cases.withdraw")
def withdraw_case(actor: Actor, *, number: str, reason: str = "") -> Case:
    """Take one's own application back, until it is decided."""
    one = queries.case_for_update(actor, number)
    if one.person_id is None or one.person_id != actor.person:
        raise Refused(_("Only the applicant may withdraw an application."))
    elsewhere.require_answered(one)
    try:
        state = rules.next_state(one.state, "withdraw")
    except rules.IllegalMove as fault:
        raise Conflict(_("Decided already: it can no longer be withdrawn.")) from fault
    if one.home:
        elsewhere.send_act(actor, one, "withdraw", words=reason)
        return one
    one.state = state
    end(one, "withdraw", reason)
    record(
        actor,
        events.CaseWithdrawn(case=one.number, matter=one.matter_code, organ=one.organ.key, region=one.region_code, opinion=reason),
    )
    return one


@command("")
def deem_accepted(actor: Actor, *, number: str) -> Case:
    """Accept as of receipt what nobody answered within five working days (art. 32(4), last half-sentence).

    The platform does it, so no permission is asked; the lateness stays visible as a light.
    """
    one = queries.case_for_update(actor, number)
    item = next((i for i in queries.items_of(one) if i.state == "open" and i.stage == "acceptance"), None)
    chosen = next((a for a in one.process.steps[item.step]["actions"] if a["effect"] == "accept"), None) if item else None
    if item is None or chosen is None or one.state != "submitted" or one.receipt_due is None or one.receipt_due >= clock.today():
        nothing_changed()
        return one
    received = max(t.on for t in queries.ticks(one) if t.kind in ("receive", "resume"))
    _move(actor, one, item, chosen, "逾期未告知，自收到申请材料之日起即为受理", 0, None, None, received)
    return one


@command("")
def lapse_correction(actor: Actor, *, number: str) -> Case:
    """Return an application whose correction never came within the days that its process sets."""
    one = queries.case_for_update(actor, number)
    item = next((i for i in queries.items_of(one) if i.state == "open" and i.stage == "correction"), None)
    if item is None or one.state != "correcting" or item.step_due is None or item.step_due >= clock.today():
        nothing_changed()
        return one
    one.state = rules.next_state(one.state, "lapse")
    end(one, "lapse", "逾期未补正")
    record(
        actor,
        events.CaseLapsed(case=one.number, matter=one.matter_code, organ=one.organ.key, region=one.region_code, opinion="逾期未补正"),
    )
    return one


def end(one: Case, effect: str, reason: str) -> None:
    """Stop the clock, close the case, cancel what is open."""
    _tick(one, effect, {}, reason, 0)
    one.closed_at = clock.now()
    _save(one)
    WorkItem.objects.unscoped("of the locked case").filter(case=one, state="open").update(state="cancelled", due=None)
