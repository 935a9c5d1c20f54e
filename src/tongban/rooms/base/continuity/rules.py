"""What a protected system's records say of it; and reading the reports of backup tools."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

NEVER, FAILED, LATE_BACKUP, LATE_DRILL, MISSED, GOOD = "never", "failed-backup", "late-backup", "late-drill", "missed-target", "good"
ORDER = (FAILED, NEVER, LATE_BACKUP, MISSED, LATE_DRILL, GOOD)
WORRYING = frozenset({FAILED, NEVER, LATE_BACKUP, MISSED, LATE_DRILL})
TOOLS = ("tongban", "restic", "pgbackrest", "other")


@dataclass(frozen=True, slots=True)
class Tier:
    """One level of recovery: hours between backups, days between drills, targets in seconds."""

    level: int
    name: str
    backup_hours: float
    drill_days: int
    rpo_s: int
    rto_s: int


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one system. Times are aware; None where nothing was ever told."""

    backup_at: datetime | None
    backup_good: bool
    drill_on: date | None
    drill_rpo_s: float | None
    drill_rto_s: float | None
    drill_passed: bool
    rpo_target_s: int
    rto_target_s: int


def standing(record: Record, tier: Tier, now: datetime) -> list[str]:
    """All that is wrong, worst first; [GOOD] when nothing is."""
    found = set()
    if record.backup_at is None:
        found.add(NEVER)
    elif not record.backup_good:
        found.add(FAILED)
    elif now - record.backup_at > timedelta(hours=tier.backup_hours):
        found.add(LATE_BACKUP)
    if record.drill_on is None or (now.date() - record.drill_on).days > tier.drill_days:
        found.add(LATE_DRILL)
    elif _missed(record):
        found.add(MISSED)
    return [one for one in ORDER if one in found] or [GOOD]


def _missed(record: Record) -> bool:
    if not record.drill_passed or record.drill_rpo_s is None or record.drill_rto_s is None:
        return True
    return record.drill_rpo_s > record.rpo_target_s or record.drill_rto_s > record.rto_target_s


class Unreadable(ValueError):
    """The report is not of the form that its tool writes; the text names what is missing."""


@dataclass(frozen=True, slots=True)
class Reported:
    """One backup as its tool told it."""

    at: datetime
    kind: str
    bytes: int
    good: bool
    words: str


def read_report(tool: str, told: Any) -> Reported:
    """A tool's own JSON as one report; raises Unreadable."""
    readers = {"restic": _restic, "pgbackrest": _pgbackrest}
    try:
        return readers.get(tool, _plain)(told)
    except (KeyError, TypeError, IndexError, ValueError, OverflowError, AttributeError) as fault:
        raise Unreadable(f"{tool}: {fault!r}"[:200]) from fault


def _restic(told: Any) -> Reported:
    """`restic backup --json`'s summary message, or the last snapshot of `restic snapshots --json`."""
    if isinstance(told, list):
        last = max(told, key=lambda s: _moment(s["time"]))
        return Reported(_moment(last["time"]), "snapshot", int(_of(last.get("summary")).get("total_bytes_processed", 0)), True, str(last["id"])[:64])
    if told["message_type"] != "summary":
        raise Unreadable("restic: message_type is not summary")
    at = _moment(told["backup_end"]) if "backup_end" in told else datetime.fromtimestamp(float(told["reported_at"]), UTC)
    return Reported(at, "snapshot", int(told["total_bytes_processed"]), True, str(told.get("snapshot_id", ""))[:64])


def _pgbackrest(told: Any) -> Reported:
    """`pgbackrest info --output=json`: the newest backup of the first stanza."""
    stanza = told[0]
    status = stanza["status"]
    last = max(stanza["backup"], key=lambda b: b["timestamp"]["stop"])
    good = status["code"] == 0 and not last.get("error", False)
    at = datetime.fromtimestamp(int(last["timestamp"]["stop"]), UTC)
    return Reported(at, str(last["type"])[:20], int(last["info"]["size"]), good, f"{stanza['name']} {last['label']} {status['message']}"[:200])


def _plain(told: Any) -> Reported:
    """Ours and every other tool's: at, kind, bytes, good, words."""
    held = _of(told)
    if not isinstance(held["good"], bool):
        raise Unreadable("good is true or false")
    return Reported(_moment(held["at"]), str(held.get("kind", ""))[:20], int(held.get("bytes", 0)), held["good"], str(held.get("words", ""))[:200])


def _of(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _moment(told: Any) -> datetime:
    at = datetime.fromisoformat(_micro(str(told)))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _micro(told: str) -> str:
    """Nanoseconds, as Go writes them, cut to the microseconds that Python reads."""
    head, dot, rest = told.partition(".")
    if not dot:
        return told
    digits = rest[: next((i for i, c in enumerate(rest) if not c.isdigit()), len(rest))]
    return f"{head}.{digits[:6]}{rest[len(digits) :]}"


WORDS = {
    NEVER: "从未备份", FAILED: "最近一次备份失败", LATE_BACKUP: "备份逾期", LATE_DRILL: "演练逾期", MISSED: "演练未达目标", GOOD: "正常",
}  # fmt: skip


def is_over(year: int, years: int, today: date) -> bool:
    """Whether what was sealed in `year` has been kept for `years` full years after that year's end."""
    return today.year > year + years
