"""The tree of RFC 9162 section 2.1 with SM3: leaves, nodes, heads of a growing tree, inclusion and consistency.

A complete node is named (height, index): it covers the leaves index·2^height up to (index + 1)·2^height.
"""

import hashlib
from collections.abc import Callable, Sequence

EMPTY = hashlib.new("sm3").digest()  # the head of no leaves
_LEAF = hashlib.new("sm3", b"\0")
_NODE = hashlib.new("sm3", b"\1")

Node = tuple[int, int]
Span = tuple[int, int]


def leaf(row: bytes) -> bytes:
    """SM3(0x00 ‖ row), 32 bytes."""
    digest = _LEAF.copy()
    digest.update(row)
    return digest.digest()


def node(left: bytes, right: bytes) -> bytes:
    """SM3(0x01 ‖ left ‖ right), 32 bytes."""
    digest = _NODE.copy()
    digest.update(left + right)
    return digest.digest()


class Frontier:
    """The complete subtrees on a growing tree's right edge, largest first: all that appending needs."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size, self.peaks = size, list(peaks)

    def extend(self, leaves: Sequence[bytes], keep: int) -> list[tuple[int, int, bytes]]:
        """Append leaves; the complete nodes that came into being at height `keep` and above, as (height, index, hash)."""
        made: list[tuple[int, int, bytes]] = []
        copy, peaks, size = _NODE.copy, self.peaks, self.size
        for one in leaves:
            top, height, rest = one, 0, size
            while rest & 1:
                digest = copy()
                digest.update(peaks.pop() + top)
                top = digest.digest()
                rest >>= 1
                height += 1
                if height >= keep:
                    made.append((height, rest, top))
            peaks.append(top)
            size += 1
        self.size = size
        return made

    def root(self) -> bytes:
        """The head of the tree so far."""
        if not self.peaks:
            return EMPTY
        reached = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            reached = node(peak, reached)
        return reached


def root(leaves: Sequence[bytes]) -> bytes:
    """The head over some leaves."""
    made = Frontier()
    made.extend(leaves, 64)
    return made.root()


def peaks(size: int) -> list[Node]:
    """The complete subtrees that make up a tree of `size` leaves, largest first."""
    return complete(0, size)


def complete(start: int, end: int) -> list[Node]:
    """The complete nodes of the subtree over the leaves [start, end), left to right; `start` is aligned as in the tree."""
    found, at = [], start
    for height in range((end - start).bit_length() - 1, -1, -1):
        if (end - start) >> height & 1:
            found.append((height, at >> height))
            at += 1 << height
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of a subtree from its complete nodes, left to right."""
    return Frontier(1, hashes).root()


def inclusion(index: int, size: int) -> list[Span]:
    """PATH(index, D[size]) of RFC 9162 section 2.1.3.1: the leaves under each node of the path, lowest first."""
    path: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        half = start + _half(end - start)
        if index < half:
            path.append((half, end))
            end = half
        else:
            path.append((start, half))
            start = half
    return path[::-1]


def consistency(first: int, second: int) -> list[Span]:
    """PROOF(first, D[second]) of RFC 9162 section 2.1.4.1, 0 < first < second."""
    path: list[Span] = []
    start, end, whole = 0, second, True
    while first != end:
        half = start + _half(end - start)
        if first <= half:
            path.append((half, end))
            end = half
        else:
            path.append((start, half))
            start, whole = half, False
    if not whole:
        path.append((start, end))
    return path[::-1]


def _half(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def resolve(spans: Sequence[Span], find: Callable[[set[Node]], dict[Node, bytes]]) -> list[bytes]:
    """The hashes of spans; `find` answers all complete nodes asked for at once."""
    parts = [complete(*span) for span in spans]
    known = find({one for part in parts for one in part})
    return [fold([known[one] for one in part]) for part in parts]


def included(start: bytes, index: int, size: int, path: Sequence[bytes], head: bytes) -> bool:
    """Check an inclusion proof, RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    place, last, reached = index, size - 1, start
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            reached = node(sibling, reached)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            reached = node(reached, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and reached == head


def consistent(first: int, second: int, old: bytes, new: bytes, path: Sequence[bytes]) -> bool:
    """Check that the tree of `second` leaves goes on from that of `first`, RFC 9162 section 2.1.4.2."""
    if first < 0 or first > second:
        return False
    if first == 0:
        return not path and old == EMPTY
    if first == second:
        return not path and old == new
    rest = list(path)
    if first & (first - 1) == 0:
        rest.insert(0, old)
    if not rest:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    left = right = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            left, right = node(sibling, left), node(sibling, right)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            right = node(right, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and left == old and right == new
