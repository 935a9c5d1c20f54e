"""The map of flows: providers on the left, consumers on the right, a band for what runs between two departments. Pure geometry."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, ROW, BAND, LEFT, RIGHT, TOP = 960, 44, 16, 300, 660, 26
MOST = 20  # pairs that are drawn; the table has all


@dataclass(frozen=True, slots=True)
class Pair:
    """What runs from one department to another: rows in all and in the last hour, batches under way, the worst state, the flow to look at."""

    provider: str
    consumer: str
    rows: int
    hour: int
    lag: int
    state: str  # ok, soon: batches under way, paused, red
    flow: str
    flows: int = 1


@dataclass(frozen=True, slots=True)
class Stop:
    """A department on the map."""

    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Band:
    """A pair as drawn: `width` in units by the order of magnitude of its rows, `moves` while something came within the hour."""

    pair: Pair
    path: str
    width: float
    moves: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class FlowMap:
    providers: Sequence[Stop]
    consumers: Sequence[Stop]
    bands: Sequence[Band]
    height: int


def worst(states: Iterable[str]) -> str:
    """Of several flows between the same two."""
    held = set(states)
    return next((s for s in ("red", "soon", "ok") if s in held), "paused")


def width(rows: int) -> float:
    """2 units for nothing yet, a little more for each power of ten: the eye compares what lies apart by a million."""
    return round(min(BAND, 2 + 1.8 * math.log10(rows + 1)), 1)


def drawn(pairs: Sequence[Pair]) -> FlowMap:
    """Where everything stands; the busiest pairs first."""
    shown = sorted(pairs, key=lambda p: (-p.rows, p.provider, p.consumer))[:MOST]
    left, right = list(dict.fromkeys(p.provider for p in shown)), list(dict.fromkeys(p.consumer for p in shown))
    height = max(len(left), len(right), 1) * ROW + TOP
    at = {("l", n): _level(i, len(left), height) for i, n in enumerate(left)} | {("r", n): _level(i, len(right), height) for i, n in enumerate(right)}
    bands = []
    for pair in shown:
        y1, y2 = at["l", pair.provider], at["r", pair.consumer]
        middle = (LEFT + RIGHT) / 2
        path = f"M{LEFT} {y1}C{middle:g} {y1} {middle:g} {y2} {RIGHT} {y2}"
        bands.append(Band(pair, path, width(pair.rows), pair.hour > 0 and pair.state != "red", middle, (y1 + y2) / 2))
    return FlowMap([Stop(n, LEFT, at["l", n]) for n in left], [Stop(n, RIGHT, at["r", n]) for n in right], bands, height)


def _level(place: int, of: int, height: int) -> int:
    """The middle of a department's share of the height."""
    return round(TOP + (height - TOP) * (place + 0.5) / of)
