"""Areas of the earth: which covers a point, which meets a box, how far two points lie apart. Degrees, longitude first, CGCS2000 (EPSG:4490)."""

import math
from collections.abc import Iterable
from typing import Any

import shapely
from shapely.geometry import shape

EARTH = 6_371_008.8  # metres, mean radius R1 of the IUGG
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # west, south, east, north


class Areas:
    """Areas by code, indexed once."""

    def __init__(self, told: Iterable[tuple[str, dict[str, Any]]]) -> None:
        held = [(code, shape(geometry)) for code, geometry in told]
        self.codes = [code for code, _shape in held]
        self.shapes = [shapely.make_valid(one) for _code, one in held]
        self.tree = shapely.STRtree(self.shapes)

    def covering(self, lon: float, lat: float) -> list[str]:
        """The codes of the areas that cover a point, borders included."""
        return sorted(self.codes[n] for n in self.tree.query(shapely.Point(lon, lat), predicate="intersects"))

    def meeting(self, box: Box) -> list[str]:
        """The codes of the areas that a box touches."""
        return sorted(self.codes[n] for n in self.tree.query(shapely.box(*box), predicate="intersects"))


def inner_point(geometry: dict[str, Any]) -> Point:
    """A point within an area, near its middle."""
    found = shapely.point_on_surface(shapely.make_valid(shape(geometry)))
    return float(found.x), float(found.y)


def distance(a: Point, b: Point) -> float:
    """Metres along a great circle of a sphere; within 0.6 % of the ellipsoid."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(h))


def box_around(point: Point, metres: float) -> Box:
    """A box that holds every point within a distance; enough for latitudes below 80 degrees."""
    lon, lat = point
    high = math.degrees(metres / EARTH)
    wide = high / math.cos(math.radians(min(abs(lat) + high, 80)))
    return lon - wide, lat - high, lon + wide, lat + high
