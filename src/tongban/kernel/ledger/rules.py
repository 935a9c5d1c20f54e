"""How entries are packed, and how long a failing event waits."""

BLOCK = 4096
KEEP = 8  # nodes of this height and above are stored: 1/128 of the leaves, and a proof computes 2 × 255 hashes at most


def stored_nodes(size: int) -> int:
    """How many complete nodes of height `KEEP` and above a tree of `size` leaves has."""
    count, at = 0, size >> KEEP
    while at:
        count, at = count + at, at >> 1
    return count


def retry_after(tries: int) -> int:
    """Seconds until an event is tried again: 1, 2, 4 … five minutes at most."""
    return int(min(2**tries, 300))
