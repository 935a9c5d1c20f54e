"""A resource is published, applied for, agreed on and used; every gate holds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings

from tongban.kernel.catalogue import seed, supplies
from tongban.kernel.catalogue.commands import access, agreements, fetching, resources
from tongban.kernel.catalogue.models import Agreement, DailyUse, Resource
from tongban.kernel.catalogue.queries import access as access_queries
from tongban.kernel.catalogue.queries import resources as resource_queries
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.queries import acts_about
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused, TooMany, Unavailable

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")


def person(username):
    return identity.actor_of_account(identity.account_named(username).id)


@pytest.fixture
def shown():
    seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")


@pytest.fixture
def representative(shown):
    """The resource of the story, answering for one synthetic enterprise."""
    rows = {"9137": {"credit_code": "9137", "legal_rep_name": "张合成", "mobile": "13800000001", "region_code": "370102"}}
    before = supplies.SUPPLIES.get("legal.representative")
    supplies.supplies("legal.representative")(lambda keys: {k: rows[k] for k in keys if k in rows})
    yield Resource.objects.get(supply="legal.representative")
    supplies.SUPPLIES.pop("legal.representative")
    if before:
        supplies.SUPPLIES["legal.representative"] = before


def wanted(**change):
    today = clock.today()
    keys = ("credit_code", "legal_rep_name", "mobile", "region_code")
    return replace(Asked(keys, ("query", "batch"), 500, today, today + timedelta(days=365), {}), **change)


def agreed(resource, *, visits=2, items=("credit_code", "legal_rep_name", "region_code"), rows=None):
    """Asked by 人社, granted narrower by 市场监管, signed by both."""
    asked = access.request_access(person("tao"), key=resource.key, wanted=wanted(), purpose="核对参保单位", basis="社会保险法第八条", purposes=["参保登记"])
    granted = wanted(visits=visits, items=items, modes=("query",), rows=rows or {})
    made = access.grant_access(person("jin"), number=asked.number, granted=granted, condition="仅用于参保登记")
    agreements.sign_agreement(person("jin"), number=made.number)
    return agreements.sign_agreement(person("tao"), number=made.number)


def test_a_resource_is_registered_by_one_and_published_by_another():
    content = {
        "title": "广告审查信息", "abstract": "审查批准文号", "class_code": resource_queries.organ_class("sd-samr").code, "format": "database",
        "sharing": "unconditional", "cycle": "daily", "way": "service", "items": [{"key": "approval_no", "name": "批准文号", "primary": True}],
    }  # fmt: skip
    made = resources.draft_resource(person("jin"), content=content)
    key = made.resource.key
    resources.move_version(person("jin"), key=key, number=1, move="submit")
    with pytest.raises(Refused):
        resources.move_version(person("jin"), key=key, number=1, move="register")
    resources.move_version(person("wei"), key=key, number=1, move="register")
    resources.move_version(person("jin"), key=key, number=1, move="offer")
    with pytest.raises(Refused):
        resources.move_version(person("wei"), key=key, number=1, move="publish")
    done = resources.move_version(person("shen"), key=key, number=1, move="publish")
    assert done.state == "published"
    assert [v.title for v in resource_queries.published(person("tao"), words="广告审查")] == ["广告审查信息"]
    assert [r.move for r in done.reviews.order_by("id")] == ["draft", "submit", "register", "offer", "publish"]
    assert len(acts_about(PLATFORM, f"resource:{key}", entitled=True)) == 5


def test_an_unfinished_draft_is_told_what_it_lacks_and_stays_a_draft():
    made = resources.draft_resource(person("jin"), content={"title": "半成品", "class_code": "102"})
    with pytest.raises(Invalid) as told:
        resources.move_version(person("jin"), key=made.resource.key, number=1, move="submit")
    assert {"abstract", "sharing", "cycle", "format", "items"} <= set(told.value.fields)
    assert resource_queries.version(person("jin"), made.resource.key).state == "draft"
    with pytest.raises(NotFound):
        resource_queries.version(person("tao"), made.resource.key)


def test_a_new_version_replaces_the_old_and_agreements_keep_theirs(representative):
    made = agreed(representative)
    draft = resources.new_version(person("jin"), key=representative.key)
    fewer = [i for i in draft.content["items"] if i["key"] != "mobile"]
    resources.edit_resource(person("jin"), key=representative.key, content={**draft.content, "items": fewer})
    for who, move in (("jin", "submit"), ("wei", "register"), ("jin", "offer"), ("shen", "publish")):
        resources.move_version(person(who), key=representative.key, number=2, move=move)
    states = {v.number: v.state for v in resource_queries.versions(person("tao"), representative.key)}
    assert states == {1: "superseded", 2: "published"}
    got = fetching.fetch(person("tao"), name="legal.representative", purpose="参保登记", key="9137")
    assert got.agreement == made.number
    assert got.labels["legal_rep_name"] == "法定代表人姓名"


def test_what_is_shared_without_condition_is_granted_at_once(shown):
    entity = Resource.objects.get(supply="legal.entity")
    asked = access.request_access(person("tao"), key=entity.key, wanted=wanted(items=("credit_code", "name")), purpose="核对参保单位", basis="社会保险法第八条")
    assert asked.state == "granted"
    assert asked.agreement.state == "unsigned"


def test_the_owner_grants_less_and_both_sign(representative):
    made = agreed(representative)
    assert made.state == "in-force"
    assert made.request.requested["visits"] == 500
    assert made.request.granted["visits"] == 2
    assert [good for _s, good in access_queries.signatures(made)] == [True, True]
    made.terms["granted"]["visits"] = 10_000
    assert [good for _s, good in access_queries.signatures(made)] == [False, False]


def test_a_grant_wider_than_the_request_is_refused(representative):
    asked = access.request_access(person("tao"), key=representative.key, wanted=wanted(), purpose="核对", basis="社会保险法第八条")
    with pytest.raises(Invalid) as told:
        access.grant_access(person("jin"), number=asked.number, granted=wanted(visits=501))
    assert "visits" in told.value.fields
    with pytest.raises(Refused):
        access.grant_access(person("tao"), number=asked.number, granted=wanted())
    assert access_queries.to_answer(person("jin")).get().due == clock.today() + timedelta(days=14)  # ten working days


def test_data_travels_under_the_agreement_and_only_so_far(representative):
    agreed(representative)
    tao = person("tao")
    got = fetching.fetch(tao, name="legal.representative", purpose="参保登记", key="9137")
    assert got.values == {"credit_code": "9137", "legal_rep_name": "张合成", "region_code": "370102"}
    assert got.source == "山东省市场监督管理局"
    with pytest.raises(Refused, match="没有约定这一用途"):
        fetching.fetch(tao, name="legal.representative", purpose="营销", key="9137")
    with pytest.raises(Refused, match="没有授予"):
        fetching.fetch(tao, name="legal.representative", purpose="参保登记", key="9137", items=("mobile",))
    assert fetching.fetch(tao, name="legal.representative", purpose="参保登记", key="0000").values is None
    with pytest.raises(TooMany):
        fetching.fetch(tao, name="legal.representative", purpose="参保登记", key="9137")
    assert DailyUse.objects.get().visits == 2


def test_every_fetch_is_in_the_ledger_without_the_identity(representative):
    made = agreed(representative)
    fetching.fetch(person("tao"), name="legal.representative", purpose="参保登记", key="9137")
    act = acts_about(PLATFORM, f"agreement:{made.number}", entitled=True)[-1]
    assert act.tag == "catalogue.data.fetched"
    assert act.body["purpose"] == "参保登记"
    assert "9137" not in str(act.body)


def test_rows_outside_the_grant_are_as_if_absent(representative):
    agreed(representative, rows={"region_code": "3702"})
    assert fetching.fetch(person("tao"), name="legal.representative", purpose="参保登记", key="9137").values is None


def test_suspension_stops_the_next_call_and_resuming_lets_it_go(representative):
    made = agreed(representative)
    with pytest.raises(Refused):
        agreements.move_agreement(person("tao"), number=made.number, move="suspend", words="试试看看")
    agreements.move_agreement(person("jin"), number=made.number, move="suspend", words="数据质量核查")
    with pytest.raises(Refused, match="不在执行中"):
        fetching.fetch(person("tao"), name="legal.representative", purpose="参保登记", key="9137")
    agreements.move_agreement(person("jin"), number=made.number, move="resume", words="核查结束恢复")
    assert fetching.fetch(person("tao"), name="legal.representative", purpose="参保登记", key="9137").values


def test_a_renewal_ends_the_agreement_before(representative):
    first = agreed(representative)
    asked = access.request_access(person("tao"), key=representative.key, wanted=wanted(), purpose="核对", basis="社会保险法第八条", renews=first.number)
    second = access.grant_access(person("jin"), number=asked.number, granted=wanted())
    agreements.sign_agreement(person("tao"), number=second.number)
    with pytest.raises(Conflict):
        agreements.sign_agreement(person("tao"), number=second.number)
    agreements.sign_agreement(person("jin"), number=second.number)
    assert Agreement.objects.get(number=first.number).state == "terminated"


def test_a_stranger_to_the_agreement_does_not_see_it(representative):
    made = agreed(representative)
    with pytest.raises(NotFound):
        access_queries.agreement(person("li"), made.number)
    assert access_queries.agreement(person("shen"), made.number) == made


def test_without_agreement_or_room_nothing_is_fetched(shown):
    with pytest.raises(NotFound):
        fetching.fetch(person("tao"), name="no.such", purpose="x", key="1")
    supplied = supplies.SUPPLIES.pop("population.photo", None)
    with pytest.raises(Unavailable):
        fetching.fetch(person("tao"), name="population.photo", purpose="x", key="1")
    supplies.supplies("population.photo")(lambda _keys: {})
    with pytest.raises(Refused) as told:
        fetching.fetch(person("tao"), name="population.photo", purpose="x", key="1")
    assert told.value.code == "no-agreement"
    with pytest.raises(Refused):
        fetching.fetch(person("zhang"), name="population.photo", purpose="x", key="1")
    supplies.SUPPLIES.pop("population.photo")
    if supplied:
        supplies.SUPPLIES["population.photo"] = supplied


def test_a_duplicate_of_another_department_is_found(shown):
    same = [
        {"key": "credit_code", "name": "统一社会信用代码", "primary": True},
        *({"key": f"f{n}", "name": n2} for n, n2 in enumerate(["名称", "类型", "住所", "登记状态"])),
    ]
    made = resources.draft_resource(person("tao"), content={"title": "单位信息", "class_code": "102", "items": same})
    assert "企业基本信息" in [v.title for v, _percent in resource_queries.duplicates(person("tao"), made)] or "社会组织登记信息" in [
        v.title for v, _percent in resource_queries.duplicates(person("tao"), made)
    ]


def test_an_empty_name_binds_to_no_resource(shown):
    assert Resource.objects.filter(supply="").exclude(published=None).exists()
    with pytest.raises(NotFound):
        fetching.fetch(person("tao"), name="", purpose="核对", key="1")
