"""What other nodes write about cases: applications handed in there, acts of their applicants, and how a case stands at its home."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongban.kernel.cases import events, queries
from tongban.kernel.cases.commands import elsewhere, handling
from tongban.kernel.cases.models import Case, ClockEvent, ProcessVersion, WorkItem
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as files_held
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor, citizen_roles
from tongban.kernel.identity.models import LegalPerson, Person
from tongban.kernel.nodes import commands as nodes
from tongban.kernel.nodes.arrivals import Arrived, Unwelcome, arrives
from tongban.kernel.orgs.models import Organ
from tongban.lib import clock, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, TongbanError


def keep_files(actor: Actor, letter: Arrived, *, named: Iterable[str], known: Iterable[str] = ()) -> None:
    """Scan and keep what came with a letter, which may name no file beside those and the `known` ones: identifiers of others would show their files."""
    strange = set(named) - set(letter.files) - set(known)
    if strange:
        raise Unwelcome(f"{len(strange)} files are named that did not come with the letter")
    for key, name in letter.files.items():
        files.keep_arrived(actor, key=key, name=name, content=letter.content(key))


@command("")
def receive_case(
    actor: Actor, *, letter: Arrived, organ: Organ, region: str, process: ProcessVersion, person: Person, legal_person: LegalPerson | None,
) -> None:  # fmt: skip
    """Open a case that was handed in at another node: its number, its moment and its limits are those that the applicant was given.

    The platform does it; the receipt clock has run since then. A second time changes nothing.
    """
    told = letter.body
    number, at = str(told["number"]), datetime.fromisoformat(told["submitted_at"])
    if Case.objects.unscoped("whether it came before").filter(number=number).exists():
        nothing_changed()
        return
    day = min(at, clock.now()).astimezone(clock.CHINA).date()
    one = Case(
        number=number, matter_code=told["matter"], matter_version=told["version"], title=told["title"], person=person, legal_person=legal_person,
        applicant_name=told["applicant"], organ=organ, region_code=region, process=process, state="submitted", data=told["data"],
        materials=told["materials"], promised_days=told["promised"], statutory_days=told["statutory"], submitted_at=min(at, clock.now()),
        bundle=told["bundle"], channel=told["channel"], filed_at=letter.origin,
    )  # fmt: skip
    one.receipt_due = handling.receipt_due(region, day)
    one.save()
    handling.index_case(one)
    ClockEvent.objects.create(case=one, kind="receive", on=day, at=one.submitted_at)
    handling.open_items(one, process.entry_tasks, day)
    digest = "sm3:" + sm.sm3_hex(json.dumps(letter.files, sort_keys=True).encode())
    event = events.CaseSubmitted(**elsewhere.about(one), title=one.title, data_digest=digest, materials=[m["file"] for m in one.materials])
    record(actor, event, authority="行政许可法第二十九条")


@arrives(elsewhere.ACT)
def take_act(actor: Actor, letter: Arrived) -> None:
    """Do what an applicant did at another node; what cannot be done is answered with the reason."""
    told = letter.body
    one = Case.objects.unscoped("by the platform, for its applicant").select_related("person").filter(number=letter.key, filed_at=letter.origin).first()
    if one is None:
        raise Unwelcome(f"no case {letter.key} was handed in at {letter.origin}")
    keep_files(actor, letter, named=_named(told.get("materials")), known=_named(one.materials))
    applicant = Actor(person=one.person_id, name=f"{one.applicant.name}（经{letter.origin_name}节点）", roles=citizen_roles())
    try:
        with transaction.atomic():  # what was refused leaves nothing, and the answer is still written
            _do(applicant, one, told)
    except (TongbanError, Unwelcome) as fault:
        refuse_act(actor, one=one, act=str(told["act"]), words=str(fault))


def _do(applicant: Actor, one: Case, told: Mapping[str, Any]) -> None:
    if told["act"] == "withdraw":
        handling.withdraw_case(applicant, number=one.number, reason=str(told["words"])[:300])
        return
    item = next((i for i in queries.items_of(one) if i.state == "open" and i.task == told["task"]), None)
    if item is None:
        raise Conflict(_("This step is no longer open. Reload the page."))
    handling.complete_item(applicant, item=item.id, action=str(told["act"]), opinion=str(told["words"]), data=told["data"], materials=told["materials"])


@command("")
def refuse_act(actor: Actor, *, one: Case, act: str, words: str) -> None:
    """Answer that an act of the applicant could not be done, and why; the platform does it."""
    nodes.write_letter(actor, to=one.filed_at, kind=elsewhere.REFUSED, key=one.number, body={"act": act, "words": words})


def _copy(letter: Arrived) -> Case:
    """The copy that a letter is about, locked: only its home tells how it stands."""
    rows = Case.objects.unscoped("a copy, by its home").select_for_update(of=("self",)).select_related("organ")
    one = rows.filter(number=letter.key, home=letter.origin).first()
    if one is None:
        raise Unwelcome(f"there is no copy of {letter.key} whose home is {letter.origin}")
    return one


@arrives(elsewhere.REFUSED)
@command("")
def take_refusal(actor: Actor, letter: Arrived) -> None:
    """The home of a case could not do what its applicant did: the copy says so, and the applicant is told. The platform does it."""
    one = _copy(letter)
    one.awaiting, one.heard_at = "", clock.now()
    one.save(update_fields=["awaiting", "heard_at"])
    record(actor, events.ActRefused(**elsewhere.about(one), act=str(letter.body["act"]), opinion=str(letter.body["words"])[:500]))


@arrives(elsewhere.STATE)
@command("")
def take_state(actor: Actor, letter: Arrived) -> None:
    """Bring a copy to how its case stands at home: state, limits, steps, and the clock's events as they were counted there. The platform does it."""
    one, told = _copy(letter), letter.body
    for name in elsewhere.STATE_FIELDS:
        setattr(one, name, told[name])
    for name in elsewhere.DAYS:
        setattr(one, name, date.fromisoformat(told[name]) if told[name] else None)
    for name in elsewhere.MOMENTS:
        setattr(one, name, datetime.fromisoformat(told[name]) if told[name] else None)
    if "data" in told:
        one.data, one.materials = told["data"], _own_materials(one, told["materials"])
    event = told["event"]
    if one.awaiting and event["tag"] in (events.CaseResubmitted.tag, events.CaseWithdrawn.tag):
        one.awaiting = ""
    one.heard_at = clock.now()
    one.save()
    handling.index_case(one)
    _copy_items(one, told["items"])
    have = ClockEvent.objects.filter(case=one).count()
    ClockEvent.objects.bulk_create(ClockEvent(case=one, **_tick(t)) for t in told["clock"][have:])
    fields: dict[str, Any] = {k: v for k, v in event.items() if k in ("opinion", "days", "special", "due")}
    echo = {**elsewhere.about(one), **fields, "of": event["tag"], "step": str(event.get("step", "")), "action": str(event.get("action", ""))}
    record(actor, events.CaseEchoed(**echo))


def _named(materials: list[dict[str, str]] | None) -> list[str]:
    return [str(m["file"]) for m in materials or []]


def _own_materials(one: Case, materials: list[dict[str, str]]) -> list[dict[str, str]]:
    """The materials that a home tells of, as far as they are this applicant's."""
    owners, accounts = files_held.owners(_named(materials)), set(identity.accounts_of_person(one.person_id))
    known = set(_named(one.materials))
    return [m for m in materials if str(m["file"]) in known or owners.get(str(m["file"])) in accounts]


def _tick(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "on": date.fromisoformat(told["on"]), "at": datetime.fromisoformat(told["at"])}


def _copy_items(one: Case, rows: list[dict[str, Any]]) -> None:
    held = {i.task: i for i in queries.items_of(one)}
    for row in rows:
        item = held.get(row["task"]) or WorkItem(case=one, organ_id=0, region_code=one.region_code)
        for name in (*elsewhere.ITEM_FIELDS, "opinion"):
            setattr(item, name, row[name])
        for name in elsewhere.ITEM_DAYS:
            setattr(item, name, date.fromisoformat(row[name]) if row[name] else None)
        for name in elsewhere.ITEM_MOMENTS:
            setattr(item, name, datetime.fromisoformat(row[name]) if row[name] else None)
        item.save()
