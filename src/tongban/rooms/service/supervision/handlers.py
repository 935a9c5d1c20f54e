"""Supervision answers the clock's events, and tells those responsible."""

from typing import Any

from tongban.kernel.cases import queries as cases
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import APPROVER, CASE_ROLES
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.rooms.service.supervision import queries, tasks

PLATFORM = system("通办·监察")


@handles("cases.case.accepted", "cases.case.resumed", "cases.case.extended", "cases.step.taken", "cases.case.resubmitted")
def look_again(event: Delivered) -> None:
    """The clock moved: judge at once, not at the next round."""
    tasks.evaluate_case(PLATFORM, event.body["case"])


@handles("supervision.light.raised")
def tell_responsible(event: Delivered) -> None:
    """The handler and the approver of the office; for a red light the supervisors of the region too."""
    one = cases.case(PLATFORM, event.body["case"])
    level = event.body["level"]
    roles = {i.role for i in cases.items_of(one) if i.state == "open" and i.role in CASE_ROLES} | {APPROVER}
    people = {a for role in roles for a in identity.accounts_with(role, one.organ_id)}
    if level == "red":
        people |= set(identity.supervisors_of(one.region_code))
    key = "prompt" if level == "prompt" else f"light-{level}"
    _send(event, sorted(people), key, one, reason=event.body["reason"])


@handles("supervision.case.urged")
def tell_urged(event: Delivered) -> None:
    """The office learns who urges, and until when to reply."""
    one = cases.case(PLATFORM, event.body["case"])
    people = {a for role in CASE_ROLES for a in identity.accounts_with(role, one.organ_id)}
    values = {"who": event.actor, "opinion": event.body["words"], "due": event.body["due"]}
    _send(event, sorted(people), "urged", one, **values)


@handles("supervision.urge.answered")
def tell_supervisor(event: Delivered) -> None:
    """Whoever urged learns the answer."""
    one = cases.case(PLATFORM, event.body["case"])
    light = queries.light(PLATFORM, event.body["light"])
    people = {a.by for a in light.acts.filter(kind="urge") if a.by}
    _send(event, sorted(people), "urge-answered", one, opinion=event.body["words"])


def _send(event: Delivered, accounts: list[int], key: str, one: Any, **values: object) -> None:
    told = {"title": one.title, "case": one.number, "due": one.promise_due or "", **values}
    link = f"/supervision/lights/{event.body['light']}/"
    notices.send(PLATFORM, accounts=accounts, key=key, subject=event.subject, values=told, link=link, cause=event.id)
