"""What a case may become, and when it must be done. Pure; the articles are of 行政许可法 unless named."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

RECEIPT_DAYS = 5  # art. 32: correction is told on the spot or within five days, once; else accepted as of receipt
DELIVERY_DAYS = 10  # art. 44: the licence is delivered within ten days of the decision
EXTENSION_DAYS = 10  # art. 42: ten days more, once, by the head of the organ, with reasons told

SPECIAL = {  # art. 45: not counted; the applicant is told in writing how long it takes
    "hearing": "听证", "tender": "招标", "auction": "拍卖", "inspection": "检验", "testing": "检验检测",
    "quarantine": "检疫", "appraisal": "鉴定", "expert-review": "专家评审",
}  # fmt: skip
STATES = {
    "submitted": "已提交", "correcting": "待补正", "accepted": "已受理", "suspended": "特别程序", "granted": "准予",
    "refused": "不予许可", "not-accepted": "不予受理", "withdrawn": "已撤回", "lapsed": "补正逾期退件", "closed": "已办结",
}  # fmt: skip
OPEN_STATES = frozenset({"submitted", "correcting", "accepted", "suspended", "granted"})
FINAL_STATES = frozenset(STATES) - OPEN_STATES

# state × effect -> new state. What is not here is refused; the reason is the arrow's absence.
MOVES = {
    ("submitted", "accept"): "accepted",  # art. 32(5)
    ("submitted", "correct"): "correcting",  # art. 32(4)
    ("submitted", "reject"): "not-accepted",  # art. 32(1)(2)
    ("submitted", "grant-at-once"): "granted",  # art. 34(2): decided on the spot
    ("submitted", "advance"): "submitted",
    ("submitted", "withdraw"): "withdrawn",
    ("correcting", "resubmit"): "submitted",
    ("correcting", "lapse"): "lapsed",
    ("correcting", "withdraw"): "withdrawn",
    ("accepted", "advance"): "accepted",
    ("accepted", "suspend"): "suspended",  # art. 45
    ("accepted", "extend"): "accepted",  # art. 42
    ("accepted", "grant"): "granted",  # art. 38(1)
    ("accepted", "refuse"): "refused",  # art. 38(2)
    ("accepted", "withdraw"): "withdrawn",
    ("suspended", "resume"): "accepted",
    ("suspended", "advance"): "suspended",
    ("suspended", "withdraw"): "withdrawn",
    ("granted", "deliver"): "closed",  # art. 44
    ("accepted", "conclude"): "closed",  # of what nobody applied for: looked into
}
EFFECTS = frozenset(effect for _state, effect in MOVES)


class IllegalMove(ValueError):
    """The state has no such arrow."""

    def __init__(self, state: str, effect: str) -> None:
        super().__init__(state, effect)
        self.state, self.effect = state, effect


def next_state(state: str, effect: str) -> str:
    """Where an effect leads; raises IllegalMove."""
    found = MOVES.get((state, effect))
    if found is None:
        raise IllegalMove(state, effect)
    return found


class Days(Protocol):
    """The working days of a region."""

    def add(self, start: date, days: int) -> date: ...
    def between(self, start: date, end: date) -> int: ...


@dataclass(frozen=True, slots=True)
class Tick:
    """One clock event."""

    kind: str
    on: date
    days: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """The limits as they stand after the events so far; `paused` names the reason, "" while running."""

    receipt_due: date | None = None
    promise_due: date | None = None
    statutory_due: date | None = None
    paused: str = ""
    paused_on: date | None = None
    stopped_on: date | None = None
    used: int = 0

    @property
    def due(self) -> date | None:
        """The limit that runs now."""
        if self.paused or self.stopped_on:
            return None
        return self.promise_due or self.receipt_due


def fold(ticks: Iterable[Tick], days: Days, promised: int, statutory: int) -> Clock:
    """The clock after all events, in their order. Days are working days; day 0 is not counted (art. 82).

    The days after a pause up to and including the day of resuming are added to both limits.
    """
    clock = Clock()
    for tick in ticks:
        clock = _apply(clock, tick, days, promised, statutory)
    return clock


def _apply(clock: Clock, tick: Tick, days: Days, promised: int, statutory: int) -> Clock:
    if tick.kind == "receive":
        return replace(clock, receipt_due=days.add(tick.on, RECEIPT_DAYS))
    if tick.kind == "start":
        return replace(clock, receipt_due=None, promise_due=days.add(tick.on, promised), statutory_due=days.add(tick.on, statutory))
    if tick.kind == "pause":
        return replace(clock, paused=tick.reason, paused_on=tick.on)
    if tick.kind == "resume":
        shift = days.between(clock.paused_on or tick.on, tick.on)
        moved = replace(clock, paused="", paused_on=None)
        if clock.receipt_due and not clock.promise_due:
            return replace(moved, receipt_due=days.add(tick.on, RECEIPT_DAYS))
        return _shift(moved, days, shift)
    if tick.kind == "extend":
        return _shift(clock, days, tick.days)
    if tick.kind == "stop":
        return replace(clock, stopped_on=tick.on, paused="", receipt_due=None)
    raise ValueError(tick.kind)


def _shift(clock: Clock, days: Days, by: int) -> Clock:
    if not by or not clock.promise_due or not clock.statutory_due:
        return clock
    return replace(clock, promise_due=days.add(clock.promise_due, by), statutory_due=days.add(clock.statutory_due, by))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands today: `light` is ok, soon, yellow, red, paused or done; `left` counts working days."""

    light: str
    left: int = 0
    due: date | None = None


def standing(*, today: date, due: date | None, statutory_due: date | None, paused: str, closed: bool, days: Days) -> Standing:
    """The light for lists: red past the statutory limit, yellow past the running one, soon on its last two days."""
    if closed:
        return Standing("done")
    if paused or due is None:
        return Standing("paused")
    left = days.between(today, due)
    if statutory_due and today > statutory_due:
        return Standing("red", left, due)
    if today > due:
        return Standing("yellow", left, due)
    return Standing("soon" if left <= 1 else "ok", left, due)
