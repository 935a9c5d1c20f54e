"""Correlation, moves, the protection cycle: pure."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.lib import clock
from tongban.rooms.trust.security.rules import correlation, protection, reading, response
from tongban.rooms.trust.security.rules.correlation import Seen

NOON = datetime(2026, 11, 24, 12, tzinfo=clock.CHINA)


def seen(n, kind="login-failed", minutes=0.0, **more):
    return Seen(n, NOON + timedelta(minutes=minutes), kind, **more)


def judge(condition, events, fresh=None, works=lambda _d: True):
    return correlation.judge(condition, events, frozenset(e.id for e in events) if fresh is None else frozenset(fresh), works, clock.CHINA)


class TestThreshold:
    RULE = {"form": "threshold", "of": ["login-failed"], "by": "address", "count": 3, "within_s": 600}

    def test_enough_within_the_span(self):
        assert judge(self.RULE, [seen(n, minutes=n) for n in range(3)]).count == 3

    def test_too_few(self):
        assert judge(self.RULE, [seen(n, minutes=n) for n in range(2)]) is None

    def test_enough_but_too_far_apart(self):
        assert judge(self.RULE, [seen(n, minutes=6 * n) for n in range(5)]) is None

    def test_other_kinds_do_not_count(self):
        assert judge(self.RULE, [seen(0), seen(1), seen(2, kind="login")]) is None

    def test_what_is_all_old_raises_nothing_anew(self):
        assert judge(self.RULE, [seen(n) for n in range(3)], fresh=[99]) is None

    def test_different_values_are_counted_once_each(self):
        rule = {**self.RULE, "distinct": "name"}
        assert judge(rule, [seen(n, name="a") for n in range(9)]) is None
        assert judge(rule, [seen(n, name=f"u{n % 3}") for n in range(9)]).count == 9

    def test_severity_is_a_floor(self):
        rule = {**self.RULE, "count": 1, "severity": 8}
        assert judge(rule, [seen(1, severity=7)]) is None
        assert judge(rule, [seen(1, severity=8)])

    @given(st.lists(st.integers(0, 120), max_size=40))
    def test_it_is_met_exactly_when_some_window_holds_enough(self, minutes):
        events = [seen(n, minutes=m) for n, m in enumerate(sorted(minutes))]
        whole = any(sum(0 <= (b.at - a.at).total_seconds() <= 600 for b in events) >= 3 for a in events)
        assert (judge(self.RULE, events) is not None) == whole


class TestSequence:
    RULE = {"form": "sequence", "steps": [{"of": ["login-failed"], "count": 3}, {"of": ["login"], "count": 1}], "by": "address", "within_s": 900}

    def test_failures_and_then_success(self):
        events = [*(seen(n, minutes=n) for n in range(3)), seen(3, kind="login", minutes=4)]
        assert judge(self.RULE, events).count == 4

    def test_success_first_is_nothing(self):
        assert judge(self.RULE, [seen(0, kind="login"), *(seen(n, minutes=n) for n in range(1, 4))]) is None

    def test_too_slow_is_nothing(self):
        assert judge(self.RULE, [*(seen(n, minutes=n) for n in range(3)), seen(3, kind="login", minutes=20)]) is None


class TestNew:
    RULE = {"form": "new", "of": ["login"], "by": "account", "value": "address", "history": 3, "days": 90}

    def test_an_address_never_used(self):
        events = [*(seen(n, kind="login", minutes=n, address="10.0.0.1") for n in range(3)), seen(9, kind="login", minutes=9, address="203.0.113.7")]
        assert judge(self.RULE, events).note == "203.0.113.7"

    def test_a_short_history_tells_nothing(self):
        assert judge(self.RULE, [seen(0, kind="login", address="10.0.0.1"), seen(1, kind="login", address="203.0.113.7")]) is None


class TestOffHours:
    RULE = {"form": "off-hours", "of": ["export"], "by": "account", "begin": "07:00", "end": "20:00", "count": 1, "within_s": 43200}

    @pytest.mark.parametrize(("hour", "met"), [(6, True), (7, False), (19, False), (20, True), (23, True)])
    def test_hours(self, hour, met):
        event = Seen(1, NOON.replace(hour=hour), "export")
        assert (judge(self.RULE, [event]) is not None) == met

    def test_a_day_off(self):
        assert judge(self.RULE, [Seen(1, NOON, "export")], works=lambda _d: False)


class TestAnomaly:
    RULE = {"form": "anomaly", "of": ["personal-data"], "by": "account", "sigmas": 3, "least": 20, "days": 30}

    def days(self, *counts):
        """One count a day, the last one today."""
        numbers = iter(range(10_000))
        return [
            Seen(next(numbers), NOON - timedelta(days=len(counts) - 1 - d) + timedelta(seconds=s), "personal-data")
            for d, n in enumerate(counts)
            for s in range(n)
        ]

    def test_a_day_like_the_others(self):
        assert judge(self.RULE, self.days(40, 44, 38, 45)) is None

    def test_three_times_as_much(self):
        assert judge(self.RULE, self.days(40, 44, 38, 130)).count == 130

    def test_little_is_never_unusual(self):
        assert judge(self.RULE, self.days(1, 1, 1, 20)) is None

    @given(st.lists(st.integers(0, 500), max_size=30))
    def test_the_ceiling_stands_above_the_mean_and_the_least(self, counts):
        limit = correlation.ceiling(counts, sigmas=3, least=20)
        assert limit >= 20
        assert not counts or limit >= sum(counts) / len(counts)


class TestConditions:
    @pytest.mark.parametrize(
        ("condition", "says"),
        [
            ({"form": "magic"}, "form"), ({"form": "threshold", "by": "shoe", "of": ["login"]}, "by"),
            ({"form": "threshold", "by": "address", "of": ["nothing"], "count": 1, "within_s": 1}, "nothing"),
            ({"form": "threshold", "by": "address", "of": ["login"]}, "count"), ({"form": "threshold", "by": "address", "of": []}, "at least one"),
        ],
    )  # fmt: skip
    def test_what_the_engine_cannot_read_is_refused(self, condition, says):
        with pytest.raises(correlation.BadCondition, match=says):
            correlation.check(condition)


class TestReading:
    KNOWN = (
        reading.Extractor("sshd", "Failed password for invalid user", "login-failed", "user", "from"),
        reading.Extractor("sshd", "Failed password for", "login-failed", "for", "from"),
        reading.Extractor("sudo", "authentication failure", "denied", "user=", ""),
    )

    def test_sshd(self):
        assert reading.extract("sshd", "Failed password for root from 203.0.113.7 port 22 ssh2", self.KNOWN) == reading.Found(
            "login-failed", "root", "203.0.113.7"
        )
        assert reading.extract("sshd", "Failed password for invalid user oracle from 203.0.113.7 port 22", self.KNOWN).name == "oracle"

    def test_a_word_with_an_equals_sign(self):
        assert reading.extract("sudo", "pam_unix(sudo:auth): authentication failure; logname= uid=0 user=bob", self.KNOWN).name == "bob"

    def test_what_is_not_known_stays_a_log_line(self):
        assert reading.extract("cron", "Failed password for root", self.KNOWN) == reading.Found("syslog")

    @given(st.text(max_size=200), st.text(max_size=20))
    def test_any_words(self, words, app):
        assert reading.extract(app, words, self.KNOWN).kind in ("syslog", "login-failed", "denied")


class TestMoves:
    def test_no_move_leaves_a_final_state(self):
        for table, final in (
            (response.ALERT_MOVES, {"resolved", "dismissed", "escalated"}),
            (response.INCIDENT_MOVES, {"closed"}),
            (response.REPLY_MOVES, {"verified"}),
        ):
            assert not {state for state, _act in table} & final
            assert set(table.values()) & final

    def test_an_incident_closes_only_when_recovered(self):
        assert [state for (state, act) in response.INCIDENT_MOVES if act == "close"] == ["recovered"]

    @pytest.mark.parametrize(
        ("state", "hours", "late"),
        [("waiting", 0, ""), ("waiting", 2, "receipt"), ("waiting", 50, "feedback"), ("received", 2, ""), ("received", 50, "feedback"), ("returned", 50, "feedback"),
         ("answered", 50, ""), ("verified", 50, "")],
    )  # fmt: skip
    def test_what_a_department_owes(self, state, hours, late):
        due = NOON + timedelta(hours=1), NOON + timedelta(hours=48)
        assert response.reply_late(state, *due, NOON + timedelta(hours=hours)) == late


class TestProtection:
    PERIODS = {"filing": 30, "assessment": 365}
    TODAY = date(2026, 11, 24)

    def steps(self, *told):
        return [protection.Step(kind, self.TODAY - timedelta(days=ago), outcome) for kind, ago, outcome in told]

    def stands(self, *told, level=3, owed=()):
        return protection.standing(level, self.steps(*told), owed, self.PERIODS, self.TODAY)

    def test_grades_of_gbt_22240(self):
        assert protection.grade("citizens", "grave") == 2
        assert protection.grade("public-order", "serious") == 3
        assert protection.grade("state", "grave") == 5

    def test_nothing_yet(self):
        assert self.stands().words == ("ungraded",)

    def test_graded_but_not_filed_in_thirty_days(self):
        told = self.stands(("grading", 40, ""), ("review", 35, ""))
        assert "unfiled" in told.words
        assert told.next_filing == self.TODAY - timedelta(days=10)

    def test_level_three_is_assessed_each_year(self):
        base = (("grading", 500, ""), ("review", 490, ""), ("filing", 480, ""))
        assert self.stands(*base, ("assessment", 366, "passed")).words == ("assessment-due",)
        told = self.stands(*base, ("assessment", 365, "passed"))
        assert told.words == ("good",)
        assert told.next_assessment == self.TODAY

    def test_a_failed_assessment_stands_until_a_passed_one(self):
        base = (("grading", 500, ""), ("review", 490, ""), ("filing", 480, ""), ("assessment", 30, "failed"))
        assert self.stands(*base).words == ("failed",)
        assert self.stands(*base, ("reassessment", 3, "passed")).words == ("good",)

    def test_open_findings(self):
        base = (("grading", 500, ""), ("review", 490, ""), ("filing", 480, ""), ("assessment", 30, "passed"))
        assert self.stands(*base, owed=[protection.Owed(self.TODAY)]).words == ("mending",)
        assert self.stands(*base, owed=[protection.Owed(self.TODAY - timedelta(days=1))]).words == ("late-mending",)

    def test_level_one_needs_neither_review_nor_filing(self):
        assert protection.standing(1, self.steps(("grading", 9, "")), [], {}, self.TODAY).words == ("good",)

    @given(st.lists(st.sampled_from(list(protection.STEPS)), max_size=8))
    def test_the_next_step_always_exists_and_grading_comes_first(self, have):
        following = protection.next_steps(have)
        assert following
        assert "grading" in have or following == ["grading"]
