"""The outbox: each handler reads the ledger with its own cursor; effects and cursor move in one transaction.

At least once, in order per subject. A handler that fails parks its event, and later events of the same subject
behind it; other subjects go on.
"""

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction

from tongban.kernel.ledger import rules
from tongban.kernel.ledger.models import Parked
from tongban.lib import clock

BATCH = 200
MOST = 2000  # entries that are looked through for whom they concern; with more waiting each handler looks itself
HANDLERS: dict[str, "Handler"] = {}
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event as a handler gets it; `id` is the same at every delivery."""

    id: int
    tag: str
    subject: str
    at: datetime
    account: int | None
    actor: str
    organ: int | None
    body: dict[str, Any]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Handler:
    name: str
    tags: tuple[str, ...]
    function: Callable[[Delivered], None]


def handles(*tags: str) -> Callable[[Callable[[Delivered], None]], Callable[[Delivered], None]]:
    """Answer events of these tags. Must be idempotent: the same event may come again after a crash."""

    def wrap(function: Callable[[Delivered], None]) -> Callable[[Delivered], None]:
        name = f"{function.__module__.removeprefix('tongban.')}.{function.__name__}"
        HANDLERS[name] = Handler(name, tags, function)
        return function

    return wrap


def deliver_all() -> int:
    """One round over every handler; returns how many events were answered or parked."""
    wanted = _wanted()
    return sum(_retry_parked(h) + _deliver(h) for h in HANDLERS.values() if h.name in wanted)


def settle(rounds: int = 50) -> None:
    """Deliver until nothing is left, for seeds and tests; events that handlers cause are delivered too."""
    for _round in range(rounds):
        if deliver_all() == 0:
            return


_NEXT = """
    SELECT e.id, e.xid::text, e.tag, e.subject, e.at, e.account, e.actor_name, e.organ, e.body, e.origin
    FROM ledger_entry e
    WHERE (e.xid, e.id) > (%s::xid8, %s) AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) AND e.tag = ANY(%s)
    ORDER BY e.xid, e.id LIMIT %s"""
_FRONTIER = """
    SELECT e.xid::text, e.id FROM ledger_entry e
    WHERE e.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY e.xid DESC, e.id DESC LIMIT 1"""

_BETWEEN = "SELECT tag FROM ledger_entry WHERE (xid, id) > (%s::xid8, %s) AND (xid, id) <= (%s::xid8, %s) LIMIT %s"
_SKIP = """
    UPDATE ledger_cursor SET xid = %s::xid8, entry = %s WHERE handler IN (
      SELECT handler FROM ledger_cursor WHERE handler = ANY(%s) AND (xid, entry) < (%s::xid8, %s) FOR UPDATE SKIP LOCKED)"""


def _wanted() -> set[str]:
    """The handlers that have something to answer. One look for all of them, since most looks find nothing; the cursors of those whom the new entries do not
    concern are moved together.

    What is up to the frontier no longer changes, so that two statements may look at it one after the other.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FRONTIER)
        frontier = cursor.fetchone()
        cursor.execute("SELECT handler, xid::text, entry FROM ledger_cursor WHERE handler = ANY(%s)", [list(HANDLERS)])
        held = {name: (int(xid), entry) for name, xid, entry in cursor.fetchall()}
        wanted = {name for name in HANDLERS if name not in held}
        wanted |= set(Parked.objects.filter(next_try__lte=clock.now()).values_list("handler", flat=True).distinct())
        top = (int(frontier[0]), frontier[1]) if frontier else (0, 0)
        behind = {name for name, place in held.items() if place < top}
        if not behind:
            return wanted
        low = min(held[name] for name in behind)
        cursor.execute(_BETWEEN, [str(low[0]), low[1], str(top[0]), top[1], MOST + 1])
        tags = [tag for (tag,) in cursor.fetchall()]
        concerned = behind if len(tags) > MOST else {name for name in behind if not set(tags).isdisjoint(HANDLERS[name].tags)}
        if idle := sorted(behind - concerned):
            cursor.execute(_SKIP, [str(top[0]), top[1], idle, str(top[0]), top[1]])
        return wanted | concerned


def _deliver(handler: Handler) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_cursor VALUES (%s, '0'::xid8, 0) ON CONFLICT DO NOTHING", [handler.name])
        cursor.execute("SELECT xid::text, entry FROM ledger_cursor WHERE handler = %s FOR UPDATE SKIP LOCKED", [handler.name])
        held = cursor.fetchone()
        if held is None:
            return 0  # another worker is at it
        cursor.execute(_FRONTIER)
        frontier = cursor.fetchone()
        if frontier is None or (int(frontier[0]), frontier[1]) <= (int(held[0]), held[1]):
            return 0
        cursor.execute(_NEXT, [held[0], held[1], list(handler.tags), BATCH])
        rows = cursor.fetchall()
        waiting = set(Parked.objects.filter(handler=handler.name).values_list("subject", flat=True))
        for entry, _xid, tag, subject, at, account, actor, organ, body, origin in rows:
            event = Delivered(entry, tag, subject, at, account, actor, organ, _body(body), origin)
            if subject in waiting:
                _park(handler, event, "waits for an earlier event of its subject", tries=0)
            elif not _answer(handler, event):
                waiting.add(subject)
        reached = (rows[-1][1], rows[-1][0]) if len(rows) == BATCH else frontier
        cursor.execute("UPDATE ledger_cursor SET xid = %s::xid8, entry = %s WHERE handler = %s", [reached[0], reached[1], handler.name])
        return len(rows)


def _body(body: Any) -> dict[str, Any]:
    return json.loads(body) if isinstance(body, str) else body


def _answer(handler: Handler, event: Delivered) -> bool:
    try:
        with transaction.atomic():
            handler.function(event)
    except Exception as fault:
        log.warning("handler failed", handler=handler.name, entry=event.id, error=repr(fault))
        _park(handler, event, traceback.format_exc(limit=6), tries=1)
        return False
    return True


def _park(handler: Handler, event: Delivered, error: str, *, tries: int) -> None:
    wait = timedelta(seconds=rules.retry_after(tries))
    Parked.objects.update_or_create(
        handler=handler.name, entry_id=event.id,
        defaults={"subject": event.subject, "error": error[-4000:], "tries": tries, "next_try": clock.now() + wait},
    )  # fmt: skip


def _retry_parked(handler: Handler) -> int:
    done = 0
    with transaction.atomic():
        # The first parked event of each subject only: order within a subject is kept.
        first = Parked.objects.filter(handler=handler.name).order_by("subject", "entry_id").distinct("subject")
        due = Parked.objects.select_for_update(skip_locked=True).filter(id__in=[p.id for p in first if p.next_try <= clock.now()])
        for parked in due.select_related("entry")[:BATCH]:
            e = parked.entry
            event = Delivered(e.id, e.tag, e.subject, e.at, e.account, e.actor_name, e.organ, e.body, e.origin)
            try:
                with transaction.atomic():
                    handler.function(event)
            except Exception as fault:
                log.warning("handler failed again", handler=handler.name, entry=e.id, error=repr(fault))
                _park(handler, event, traceback.format_exc(limit=6), tries=parked.tries + 1)
            else:
                parked.delete()
                done += 1
    return done
