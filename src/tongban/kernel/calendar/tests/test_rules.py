"""Working days against counting one by one, and known dates."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.calendar import commands, queries
from tongban.kernel.calendar.rules import MissingYear, WorkingDays
from tongban.kernel.identity.actor import system
from tongban.lib.errors import Invalid, Unavailable

YEARS = set(range(2004, 2027))
SPECIAL = {}
_day = date(2004, 1, 1)
while _day.year < 2027:
    SPECIAL[_day] = chinese_calendar.is_workday(_day)
    _day += timedelta(1)
DAYS = WorkingDays(YEARS, SPECIAL)


def by_hand(start, days):
    while days:
        start += timedelta(1)
        days -= SPECIAL[start]
    return start


@given(st.dates(date(2004, 1, 1), date(2026, 8, 1)), st.integers(1, 60))
def test_adding_equals_counting_one_by_one(start, days):
    assert DAYS.add(start, days) == by_hand(start, days)


@given(st.dates(date(2004, 1, 1), date(2026, 12, 31)), st.dates(date(2004, 1, 1), date(2026, 12, 31)))
def test_between_is_what_add_adds(a, b):
    start, end = min(a, b), max(a, b)
    assert DAYS.between(start, end) == sum(SPECIAL[start + timedelta(n)] for n in range(1, (end - start).days + 1))
    assert DAYS.between(end, start) == -DAYS.between(start, end)


def test_accepted_before_national_day_2024():
    """Accepted 2024-09-25, twenty working days: 2024-10-28, because of the holiday and its make-up weekends."""
    assert DAYS.add(date(2024, 9, 25), 20) == date(2024, 10, 28)


def test_deadline_moves_past_spring_festival():
    assert DAYS.add(date(2025, 1, 24), 5) == date(2025, 2, 7)


def test_a_year_without_data_is_an_error_that_names_the_year():
    with pytest.raises(MissingYear) as told:
        DAYS.add(date(2026, 12, 25), 10)
    assert told.value.year == 2027


@pytest.mark.django_db
def test_the_sentence_says_what_to_enter():
    with pytest.raises(Unavailable, match=r"2031.*load_holidays 2031"):
        queries.due("370102", date(2030, 12, 25), 10)


@pytest.mark.django_db
def test_entering_the_year_mends_it():
    commands.set_day(system("test"), day=date(2031, 1, 1), works=False, name="元旦")
    assert queries.due("370102", date(2030, 12, 30), 2) == date(2031, 1, 2)


@pytest.mark.django_db
def test_a_region_may_have_a_day_of_its_own():
    commands.set_day(system("test"), day=date(2026, 11, 25), works=False, name="地方活动", region="3701")
    assert queries.due("370102", date(2026, 11, 24), 1) == date(2026, 11, 26)
    assert queries.due("370202", date(2026, 11, 24), 1) == date(2026, 11, 25)


@pytest.mark.django_db
def test_a_year_that_the_package_lacks_is_told():
    with pytest.raises(Invalid, match="2031"):
        commands.load_year(system("test"), year=2031)
