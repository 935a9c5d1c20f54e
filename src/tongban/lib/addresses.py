"""An address as people write it, matched level by level to the units of an official list. Pure.

Level names after GB/T 23705 地名地址编码规则 (general knowledge, unread): province, city, county, township, village; what follows (road, number, room) is given back.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

LEVELS = ("province", "city", "county", "township", "village")
_VILLAGE = ("社区居民委员会", "社区居委会", "村民委员会", "居民委员会", "村委会", "居委会", "社区", "村")
_SHORT = {"city": ("市",), "county": ("区", "县", "市"), "township": ("街道办事处", "街道", "镇", "乡"), "village": _VILLAGE}
_SKIP = re.compile(r"[\s,，、;；.。·\-—]*")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the list."""

    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Matched:
    """The units found from the top down, what is left of the text, and other units that fit as well as the last."""

    units: tuple[Unit, ...]
    rest: str
    others: tuple[Unit, ...] = ()

    @property
    def code(self) -> str:
        return self.units[-1].code if self.units else ""

    @property
    def name(self) -> str:
        """The standard name."""
        return "".join(u.name for u in self.units)


def core(unit: Unit) -> str:
    """A name without the word for its kind, where two signs remain: 历下, 泉城路, 解放桥."""
    for end in _SHORT.get(unit.level, ()):
        if unit.name.endswith(end) and len(unit.name) - len(end) >= 2:
            return unit.name[: -len(end)]
    return unit.name


def _taken(text: str, unit: Unit) -> int:
    """How many signs at the beginning of a text name the unit, 0 for none. The name's core may be followed by another word for its kind."""
    whole = len(unit.name) if text.startswith(unit.name) else 0
    short = core(unit)
    if short == unit.name or not text.startswith(short):
        return whole
    ends = [len(end) for end in _SHORT[unit.level] if text.startswith(end, len(short))]
    return max(whole, len(short) + max(ends, default=0))


def best(text: str, units: Iterable[Unit]) -> tuple[list[Unit], str]:
    """The units that the beginning of a text names, by the longest match, and what follows."""
    place = _SKIP.match(text)
    text = text[place.end() :] if place else text
    found: list[Unit] = []
    longest = 0
    for unit in units:
        taken = _taken(text, unit)
        if taken > longest:
            found, longest = [unit], taken
        elif taken and taken == longest:
            found.append(unit)
    exact = [u for u in found if text[:longest] == u.name]
    return exact or found, text[longest:]


def match(text: str, below: Callable[[str, str], Sequence[Unit]]) -> Matched:
    """Match from the province down; `below(code, level)` gives the units of a level under a code. A level that the text leaves out is looked through.

    Where several units fit equally (市中区 is in Jinan and in Zaozhuang), the first stands and the others are told.
    """
    rest = text.strip()[:_LONGEST]
    units: list[Unit] = []
    for level in LEVELS:
        code = units[-1].code if units else ""
        found, after = best(rest, below(code, level))
        if not found:
            continue
        if len(found) > 1:
            return Matched((*units, found[0]), after, tuple(found[1:]))
        units.append(found[0])
        rest = after
    return Matched(tuple(units), rest)
