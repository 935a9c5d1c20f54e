"""Working days of a region. Public: no actor is asked."""

from datetime import date
from functools import lru_cache

from django.db.models import Max
from django.utils.translation import gettext as _

from tongban.kernel.calendar.models import SpecialDay, Year
from tongban.kernel.calendar.rules import MissingYear, WorkingDays
from tongban.lib import codes
from tongban.lib.errors import Unavailable


@lru_cache(maxsize=256)
def _table(scopes: tuple[str, ...], version: int) -> WorkingDays:
    rows = SpecialDay.objects.filter(region_code__in=["", *scopes]).order_by("region_code")
    special = {r.day: r.works for r in rows}  # a region's own rule comes after the country's and wins
    return WorkingDays(set(Year.objects.values_list("year", flat=True)), special)


@lru_cache(maxsize=1)
def _regions_with_days(version: int) -> frozenset[str]:
    return frozenset(SpecialDay.objects.exclude(region_code="").values_list("region_code", flat=True))


_version = 0


def forget() -> None:
    """Read the table again; called after an edit."""
    global _version
    _version += 1
    _table.cache_clear()
    _regions_with_days.cache_clear()


def working_days(region: str) -> WorkingDays:
    """The working days that hold in a region. Regions without days of their own share one table."""
    own = _regions_with_days(_version)
    return _table(tuple(c for c in codes.ancestors(region) if c in own), _version)


def missing_year(fault: MissingYear) -> Unavailable:
    """The sentence for a year without data: what to enter and where."""
    return Unavailable(
        _(
            "The working calendar has no data for %(year)s. An administrator enters that year's holidays and make-up days under Administration → Working calendar, or imports them with “tongban manage load_holidays %(year)s”."
        )
        % {"year": fault.year},
        code="calendar-year-missing",
    )


def due(region: str, start: date, days: int) -> date:
    """The last day of a limit of `days` working days that begins after `start`."""
    try:
        return working_days(region).add(start, days)
    except MissingYear as fault:
        raise missing_year(fault) from fault


def left(region: str, today: date, end: date) -> int:
    """Working days left until `end`; 0 on the last day, negative past it."""
    try:
        return working_days(region).between(today, end)
    except MissingYear as fault:
        raise missing_year(fault) from fault


def years() -> set[int]:
    """The years with data."""
    return set(Year.objects.values_list("year", flat=True))


def last_year() -> int:
    """The last year with data."""
    return Year.objects.aggregate(last=Max("year"))["last"] or 0
