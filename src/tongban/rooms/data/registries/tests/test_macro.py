"""Macro figures by vintage: what was known on a day stays true of that day; SDMX beside it (tests/test_exchange.py reads it with the unmodified `sdmx1`)."""

from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings

from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.models import Entry
from tongban.lib import sdmx as writing
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import macro as commands
from tongban.rooms.data.registries.models import Figure, Indicator, Release
from tongban.rooms.data.registries.queries import macro
from tongban.rooms.data.registries.seed.macro import load_macro

PLATFORM = system("测试")
FOLDER = settings.DATASETS / "registries" / "macro"


@pytest.fixture
def loaded(db):
    return macro.indicator("gdp")  # shipped, so loaded with the reference data


def test_a_published_table_is_read_with_its_notes():
    text = '数据库：分省年度数据\n指标：x\n时间：y\n地区,2017年,2016年\n山东省,72634.15,\n"注：甲,乙"\n数据来源：国家统计局\n'
    assert rules.published_table(text, {"山东省": "37"}) == ({("37", "2017"): Decimal("72634.15")}, "注：甲,乙\n数据来源：国家统计局")
    with pytest.raises(ValueError, match="无此省"):
        rules.published_table("地区,2017年\n无此省,1\n", {"山东省": "37"})


def test_the_gdp_of_2016_is_both_numbers_at_their_dates(loaded):
    """68,024 in the release of 2018, 59,703 after the fifth census' revision."""

    def on(day):
        return [round(f.value) for f in macro.known(loaded, day, regions=["37"], first="2016", last="2016")]

    assert on(date(2018, 6, 1)) == []
    assert on(date(2019, 1, 1)) == [68024]
    assert on(date(2026, 1, 1)) == [59703]
    assert [round(f.value) for f in macro.vintages(loaded, regions=["37"], first="2016", last="2016")] == [68024, 59703]


def test_a_later_release_leaves_what_it_does_not_mention(loaded):
    """The revision begins with 2006; what the earlier release said of 1993 still stands."""
    assert [f.release.key for f in macro.known(loaded, date(2026, 1, 1), regions=["37"], first="1993", last="1993")] == ["nbs-2018"]


def test_loading_again_changes_nothing_and_the_ledger_knows_how_much_was_revised(loaded):
    number = Figure.objects.count()
    assert load_macro(PLATFORM, FOLDER) == 0
    assert Figure.objects.count() == number > 3000
    told = [e.body for e in Entry.objects.filter(tag="registries.release.kept").order_by("id") if e.body["indicator"] == "gdp"]
    assert [t["release"] for t in told] == ["nbs-2018", "nbs-2025"]
    assert told[0]["revised"] == 0
    assert told[1]["revised"] > 300


PUBLICATION = commands.Publication("sd-2026", "山东省统计公报", "山东省统计局", date(2026, 3, 1))
MEASURED = commands.Measured("gdp", "", "", 2)


@pytest.mark.django_db
class TestKeeping:
    @pytest.fixture(autouse=True)
    def nothing_yet(self):
        for model in (Figure, Release, Indicator):
            model.objects.all().delete()

    def keep(self, figures, actor=PLATFORM, publication=PUBLICATION, measured=MEASURED):
        return commands.keep_release(actor, publication=publication, measured=measured, figures=figures)

    def test_a_release_never_says_otherwise(self):
        self.keep({("37", "2025"): Decimal("1.5")})
        assert self.keep({("37", "2025"): Decimal("1.50")}) == 0
        with pytest.raises(Conflict):
            self.keep({("37", "2025"): Decimal("1.6")})
        assert Figure.objects.get().value == Decimal("1.5")

    @pytest.mark.parametrize(
        ("figures", "field"),
        [({}, "figures"), ({("山东", "2025"): Decimal(1)}, "region"), ({("37", "2025年"): Decimal(1)}, "period"), ({("37", "2025-13"): Decimal(1)}, "period")],
    )
    def test_bad_figures_are_told_by_field(self, figures, field):
        with pytest.raises(Invalid) as told:
            self.keep(figures)
        assert field in told.value.fields
        assert not Release.objects.exists()

    def test_only_statisticians_bring_them(self, as_persona):
        told = {
            "release": "sd-2026", "title": "公报", "released_on": "2026-03-01", "indicator": "gdp", "figures": [{"region": "37", "period": "2025", "value": "1"}],
        }  # fmt: skip
        assert as_persona("jin").post("/api/registries/releases", told, content_type="application/json").status_code == 403
        with pytest.raises(Refused):
            self.keep({("37", "2025"): Decimal(1)}, actor=type("A", (), {"is_system": False, "organ_key": "sd-samr", "require": lambda *_: None})())

    def test_an_unknown_indicator_is_told(self):
        with pytest.raises(NotFound):
            macro.indicator("nothing")


def test_figures_by_program_are_open(loaded, client):
    told = client.get("/api/registries/indicators/gdp/figures", {"region": "37", "since": "2016", "until": "2016", "known_on": "2019-01-01"}).json()
    assert told == [{"region": "37", "period": "2016", "value": "68024.49", "release": "nbs-2018", "released_on": "2018-12-31"}]
    both = client.get("/api/registries/indicators/gdp/figures", {"region": "37", "since": "2016", "until": "2016", "history": "true"}).json()
    assert [f["value"] for f in both] == ["68024.49", "59702.60"]


def test_the_page_shows_both_releases_and_exports_them(loaded, as_persona, django_assert_max_num_queries):
    client = as_persona("jin")
    with django_assert_max_num_queries(16):
        page = client.get("/registries/macro/").content.decode()
    for words in ("68,024.49", "59,702.60", "-12.2 %", "第五次全国经济普查", "日期未核实"):
        assert words in page
    assert "2016,68024.49,59702.60" in client.get("/registries/macro/", {"export": "csv"}).content.decode()
    assert client.get("/registries/macro/", {"indicator": "sample-65plus", "region": "99"}).status_code == 200
    assert client.get("/registries/macro/", {"indicator": "nothing"}).status_code == 404
    Figure.objects.all().delete()
    Release.objects.all().delete()
    Indicator.objects.all().delete()
    assert "还没有数据" in client.get("/registries/macro/").content.decode()


@pytest.mark.django_db
class TestRest:
    def test_as_of_gives_what_was_known(self, loaded, client):
        body = client.get("/sdmx/rest/data/TONGBAN,MACRO,1.0/A.gdp.37/all", {"startPeriod": "2016", "endPeriod": "2016", "asOf": "2019-01-01"}).content.decode()
        assert "68024.49" in body
        assert "59702" not in body

    def test_csv_for_people(self, loaded, client):
        body = client.get("/sdmx/rest/data/MACRO/A.gdp.37?startPeriod=2016&endPeriod=2016", headers={"Accept": writing.CSV}).content.decode()
        assert body.splitlines()[1] == "TONGBAN:MACRO(1.0),A,gdp,37,2016,59702.60,亿元,2,"

    @pytest.mark.parametrize(
        ("address", "status"),
        [
            ("data/MACRO/A.gdp", 400), ("data/MACRO/A.gdp.37;DROP", 400), ("data/MACRO/A.gdp.37?startPeriod=last", 400), ("data/MACRO/A.gdp.37?asOf=x", 400),
            ("data/OTHER", 404), ("data/MACRO/all/SOMEBODY", 404), ("dataflow/SOMEBODY", 404), ("codelist/all/CL_NONE", 404), ("hierarchicalcodelist", 404),
        ],
    )  # fmt: skip
    def test_what_cannot_be_answered_is_told_in_the_standards_words(self, loaded, client, address, status):
        told = client.get(f"/sdmx/rest/{address}")
        assert told.status_code == status
        assert "ErrorMessage" in told.content.decode()

    def test_one_codelist_alone(self, loaded, client):
        body = client.get("/sdmx/rest/codelist/TONGBAN/CL_AREA/1.0").content.decode()
        assert "山东省" in body
        assert "CL_INDICATOR" not in body
