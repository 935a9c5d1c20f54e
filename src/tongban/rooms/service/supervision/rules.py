"""Which light a case deserves. Pure; thresholds are rows of WatchRule.

No source gives a numeric split between yellow and red for Shandong: the shipped rows are our proposal and say so.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

LEVELS = ("prompt", "yellow", "red")
ANSWER_DAYS = 5  # working days to answer a yellow; unanswered it turns red (proposal)
URGE_DAYS = 2  # working days to reply to an urging (proposal)
NAMES = {"prompt": "临期提示", "yellow": "黄牌", "red": "红牌"}

# Lights: state × act -> state. Never back to nothing: a light that was wrong is cancelled and stays visible.
MOVES = {
    ("open", "answer"): "answered", ("open", "appeal"): "appealed", ("answered", "appeal"): "appealed",
    ("answered", "close"): "closed", ("appealed", "uphold"): "cancelled", ("appealed", "dismiss"): "open",
    ("open", "urge"): "open", ("answered", "urge"): "open", ("open", "reply"): "answered",
}  # fmt: skip


class Days(Protocol):
    def between(self, start: date, end: date) -> int: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """What the rules look at: the limits of a case, or `answer_due` of another thing."""

    receipt_due: date | None = None
    promise_due: date | None = None
    statutory_due: date | None = None
    step_due: date | None = None
    step: str = ""
    paused: bool = False
    yellow_answer_due: date | None = None
    answer_due: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of WatchRule."""

    id: int
    key: str
    level: str
    days: int


@dataclass(frozen=True, slots=True)
class Raised:
    """A light to be raised."""

    rule: int
    kind: str
    level: str
    reason: str


def judge(case: Watched, rules: list[Rule], today: date, days: Days) -> list[Raised]:
    """Every light that the rules raise today. A stopped clock raises none of the limits."""
    found = []
    for rule in rules:
        reason = _CHECKS[rule.key](case, rule.days, today, days)
        if reason:
            found.append(Raised(rule.id, rule.key, rule.level, reason))
    return found


def _near(case: Watched, left: int, today: date, days: Days) -> str:
    if case.paused or not case.promise_due or today > case.promise_due:
        return ""
    rest = days.between(today, case.promise_due)
    return f"距承诺期限{case.promise_due:%-m月%-d日}还有{rest}个工作日" if rest <= left else ""


def _past(limit: date | None, paused: bool, grace: int, today: date, days: Days) -> int:
    if paused or limit is None or today <= limit:
        return 0
    late = days.between(limit, today)
    return late if late > grace else 0


def _receipt(case: Watched, grace: int, today: date, days: Days) -> str:
    late = _past(case.receipt_due, case.paused, grace, today, days)
    return f"逾期{late}个工作日未受理或告知补正" if late else ""


def _promise(case: Watched, grace: int, today: date, days: Days) -> str:
    late = _past(case.promise_due, case.paused, grace, today, days)
    return f"超承诺期限{late}个工作日" if late else ""


def _step(case: Watched, grace: int, today: date, days: Days) -> str:
    late = _past(case.step_due, case.paused, grace, today, days)
    return f"“{case.step}”环节超{late}个工作日" if late else ""


def _statutory(case: Watched, grace: int, today: date, days: Days) -> str:
    late = _past(case.statutory_due, case.paused, grace, today, days)
    return f"超法定期限{late}个工作日" if late else ""


def _answer_near(thing: Watched, left: int, today: date, days: Days) -> str:
    if not thing.answer_due or today > thing.answer_due:
        return ""
    rest = days.between(today, thing.answer_due)
    return f"距期限{thing.answer_due:%-m月%-d日}还有{rest}个工作日" if rest <= left else ""


def _answer(thing: Watched, grace: int, today: date, days: Days) -> str:
    late = _past(thing.answer_due, False, grace, today, days)
    return f"逾期{late}个工作日未答复" if late else ""


def _unanswered(case: Watched, grace: int, today: date, days: Days) -> str:
    late = _past(case.yellow_answer_due, False, grace, today, days)
    return f"黄牌逾期{late}个工作日未答复" if late else ""


_CHECKS = {
    "promise-near": _near, "receipt-overrun": _receipt, "promise-overrun": _promise, "step-overrun": _step,
    "statutory-overrun": _statutory, "yellow-unanswered": _unanswered,
    "answer-near": _answer_near, "answer-overrun": _answer, "answer-far-overrun": _answer,
}  # fmt: skip


def next_state(state: str, act: str) -> str | None:
    """Where an act leads, None when it may not be."""
    return MOVES.get((state, act))
