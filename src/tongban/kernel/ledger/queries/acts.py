"""Reading entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger.models import Entry, Witnessed
from tongban.lib import clock, statements

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


_SUBJECTS = """
    WITH head AS (SELECT last_xid, last_id, first_sequence + size AS entries FROM ledger_block ORDER BY number DESC LIMIT 1),
         behind AS (SELECT last_xid, last_id FROM ledger_block WHERE first_sequence + size <= %(after)s ORDER BY number DESC LIMIT 1)
    SELECT head.entries, e.subject FROM head LEFT JOIN LATERAL (
        SELECT DISTINCT subject FROM ledger_entry
         WHERE tag = ANY(%(tags)s) AND (xid, id) <= (head.last_xid, head.last_id)
           AND (xid, id) > (coalesce((SELECT last_xid FROM behind), '0'::xid8), coalesce((SELECT last_id FROM behind), 0))) e ON true
     ORDER BY e.subject"""


def subjects_since(tags: Sequence[str], after: int) -> tuple[int, list[str]]:
    """(how many entries are sealed, subjects of the sealed entries of these tags behind the first `after`). For the platform: it names subjects, no contents."""
    rows = statements.rows(_SUBJECTS, {"tags": list(tags), "after": after})
    return (int(rows[0][0]), [s for _n, s in rows if s]) if rows else (0, [])
