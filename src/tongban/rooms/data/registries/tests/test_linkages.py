"""A file without numbers finds its people; a clerk decides what is doubtful."""

import io

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from tongban.kernel.catalogue import seed as catalogue
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.models import Entry
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.data.registries import seed
from tongban.rooms.data.registries.commands import linkages as commands
from tongban.rooms.data.registries.models import LinkedRow, Person
from tongban.rooms.data.registries.queries import linkages as queries

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")


def official(username):
    return identity.actor_of_account(identity.account_named(username).id)


@pytest.fixture
def register():
    catalogue.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    seed.load_synthetic(settings.DATASETS / "registries", 1500)
    return list(Person.objects.order_by("id")[:60])


def rows(people, **changes):
    told = []
    for one in people:
        c = one.content
        told.append({"姓名": c["name"], "出生日期": c["born_on"], "性别": c["sex"], "行政区划": c["region_code"][:6], "住址": c["address"], **changes})
    return told


def link(told, who="xu"):
    held = commands.ask_linkage(official(who), title="低保名单", purpose="核实身份", rows=told)
    return commands.run_linkage(PLATFORM, linkage=held.id)


def test_the_same_people_are_found(register):
    held = link(rows(register))
    assert (held.linked, held.review, held.rejected) == (60, 0, 0)
    assert [r.person_id for r in queries.found(held).order_by("row")] == [p.id for p in register]


def test_a_slip_in_the_day_and_a_misheard_name_are_still_the_person(register):
    told = rows(register)
    for row in told:
        row["出生日期"] = row["出生日期"][:-1] + str((int(row["出生日期"][-1]) + 1) % 10)
    held = link(told)
    assert held.linked >= 57
    assert all(r.person_id == p.id for r, p in zip(queries.found(held, "link").order_by("row"), register, strict=False) if r.row == register.index(p) + 1)


def test_strangers_are_not_found(register):
    held = link([{"姓名": "欧阳不在", "出生日期": "1901-01-01", "性别": "男", "行政区划": "370102", "住址": "无此处"}] * 3)
    assert (held.linked, held.rejected) == (0, 3)


def test_with_little_to_go_by_a_clerk_decides(register):
    held = link([{"姓名": r["姓名"], "出生日期": r["出生日期"][:4] + "-01-01", "行政区划": r["行政区划"]} for r in rows(register)])
    doubtful = queries.found(held, "review")
    assert doubtful
    one = doubtful[0]
    assert {e[0] for e in one.evidence} == {"name", "born", "sex", "county", "address"}
    commands.decide_link(official("xu"), linkage=held.id, row=one.row, same=True)
    with pytest.raises(Conflict):
        commands.decide_link(official("xu"), linkage=held.id, row=one.row, same=False)


def test_an_agreement_is_needed_unless_the_register_is_ones_own(register):
    with pytest.raises(Refused):
        commands.ask_linkage(official("tao"), title="x", purpose="y", rows=rows(register))
    for bad in ([], [{}] * (commands.MOST + 1)):
        with pytest.raises(Invalid):
            commands.ask_linkage(official("xu"), title="x", purpose="y", rows=bad)
    with pytest.raises(Invalid):
        commands.ask_linkage(official("xu"), title=" ", purpose="y", rows=rows(register))


def test_another_organ_does_not_see_it_and_rows_lie_sealed(register):
    held = link(rows(register[:3]))
    with pytest.raises(NotFound):
        queries.linkage(official("tao"), held.id)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(r)::text, '') FROM registries_linkedrow r")
        assert register[0].content["name"] not in cursor.fetchone()[0]
    assert Entry.objects.get(tag="registries.linkage.done").body["linked"] == 3


def test_run_twice_it_is_done_once(register):
    held = link(rows(register[:3]))
    commands.run_linkage(PLATFORM, linkage=held.id)
    assert Entry.objects.filter(tag="registries.linkage.done").count() == 1


def test_the_pages_from_upload_to_decision(register, as_persona):
    client = as_persona("xu")
    told = rows(register[:5])
    told[0] = {"姓名": told[0]["姓名"], "出生日期": told[0]["出生日期"][:4] + "-01-01", "行政区划": told[0]["行政区划"], "性别": "", "住址": ""}
    out = io.StringIO()
    out.write(",".join(told[0]) + "\n" + "\n".join(",".join(r.get(k, "") for k in told[0]) for r in told))
    file = SimpleUploadedFile("名单.csv", out.getvalue().encode())
    assert client.post("/registries/linkages/", {"title": "", "purpose": "核实", "file": file}).status_code == 422
    file.seek(0)
    there = client.post("/registries/linkages/", {"title": "残疾人名单", "purpose": "核实", "file": file}).url
    assert "正在后台比对" in client.get(there).content.decode()
    number = int(there.strip("/").rsplit("/", 1)[-1])
    commands.run_linkage(PLATFORM, linkage=number)
    page = client.get(f"{there}?zone=link").content.decode()
    assert "同一人" in page
    for one in LinkedRow.objects.filter(zone="review"):
        assert client.post(there, {"row": one.row, "act": "same"}).status_code == 302
    csv = client.get(f"{there}?export=csv").content.decode()
    assert register[1].content["id_number"] in csv
    assert "残疾人名单" in client.get("/registries/linkages/").content.decode()
