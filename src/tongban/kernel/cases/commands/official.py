"""依职权 cases: nobody applied; something was found that an office must look into. Its clock runs from the day of opening."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import events
from tongban.kernel.cases.commands import elsewhere, handling
from tongban.kernel.cases.models import Case, ClockEvent, ProcessVersion
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs.models import Organ
from tongban.lib import clock, sm, statements
from tongban.lib.acts import command, nothing_changed, record


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be looked into. `cause` is the thing, "finding:42"; `party` whom it concerns; `shown` what is known, label → value."""

    cause: str
    title: str
    party: str
    organ: Organ
    region: str
    shown: Mapping[str, str]


@command("")
def open_official(actor: Actor, *, found: Sequence[Found], process: ProcessVersion, days: int) -> list[str]:
    """Open a case for each, to be concluded within working days; returns their numbers. The room that found them has asked its own permission."""
    if not found:
        nothing_changed()
        return []
    today = clock.today()
    series = [n for (n,) in statements.rows("SELECT nextval('cases_number') FROM generate_series(1, %(n)s)", {"n": len(found)})]
    return [_open(actor, f, process, days, f"{handling.number_prefix(f.region, today)}{n:05d}") for f, n in zip(found, series, strict=True)]


def _open(actor: Actor, found: Found, process: ProcessVersion, days: int, number: str) -> str:
    now, today = clock.now(), clock.today()
    due = calendar.due(found.region, today, days)
    one = Case(
        number=number, cause=found.cause, matter_code="", matter_version=0, title=found.title[:120], applicant_name=found.party[:120], organ=found.organ,
        region_code=found.region, process=process, state="accepted", data=dict(found.shown), promised_days=days, statutory_days=days, submitted_at=now,
        accepted_on=today, promise_due=due, statutory_due=due, channel="official",
    )  # fmt: skip
    one.save()
    handling.index_case(one)
    ClockEvent.objects.bulk_create(ClockEvent(case=one, kind=kind, on=today, at=now) for kind in ("receive", "start"))
    handling.open_items(one, process.entry_tasks)
    digest = "sm3:" + sm.sm3_hex(json.dumps(one.data, ensure_ascii=False, sort_keys=True).encode())
    record(actor, events.CaseOpened(**elsewhere.about(one), title=one.title, cause=one.cause, data_digest=digest))
    return number


@command("")
def end_official(actor: Actor, *, number: str, words: str) -> None:
    """What it was opened for holds no longer: closed without a decision, by the room that opened it. A case that is closed already stays as it is."""
    one = Case.objects.unscoped("whoever compares ends it").select_for_update(of=("self",)).select_related("organ").get(number=number)
    if not one.cause or one.closed_at:
        nothing_changed()
        return
    one.state, one.result = "closed", "gone"
    handling.end(one, "conclude", words)
    record(actor, events.CaseConcluded(**elsewhere.about(one), cause=one.cause, result=one.result, opinion=words))
