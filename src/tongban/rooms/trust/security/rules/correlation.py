"""Whether a run of observations meets a rule. Pure; conditions are rows of CorrelationRule.

threshold  {"form": "threshold", "of": [kinds], "by": field, "count": n, "within_s": s, "distinct": field?, "severity": least?}
sequence   {"form": "sequence", "steps": [{"of": [kinds], "count": n}, …], "by": field, "within_s": s}
new        {"form": "new", "of": [kinds], "by": field, "value": field, "history": n, "days": d}
off-hours  {"form": "off-hours", "of": [kinds], "by": field, "begin": "07:00", "end": "20:00", "count": n, "within_s": s}
anomaly    {"form": "anomaly", "of": [kinds], "by": field, "sigmas": k, "least": n, "days": d}
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

KINDS = {
    "login": ("登录成功", 1), "login-failed": ("登录失败", 3), "denied": ("越权访问被拒", 4), "csrf": ("表单来源异常", 3), "export": ("数据导出", 3),
    "personal-data": ("查看个人信息", 2), "account-changed": ("账户安全变更", 3), "role-granted": ("授权变更", 4), "rate-limited": ("超出访问频率", 4),
    "malware": ("恶意文件", 8), "probe": ("探测访问", 5), "honey": ("触碰诱饵", 9), "tamper": ("账本校验异常", 10), "scanner": ("漏洞扫描结果", 5),
    "syslog": ("外部日志", 2), "external": ("外部事件", 3),
}  # fmt: skip
HOSTILE = frozenset({"login-failed", "denied", "csrf", "rate-limited", "malware", "probe", "honey", "tamper"})
FIELDS = ("account", "name", "address", "host", "subject")
FORMS = ("threshold", "sequence", "new", "off-hours", "anomaly")
SEVERITIES = {"low": "低", "medium": "中", "high": "高", "critical": "严重"}
MOST_EVIDENCE = 200


class BadCondition(ValueError):
    """The condition is none that the engine reads; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation as the rules look at it. `at` is aware."""

    id: int
    at: datetime
    kind: str
    severity: int = 0
    account: int | None = None
    name: str = ""
    address: str = ""
    host: str = ""
    subject: str = ""

    def value(self, field: str) -> str:
        held = getattr(self, field)
        return "" if held is None else str(held)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The observations that met a rule, oldest first."""

    events: tuple[Seen, ...]
    note: str = ""

    @property
    def count(self) -> int:
        return len(self.events)


Works = Callable[[date], bool]


def kinds_of(condition: Mapping[str, Any]) -> frozenset[str]:
    """The kinds that a rule looks at."""
    if condition["form"] == "sequence":
        return frozenset(k for step in condition["steps"] for k in step["of"])
    return frozenset(condition["of"])


def reach(condition: Mapping[str, Any]) -> timedelta:
    """How far back a rule looks."""
    return timedelta(days=condition["days"]) if "days" in condition else timedelta(seconds=condition["within_s"])


def check(condition: Mapping[str, Any]) -> None:
    """Raise BadCondition unless the engine can read it."""
    if condition.get("form") not in FORMS:
        raise BadCondition(f"form: one of {', '.join(FORMS)}")
    if condition.get("by") not in FIELDS:
        raise BadCondition(f"by: one of {', '.join(FIELDS)}")
    unknown = kinds_of(condition) - set(KINDS)
    if unknown or not kinds_of(condition):
        raise BadCondition(f"of: {', '.join(sorted(unknown)) or 'at least one kind'}")
    needed = {"threshold": ("count", "within_s"), "sequence": ("within_s",), "new": ("value", "history", "days"),
              "off-hours": ("begin", "end", "count", "within_s"), "anomaly": ("sigmas", "least", "days")}[condition["form"]]  # fmt: skip
    missing = [name for name in needed if name not in condition]
    if missing:
        raise BadCondition(f"{', '.join(missing)}: missing")


def judge(condition: Mapping[str, Any], events: Sequence[Seen], fresh: frozenset[int], works: Works, zone: Any) -> Evidence | None:
    """What of one group's observations, oldest first, meets the rule and has something fresh in it; None where nothing does."""
    mine = [e for e in events if e.kind in kinds_of(condition) and e.severity >= condition.get("severity", 0)]
    found = _FORMS[condition["form"]](condition, mine, fresh, works, zone)
    if found is None or not any(e.id in fresh for e in found.events):
        return None
    return Evidence(found.events[-MOST_EVIDENCE:], found.note)


def _threshold(condition: Mapping[str, Any], events: Sequence[Seen], fresh: frozenset[int], works: Works, zone: Any) -> Evidence | None:
    """The last window, ending at an event, that holds enough events or enough different values."""
    span, distinct = timedelta(seconds=condition["within_s"]), condition.get("distinct")
    held: Counter[str] = Counter()
    begin, met = 0, None
    for place, one in enumerate(events):
        held[one.value(distinct) if distinct else str(one.id)] += 1
        while one.at - events[begin].at > span:
            old = events[begin].value(distinct) if distinct else str(events[begin].id)
            held[old] -= 1
            if not held[old]:
                del held[old]
            begin += 1
        if len(held) >= condition["count"]:
            met = (begin, place)
    return Evidence(tuple(events[met[0] : met[1] + 1])) if met else None


def _sequence(condition: Mapping[str, Any], events: Sequence[Seen], fresh: frozenset[int], works: Works, zone: Any) -> Evidence | None:
    """Each step in turn, its count reached before the next begins, all within the span; the last such run."""
    steps, span = condition["steps"], timedelta(seconds=condition["within_s"])
    met = None
    for start, first in enumerate(events):
        if first.kind not in steps[0]["of"]:
            continue
        taken, step = [], 0
        count = 0
        for one in events[start:]:
            if one.at - first.at > span:
                break
            if one.kind in steps[step]["of"]:
                taken.append(one)
                count += 1
                if count >= steps[step].get("count", 1):
                    step, count = step + 1, 0
                    if step == len(steps):
                        met = Evidence(tuple(taken))
                        break
    return met


def _new(condition: Mapping[str, Any], events: Sequence[Seen], fresh: frozenset[int], works: Works, zone: Any) -> Evidence | None:
    """A value that this account never showed before, after a history long enough to know it by."""
    known: set[str] = set()
    met = None
    for place, one in enumerate(events):
        value = one.value(condition["value"])
        if value and value not in known and place >= condition["history"] and one.id in fresh:
            met = Evidence((one,), value)
        known.add(value)
    return met


def _off_hours(condition: Mapping[str, Any], events: Sequence[Seen], fresh: frozenset[int], works: Works, zone: Any) -> Evidence | None:
    begin, end = time.fromisoformat(condition["begin"]), time.fromisoformat(condition["end"])
    outside = [e for e in events if _outside(e.at.astimezone(zone), begin, end, works)]
    return _threshold(condition, outside, fresh, works, zone)


def _outside(at: datetime, begin: time, end: time, works: Works) -> bool:
    return not works(at.date()) or not begin <= at.time() < end


def _anomaly(condition: Mapping[str, Any], events: Sequence[Seen], fresh: frozenset[int], works: Works, zone: Any) -> Evidence | None:
    """The last day's count against mean and deviation of the working days before it."""
    days = Counter(e.at.astimezone(zone).date() for e in events)
    if not days:
        return None
    today = max(days)
    limit = ceiling([n for d, n in days.items() if d < today], sigmas=condition["sigmas"], least=condition["least"])
    if days[today] <= limit:
        return None
    return Evidence(tuple(e for e in events if e.at.astimezone(zone).date() == today), f"{days[today]} > {limit:.1f}")


def ceiling(counts: Iterable[int], *, sigmas: float, least: int) -> float:
    """What an account may do on a day before it is unusual: mean + sigmas × deviation, never under `least`.

    The deviation is at least the square root of the mean, as for counts that arrive independently (Poisson): few quiet days
    must not make an ordinary one look strange.
    """
    held = list(counts)
    if not held:
        return float(least)
    mean = sum(held) / len(held)
    spread = math.sqrt(sum((n - mean) ** 2 for n in held) / len(held))
    return max(float(least), mean + sigmas * max(spread, math.sqrt(mean)))


_FORMS: dict[str, Callable[[Mapping[str, Any], Sequence[Seen], frozenset[int], Works, Any], Evidence | None]] = {
    "threshold": _threshold, "sequence": _sequence, "new": _new, "off-hours": _off_hours, "anomaly": _anomaly,
}  # fmt: skip
