"""What the ledger tells the guard, and whom the guard tells."""

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.lib import rooms
from tongban.lib.terms import term
from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.commands import alerts, intake
from tongban.rooms.trust.security.rules import protection, response
from tongban.rooms.trust.security.rules.correlation import SEVERITIES

PLATFORM = system("通办·安全")
OBSERVED = {
    "identity.account.logged-in": "login", "identity.account.login-failed": "login-failed", "identity.person.seen": "personal-data",
    "identity.account.changed": "account-changed", "identity.role.granted": "role-granted", "identity.role.lent": "role-granted",
}  # fmt: skip


@rooms.shows("alert")
def alert_page(key: str) -> str:
    return f"/security/alerts/{key}/"


@rooms.shows("incident")
def incident_page(key: str) -> str:
    return f"/security/incidents/{key}/"


@rooms.shows("warning")
def warning_page(key: str) -> str:
    return f"/security/warnings/{key}/"


@handles(*OBSERVED)
def observe(event: Delivered) -> None:
    """Repeat the entry as an observation; the entry's number makes a second delivery harmless."""
    kind = OBSERVED[event.tag]
    account, name = event.account, event.actor
    if kind == "login":  # a stranger became someone: the body says who
        held = identity.account_by_id(event.body["account"])
        account, name = event.body["account"], held.person.name if held else ""
    elif kind == "login-failed":
        name = str(event.body["name"])
    words = "、".join(str(f) for f in event.body.get("fields", [])) or str(event.body.get("what") or event.body.get("role") or event.body.get("way") or "")
    told = intake.Told(
        kind=kind, at=event.at, source="ledger", account=account, name=name, address=event.origin, organ=event.organ, subject=event.subject, words=words,
        entry=event.id,
    )  # fmt: skip
    intake.take([told])


@handles("security.alert.raised")
def tell_alert(event: Delivered) -> None:
    """The security administrators of its region."""
    one = queries.alert(PLATFORM, event.body["alert"])
    values: dict[str, object] = {"title": one.title, "level": SEVERITIES[one.severity], "due": f"{one.due_at:%m月%d日%H:%M}", "opinion": one.rule.remedy}
    accounts = alerts.officers(one.region_code)
    notices.send(PLATFORM, accounts=accounts, key="security-alert", subject=event.subject, values=values, link=alert_page(str(one.id)), cause=event.id)


@handles("security.warning.issued")
def tell_warning(event: Delivered) -> None:
    """Whoever answers for each warned organ."""
    one = queries.warning(PLATFORM, event.body["warning"])
    values: dict[str, object] = {"title": one.title, "level": response.COLOURS[one.colour], "due": f"{one.receipt_due:%m月%d日%H:%M}"}
    accounts = sorted({a for r in queries.replies(one) for a in alerts.officers_of(r.organ_id)})
    notices.send(
        PLATFORM, accounts=accounts, key="security-warned", subject=event.subject, values=values, link=f"/security/warned/{one.number}/", cause=event.id
    )


@handles("security.warning.moved")
def tell_move(event: Delivered) -> None:
    """An organ whose feedback was sent back."""
    if event.body["act"] != "return":
        return
    one = queries.warning(PLATFORM, event.body["warning"])
    organ = next(r.organ_id for r in queries.replies(one) if r.organ.key == event.body["organ"])
    values: dict[str, object] = {"title": one.title, "opinion": event.body["words"]}
    accounts = alerts.officers_of(organ)
    notices.send(
        PLATFORM, accounts=accounts, key="security-returned", subject=event.subject, values=values, link=f"/security/warned/{one.number}/", cause=event.id
    )


_LATE = {"alert": "告警逾期未处置", "report": "事件报告逾期", "receipt": "通报逾期未签收", "feedback": "通报逾期未反馈"}


@handles("security.lateness.told")
def tell_lateness(event: Delivered) -> None:
    """The organ that owes it where there is one, and the security administrators of the region."""
    body = event.body
    mine = alerts.officers_of(body["organ"]) if body["organ"] else []
    what = _LATE.get(body["what"]) or protection.WORDS[body["what"]]
    values: dict[str, object] = {"title": body["title"], "what": term(what)}
    accounts = sorted({*mine, *alerts.officers(body["region"])})
    notices.send(PLATFORM, accounts=accounts, key="security-late", subject=event.subject, values=values, link=body["link"], cause=event.id)
