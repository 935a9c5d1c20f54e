"""Heads of versions before the single tree: a chain over the blocks' own roots, recomputed from their leaves."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from tongban.kernel.ledger import heads
from tongban.kernel.ledger.models import Block
from tongban.lib.tlog import merkle

_NOTHING = b"\0" * 32


def check(faults: list[str]) -> None:
    """Compare what an earlier version left outside the database, if it left something."""
    marks = {mark["block"]: mark["chain"] for mark in _marks()}
    if not marks:
        return
    chain = _NOTHING
    blocks = Block.objects.filter(number__lte=max(marks)).order_by("number")
    for number, first, size, joined in blocks.values_list("number", "first_sequence", "size", "leaves"):
        held = bytes(joined)
        root = merkle.root([held[i : i + 32] for i in range(0, len(held), 32)])
        chain = hashlib.new("sm3", chain + root + first.to_bytes(8, "big") + size.to_bytes(8, "big")).digest()
        if marks.pop(number, chain.hex()) != chain.hex():
            faults.append(f"earlier head: block {number} was rewritten")
    faults.extend(f"earlier head: block {number} was removed" for number in marks)


def _marks() -> Iterator[dict[str, Any]]:
    path = heads.earlier()
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue
