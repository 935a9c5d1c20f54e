"""Taking in observations: from the ledger, from requests, from syslog, by API.

Telemetry, not acts: observations leave no ledger entry (those that repeat an entry carry its number) and expire after the days
that the law asks for.
"""

from dataclasses import dataclass, field
from datetime import datetime

from tongban.lib import clock, syslog
from tongban.lib.watch import Noticed
from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.models import Observation
from tongban.rooms.trust.security.rules import reading
from tongban.rooms.trust.security.rules.correlation import KINDS

HOME = "37"


@dataclass(frozen=True, slots=True)
class Told:
    """One event on its way in; what is missing is filled in."""

    kind: str
    at: datetime | None = None
    severity: int | None = None
    source: str = "platform"
    account: int | None = None
    name: str = ""
    address: str = ""
    host: str = ""
    organ: int | None = None
    region: str = HOME
    subject: str = ""
    words: str = ""
    detail: dict[str, object] = field(default_factory=dict)
    entry: int | None = None


def take(told: list[Told]) -> int:
    """Keep them; what touches a honey record is kept a second time as that. Returns how many were new."""
    laid = queries.honey()
    rows = [_row(one) for one in told]
    rows += [_row(_touched(one, laid[mark])) for one in told for mark in _marks(one) if mark in laid]
    return len(Observation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000))


def _row(one: Told) -> Observation:
    now = clock.now()
    at = min(one.at, now) if one.at else now
    return Observation(
        at=at, received_at=now, source=one.source, kind=one.kind, severity=KINDS[one.kind][1] if one.severity is None else min(10, max(0, one.severity)),
        account=one.account, name=_clean(one.name, 60), address=_clean(one.address, 45), host=_clean(one.host, 255), organ=one.organ, region_code=one.region,
        subject=_clean(one.subject, 120), words=_clean(one.words, 300), detail=one.detail, entry=one.entry,
    )  # fmt: skip


def _clean(told: str, longest: int) -> str:
    return told.replace("\x00", "")[:longest]


def _marks(one: Told) -> list[tuple[str, str]]:
    """What of an event may be a honey record."""
    found = [("login", one.name)] if one.kind in ("login", "login-failed") else []
    if one.kind == "probe":
        found.append(("path", one.subject))
    if one.kind == "personal-data":
        found.append(("subject", one.subject))
    return found


def _touched(one: Told, words: str) -> Told:
    return Told(
        kind="honey", at=one.at, source=one.source, account=one.account, name=one.name, address=one.address or "-", organ=one.organ, region=one.region,
        subject=one.subject, words=words or one.words,
    )  # fmt: skip


def keep_noticed(noticed: list[Noticed]) -> None:
    """The keeper that `lib.watch` hands over to."""
    take([
        Told(kind=n.kind, account=n.account, name=n.name, address=n.address, host=n.host, organ=n.organ, subject=n.subject, words=n.words, detail=n.detail)
        for n in noticed
    ])  # fmt: skip


def take_syslog(messages: list[tuple[syslog.Message, str]]) -> int:
    """Messages with the address of their peer, as observations."""
    known = queries.extractors()
    return take([_from_syslog(message, peer, known) for message, peer in messages])


def _from_syslog(message: syslog.Message, peer: str, known: list[reading.Extractor]) -> Told:
    found = reading.extract(message.app, message.words, known)
    return Told(
        kind=found.kind, at=message.at, severity=None if found.kind != "syslog" else reading.SYSLOG_SEVERITY[message.severity], source="syslog",
        name=found.name, address=found.address, host=message.host or peer, subject=message.app, words=message.words,
        detail={"facility": message.facility, "severity": message.severity, "process": message.process, "data": message.data},
    )  # fmt: skip


def expire(before: datetime, most: int = 50_000) -> int:
    """Remove what came in before a moment; returns how many."""
    old = Observation.objects.filter(received_at__lt=before).order_by("received_at").values("id")[:most]
    return Observation.objects.filter(id__in=old).delete()[0]
