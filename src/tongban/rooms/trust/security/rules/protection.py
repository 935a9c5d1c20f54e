"""Where a system stands in its protection cycle; grading. Pure; periods are rows of Period."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

REGIMES = {"classified": "等级保护", "cryptography": "密码应用安全性评估", "secret": "分级保护"}
STEPS = {"grading": "定级", "review": "专家评审", "filing": "备案", "assessment": "测评", "rectification": "整改", "reassessment": "复测"}
OUTCOMES = {"passed": "通过", "failed": "未通过", "passed-with-findings": "通过（有问题）"}
RISKS = {"high": "高风险", "medium": "中风险", "low": "低风险"}
EXTENSIONS = {"cloud": "云计算", "mobile": "移动互联", "iot": "物联网", "industrial": "工业控制"}

# GB/T 22240-2020 table 1: who is harmed × how badly → level. Reference: general knowledge, unverified.
GRADES = {
    "citizens": {"general": 1, "serious": 2, "grave": 2},
    "public-order": {"general": 2, "serious": 3, "grave": 4},
    "state": {"general": 3, "serious": 4, "grave": 5},
}

UNGRADED, UNREVIEWED, UNFILED, UNASSESSED, DUE, FAILED, MENDING, LATE_MENDING, GOOD = (
    "ungraded", "unreviewed", "unfiled", "unassessed", "assessment-due", "failed", "mending", "late-mending", "good",
)  # fmt: skip
WORDS = {
    UNGRADED: "未定级", UNREVIEWED: "未经专家评审", UNFILED: "未备案", UNASSESSED: "未测评", DUE: "测评到期", FAILED: "测评未通过", LATE_MENDING: "整改逾期",
    MENDING: "整改中", GOOD: "符合",
}  # fmt: skip
ORDER = tuple(WORDS)
LATE = frozenset({UNFILED, UNASSESSED, DUE, FAILED, LATE_MENDING})
SOON = timedelta(days=30)


def grade(harmed: str, how: str) -> int:
    """The level of one kind of harm; raises KeyError for words that the table lacks."""
    return GRADES[harmed][how]


@dataclass(frozen=True, slots=True)
class Step:
    kind: str
    on: date
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """A finding that is still open."""

    due: date


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is wrong, worst first; and when the next assessment is due."""

    words: tuple[str, ...]
    next_assessment: date | None
    next_filing: date | None

    @property
    def worst(self) -> str:
        return self.words[0]


def standing(level: int, steps: Iterable[Step], owed: Sequence[Owed], periods: Mapping[str, int], today: date) -> Standing:
    """What the records say of a system today.

    `periods`: days for filing and assessment at this level; a period that is missing is not asked for (level 1 need not be filed).
    """
    last: dict[str, Step] = {}
    for step in sorted(steps, key=lambda s: s.on):
        last["assessment" if step.kind == "reassessment" else step.kind] = step
    graded, assessed = last.get("grading"), last.get("assessment")
    if graded is None:
        return Standing((UNGRADED,), None, None)
    found: list[str] = []
    filing = graded.on + timedelta(days=periods["filing"]) if "filing" in periods and "filing" not in last else None
    if level >= 2 and "review" not in last:
        found.append(UNREVIEWED)
    if filing is not None:
        found.append(UNFILED)
    following = None
    if "assessment" in periods:
        following = (assessed.on + timedelta(days=periods["assessment"])) if assessed else graded.on + timedelta(days=periods["assessment"])
        if assessed is None:
            found.append(UNASSESSED)
        elif following < today:
            found.append(DUE)
    if assessed is not None and assessed.outcome == "failed":
        found.append(FAILED)
    if owed:
        found.append(LATE_MENDING if any(o.due < today for o in owed) else MENDING)
    return Standing(tuple(sorted(found, key=ORDER.index)) or (GOOD,), following, filing)


def next_steps(steps: Iterable[str]) -> list[str]:
    """Which steps may follow: each needs the one before it, assessment may come again."""
    have = set(steps)
    if "grading" not in have:
        return ["grading"]
    if "review" not in have:
        return ["grading", "review", "filing"]
    if "filing" not in have:
        return ["grading", "filing"]
    return ["grading", "assessment", *(["rectification", "reassessment"] if "assessment" in have else [])]
