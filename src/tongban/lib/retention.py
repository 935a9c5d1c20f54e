"""What ends by itself: each app says how its rows are removed; how long they are kept is data (`data/continuity/retention.csv`)."""

from collections.abc import Callable
from datetime import datetime

Purge = Callable[[datetime], int]
PURGES: dict[str, Purge] = {}


def purges(key: str) -> Callable[[Purge], Purge]:
    """Make a function the one that removes a kind of rows older than a moment; it returns how many and bears being run twice."""

    def keep(function: Purge) -> Purge:
        PURGES[key] = function
        return function

    return keep
