"""The tree and the chain: RFC 9162 section 2.1 with SM3. Pure, also used offline."""

import hashlib
from collections.abc import Sequence

BLOCK = 4096
EMPTY = b"\0" * 32
_LEAF = hashlib.new("sm3", b"\0")
_NODE = hashlib.new("sm3", b"\1")
_PLAIN = hashlib.new("sm3")


def leaf(row: bytes) -> bytes:
    """SM3(0x00 ‖ row): `row` is the entry's columns in PostgreSQL's binary COPY form."""
    digest = _LEAF.copy()
    digest.update(row)
    return digest.digest()


def node(left: bytes, right: bytes) -> bytes:
    """SM3(0x01 ‖ left ‖ right)."""
    digest = _NODE.copy()
    digest.update(left + right)
    return digest.digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree's root. Pairing level by level and carrying an odd last node up gives RFC 9162's tree."""
    level = list(leaves)
    if not level:
        return EMPTY
    copy = _NODE.copy
    while len(level) > 1:
        above = []
        for i in range(0, len(level) - 1, 2):
            digest = copy()
            digest.update(level[i] + level[i + 1])
            above.append(digest.digest())
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def chain(before: bytes, block_root: bytes, first_sequence: int, size: int) -> bytes:
    """SM3(before ‖ root ‖ first sequence ‖ size), numbers as 8 bytes big-endian."""
    digest = _PLAIN.copy()
    digest.update(before + block_root + first_sequence.to_bytes(8, "big") + size.to_bytes(8, "big"))
    return digest.digest()


def inclusion(leaves: Sequence[bytes], index: int) -> list[tuple[str, bytes]]:
    """The path from leaf `index` to the root: ("left" | "right", sibling), lowest first."""
    path, level = [], list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(("left" if sibling < index else "right", level[sibling]))
        above = [node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level, index = above, index // 2
    return path


def climb(start: bytes, path: Sequence[tuple[str, bytes]]) -> bytes:
    """The root that a path leads to; equal to the block's root when the proof is good."""
    reached = start
    for side, sibling in path:
        reached = node(sibling, reached) if side == "left" else node(reached, sibling)
    return reached


def retry_after(tries: int) -> int:
    """Seconds until an event is tried again: 1, 2, 4 … five minutes at most."""
    return int(min(2**tries, 300))
