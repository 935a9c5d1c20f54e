"""Changes to the calendar."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class DaySet(Event):
    tag: ClassVar[str] = "calendar.day.set"
    kind: ClassVar[str] = "day"
    about: ClassVar[str] = "day"
    day: str
    region: str
    works: bool
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class YearLoaded(Event):
    tag: ClassVar[str] = "calendar.year.loaded"
    kind: ClassVar[str] = "year"
    about: ClassVar[str] = "year"
    year: int
    source: str
