"""What the hall does when something has happened to a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongban.kernel.catalogue.supplies import Use, draws_on
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases import rules as case_rules
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import CLERK
from tongban.kernel.jobs import queue
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.lib.rooms import reference
from tongban.rooms.service.hall.commands import ratings
from tongban.rooms.service.hall.queries import matters

if TYPE_CHECKING:
    from tongban.kernel.cases.models import Case

PLATFORM = system("通办·政务服务")
_TO_APPLICANT = {
    "cases.case.submitted": "submitted", "cases.case.correction-requested": "correction",
    "cases.case.accepted": "accepted", "cases.case.not-accepted": "not-accepted", "cases.case.suspended": "suspended",
    "cases.case.resumed": "resumed", "cases.case.extended": "extended", "cases.case.granted": "granted",
    "cases.case.refused": "refused", "cases.case.lapsed": "lapsed",
}  # fmt: skip


@draws_on
def _forms(supply: str) -> list[Use]:
    return [Use(*told) for told in matters.forms_drawing_on(supply)]


@handles(*_TO_APPLICANT)
def tell_applicant(event: Delivered) -> None:
    """Every act that concerns the applicant's rights is told in writing."""
    one = cases.case(PLATFORM, event.body["case"])
    _send(event, one, _TO_APPLICANT[event.tag], identity.accounts_of_person(one.person_id))


@handles("cases.case.withdrawn", "cases.case.resubmitted")
def tell_office(event: Delivered) -> None:
    """The clerks learn that there is something, or nothing more, to do."""
    one = cases.case(PLATFORM, event.body["case"])
    key = "withdrawn" if event.tag.endswith("withdrawn") else "resubmitted"
    _send(event, one, key, identity.accounts_with(CLERK, one.organ_id))


@handles("cases.case.granted")
def order_licence(event: Delivered) -> None:
    """Typesetting is slow work: a job does it."""
    queue.defer("hall.make_licence", key=f"licence:{event.body['case']}", case_number=event.body["case"])


@handles("cases.case.closed", "cases.case.refused", "cases.case.not-accepted")
def ask_for_rating(event: Delivered) -> None:
    """Whoever was served rates once, by link."""
    one = cases.case(PLATFORM, event.body["case"])
    invitation = ratings.invite_rating(PLATFORM, case_number=one.number)
    _send(event, one, "closed", identity.accounts_of_person(one.person_id), link=f"/hall/rate/{invitation.token}/")


@handles("hall.service.rated")
def ask_for_rectification(event: Delivered) -> None:
    """A bad rating becomes work of whoever handled the case, due in five working days."""
    if event.body["level"] < 4:
        return
    one = cases.case(PLATFORM, event.body["case"])
    handlers = {i.done_by for i in cases.items_of(one) if i.done_by and i.role != "citizen"}
    _send(event, one, "rectify", [h for h in handlers if h], link="/hall/rectifications/", level=event.body["level"])


@handles("hall.rating.answered")
def tell_what_was_put_right(event: Delivered) -> None:
    """Whoever was served badly reads what was done about it."""
    one = cases.case(PLATFORM, event.body["case"])
    _send(event, one, "rectified", identity.accounts_of_person(one.person_id))


def _send(event: Delivered, one: Case, key: str, accounts: list[int], *, link: str = "", level: int = 0) -> None:
    body = event.body
    values = {
        "title": one.title, "case": one.number, "organ": one.organ.name, "opinion": body.get("opinion") or body.get("reply", ""),
        "days": body.get("days", ""), "due": body.get("due") or one.promise_due or "",
        "special": case_rules.SPECIAL.get(body.get("special", ""), "特别程序"), "link": link,
        "level": {4: "不满意", 5: "非常不满意"}.get(level, ""),
    }  # fmt: skip
    notices.send(
        PLATFORM, accounts=accounts, key=key, subject=event.subject, values=values,
        link=link or reference("case", one.number), cause=event.id,
    )  # fmt: skip
