"""What is compared of two records, and how far it agrees: each field has levels, the highest is equality, -1 is nothing to compare."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

Levels = NDArray[np.int8]
Strings = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Kind:
    """`names` of the levels above 0 (nothing alike), the weakest first; `judge` gives the level of values that differ."""

    names: tuple[str, ...]
    judge: Callable[[list[str], list[str]], Levels]


def _steps(scorer: Any, bounds: tuple[float, ...]) -> Callable[[list[str], list[str]], Levels]:
    """Levels by how many of the bounds, weakest first, a similarity reaches."""

    def judge(left: list[str], right: list[str]) -> Levels:
        told = process.cpdist(left, right, scorer=scorer, dtype=np.float32, score_cutoff=bounds[0], workers=-1)
        return np.sum([told >= b for b in bounds], axis=0).astype(np.int8)

    return judge


def _near(left: list[str], right: list[str]) -> Levels:
    """2: one slip of the pen (a sign changed, dropped, added, or two swapped); 1: two slips."""
    told = process.cpdist(left, right, scorer=OSA.distance, dtype=np.int32, score_cutoff=2, workers=-1)
    return (2 * (told <= 1) + (told == 2)).astype(np.int8)


def _never(left: list[str], right: list[str]) -> Levels:
    return np.zeros(len(left), dtype=np.int8)


def _chinese(left: list[str], right: list[str]) -> Levels:
    """Chinese names as `name|pinyin`: 2 sounds the same, 1 the same surname and one sign apart."""
    spelled = {v: v.split("|", 1) for v in {*left, *right}}
    firsts, seconds = [spelled[v] for v in left], [spelled[v] for v in right]
    sounds = np.array([a[1] == b[1] for a, b in zip(firsts, seconds, strict=True)])
    made = np.where(sounds, 2, 0).astype(np.int8)
    rest = [at for at, (a, b) in enumerate(zip(firsts, seconds, strict=True)) if a[0][:1] == b[0][:1] and not sounds[at]]
    apart = process.cpdist([firsts[at][0] for at in rest], [seconds[at][0] for at in rest], scorer=OSA.distance, dtype=np.int32, score_cutoff=1, workers=-1)
    made[rest] = apart <= 1
    return made


KINDS = {
    "exact": Kind(("equal",), _never),
    "name": Kind(("alike", "close", "equal"), _steps(JaroWinkler.normalized_similarity, (0.8, 0.92))),
    "text": Kind(("alike", "close", "equal"), _steps(JaroWinkler.normalized_similarity, (0.75, 0.9))),
    "code": Kind(("two slips", "one slip", "equal"), _near),
    "chinese-name": Kind(("one sign apart", "sounds the same", "equal"), _chinese),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A column of both sides. `frequent`: equality of a rare value counts for more."""

    name: str
    kind: str
    frequent: bool = False

    @property
    def top(self) -> int:
        """The level of equality."""
        return len(KINDS[self.kind].names)


@dataclass(slots=True)
class Coded:
    """A column of both sides as numbers: equal numbers are equal values, 0 is nothing. `share`: of each value among both sides."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    values: list[str]
    share: NDArray[np.float64]


def coded(left: list[str], right: list[str]) -> Coded:
    """Number the values of both sides together."""
    values, codes = np.unique(np.array(["", *left, *right], dtype=object).astype(str), return_inverse=True)
    counts = np.bincount(codes[1:], minlength=len(values)).astype(float)
    counts[0] = 0
    share = counts / max(1.0, counts.sum())
    return Coded(codes[1 : len(left) + 1], codes[len(left) + 1 :], values.tolist(), share)


def levels(field: Field, held: Coded, left: NDArray[np.int64], right: NDArray[np.int64]) -> Levels:
    """The level of each pair (rows of the left, rows of the right). Where few values recur in many pairs, each two are judged once."""
    a, b = held.left[left], held.right[right]
    made = np.where((a == 0) | (b == 0), -1, np.where(a == b, field.top, 0)).astype(np.int8)
    differ = np.flatnonzero(made == 0)
    if not len(differ) or KINDS[field.kind].judge is _never:
        return made
    size, judge = len(held.values), KINDS[field.kind].judge
    if size * size > 4 * len(differ):
        made[differ] = judge(_at(held.values, a[differ]), _at(held.values, b[differ]))
        return made
    pairs, back = np.unique(a[differ] * size + b[differ], return_inverse=True)
    made[differ] = judge(_at(held.values, pairs // size), _at(held.values, pairs % size))[back]
    return made


def _at(values: list[str], places: NDArray[np.int64]) -> list[str]:
    return [values[p] for p in places.tolist()]
