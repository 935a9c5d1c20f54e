"""One record against a register held in memory: candidates by capped keys, the same weights, the evidence field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tongban.lib.matching.fields import KINDS, Field
from tongban.lib.matching.model import Model, chance

LINK, REVIEW, REJECT = "link", "review", "reject"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one field says: how far it agrees, and its weight in bits (against, when negative)."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """A record of the register (its row), how likely it is the same person, and why."""

    row: int
    score: float
    chance: float
    evidence: tuple[Evidence, ...]

    def zone(self, link: float = 0.99, review: float = 0.5) -> str:
        """link, review by a clerk, or reject."""
        return LINK if self.chance >= link else REVIEW if self.chance >= review else REJECT


class Index:
    """A register by the keys of its blocks. `most`: candidates that a key may bring; a key with more is left out (how many people are called 王伟?)."""

    def __init__(self, model: Model, columns: Mapping[str, Sequence[str]], keys: Sequence[tuple[str, ...]], *, most: int = 400) -> None:
        self.model, self.most, self.keys = model, most, tuple(keys)
        self.columns = {f.name: np.array(columns[f.name], dtype=object) for f in model.fields}
        self.weights = model.weights()
        self.size = len(next(iter(self.columns.values())))
        self.share = {f.name: self._shares(f) for f in model.fields if f.frequent}
        self._places = [self._sorted([columns[name] for name in key]) for key in self.keys]

    def _shares(self, field: Field) -> dict[str, float]:
        values, counts = np.unique(self.columns[field.name].astype(str), return_counts=True)
        return dict(zip(values.tolist(), (counts / self.size).tolist(), strict=True))

    def _sorted(self, columns: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        hashes = np.fromiter((_hashed(values) for values in zip(*columns, strict=True)), dtype=np.int64, count=self.size)
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        return hashes[order], order

    def candidates(self, record: Mapping[str, str]) -> NDArray[np.int32]:
        """Rows that share a key with the record, each once."""
        found = []
        for key, (hashes, order) in zip(self.keys, self._places, strict=True):
            wanted = _hashed(tuple(record.get(name, "") for name in key))
            first, last = np.searchsorted(hashes, wanted, "left"), np.searchsorted(hashes, wanted, "right")
            if wanted and 0 < last - first <= self.most:
                found.append(order[first:last])
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int32)

    def matches(self, record: Mapping[str, str], *, least: float = 0.01, limit: int = 10) -> list[Match]:
        """The likeliest records, those with a chance of at least `least`, the best first."""
        rows = self.candidates(record)
        if not len(rows):
            return []
        levels = [self._levels(f, record.get(f.name, ""), rows) for f in self.model.fields]
        score = np.full(len(rows), self.model.base)
        extra = [self._rare(f, at, record.get(f.name, ""), told) for at, (f, told) in enumerate(zip(self.model.fields, levels, strict=True))]
        for weight, told, more in zip(self.weights, levels, extra, strict=True):
            score += weight[told] + more
        likely = chance(score)
        best = [int(at) for at in np.argsort(-score, kind="stable")[:limit] if likely[at] >= least]
        return [Match(int(rows[at]), float(score[at]), float(likely[at]), self._evidence(at, levels, extra)) for at in best]

    def _levels(self, field: Field, value: str, rows: NDArray[np.int32]) -> NDArray[np.int8]:
        values = self.columns[field.name][rows]
        if not value:
            return np.full(len(rows), -1, dtype=np.int8)
        equal, nothing = values == value, values == ""
        made = np.where(nothing, -1, np.where(equal, field.top, 0)).astype(np.int8)
        differ = np.flatnonzero(made == 0)
        if len(differ):
            made[differ] = KINDS[field.kind].judge([value] * len(differ), values[differ].tolist())
        return made

    def _rare(self, field: Field, at: int, value: str, told: NDArray[np.int8]) -> NDArray[np.float64]:
        """What equality of a rare value adds."""
        if not field.frequent or not value:
            return np.zeros(len(told))
        share = self.share[field.name].get(value, 1 / self.size)
        return np.where(told == field.top, np.log2(self.model.u[at][field.top] / share), 0.0)

    def _evidence(self, at: int, levels: Sequence[NDArray[np.int8]], extra: Sequence[NDArray[np.float64]]) -> tuple[Evidence, ...]:
        made = []
        for field, weight, told, more in zip(self.model.fields, self.weights, levels, extra, strict=True):
            level = int(told[at])
            name = "nothing" if level < 0 else "differs" if level == 0 else KINDS[field.kind].names[level - 1]
            made.append(Evidence(field.name, name, round(float(weight[level] + more[at]), 1)))
        return tuple(made)


def _hashed(values: Sequence[str]) -> int:
    """A key as a number; 0 when any part of it is empty. Python's hash of strings differs by process, and so may an index."""
    return hash(tuple(values)) if all(values) else 0
