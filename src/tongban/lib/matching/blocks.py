"""Which pairs are looked at: those that agree in a block; a block too large is cut by a second key, and what stays too large is left out and counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of the left and of the right, each pair once; `skipped`: rows of the left that a block left out, by block."""

    left: Codes
    right: Codes
    skipped: int

    def __len__(self) -> int:
        return len(self.left)


def joined(keys: Sequence[tuple[Codes, Codes]]) -> tuple[Codes, Codes]:
    """Several coded columns as one; 0, nothing, in any of them is nothing."""
    left, right = keys[0]
    for more_left, more_right in keys[1:]:
        size = int(max(more_left.max(initial=0), more_right.max(initial=0))) + 1
        left = np.where((left == 0) | (more_left == 0), 0, left * size + more_left)
        right = np.where((right == 0) | (more_right == 0), 0, right * size + more_right)
    return left, right


@dataclass(frozen=True, slots=True)
class Block:
    """A key of both sides; keys whose block is too large are cut by `then`, a second key."""

    left: Codes
    right: Codes
    then: tuple[Codes, Codes] | None = None


def pairs(blocks: Sequence[Block], *, most: int = 50_000) -> Pairs:
    """All pairs that share a key of at least one block; where a key's block would hold over `most` pairs, those that share the second key too.

    Few surnames, one popular name, an empty address: blocks of a real register are badly uneven, and one of them would take all the memory.
    """
    found: list[Codes] = []
    skipped, size = 0, max((len(b.right) for b in blocks), default=1) or 1
    for block in blocks:
        rows, others, too_large = _block(block.left, block.right, most)
        found.append(rows * size + others)
        if too_large.any() and block.then is not None:
            left, right = joined([(np.where(too_large, block.left, 0), block.right), block.then])
            rows, others, too_large = _block(left, right, most)
            found.append(rows * size + others)
        skipped += int(too_large.sum())
    both = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
    return Pairs(both // size, both % size, skipped)


def _block(left: Codes, right: Codes, most: int) -> tuple[Codes, Codes, NDArray[np.bool_]]:
    """The pairs of one key by sorting the right side and spreading its runs; rows of the left whose block is over `most`."""
    order = np.argsort(right, kind="stable")
    values = right[order]
    first, last = np.searchsorted(values, left, "left"), np.searchsorted(values, left, "right")
    reach = np.where(left == 0, 0, last - first)
    _keys, back, many = np.unique(left, return_inverse=True, return_counts=True)
    too_large = many[back] * reach > most
    reach = np.where(too_large, 0, reach)
    rows = np.repeat(np.arange(len(left)), reach)
    start = np.repeat(np.cumsum(reach) - reach, reach)
    return rows, order[np.repeat(first, reach) + np.arange(len(rows)) - start], too_large
