"""Region maps as SVG paths. Points fall on a grid, so neighbours keep one border and small wiggles vanish."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock

WIDTH = 640


@dataclass(frozen=True, slots=True)
class Area:
    """A region on a map `WIDTH` units wide: its path, and where its name stands."""

    code: str
    name: str
    path: str
    x: float
    y: float

    @property
    def short(self) -> str:
        return self.name[:-1] if len(self.name) > 2 else self.name


@dataclass(frozen=True, slots=True)
class RegionMap:
    areas: list[Area]
    height: int
    west: float = 0.0
    north: float = 0.0
    scale: float = 1.0  # units a degree of latitude
    squeeze: float = 1.0

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a point stands on the map."""
        return round((lon - self.west) * self.squeeze * self.scale, 1), round((self.north - lat) * self.scale, 1)


@lru_cache(maxsize=32)
def _drawn(level: str, within: str, _month: str) -> RegionMap:
    shapes = [(code, name, _rings(geometry)) for code, name, geometry in orgs.region_outlines(level, within)]
    points = [p for _c, _n, rings in shapes for ring in rings for p in ring]
    if not points:
        return RegionMap([], 0)
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * squeeze)

    def place(point: tuple[float, float]) -> tuple[int, int]:
        return round((point[0] - west) * squeeze * scale), round((north - point[1]) * scale)

    areas = []
    for code, name, rings in shapes:
        drawn = [_ring([place(p) for p in ring]) for ring in rings]
        big = max(drawn, key=lambda r: abs(_size(r)))
        x, y = _middle(big)
        path = "".join("M" + "L".join(f"{a} {b}" for a, b in ring) + "Z" for ring in drawn if len(ring) > 3)
        areas.append(Area(code, name, path, round(x, 1), round(y, 1)))
    return RegionMap(areas, math.ceil((north - south) * scale), west, north, scale, squeeze)


def region_map(level: str, within: str = "") -> RegionMap:
    """The map of the regions in force at a level."""
    return _drawn(level, within, f"{clock.today():%Y%m}")


def _rings(geometry: dict[str, Any]) -> list[list[tuple[float, float]]]:
    shapes = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[(p[0], p[1]) for p in shape[0]] for shape in shapes]


def _ring(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for point in points:
        if not kept or abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) >= 3:
            kept.append(point)
    return kept


def _size(ring: list[tuple[int, int]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True)) / 2


def _middle(ring: list[tuple[int, int]]) -> tuple[float, float]:
    size = _size(ring) or 1
    pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * size)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * size)
    return x, y
