"""Dates, lights, exports, maps: the parts every page is made of."""

import csv
import io
import json
from datetime import date, datetime

import openpyxl
import pytest
from django.template import Context, Template
from django.utils import translation

from tongban.kernel.cases import rules as cases
from tongban.lib import clock
from tongban.lib.errors import Invalid
from tongban.ui import exports
from tongban.ui.maps import _middle, _ring, _size, region_map
from tongban.ui.templatetags import look

TODAY = date(2026, 11, 24)


def drawn(source, **values):
    return Template(source).render(Context(values))


class TestDates:
    @pytest.mark.parametrize(
        ("value", "chinese", "english"),
        [(date(2026, 10, 7), "10月7日", "7 Oct"), (date(2027, 1, 2), "2027年1月2日", "2 Jan 2027"), (None, "", "")],
    )  # fmt: skip
    def test_a_day_names_its_year_when_it_is_another(self, value, chinese, english):
        assert look.day(value) == chinese
        with translation.override("en"):
            assert look.day(value) == english

    def test_a_moment_is_told_in_chinas_time(self):
        assert look.moment(datetime.fromisoformat("2026-11-24T01:36:00+00:00")) == "11-24 09:36"
        assert look.moment(datetime.fromisoformat("2025-12-31T23:30:00+00:00")) == "01-01 07:30"
        assert look.moment(datetime.fromisoformat("2025-06-01T00:00:00+00:00")) == "2025-06-01 08:00"
        assert look.moment(None) == ""

    def test_short_days_and_groups(self):
        assert look.short_day(TODAY) == "11-24"
        assert look.short_day(date(2027, 1, 2)) == "2027-01-02"
        assert look.group(1234567) == "1,234,567"
        assert look.group(None) == ""


class TestLights:
    @pytest.mark.parametrize("kind", ["ok", "soon", "yellow", "red", "paused", "done"])
    def test_a_light_has_shape_and_word_beside_its_colour(self, kind):
        told = look.light(kind)
        assert "<svg" in told
        assert str(look.light_name(kind)) in told

    @pytest.mark.parametrize(
        ("left", "light", "words"),
        [(3, "ok", "余3天"), (1, "soon", "余1天"), (0, "soon", "今天到期"), (-2, "red", "超2天")],
    )  # fmt: skip
    def test_how_a_case_stands_in_working_days(self, left, light, words):
        told = look.standing(cases.Standing(light=light, left=left, due=TODAY))
        assert words in told

    def test_long_says_the_day_too(self):
        told = look.standing(cases.Standing(light="ok", left=3, due=TODAY), long=True)
        assert "11月24日" in told

    def test_a_stopped_clock_says_why(self):
        assert "补正" in look.standing(cases.Standing(light="paused", left=0, due=None), "correction")

    def test_words_are_escaped(self):
        assert "<script>" not in look.light("ok", "<script>alert(1)</script>")


class TestTags:
    def test_say_fills_a_sentence(self):
        assert "3" in drawn("{% say '%(n)s documents' n=3 %}")

    def test_query_keeps_and_drops(self, rf):
        request = rf.get("/?a=1&b=2")
        assert drawn("{% query b='' c=3 %}", request=request) == "?a=1&amp;c=3"

    def test_masked(self):
        assert look.masked("370102190001010070") == "370102********0070"

    def test_every_icon_that_pages_name_exists(self):
        import pathlib
        import re

        root = pathlib.Path(look.__file__).parents[2]
        named = {n for f in root.rglob("*.html") for n in re.findall(r'{% icon "([^"]+)"', f.read_text())}
        assert named <= set(look._icons())

    def test_every_act_that_the_ledger_keeps_of_cases_has_a_name(self):
        for tag in ("cases.case.submitted", "cases.case.granted", "hall.rating.defaulted", "hall.rating.answered"):
            assert look.act_name(tag) != tag


class TestExports:
    ROWS = (("历下区", 3, date(2026, 1, 2), None), ("=1+1", -1, "@x", "+y"))
    COLUMNS = ("名称", "数", "日", "空")

    def test_csv_opens_in_a_spreadsheet_and_runs_nothing(self):
        answer = exports.table("csv", "清单", self.COLUMNS, self.ROWS)
        text = answer.content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert rows[0] == list(self.COLUMNS)
        assert rows[2] == ["'=1+1", "-1", "'@x", "'+y"]

    def test_xlsx_holds_numbers_as_numbers(self):
        answer = exports.table("xlsx", "清单", self.COLUMNS, self.ROWS)
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert [c.value for c in sheet[2]] == ["历下区", 3, "2026-01-02", None]
        assert sheet["A3"].value == "'=1+1"
        assert sheet["A3"].data_type == "s"

    def test_an_empty_cell_stays_empty(self):
        text = exports.table("csv", "清单", ("a", "b"), [("", 1)]).content.decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(text)))[1] == ["", "1"]

    def test_json_is_as_it_is(self):
        told = json.loads(exports.table("json", "清单", self.COLUMNS, self.ROWS).content)
        assert told[0] == {"名称": "历下区", "数": 3, "日": "2026-01-02", "空": None}
        assert told[1]["名称"] == "=1+1"

    def test_the_name_survives_the_header(self):
        assert "filename*=UTF-8''%E6%B8%85" in exports.table("csv", "清单", self.COLUMNS, [])["Content-Disposition"]

    def test_another_kind_is_refused(self):
        with pytest.raises(Invalid):
            exports.table("exe", "x", self.COLUMNS, [])


class TestMaps:
    SQUARE = ((0, 0), (10, 0), (10, 10), (0, 10))

    def test_the_middle_of_a_square(self):
        assert _middle(list(self.SQUARE)) == (5, 5)
        assert abs(_size(list(self.SQUARE))) == 100

    def test_small_wiggles_vanish(self):
        assert _ring([(0, 0), (1, 1), (3, 0), (3, 1), (9, 9)]) == [(0, 0), (3, 0), (9, 9)]

    @pytest.mark.django_db
    def test_the_province_is_sixteen_cities_each_with_its_name_inside_the_map(self):
        drawn = region_map("city")
        assert len(drawn.areas) == 16
        assert all(0 < a.x < 640 and 0 < a.y < drawn.height for a in drawn.areas)
        assert {a.short for a in drawn.areas} >= {"济南", "青岛"}

    @pytest.mark.django_db
    def test_a_place_without_outlines_draws_nothing(self):
        assert region_map("county", "99").areas == []

    def test_the_clock_names_the_month_that_a_map_is_kept_for(self):
        assert clock.today() == TODAY
