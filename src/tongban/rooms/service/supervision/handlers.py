"""Supervision answers the clock's events, and tells those responsible."""

from typing import Any

from tongban.kernel.cases import queries as cases
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import APPROVER, CASE_ROLES
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.lib import deadlines
from tongban.rooms.service.supervision import queries, tasks

PLATFORM = system("通办·监察")


@handles("cases.case.accepted", "cases.case.resumed", "cases.case.extended", "cases.step.taken", "cases.case.resubmitted")
def look_again(event: Delivered) -> None:
    """The clock moved: judge at once, not at the next round."""
    tasks.evaluate_case(PLATFORM, event.body["case"])


@handles("supervision.light.raised")
def tell_responsible(event: Delivered) -> None:
    """The handler and the approver of the office; for a red light the supervisors of the region too."""
    level = event.body["level"]
    if _thing(event) != "case":
        _tell_of_limit(event, f"limit-{level}", set(), everyone=level != "prompt")
        return
    one = cases.case(PLATFORM, event.body["case"])
    roles = {i.role for i in cases.items_of(one) if i.state == "open" and i.role in CASE_ROLES} | {APPROVER}
    people = {a for role in roles for a in identity.accounts_with(role, one.organ_id)}
    if level == "red":
        people |= set(identity.supervisors_of(one.region_code))
    key = "prompt" if level == "prompt" else f"light-{level}"
    _send(event, sorted(people), key, one, reason=event.body["reason"])


@handles("supervision.case.urged")
def tell_urged(event: Delivered) -> None:
    """The office learns who urges, and until when to reply."""
    if _thing(event) != "case":
        _tell_of_limit(event, "limit-urged", set())
        return
    one = cases.case(PLATFORM, event.body["case"])
    people = {a for role in CASE_ROLES for a in identity.accounts_with(role, one.organ_id)}
    values = {"who": event.actor, "opinion": event.body["words"], "due": event.body["due"]}
    _send(event, sorted(people), "urged", one, **values)


@handles("supervision.urge.answered")
def tell_supervisor(event: Delivered) -> None:
    """Whoever urged learns the answer."""
    light = queries.light(PLATFORM, event.body["light"])
    people = {a.by for a in light.acts.filter(kind="urge") if a.by}
    if light.thing == "case":
        _send(event, sorted(people), "urge-answered", cases.case(PLATFORM, light.case_number), opinion=event.body["words"])
    else:
        _tell_of_limit(event, "urge-answered", people)


def _thing(event: Delivered) -> str:
    return str(event.body.get("thing", "case"))


def _tell_of_limit(event: Delivered, key: str, people: set[int], *, everyone: bool = False) -> None:
    """Whoever must act (where nobody else is named), of a lateness the supervisors of the region too (`everyone`)."""
    light = queries.light(PLATFORM, event.body["light"])
    told = people or deadlines.people(light.thing, light.case_number) | (set(identity.supervisors_of(light.region_code)) if everyone else set())
    words = {"who": event.actor, "opinion": event.body.get("words", ""), "due": event.body.get("due", ""), "reason": light.reason}
    values: dict[str, object] = {"title": light.case_title, "case": light.case_number, **words}
    notices.send(PLATFORM, accounts=sorted(told), key=key, subject=event.subject, values=values, link=f"/supervision/lights/{light.id}/", cause=event.id)


def _send(event: Delivered, accounts: list[int], key: str, one: Any, **values: object) -> None:
    told = {"title": one.title, "case": one.number, "due": one.promise_due or "", **values}
    link = f"/supervision/lights/{event.body['light']}/"
    notices.send(PLATFORM, accounts=accounts, key=key, subject=event.subject, values=told, link=link, cause=event.id)
