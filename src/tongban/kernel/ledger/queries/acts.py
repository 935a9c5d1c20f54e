"""Reading entries."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger.models import Entry, Witnessed
from tongban.lib import clock

MOST = 500


@dataclass(frozen=True, slots=True)
class Act:
    """An entry as pages and proofs show it."""

    id: int
    at: datetime
    actor: str
    organ: str
    authority: str
    tag: str
    subject: str
    body: dict[str, Any]
    organ_id: int | None = None


def _act(e: Entry) -> Act:
    return Act(e.id, e.at, e.actor_name, e.organ_name, e.authority, e.tag, e.subject, e.body, e.organ)


def acts_about(actor: Actor, subject: str, *, entitled: bool) -> list[Act]:
    """The acts about one subject, oldest first. `entitled` says that the caller has checked the subject's scope."""
    if not entitled:
        actor.require("ledger.read_any")
    return [_act(e) for e in Entry.objects.filter(subject=subject).order_by("id")[:MOST]]


def acts(actor: Actor, *, subject: str = "", tag: str = "", account: int | None = None, day: date | None = None) -> list[Act]:
    """The newest entries that fit, at most 500, for those who read the whole ledger."""
    actor.require("ledger.read_any")
    rows = Entry.objects.order_by("-id")
    if subject:
        rows = rows.filter(subject=subject)
    if tag:
        rows = rows.filter(tag=tag)
    if account is not None:
        rows = rows.filter(account=account)
    if day:
        begin = datetime.combine(day, time.min, clock.CHINA)
        rows = rows.filter(at__gte=begin, at__lt=begin + timedelta(days=1))
    return [_act(e) for e in rows[:MOST]]


def acted_since(actor: Actor, *, subject: str, tag: str, since: datetime, body: dict[str, Any]) -> bool:
    """Whether the actor's account did the same about the same since then; `body` is a part of the entry's."""
    return Entry.objects.filter(subject=subject, tag=tag, account=actor.account, at__gt=since, body__contains=body).exists()


def witnessed(actor: Actor) -> list[tuple[str, int, datetime | None]]:
    """The ledgers that this node cosigns: name, entries seen, when."""
    actor.require("ledger.read_any")
    return list(Witnessed.objects.order_by("origin").values_list("origin", "size", "seen_at"))
