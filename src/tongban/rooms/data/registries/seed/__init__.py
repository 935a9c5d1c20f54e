"""The ranks of authority as shipped; for the demo a synthetic province and the personas in it."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import comparisons, records
from tongban.rooms.data.registries.models import Authority, Entity, Finding, Link, Person
from tongban.rooms.data.registries.queries import masters
from tongban.rooms.data.registries.seed import load, portrait


def load_authority(folder: Path) -> int:
    """Enter the ranks once."""
    if Authority.objects.exists():
        return 0
    with (folder / "authority.csv").open(newline="") as file:
        rows = [
            Authority(
                registry=r["registry"], attribute=r["attribute"], organ_key=r["organ_key"], rank=int(r["rank"]), document=r["document"],
                effective_from=date.fromisoformat(r["effective_from"]), effective_to=date.fromisoformat(r["effective_to"]) if r["effective_to"] else None,
                verified=r["verified"] == "yes",
            )
            for r in csv.DictReader(file)
        ]  # fmt: skip
    return len(Authority.objects.bulk_create(rows))


def load_synthetic(folder: Path, number: int) -> int:
    """`number` synthetic persons with their enterprises; nothing where there are any: a province of another size would have the same numbers again."""
    if not number or Person.objects.filter(synthetic=True).exists():
        return 0
    ranks = {name: masters.authority(name, clock.today()) for name in rules.REGISTRIES}
    return load.load(folder, number, ranks, _place)


def _place(code: str) -> str:
    """济南市历下区解放路街道 for a township; its county where it was renamed since."""
    return orgs.division_name(code) or orgs.division_name(code[:6]) or "山东省"


def load_known(actor: Actor, persons: Iterable[Mapping[str, Any]], entities: Iterable[Mapping[str, Any]]) -> int:
    """The demo's personas and their enterprises, as public security and the register would know them."""
    told = list(entities)
    people = [*persons]
    kept = records.keep_records(actor, registry=rules.POPULATION, organ="sd-police", rows=people, origin="demo", legal_on=date(2016, 1, 1), synthetic=True)
    firms = records.keep_records(actor, registry=rules.ENTITIES, organ="sd-samr", rows=told, origin="demo", legal_on=date(2025, 9, 18), synthetic=True)
    for row in told:
        person, entity = masters.person_numbered(row["legal_rep_id"]), Entity.objects.get(credit_code=row["credit_code"])
        if person and not Link.objects.filter(entity=entity, kind="representative").exists():
            Link.objects.create(person=person, entity=entity, kind="representative", since=date(2025, 9, 18), organ_key="sd-samr")
    return kept.new + firms.new


def load_photos(actor: Actor, persons: Iterable[Mapping[str, Any]]) -> int:
    """Drawn portraits of the personas, as public security would hold them; they say on them that they are synthetic."""
    made = 0
    for row in persons:
        held = masters.person_numbered(row["id_number"])
        if held and "photo" not in held.content:
            drawn = portrait.drawn(int(row["id_number"][14:17]))
            records.keep_photo(actor, organ="sd-police", id_number=row["id_number"], content=drawn, taken_on=date(2025, 3, 1), origin="demo", synthetic=True)
            made += 1
    return made


def load_findings(actor: Actor) -> int:
    """The comparisons of the first night."""
    if Finding.objects.exists() or not Person.objects.exists():
        return 0
    return sum(comparisons.run_comparison(actor, comparison=name)[1] for name in rules.COMPARISONS)
