"""Entering years and days."""

import warnings
from datetime import date, timedelta

import chinese_calendar
from django.utils.translation import gettext as _

from tongban.kernel.calendar import events, queries
from tongban.kernel.calendar.models import SpecialDay, Year
from tongban.kernel.identity.actor import Actor
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Invalid


@command("calendar.edit")
def load_year(actor: Actor, *, year: int) -> int:
    """Take a year's holidays from the package chinesecalendar; returns how many days differ from Monday to Friday."""
    if Year.objects.filter(year=year).exists():
        nothing_changed()
        return 0
    day, made = date(year, 1, 1), []
    while day.year == year:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                works = chinese_calendar.is_workday(day)
                name = chinese_calendar.get_holiday_detail(day)[1]
        except NotImplementedError:
            raise Invalid(
                _("The holidays of %(year)s are not in the calendar package yet; enter them by hand after the State Council's notice.") % {"year": year}
            ) from None
        if works != (day.weekday() < 5):
            made.append(SpecialDay(day=day, works=works, name=name or ("调休上班" if works else "休假")))
        day += timedelta(1)
    Year.objects.create(year=year, source="chinesecalendar 1.11.0")
    SpecialDay.objects.bulk_create(made)
    queries.forget()
    record(actor, events.YearLoaded(year=year, source="chinesecalendar"), authority="国务院办公厅年度放假通知")
    return len(made)


@command("calendar.edit")
def set_day(actor: Actor, *, day: date, works: bool, name: str, region: str = "", source: str = "手工录入") -> None:
    """Say whether a day is worked, in the country or in one region."""
    Year.objects.get_or_create(year=day.year, defaults={"source": source})
    SpecialDay.objects.update_or_create(day=day, region_code=region, defaults={"works": works, "name": name})
    queries.forget()
    record(actor, events.DaySet(day=day.isoformat(), region=region, works=works, name=name))
