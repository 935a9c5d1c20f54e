"""Points, totals, places, and what each weight does to them. Pure.

A value that cannot be measured (nothing was due) earns no points and takes its weight with it: the other weights share it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ANNOUNCED, FINAL = "announced", "final"
STATES = {ANNOUNCED: "公示中", FINAL: "已确定"}
PENDING, UPHELD, REJECTED = "pending", "upheld", "rejected"
APPEAL_STATES = {PENDING: "待答复", UPHELD: "已采纳", REJECTED: "未采纳"}
GOAL = "shared"  # the indicator of the plan's goal for main business information
CYCLE_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}
SWING = (0.5, 1.5)  # how far one weight is moved to see how firm a place is; a proposal

Points = Mapping[str, float | None]  # indicator → 0 to 100


@dataclass(frozen=True, slots=True)
class Indicator:
    """`full` is the value that earns 100 points; `unit`: share or count."""

    key: str
    name: str
    weight: float
    full: float
    unit: str
    formula: str
    document: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A department's standing: total of 0 to 100, its place (equal totals share one), the best and worst place when one weight moves."""

    who: str
    total: float
    place: int
    best: int
    worst: int


def points(value: float | None, full: float) -> float | None:
    """0 to 100, None where nothing was measured."""
    return None if value is None else round(100 * min(1.0, max(0.0, value) / full), 2)


def total(held: Points, weights: Mapping[str, float]) -> float:
    """The weighted mean of what was measured, 0 to 100, two decimals; 0 where nothing was."""
    known = {k: p for k, p in held.items() if p is not None and weights.get(k, 0) > 0}
    weight = sum(weights[k] for k in known)
    return round(sum(p * weights[k] for k, p in known.items()) / weight, 2) if weight else 0.0


def shares(held: Points, weights: Mapping[str, float]) -> dict[str, float]:
    """How many points of the total each indicator brings; they sum to the total but for rounding."""
    known = {k: p for k, p in held.items() if p is not None and weights.get(k, 0) > 0}
    weight = sum(weights[k] for k in known)
    return {k: round(p * weights[k] / weight, 2) for k, p in known.items()}


def places(table: Mapping[str, Points], weights: Mapping[str, float]) -> dict[str, int]:
    """Everybody's place, 1 for the highest total; equal totals share a place and the next one is left out."""
    totals = {who: total(held, weights) for who, held in table.items()}
    higher = sorted(totals.values(), reverse=True)
    first = {value: n for n, value in reversed(list(enumerate(higher, 1)))}
    return {who: first[value] for who, value in totals.items()}


def moved(weights: Mapping[str, float], key: str, factor: float) -> dict[str, float]:
    """The weights with one of them moved."""
    return {k: w * factor if k == key else w for k, w in weights.items()}


def ranking(table: Mapping[str, Points], weights: Mapping[str, float]) -> list[Place]:
    """All departments, the best first; with the span of places when each single weight is halved or raised by half."""
    now = places(table, weights)
    varied = [places(table, moved(weights, k, f)) for k in weights for f in SWING]
    made = [
        Place(who, total(held, weights), now[who], min([now[who], *(v[who] for v in varied)]), max([now[who], *(v[who] for v in varied)]))
        for who, held in table.items()
    ]
    return sorted(made, key=lambda p: (p.place, p.who))


def without(table: Mapping[str, Points], weights: Mapping[str, float], who: str) -> dict[str, int]:
    """The place of one department if an indicator did not count, by indicator: what its weight does."""
    return {key: places(table, moved(weights, key, 0))[who] for key in weights}


def spans(cycle: str, begins: date, ends: date) -> list[tuple[date, date]]:
    """The whole periods of a cycle within [begins, ends], both inclusive; none for realtime."""
    days = CYCLE_DAYS.get(cycle, 0)
    if not days:
        return []
    number = ((ends - begins).days + 1) // days
    return [(begins + timedelta(days=n * days), begins + timedelta(days=(n + 1) * days - 1)) for n in range(max(0, number))]


def kept_spans(cycle: str, begins: date, ends: date, came: Iterable[date]) -> tuple[int, int]:
    """(periods in which data came, periods)."""
    wanted = spans(cycle, begins, ends)
    days = sorted(set(came))
    return sum(any(a <= d <= b for d in days) for a, b in wanted), len(wanted)


def weights_fault(told: Mapping[str, float]) -> str:
    """Why weights cannot be used: "" when they can, else negative or nothing."""
    if any(w < 0 or w > 1000 for w in told.values()):
        return "range"
    return "" if sum(told.values()) > 0 else "nothing"
