"""The cube of macro figures: as known on a day, and every vintage of a figure. Published statistics, open to all."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.models import Figure, Indicator, Release


def indicators() -> list[Indicator]:
    return list(Indicator.objects.order_by("id"))


def indicator(code: str) -> Indicator:
    found = Indicator.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no indicator %(code)s.") % {"code": code[:40]})
    return found


def releases() -> list[Release]:
    """The newest first."""
    return list(Release.objects.order_by("-released_on", "-id"))


def known(one: Indicator, on: date, *, regions: Iterable[str] = (), first: str = "", last: str = "") -> QuerySet[Figure]:
    """What was known on a day: of each region and period the figure of the latest release up to then. Periods are inclusive."""
    rows = _within(Figure.objects.filter(indicator=one, release__released_on__lte=on), regions, first, last)
    return rows.select_related("release").order_by("region", "period", "-release__released_on", "-release_id").distinct("region", "period")


def vintages(one: Indicator, *, regions: Iterable[str] = (), first: str = "", last: str = "") -> QuerySet[Figure]:
    """What every release said, the earliest release first."""
    return (
        _within(Figure.objects.filter(indicator=one), regions, first, last)
        .select_related("release")
        .order_by("release__released_on", "release_id", "region", "period")
    )


def _within(rows: QuerySet[Figure], regions: Iterable[str], first: str, last: str) -> QuerySet[Figure]:
    wanted = list(regions)
    rows = rows.filter(region__in=wanted) if wanted else rows
    rows = rows.filter(period__gte=first) if first else rows
    # A year's last period sorts before "2016~": 2016, 2016-01, 2016-Q1 and 2016-12 all lie within "until 2016".
    return rows.filter(period__lte=f"{last}~") if last else rows


def regions_of(ones: Sequence[Indicator]) -> list[str]:
    """The regions that have figures."""
    return sorted(set(Figure.objects.filter(indicator__in=ones).values_list("region", flat=True).distinct()))


def region_name(code: str) -> str:
    """A province's name, or that of a region of this one."""
    return rules.PROVINCES.get(code) or orgs.division_name(code) or code
