"""Fellegi and Sunter (1969): how much each level of agreement speaks for one person, learned from the data without examples (EM)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tongban.lib.matching.blocks import Pairs
from tongban.lib.matching.fields import Coded, Field, Levels, levels

_LEAST = 1e-6
ROUNDS, STILL = 40, 1e-4


@dataclass(frozen=True, slots=True)
class Model:
    """`m[f][k]`, `u[f][k]`: chance of level k of field f among records of one person, and of two; `prior`: chance that any pair is one."""

    fields: tuple[Field, ...]
    m: tuple[tuple[float, ...], ...]
    u: tuple[tuple[float, ...], ...]
    prior: float

    def weights(self) -> list[NDArray[np.float64]]:
        """log2(m / u) by field and level; the last place, reached by -1, is nothing to compare: 0."""
        return [np.append(np.log2(np.array(m) / np.array(u)), 0.0) for m, u in zip(self.m, self.u, strict=True)]

    @property
    def base(self) -> float:
        return float(np.log2(self.prior / (1 - self.prior)))

    def dumped(self) -> str:
        """As JSON, for keeping."""
        fields = [[f.name, f.kind, f.frequent] for f in self.fields]
        return json.dumps({"fields": fields, "m": self.m, "u": self.u, "prior": self.prior})

    @staticmethod
    def loaded(text: str) -> "Model":
        told = json.loads(text)
        fields = tuple(Field(*f) for f in told["fields"])
        return Model(fields, tuple(map(tuple, told["m"])), tuple(map(tuple, told["u"])), told["prior"])


def chance(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of a match from its weight in bits."""
    return 1 / (1 + np.exp2(-np.clip(score, -60, 60)))


def train(fields: Sequence[Field], held: Sequence[Coded], found: Sequence[Levels], pairs: Pairs, *, sample: int = 100_000, seed: int = 1) -> Model:
    """Learn from candidate pairs and their levels by field.

    u from random pairs, almost none of which match, exact equality from the frequencies of values. m and the prior by EM, where a record
    means at most one of the other side: the chance of a pair is its odds against those of all pairs of either record and of none. Without
    that, a household (one address, one county) is as good a class as a person. Pairs that are no candidates count as non-matches, so the
    prior is of all pairs and no block distorts it.
    """
    chance_of = np.random.default_rng(seed)
    left, right = len(held[0].left), len(held[0].right)
    rows = chance_of.integers(0, left, sample), chance_of.integers(0, right, sample)
    u = [_random(f, c, levels(f, c, *rows)) for f, c in zip(fields, held, strict=True)]
    patterns, of = _patterns(fields, found)
    m = [np.linspace(0.02, 1, f.top + 1) ** 3 / sum(np.linspace(0.02, 1, f.top + 1) ** 3) for f in fields]
    prior = min(left, right) / (left * right) / 2
    for _round in range(ROUNDS):
        score = np.log2(prior / (1 - prior)) + sum(_weight(m[f], u[f])[patterns[:, f]] for f in range(len(fields)))
        odds = np.exp2(np.clip(score, -60, 60))[of]
        rivals = np.bincount(pairs.left, odds, left)[pairs.left] + np.bincount(pairs.right, odds, right)[pairs.right] - odds
        share = np.bincount(of, odds / (1 + rivals), len(patterns)).astype(np.float64)
        fresh = [_shares(patterns[:, f], share, field.top) for f, field in enumerate(fields)]
        moved = max(float(np.abs(a - b).max()) for a, b in zip(fresh, m, strict=True))
        m, prior = fresh, min(0.5, max(_LEAST**2, float(share.sum()) / (left * right)))
        if moved < STILL:
            break
    return Model(tuple(fields), tuple(tuple(map(float, x)) for x in m), tuple(tuple(map(float, x)) for x in u), prior)


def _weight(m: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.append(np.log2(m / u), 0.0)


def _random(field: Field, held: Coded, drawn: Levels) -> NDArray[np.float64]:
    """Chance of each level for two records drawn at random; one pseudo-count a level."""
    told = np.bincount(drawn[drawn >= 0], minlength=field.top + 1).astype(float) + 1
    told /= told.sum()
    left, right = (np.bincount(c, minlength=len(held.values)).astype(float) for c in (held.left, held.right))
    left[0] = right[0] = 0
    equal = float((left / max(1, left.sum()) * right / max(1, right.sum())).sum())
    told[field.top] = 0
    told *= (1 - equal) / told.sum()
    told[field.top] = max(equal, _LEAST)
    return np.maximum(told, _LEAST)


def _patterns(fields: Sequence[Field], found: Sequence[Levels]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each combination of levels that occurs (one row, -1 kept), and which of them each pair shows: weights are worked out once for each."""
    code = np.zeros(len(found[0]), dtype=np.int64)
    for field, told in zip(fields, found, strict=True):
        code = code * (field.top + 2) + (told.astype(np.int64) + 1)
    kept, of = np.unique(code, return_inverse=True)
    columns = []
    for field in reversed(fields):
        columns.append(kept % (field.top + 2) - 1)
        kept = kept // (field.top + 2)
    return np.stack(columns[::-1], axis=1), of


def _shares(column: NDArray[np.int64], share: NDArray[np.float64], top: int) -> NDArray[np.float64]:
    known = column >= 0
    told = np.bincount(column[known], weights=share[known], minlength=top + 1) + 0.5
    return np.asarray(told / told.sum())


def scores(model: Model, held: Sequence[Coded], found: Sequence[Levels], left: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each pair's weight in bits: the prior, its levels, and for equal values of frequent fields how rare the value is."""
    total = np.full(len(left), model.base)
    for field, weight, u, codes, told in zip(model.fields, model.weights(), model.u, held, found, strict=True):
        total += weight[told]
        if field.frequent:
            equal = told == field.top
            share = codes.share[codes.left[left[equal]]]
            total[equal] += np.log2(u[field.top] / np.maximum(share, 1 / (len(codes.left) + len(codes.right))))
    return total
