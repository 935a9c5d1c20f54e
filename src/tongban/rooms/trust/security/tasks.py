"""Correlating what came in, watching limits, checking the ledger, letting observations expire."""

from datetime import datetime, timedelta

from django.db import connection

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.calendar.rules import MissingYear
from tongban.kernel.identity.actor import system
from tongban.kernel.jobs.queue import task
from tongban.kernel.ledger import commands as ledger
from tongban.kernel.ledger import queries as ledger_queries
from tongban.lib import clock
from tongban.lib.retention import purges
from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.commands import alerts, incidents, intake, protection, warnings
from tongban.rooms.trust.security.models import CorrelationRule
from tongban.rooms.trust.security.rules import correlation
from tongban.rooms.trust.security.rules.correlation import Seen

PLATFORM = system("通办·安全")
OVERLAP = timedelta(seconds=30)  # a transaction that commits late is still looked at; alerts raised twice are one
_reached: datetime | None = None


def correlate() -> int:
    """One round over what came in since the last; returns how many alerts were raised. Called every few seconds."""
    global _reached
    now = clock.now()
    since = (_reached or now - timedelta(hours=1)) - OVERLAP
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM security_observation WHERE received_at >= %s LIMIT 1", [since])
        if cursor.fetchone() is None:
            return 0
    raised = correlate_since(since)
    _reached = now
    return raised


def correlate_since(since: datetime) -> int:
    """Judge every rule over the groups that something fresh belongs to."""
    fresh = queries.fresh_observations(since)
    return sum(_judge(rule, fresh) for rule in queries.rules_in_force()) if fresh else 0


def _judge(rule: CorrelationRule, fresh: list[Seen]) -> int:
    condition = rule.condition
    kinds = correlation.kinds_of(condition)
    mine = [e for e in fresh if e.kind in kinds and e.value(condition["by"])]
    if not mine:
        return 0
    ids = frozenset(e.id for e in mine)
    begin = min(e.at for e in mine) - correlation.reach(condition)
    groups = queries.history(condition["by"], {e.value(condition["by"]) for e in mine}, kinds, begin)
    raised = 0
    for value, seen in groups.items():
        evidence = correlation.judge(condition, seen, ids, _works, clock.CHINA)
        raised += evidence is not None and alerts.raise_alert(PLATFORM, rule=rule, value=value, evidence=evidence) is not None
    return raised


def _works(day: object) -> bool:
    try:
        return calendar.working_days("37").works(day)  # type: ignore[arg-type]
    except MissingYear:
        return True  # without a calendar no day is called a holiday: fewer alerts, not false ones


@task("security.watch", cron="*/5 * * * *", lock="security.watch")
def watch() -> None:
    """Every five minutes: each lateness is told once."""
    watch_all()


def watch_all() -> int:
    """How many latenesses are new."""
    late = alerts.tell_late(PLATFORM) + incidents.tell_late(PLATFORM) + warnings.tell_late(PLATFORM)
    for row in queries.judged(queries.systems(PLATFORM)):
        late += len(protection.note_told(PLATFORM, system=row.system.id, standing=list(row.standing.words)))
    return late


@purges("security.observations")
def expire(before: datetime) -> int:
    """Observations that need be kept no longer, so many at a time."""
    gone = 0
    while some := intake.expire(before):
        gone += some
    return gone


@task("security.check_ledger", cron="23 4 * * *", lock="security.check_ledger")
def check_ledger() -> None:
    """Every night: the whole ledger against its tree and its signed heads; a fault is an observation of the gravest kind."""
    found = ledger_queries.verify(publics=ledger.publics())
    if found.faults:
        intake.take([intake.Told(kind="tamper", subject="ledger", words=fault[:300]) for fault in found.faults[:50]])
