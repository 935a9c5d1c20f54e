"""Each of the twenty matters, and of the three that a bundle needs beside them, applied for and carried to its licence by its own organ."""

import json
import re
from datetime import date

import pytest
from django.conf import settings
from hypothesis import find
from hypothesis.strategies import characters, from_regex

from tongban.config import province
from tongban.kernel.cases import commands, queries, schemas
from tongban.kernel.identity import commands as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.models import Person
from tongban.kernel.orgs import queries as orgs
from tongban.lib import codes
from tongban.rooms.service.hall.commands import applications, licences
from tongban.rooms.service.hall.models import Matter
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import licences as licence_queries
from tongban.rooms.service.hall.queries import applicants, matters
from tongban.rooms.service.hall.seed import COMPLETE

pytestmark = pytest.mark.django_db
PLATFORM = system("test")
KEYS = [m["id"] for name in COMPLETE for m in json.loads((settings.DATASETS / "hall" / name).read_text())["matters"]]
PRINTABLE = characters(min_codepoint=48, max_codepoint=90)
SAMPLES = (
    "合成内容",
    "鲁A12345",
    "370102003",
    "13800000001",
    "2020-01-01",
    "370102190001010070",
    "A12345",
    "123456",
    "2020",
    "12345678901234567",
    "110101",
    "37010220200101",
)


def value(told):
    """Something that a schema takes."""
    if "const" in told:
        return told["const"]
    if "enum" in told:
        return told["enum"][0]
    if told["type"] == "array":
        item = told["items"]
        if item["type"] == "object":
            return [dict.fromkeys(item["properties"], "合成内容")]
        return [value(item)]
    if told["type"] in ("integer", "number"):
        return max(1, told.get("minimum", 1))
    if told["type"] == "boolean":
        return True
    if told.get("format") == "date":
        return "2020-01-01"
    found = next((s for s in (*SAMPLES, province.synthetic_id(7)) if re.search(told.get("pattern", ""), s)), None)
    return found if found is not None else find(from_regex(told["pattern"], fullmatch=True, alphabet=PRINTABLE), bool)


def desk(one):
    """An official of the matter's organ with every role."""
    person = identity.register_person(PLATFORM, id_number=province.synthetic_id(900), name="某合成", synthetic=True)
    account = identity.open_account(PLATFORM, username="desk-test", person=person, encoded="x")
    for role in province.DESK:
        identity.grant_role(PLATFORM, account=account, organ=orgs.organ_by_id(one.organ_id), role=role, region=one.region_code, begun_on=date(2024, 1, 1))
    return province.official("desk-test")


def applicant(content):
    """A persona whom the matter serves: its shop, a company of hers, or herself."""
    person = province.citizen(enterprise=False)
    identity.register_enterprise(
        PLATFORM, credit_code=codes.make_credit_code("91", "370102", "MA0000778"), name="济南合成有限公司（合成数据）", entity_type="有限责任公司",
        address="合成地址", region="370102", representative=Person.objects.get(id=person.person), registered_on=date(2024, 1, 1),
        business_scope="合成", synthetic=True,
    )  # fmt: skip
    fit = next(c for c in applicants.choices(person, content)[::-1] if c.fits)
    return person.for_legal_person(fit.legal_person, fit.name) if fit.legal_person else person


@pytest.mark.parametrize("key", KEYS)
def test_from_application_to_licence(key):
    one = Matter.objects.filter(item__key=key, region_code__in=["370102", "3701", "37"]).order_by("-region_code").first()
    guide = matters.guide(one.code)
    citizen = applicant(guide.content)
    known = {n: k.value for n, k in drafts.known_values(citizen, guide.form).items()}
    data = {**{n: value(t) for n, t in guide.form["properties"].items()}, **known}
    _data, materials = province.complete(citizen, one.code)
    assert schemas.check(guide.form, data) == {}
    number = applications.submit_application(citizen, matter_code=one.code, data=data, materials=materials)
    official = desk(one)
    wanted = {"accept", "pass", "paid", "grant", "deliver"}
    for _step in range(12):
        case = queries.case(PLATFORM, number)
        items = [i for i in queries.items_of(case) if i.state == "open"]
        if not items:
            break
        for item in items:
            assert queries.may_do(official, item, case)
            action = next(a["key"] for a in queries.actions(case, item) if a["key"] in wanted)
            commands.complete_item(official, item=item.id, action=action, opinion="符合条件")
    case = queries.case(PLATFORM, number)
    assert (case.state, case.result) == ("closed", "granted")
    licence = licences.issue_licence(PLATFORM, case_number=number)
    assert licence_queries.by_number(licence.number).in_force


@pytest.mark.parametrize("key", KEYS)
def test_the_guide_is_complete_to_the_last_field(key):
    guide = matters.guide(Matter.objects.filter(item__key=key).first().code)
    content = guide.content
    assert content["conditions"] and content["materials"] and content["steps"] and content["faq"] is not None
    assert guide.promised <= guide.statutory
    assert content["fee"]["standard"] and content["result"]["name"]
    assert all(m["trust_grade"] in "ABCD" for m in content["materials"])
