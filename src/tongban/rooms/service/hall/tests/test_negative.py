"""市场准入负面清单: imported whole, read, filtered, compared; nothing is added by hand. Rows here are synthetic."""

import csv
import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tongban.config import province
from tongban.lib import tables
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.service.hall.commands import negative as commands
from tongban.rooms.service.hall.models import NegativeEntry
from tongban.rooms.service.hall.queries import negative

pytestmark = pytest.mark.django_db
ROWS = [
    ("禁止准入类", "1", "合成禁止事项", "100001", "合成：禁止", "", ""),
    ("许可准入类", "2", "合成许可事项甲", "200001", "合成：未获得许可，不得从事", "合成部门", "合成地方许可"),
    ("许可准入类", "2", "合成许可事项乙", "200002", "合成：未获得许可，不得从事", "合成部门", ""),
]


def file(rows=ROWS, columns=commands.COLUMNS):
    out = io.StringIO()
    csv.writer(out).writerows([columns, *rows])
    return out.getvalue().encode()


def load(rows=ROWS, edition="合成甲版", day=date(2026, 1, 1), who="wu"):
    run = commands.check_rows(tables.read_file("a.csv", file(rows), commands.COLUMNS))
    return commands.load_edition(province.official(who), run=run, edition=edition, document="合成文号1", effective_on=day)


class TestLoading:
    def test_whole(self):
        assert load() == 3
        assert negative.in_force().name == "合成甲版"
        assert negative.in_force_size() == 3

    def test_a_list_with_holes_is_not_loaded(self):
        with pytest.raises(Invalid, match="整份"):
            load([*ROWS, ("许可准入类", "3", "", "200003", "x", "", "")])
        assert not NegativeEntry.objects.exists()

    @pytest.mark.parametrize(
        ("row", "column"),
        [(("别的类", "9", "x", "9", "x", "", ""), "大类"), (("禁止准入类", "9", "x", "100001", "x", "", ""), "事项编码"), (("禁止准入类", "9" * 11, "x", "9", "x", "", ""), "项目号")],
    )  # fmt: skip
    def test_faults_name_row_and_column(self, row, column):
        run = commands.check_rows(tables.read_file("a.csv", file([*ROWS, row]), commands.COLUMNS))
        assert [(f.row, f.column) for f in run.faults] == [(5, column)]

    def test_an_edition_comes_once(self):
        load()
        with pytest.raises(Conflict):
            load()

    @pytest.mark.parametrize(("changes", "field"), [({"edition": " "}, "edition")])
    def test_edition_and_document_are_asked_for(self, changes, field):
        with pytest.raises(Invalid) as told:
            load(**changes)
        assert field in told.value.fields

    def test_a_clerk_loads_nothing(self):
        with pytest.raises(Refused):
            load(who="li")

    def test_other_columns_are_told(self):
        with pytest.raises(Invalid, match="大类"):
            tables.read_file("a.csv", file(ROWS, ("a", *commands.COLUMNS[1:])), commands.COLUMNS)


class TestReading:
    def test_one_that_begins_later_waits(self):
        load()
        load([ROWS[0]], edition="合成乙版", day=date(2027, 1, 1))
        assert negative.in_force().name == "合成甲版"
        assert [e.name for e in negative.editions()] == ["合成乙版", "合成甲版"]

    def test_filtered_by_words_code_and_group(self):
        load()
        assert negative.entries("合成甲版", words="事项甲").count() == 1
        assert negative.entries("合成甲版", words="200002").count() == 1
        assert negative.entries("合成甲版", group="许可准入类").count() == 2

    def test_editions_are_compared_by_code(self):
        load()
        changed = [ROWS[0], (*ROWS[1][:4], "合成：改了措辞", "", ""), ("许可准入类", "5", "合成新事项", "200009", "x", "", "")]
        load(changed, edition="合成乙版", day=date(2026, 6, 1))
        told = {c.code: c.what for c in negative.compare("合成甲版", "合成乙版")}
        assert told == {"200001": "changed", "200002": "removed", "200009": "added"}


class TestPages:
    def test_before_any_import_it_says_whose_list_it_is(self, client):
        assert "全国" in client.get("/hall/lists/negative/").content.decode()

    def test_read_filtered_exported_compared(self, client):
        load()
        load([ROWS[0]], edition="合成乙版", day=date(2026, 6, 1))
        page = client.get("/hall/lists/negative/", {"edition": "合成甲版", "before": "合成乙版"}).content.decode()
        assert "合成许可事项甲" in page
        assert "与合成乙版相比有2条不同" in page
        assert "没有符合的条目" in client.get("/hall/lists/negative/", {"words": "没有"}).content.decode()
        for kind in ("csv", "xlsx", "json"):
            assert "attachment" in client.get("/hall/lists/negative/", {"export": kind})["Content-Disposition"]

    def test_imported_on_its_page(self, as_persona):
        editor = as_persona("wu")
        told = {"edition": "合成甲版", "document": "合成文号", "effective_on": "2026-01-01"}
        page = editor.post("/hall/editor/negative/", {**told, "what": "dry", "file": SimpleUploadedFile("a.csv", file())})
        assert "3" in page.content.decode()
        assert not NegativeEntry.objects.exists()
        page = editor.post("/hall/editor/negative/", {**told, "what": "load", "file": SimpleUploadedFile("a.csv", file())})
        assert NegativeEntry.objects.count() == 3
        page = editor.post("/hall/editor/negative/", {**told, "effective_on": "soon", "what": "load", "file": SimpleUploadedFile("a.csv", file())})
        assert page.status_code == 422
        assert 'value="合成甲版"' in page.content.decode()
        assert editor.post("/hall/editor/negative/", {"what": "load"}).status_code == 422
