"""Load the matters that ship with the platform, and for the demo a province at work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection

from tongban.kernel.cases import processes
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, tables
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.commands import imports
from tongban.rooms.service.hall.models import CatalogueItem, Matter, MatterVersion, Synonym
from tongban.rooms.service.hall.queries import search

if TYPE_CHECKING:
    from tongban.kernel.orgs.models import Organ

FUNCTION = {
    "food-operation-permit-new": "market", "company-registration-new": "market",
    "individual-business-registration": "market", "public-place-hygiene-permit": "health",
    "road-transport-operation-permit": "transport", "water-abstraction-permit": "water",
    "pollutant-discharge-permit": "environment", "physician-practice-registration": "health",
    "nurse-practice-registration": "health", "social-security-card-apply": "hrss",
    "enterprise-retirement-normal": "hrss", "disability-certificate": "dpf", "senior-preferential-card": "health",
    "real-estate-transfer-second-hand": "land", "outdoor-advertising-facility": "approval", "labor-dispatch-permit": "hrss",
    "hr-service-permit": "hrss", "private-school-establishment": "education", "minimum-living-guarantee": "civil",
    "birth-registration-service": "health", "fire-safety-check-gathering-place": "fire", "small-catering-registration": "market",
    "tobacco-retail-licence": "tobacco", "government-network-access": "bigdata",
}  # fmt: skip
DEPARTMENT = {
    "market": "市场监管", "health": "卫生健康", "transport": "交通运输", "water": "水利", "environment": "生态环境",
    "hrss": "人力资源社会保障", "dpf": "残联", "land": "自然资源", "approval": "行政审批服务", "education": "教育", "civil": "民政",
    "fire": "消防救援", "tobacco": "烟草专卖", "bigdata": "大数据",
}  # fmt: skip
PROVINCIAL = {"water": "sd-water", "bigdata": "sd-bigdata"}
POPULAR = {"food-operation-permit-new": 100, "social-security-card-apply": 80, "real-estate-transfer-second-hand": 75,
           "individual-business-registration": 70, "company-registration-new": 65, "senior-preferential-card": 50,
           "birth-registration-service": 45}  # fmt: skip


def load_processes(actor: Actor, source: Path) -> int:
    """Publish the drawings in data/processes that are not there yet."""
    known = cases.process_keys()
    names = {"permit-with-site-check": "许可（含现场核查）", "permit": "许可（书面审查）", "registration-with-tax": "登记（税费并行）",
             "instant": "即办件", "finding-check": "比对线索核查"}  # fmt: skip
    made = 0
    for path in sorted(source.glob("*.bpmn")):
        if path.stem not in known:
            draft = processes.save_draft(actor, key=path.stem, name=names.get(path.stem, path.stem), bpmn=path.read_text())
            processes.publish(actor, version=draft.id)
            made += 1
    return made


def load_matters(source: Path) -> int:
    """The complete matters that are not in the catalogue yet, implemented wherever the law says, as far as organs are known."""
    known = set(CatalogueItem.objects.filter(imported=False).values_list("key", flat=True))
    wanted = [(content, told) for content, told in _complete(source) if content["id"] not in known]
    if not wanted:
        return 0
    places = [orgs.place("37"), *(p for c in orgs.places("37") for p in (c, *orgs.places(c.code)))]
    organs = {o.key: o for o in orgs.organs()}
    made: list[Matter] = []
    vectors: list[str] = []
    for content, told in wanted:
        version = _load_item(content, told)
        for place in places:
            organ = _organ(content, place, organs)
            if organ:
                one = _implementation(content, version, place, organ)
                made.append(one)
                phrases = [*content["search_phrases"], *content.get("life_events", [])]
                vectors.append(search.vector_of(one, phrases))
    Matter.objects.bulk_create(made, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE hall_matter SET search = %s::tsvector WHERE id = %s", [(v, m.id) for v, m in zip(vectors, made, strict=True)])
    _load_synonyms(source)
    search.forget()
    return len(made)


COMPLETE = ("matters_complete.json", "one_thing_matters.json", "internal_matters.json")


def _complete(source: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """(content, file) of the twenty matters and of those that 开办餐饮店 needs beside them."""
    for name in COMPLETE:
        for content in json.loads((source / name).read_text())["matters"]:
            yield content, name


def _load_item(content: dict[str, Any], told: str) -> MatterVersion:
    item = CatalogueItem.objects.create(
        key=content["id"], name=content["name"], task_type=content["task_type"]["code"],
        department=DEPARTMENT[FUNCTION[content["id"]]], source=f"data/hall/{told}",
    )  # fmt: skip
    return MatterVersion.objects.create(
        item=item, number=1, state="published", content=content, document_number="随平台发布（未经主管部门核定）",
        effective_on=clock.today(), published_at=clock.now(), drafted_by_name="通办", reviewed_by_name="通办",
    )  # fmt: skip


def _organ(content: dict[str, Any], place: orgs.Place, organs: dict[str, Organ]) -> Organ | None:
    function = FUNCTION[content["id"]]
    level = {"province": "2", "city": "3", "county": "4"}[place.level]
    if level not in content["implementing_levels"]:
        return None
    return organs.get(PROVINCIAL.get(function, "") if place.level == "province" else f"{place.code}-{function}")


def _implementation(content: dict[str, Any], version: MatterVersion, place: orgs.Place, organ: Organ) -> Matter:
    objects = set(content["service_object"])
    audience = "both" if "1" in objects and len(objects) > 1 else "person" if objects == {"1"} else "enterprise"
    return Matter(
        code=f"{content['id']}@{place.code}", item=version.item, version=version, name=content["name"], organ=organ,
        organ_name=organ.name, region_code=place.code, process=rules.process_for(content), online=True, audience=audience,
        popularity=POPULAR.get(content["id"], 0),
    )  # fmt: skip


def _load_synonyms(source: Path) -> None:
    rows = [line.split(",", 1) for line in (source / "synonyms.csv").read_text().splitlines()[1:] if line]
    Synonym.objects.bulk_create((Synonym(word=w, means=m) for w, m in rows), ignore_conflicts=True)


def load_imported(actor: Actor, source: Path, told: Callable[[str], None]) -> int:
    """The 1,135 real matters of another province, with what they have and every fault kept."""
    if CatalogueItem.objects.filter(imported=True).exists():
        return 0
    path = source / "real_matters_guangan_1135.csv"
    run = imports.check_rows(tables.read_file(path.name, path.read_bytes(), imports.COLUMNS))
    told(f"{len(run.rows)}行，{len({f.row for f in run.faults if f.warning})}行部门编码有误（按原样保存并标记），{len(run.bad_rows)}行不合格")
    return imports.load_rows(actor, run=run, source="四川省广安市广安区公开事项（外省样例）", only_good=True)
