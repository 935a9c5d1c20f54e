"""The clock, by hand and by worked examples."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.calendar.tests.test_rules import DAYS, SPECIAL
from tongban.kernel.cases import rules
from tongban.kernel.cases.rules import Tick

ACCEPTED = date(2024, 9, 25)


def fold(*ticks, promised=20, statutory=20):
    return rules.fold(ticks, DAYS, promised, statutory)


def test_twenty_days_from_acceptance():
    assert fold(Tick("receive", ACCEPTED), Tick("start", ACCEPTED)).statutory_due == date(2024, 10, 28)


def test_receipt_runs_five_days_until_acceptance():
    clock = fold(Tick("receive", date(2026, 11, 23)))
    assert clock.due == date(2026, 11, 30)
    assert fold(Tick("receive", date(2026, 11, 23)), Tick("start", date(2026, 11, 24))).receipt_due is None


def test_correction_stops_the_clock_and_a_new_receipt_begins():
    stopped = fold(Tick("receive", date(2026, 11, 2)), Tick("pause", date(2026, 11, 3), reason="correction"))
    assert stopped.due is None
    again = fold(Tick("receive", date(2026, 11, 2)), Tick("pause", date(2026, 11, 3), reason="correction"), Tick("resume", date(2026, 11, 9)))
    assert again.due == date(2026, 11, 16)


def test_special_procedure_is_not_counted():
    """Testing from Monday 9 to Friday 13 November: four working days after the pause, up to the day of resuming."""
    base = (Tick("receive", date(2026, 11, 2)), Tick("start", date(2026, 11, 2)))
    plain = fold(*base, promised=10)
    moved = fold(*base, Tick("pause", date(2026, 11, 9), reason="testing"), Tick("resume", date(2026, 11, 13)), promised=10)
    assert DAYS.between(plain.promise_due, moved.promise_due) == 4


def test_paused_and_resumed_on_one_day_changes_nothing():
    base = (Tick("receive", ACCEPTED), Tick("start", ACCEPTED))
    assert fold(*base, Tick("pause", ACCEPTED), Tick("resume", ACCEPTED)) == fold(*base)


def test_extension_adds_ten_working_days_to_both_limits():
    base = (Tick("receive", ACCEPTED), Tick("start", ACCEPTED))
    plain, extended = fold(*base, promised=5), fold(*base, Tick("extend", ACCEPTED, days=10), promised=5)
    assert DAYS.between(plain.statutory_due, extended.statutory_due) == 10
    assert DAYS.between(plain.promise_due, extended.promise_due) == 10


@given(
    st.dates(date(2005, 1, 3), date(2025, 1, 1)),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=4),
    st.integers(1, 20),
)
def test_fold_equals_counting_days_that_were_not_paused(start, pauses, limit):
    """Brute force: walk day by day, count a working day unless it lies in a pause; the limit-th counted day is due."""
    ticks, excluded, day = [Tick("receive", start), Tick("start", start)], set(), start
    for gap, length in pauses:
        begun = day + timedelta(gap)
        ended = begun + timedelta(length)
        if begun >= rules.fold(ticks, DAYS, limit, limit).promise_due:
            break  # nothing is left to count; see the test of the last day below
        ticks += [Tick("pause", begun, reason="testing"), Tick("resume", ended)]
        excluded |= {begun + timedelta(n) for n in range(1, length + 1)}
        day = ended
    counted, today = 0, start
    while counted < limit:
        today += timedelta(1)
        counted += SPECIAL[today] and today not in excluded
    assert rules.fold(ticks, DAYS, limit, limit).promise_due == today


def test_paused_on_the_last_day_it_is_due_on_the_day_of_resuming():
    clock = fold(
        Tick("receive", date(2026, 11, 2)), Tick("start", date(2026, 11, 2)), Tick("pause", date(2026, 11, 9), reason="testing"),
        Tick("resume", date(2026, 11, 12)), promised=5,
    )  # fmt: skip
    assert clock.promise_due == date(2026, 11, 12)


@pytest.mark.parametrize("state", sorted(rules.FINAL_STATES))
def test_a_case_that_ended_moves_no_more(state):
    for effect in rules.EFFECTS:
        with pytest.raises(rules.IllegalMove):
            rules.next_state(state, effect)


def test_every_state_is_named_and_reached():
    reached = {"submitted", *rules.MOVES.values()}
    assert reached == set(rules.STATES)


@pytest.mark.parametrize(
    ("today", "light"),
    [(date(2026, 11, 20), "ok"), (date(2026, 11, 23), "soon"), (date(2026, 11, 24), "soon"), (date(2026, 11, 25), "yellow"), (date(2026, 12, 2), "red")],
)
def test_light_by_day(today, light):
    found = rules.standing(today=today, due=date(2026, 11, 24), statutory_due=date(2026, 12, 1), paused="", closed=False, days=DAYS)
    assert found.light == light


def test_a_paused_case_shows_no_limit():
    assert rules.standing(today=ACCEPTED, due=None, statutory_due=None, paused="testing", closed=False, days=DAYS).light == "paused"
