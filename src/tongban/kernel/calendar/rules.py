"""Counting working days over a prefix sum: adding and counting are single look-ups. Pure."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date, timedelta


class MissingYear(ValueError):
    """The calendar has no data for a year."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year


class WorkingDays:
    """Working days of whole years; `special` says for a date whether it is worked."""

    def __init__(self, years: set[int], special: Mapping[date, bool]) -> None:
        self.years = years
        first = min(years, default=2000)
        last = max(years, default=1999)
        self.origin = date(first, 1, 1)
        self._days: list[date] = []
        self._before: list[int] = []  # working days before each date since the origin
        day, end = self.origin, date(last, 12, 31)
        while day <= end:
            self._before.append(len(self._days))
            if special.get(day, day.weekday() < 5) and day.year in years:
                self._days.append(day)
            day += timedelta(1)
        self._before.append(len(self._days))

    def _require(self, day: date) -> None:
        if day.year not in self.years:
            raise MissingYear(day.year)

    def works(self, day: date) -> bool:
        """Whether a day is worked."""
        self._require(day)
        place = (day - self.origin).days
        return self._before[place + 1] > self._before[place]

    def add(self, start: date, days: int) -> date:
        """The `days`-th working day after `start`; `start` itself is day 0 and not counted (行政许可法 art. 82).

        `add(start, 0)` is `start` when it is worked, else the working day after it.
        """
        self._require(start)
        place = bisect_left(self._days, start)
        if days == 0:
            return self._at(place, start)
        on_start = place < len(self._days) and self._days[place] == start
        return self._at(place + days - (0 if on_start else 1), start)

    def _at(self, place: int, start: date) -> date:
        if place < 0:
            raise MissingYear(self.origin.year - 1)
        if place >= len(self._days):
            raise MissingYear(max(self.years) + 1)
        found = self._days[place]
        for year in range(start.year, found.year):
            if year not in self.years:
                raise MissingYear(year)
        return found

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` lies before."""
        self._require(start)
        self._require(end)
        at = self._before
        return at[(end - self.origin).days + 1] - at[(start - self.origin).days + 1]
