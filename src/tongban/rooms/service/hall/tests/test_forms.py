"""A matter's schema as fields on a page and back; divisions are chosen, not typed."""

import datetime

import pytest
from django.test import RequestFactory

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.lib.errors import Invalid
from tongban.rooms.service.hall import forms, rules
from tongban.rooms.service.hall.commands import applications
from tongban.rooms.service.hall.queries import matters
from tongban.rooms.service.hall.queries.applications import Known

FIELDS = [
    {"name": "org_name", "label": "单位名称", "type": "string", "required": True, "source_resource": "legal_entity.registration.name"},
    {"name": "kind", "label": "类别", "type": "string", "enum": ["甲", "乙"], "required": True},
    {"name": "many", "label": "多选一", "type": "string", "enum": ["一", "二", "三", "四", "五"]},
    {"name": "items", "label": "项目", "type": "array", "items": {"type": "string", "enum": ["热食", "冷食"]}},
    {"name": "words", "label": "名单", "type": "array", "items": {"type": "string"}},
    {"name": "drivers", "label": "驾驶员（姓名、身份证号）", "type": "array", "items": {"type": "object"}},
    {"name": "online", "label": "是否网络经营", "type": "boolean", "required": True},
    {"name": "area", "label": "面积", "type": "number", "minimum": 0},
    {"name": "count", "label": "人数", "type": "integer"},
    {"name": "since", "label": "起始日期", "type": "string", "format": "date"},
    {"name": "mobile", "label": "手机号码", "type": "string"},
    {"name": "site_division", "label": "场所区划", "type": "string", "pattern": "^37\\d{7}$"},
    {"name": "acknowledge_truth", "label": "承诺真实", "type": "boolean", "required": True},
]
SCHEMA = rules.schema_of(FIELDS)


def fields(data=None, faults=None, known=None, region=LIXIA):
    held = forms.sections(SCHEMA, data or {}, faults or {}, known or {}, region)
    return {f.name: f for f in [*held.known, *held.asked]}, held


@pytest.mark.django_db
class TestFields:
    def test_each_field_has_the_control_that_fits(self):
        kinds = {name: f.kind for name, f in fields()[0].items()}
        assert kinds == {
            "org_name": "text", "kind": "radios", "many": "select", "items": "checkboxes", "words": "several", "drivers": "table",
            "online": "yes-no", "area": "number", "count": "number", "since": "date", "mobile": "tel", "site_division": "division",
            "acknowledge_truth": "confirm",
        }  # fmt: skip

    def test_what_a_register_holds_for_sure_is_shown_not_asked(self):
        known = {"org_name": Known("济南某店", "法人库", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))}
        _found, held = fields(known=known)
        assert [f.name for f in held.known] == ["org_name"]
        assert "org_name" not in [f.name for f in held.asked]
        assert held.known[0].shown == "济南某店"

    def test_an_error_stands_at_its_field_without_repeating_the_label(self):
        assert fields(faults={"area": "面积：不能小于0"})[0]["area"].error == "不能小于0"

    def test_options_know_what_was_chosen(self):
        found, _held = fields({"kind": "乙", "items": ["冷食"]})
        assert found["kind"].options == [("甲", False), ("乙", True)]
        assert found["items"].options == [("热食", False), ("冷食", True)]

    def test_a_table_has_spare_rows(self):
        rows = fields({"drivers": [{"姓名": "某合成"}]})[0]["drivers"].rows
        assert len(rows) == 3
        assert rows[0][0] == ("drivers.0.姓名", "姓名", "某合成")
        assert rows[2][1] == ("drivers.2.身份证号", "身份证号", "")

    def test_townships_are_offered_below_the_county(self):
        [(county, towns)] = fields({"site_division": "370102001"})[0]["site_division"].groups
        assert county == "历下区"
        assert [code for code, _name, chosen in towns if chosen] == ["370102001"]
        assert all(code.startswith("370102") for code, _name, _chosen in towns)

    def test_a_city_offers_the_townships_of_all_its_counties(self):
        groups = fields(region="3701")[0]["site_division"].groups
        assert len(groups) > 5
        assert all(towns for _county, towns in groups)


@pytest.mark.django_db
class TestPosted:
    def read(self, **posted):
        return forms.posted(SCHEMA, RequestFactory().post("/", posted), {})

    def test_strings_become_what_the_schema_says(self):
        told = self.read(area="12.5", count="3", online="yes", items=["热食", "冷食"], words="甲、乙，丙", kind=" 甲 ")
        assert told == {"area": 12.5, "count": 3, "online": True, "items": ["热食", "冷食"], "words": ["甲", "乙", "丙"], "kind": "甲"}

    def test_what_does_not_parse_is_kept_as_typed(self):
        assert self.read(area="twelve", count="1.5") == {"area": "twelve", "count": "1.5"}

    def test_rows_that_hold_nothing_are_left_out(self):
        told = self.read(**{"drivers.0.姓名": "某", "drivers.0.身份证号": "", "drivers.1.姓名": " ", "drivers.1.身份证号": ""})
        assert told == {"drivers": [{"姓名": "某"}]}

    def test_a_locked_value_comes_from_the_register_whatever_was_posted(self):
        known = {"org_name": Known("真名", "法人库", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))}
        request = RequestFactory().post("/", {"org_name": "假名"})
        assert forms.posted(SCHEMA, request, known)["org_name"] == "真名"


@pytest.mark.django_db
class TestAnswers:
    def test_read_as_a_person_would(self):
        told = dict(forms.answers(SCHEMA, {"online": False, "drivers": [{"姓名": "某"}, {"姓名": "他"}], "area": 3, "site_division": "370102001"}))
        assert told["是否网络经营"] == "否"
        assert told["驾驶员（姓名、身份证号）"] == "某；他"
        assert told["面积"] == "3"
        assert told["场所区划"].startswith("济南市历下区")
        assert "370102001" not in told["场所区划"]

    def test_identity_numbers_are_masked_wherever_they_stand(self):
        number = province.synthetic_id(5)
        told = dict(forms.answers(SCHEMA, {"org_name": number, "drivers": [{"身份证号": number}], "words": [number]}))
        assert all(number not in shown for shown in told.values())


@pytest.mark.django_db
def test_a_division_that_is_not_in_force_is_refused():
    code = f"minimum-living-guarantee@{LIXIA}"
    form = matters.guide(code).form
    assert form["properties"]["division_code"]["x-kind"] == "division"
    with pytest.raises(Invalid) as told:
        applications._check_divisions(form, {"division_code": "370102999"})
    assert "列表" in told.value.fields["division_code"]
    applications._check_divisions(form, {"division_code": "370102001"})
    applications._check_divisions(form, {"division_code": "370102"})
