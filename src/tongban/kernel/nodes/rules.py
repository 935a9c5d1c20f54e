"""Who serves which region, and over which line a letter goes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tongban.lib import codes

KEPT_DAYS = 90  # that a letter is kept after it was receipted
RETRY = (10, 60, 300, 900, 3600)  # seconds between tries of a letter that could not be taken


@dataclass(frozen=True, slots=True)
class Known:
    """A node as routing needs it."""

    code: str
    regions: tuple[str, ...]
    place: str
    via: str = ""


def serves(regions: Iterable[str], region: str) -> int:
    """The length of the longest of the regions that holds `region`; 0 when none does."""
    return max((len(r) for r in regions if codes.in_region(region, r)), default=0)


def home_of(nodes: Sequence[Known], region: str) -> str:
    """The code of the node that serves a region, "" when this one does: the closest wins, and what nobody serves stays here."""
    best = max(nodes, key=lambda n: serves(n.regions, region), default=None)
    if best is None or not serves(best.regions, region) or best.place == "here":
        return ""
    return best.code


def next_hop(nodes: Sequence[Known], to: str) -> str:
    """The neighbour to hand a letter to; upward when it is for a node that nobody announced. "" when there is no way."""
    found = next((n for n in nodes if n.code == to), None)
    if found and found.place in ("above", "below"):
        return found.code
    if found and found.via:
        return found.via
    return next((n.code for n in nodes if n.place == "above"), "")


def may_announce(origin: Known, regions: Sequence[str], here: Sequence[str], *, from_below: bool) -> bool:
    """Whether a node may tell of another that serves `regions`: whoever serves them, or the node above; what lies in our own regions only from below."""
    if not regions or not (origin.place == "above" or all(serves(origin.regions, r) for r in regions)):
        return False
    return from_below or not any(serves(here, r) for r in regions)


def retry_after(tries: int) -> int:
    """Seconds until a held letter is tried again."""
    return RETRY[min(tries, len(RETRY)) - 1]
