"""What the hall does when something has happened to a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tongban.kernel.catalogue.supplies import Use, changed_by, draws_on, supplies
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases import rules as case_rules
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import CLERK
from tongban.kernel.jobs import queue
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.lib.rooms import reference
from tongban.rooms.service.hall.commands import elsewhere, prefill, ratings
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


RECORDS = "service.case"  # 办件信息


@supplies(RECORDS)
def _case_records(keys: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    return cases.records(keys)


@changed_by(RECORDS, *_TO_APPLICANT, "cases.case.resubmitted", "cases.case.withdrawn", "cases.case.closed", "cases.step.taken")
def _case_numbers(subjects: Sequence[str]) -> list[str]:
    return [s.removeprefix("case:") for s in subjects]


@handles(*_TO_APPLICANT, "cases.case.echoed")
def tell_applicant(event: Delivered) -> None:
    """Every act that concerns the applicant's rights is told in writing; of a case that another node decides, once its word has come."""
    key = _TO_APPLICANT.get(event.body.get("of", event.tag))
    if key is None or event.body.get("of") == "cases.case.submitted":
        return
    one = cases.case(PLATFORM, event.body["case"])
    _send(event, one, key, identity.accounts_of_person(one.person_id))


@handles("cases.act.refused")
def tell_refused(event: Delivered) -> None:
    """What the applicant did could not be done where the case is decided."""
    one = cases.case(PLATFORM, event.body["case"])
    _send(event, one, "act-refused", identity.accounts_of_person(one.person_id))


@handles("cases.case.submitted")
def hand_in_elsewhere(event: Delivered) -> None:
    """An application that another node decides goes there."""
    if cases.home(event.body["case"]):
        elsewhere.send_application(PLATFORM, number=event.body["case"])


@handles("hall.matter.published", "hall.matter.cancelled", "hall.matter.delegated")
def announce_matter(event: Delivered) -> None:
    """Other nodes offer our matters as they are now."""
    elsewhere.announce_item(PLATFORM, key=event.body["matter"].partition("@")[0])


@handles("hall.licence.issued", "hall.licence.changed")
def send_licence(event: Delivered) -> None:
    """A holder who handed the case in elsewhere has the licence there."""
    elsewhere.send_licence(PLATFORM, number=event.body["licence"])


@handles("hall.licence.issued", "cases.case.refused", "cases.case.not-accepted", "cases.case.withdrawn", "cases.case.lapsed")
def destroy_fetched(event: Delivered) -> None:
    """用后即删: a picture that a department gave for a card is destroyed once the card is made, or will not be."""
    prefill.destroy_fetched(PLATFORM, cases.case(PLATFORM, event.body["case"]).materials)


@handles("hall.service.rated", "hall.rating.defaulted")
def send_rating(event: Delivered) -> None:
    """Whoever decided is rated, wherever the applicant did it."""
    elsewhere.send_rating(PLATFORM, number=event.body["case"])


@handles("hall.rating.answered")
def send_reply(event: Delivered) -> None:
    """What was put right goes back to where the rating was given."""
    elsewhere.send_reply(PLATFORM, number=event.body["case"])


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


_SERVED = ("cases.case.closed", "cases.case.refused", "cases.case.not-accepted")


@handles(*_SERVED, "cases.case.echoed")
def ask_for_rating(event: Delivered) -> None:
    """Whoever was served rates once, by link, where the case was handed in."""
    one = cases.case(PLATFORM, event.body["case"])
    if event.body.get("of", event.tag) not in _SERVED or one.filed_at:
        return
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
