"""What an organ says is kept once; masters follow. Reading a person's master is an act too, with its reason."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.files import commands as files
from tongban.kernel.files import rules as file_rules
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import note_access
from tongban.lib import clock, codes, columns
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Invalid, Refused
from tongban.rooms.data.registries import events, rules
from tongban.rooms.data.registries.models import PERSON_INDEX, Conflict, Entity, Person, Record
from tongban.rooms.data.registries.queries import masters

BATCH = 1000
PHOTO_LIMIT = 200_000  # bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of some rows: kept, said already, or faulty with the row's number and why."""

    new: int
    same: int
    conflicts: int
    faults: list[tuple[int, str]]


@command("registries.keep")
def keep_records(
    actor: Actor, *, registry: str, organ: str, rows: Iterable[Mapping[str, Any]], origin: str, legal_on: date | None = None, synthetic: bool = False
) -> Kept:
    """Keep what `organ` says of each row's subject; a row that says nothing new leaves no record.

    A row is attribute -> value with the registry's key; `legal_on` may stand in the row. Faulty rows are left out and told; an organ speaks
    only of attributes whose ranks name it. Raises Refused for the words of another organ, Invalid for an unknown registry.
    """
    if registry not in rules.REGISTRIES:
        raise Invalid(_("There is no registry %(name)s.") % {"name": registry})
    if not actor.is_system and actor.organ_key != organ:
        raise Refused(_("You keep the records of your own organ only."))
    new = same = conflicts = 0
    faults: list[tuple[int, str]] = []
    chunk: list[tuple[dict[str, Any], date]] = []
    today = clock.today()
    sources = {attribute for attribute, ranks in masters.authority(registry, today).items() if organ in ranks} | {rules.KEYS[registry]}
    for number, row in enumerate(rows, 1):
        values = {k: v for k, v in row.items() if k != "legal_on" and v not in (None, "")}
        since = rules.day(row["legal_on"]) if row.get("legal_on") else legal_on or today
        fault = rules.row_fault(registry, values, _key_fault(registry, values, today), sources) or ("" if since else "day")
        if fault or since is None:
            faults.append((number, fault))
        else:
            chunk.append((values, since))
    for start in range(0, len(chunk), BATCH):
        made = _keep(registry, organ, chunk[start : start + BATCH], origin, synthetic)
        new, same, conflicts = new + made.new, same + made.same, conflicts + made.conflicts
    if new:
        record(
            actor,
            events.RecordsKept(registry=registry, organ=organ, origin=origin[:60], rows=new + same + len(faults), new=new, same=same, conflicts=conflicts),
        )
    else:
        nothing_changed()
    return Kept(new, same, conflicts, faults)


@command("registries.keep")
def keep_photo(actor: Actor, *, organ: str, id_number: str, content: bytes, taken_on: date, origin: str, synthetic: bool = False) -> Kept:
    """Keep a person's identity photo as the word of an organ: the picture sealed, the record names it. Raises Invalid where it is no picture."""
    ending = file_rules.picture_ending(content[:16])
    if not ending or len(content) > PHOTO_LIMIT:
        raise Invalid.at("content", _("Photo: a JPG or PNG of 200 KB at most."))
    kept = files.keep_file(actor, name=f"photo.{ending}", stream=io.BytesIO(content), size=len(content), own=False)
    row = {"id_number": id_number, "photo": str(kept.id), "photo_on": taken_on.isoformat()}
    made = keep_records(actor, registry=rules.POPULATION, organ=organ, rows=[row], origin=origin, legal_on=taken_on, synthetic=synthetic)
    if made.faults:
        raise Invalid.at("id_number", _("Citizen identity number: it is not sound, or your organ keeps no photos."))
    return made


def _key_fault(registry: str, values: Mapping[str, Any], today: date) -> str:
    key = str(values.get(rules.KEYS[registry], ""))
    return codes.resident_id_fault(key, today=today) if registry == rules.POPULATION else codes.credit_code_fault(key)


def _keep(registry: str, organ: str, rows: list[tuple[dict[str, Any], date]], origin: str, synthetic: bool) -> Kept:
    subjects = _subjects(registry, [values for values, _day in rows], synthetic)
    said = masters.said(registry, {s.id for s in subjects})
    now, new, same = clock.now(), 0, 0
    touched: dict[int, Person | Entity] = {}
    for one, (values, day) in zip(subjects, rows, strict=True):
        last = _last_word(said.get(one.id, []), organ)
        fresh = rules.changed(last, values)
        if not fresh:
            same += 1
            continue
        row = Record.objects.create(registry=registry, subject=one.id, organ_key=organ, legal_on=day, recorded_at=now, values=fresh, origin=origin[:60])
        said.setdefault(one.id, []).append(rules.Said(row.id, organ, day, now, fresh))
        touched[one.id], new = one, new + 1
    return Kept(new, same, fold(registry, list(touched.values()), said), [])


def _last_word(said: list[rules.Said], organ: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in sorted((s for s in said if s.organ == organ), key=lambda s: (s.legal_on, s.recorded_at, s.id)):
        found |= one.values
    return found


def _subjects(registry: str, rows: list[dict[str, Any]], synthetic: bool) -> list[Any]:
    """The master of each row, made where it is missing."""
    if registry == rules.POPULATION:
        marks = [columns.blind(PERSON_INDEX, str(r["id_number"]).upper()) for r in rows]
        people = {bytes(p.mark): p for p in Person.objects.filter(mark__in=set(marks))}
        for mark, row in zip(marks, rows, strict=True):
            if mark not in people:
                people[mark] = Person.objects.create(mark=mark, region_code=str(row.get("region_code", ""))[:9], changed_at=clock.now(), synthetic=synthetic)
        return [people[mark] for mark in marks]
    found = {e.credit_code: e for e in Entity.objects.filter(credit_code__in={r["credit_code"] for r in rows})}
    for row in rows:
        if row["credit_code"] not in found:
            name = str(row.get("name", ""))[:200]
            made = Entity.objects.create(
                credit_code=row["credit_code"], name=name, region_code=str(row.get("region_code", ""))[:9], changed_at=clock.now(), synthetic=synthetic
            )
            found[row["credit_code"]] = made
    return [found[row["credit_code"]] for row in rows]


def fold(registry: str, subjects: list[Any], said: Mapping[int, list[rules.Said]]) -> int:
    """Make masters and conflicts of some subjects anew from every word; how many attributes wait for a person."""
    now = clock.now()
    ranks = masters.authority(registry, clock.today())
    chosen = masters.decisions(registry, [s.id for s in subjects])
    waiting = 0
    for one in subjects:
        settled = rules.settle(said.get(one.id, []), ranks, chosen.get(one.id, {}), known_on=now, valid_on=date.max)
        one.content, one.changed_at = rules.contents(settled), now
        one.disputed = sum(s.state == "open" for s in settled.values())
        waiting += one.disputed
        _copy(registry, one)
        one.save()
        _conflicts(registry, one, settled)
    return waiting


def _copy(registry: str, one: Any) -> None:
    """What is searched stands beside the sealed content."""
    told = one.content
    one.region_code = str(told.get("region_code", ""))[:9]
    if registry == rules.POPULATION:
        one.born_on, one.sex, one.state = rules.day(told.get("born_on")), str(told.get("sex", ""))[:1], str(told.get("state", "正常"))[:12]
        return
    one.name, one.kind, one.industry = str(told.get("name", ""))[:200], str(told.get("kind", ""))[:40], str(told.get("industry", ""))[:4]
    one.established_on, one.state = rules.day(told.get("established_on")), str(told.get("state", "未登记"))[:12]


def _conflicts(registry: str, one: Any, settled: Mapping[str, rules.Settled]) -> None:
    differing = rules.disputed(settled)
    Conflict.objects.filter(registry=registry, subject=one.id).exclude(attribute__in=differing).delete()
    for attribute, state in differing.items():
        claims = (settled[attribute].claim, *settled[attribute].others)
        values = {"state": state, "region_code": one.region_code, "organs": ",".join(c.said.organ for c in claims)[:200]}
        Conflict.objects.update_or_create(
            registry=registry, subject=one.id, attribute=attribute, defaults=values, create_defaults={**values, "found_at": clock.now()}
        )


@command("registries.use")
def read_subject(actor: Actor, *, registry: str, key: str = "", subject: int = 0, reason: str) -> Person | Entity | None:
    """Open a master record by its key, or by `subject` from the work list, for a named reason; None when nobody is known by it.

    Each reading stands in the ledger. A person's record opens to organs that keep one of it, and is as if absent to the
    others: these ask under an agreement. Raises Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid(_("Say what you need the record for."), fields={"reason": _("Say what you need the record for.")})
    found = masters.subject(registry, subject) if subject else masters.keyed(registry, key)
    if isinstance(found, Person) and not actor.is_system and not Record.objects.filter(registry=registry, subject=found.id, organ_key=actor.organ_key).exists():
        found = None
    number = (key or str(found.content.get(rules.KEYS[registry], "")) if found else key).strip().upper()
    mark = columns.blind(f"registries.{registry}", number).hex()
    record(actor, events.SubjectRead(registry=registry, subject_mark=mark, reason=reason.strip()[:120], found=found is not None))
    holder = identity.person_numbered(number) if isinstance(found, Person) else None
    if holder is not None and holder != actor.person:
        note_access(actor, person=holder, what="人口基础信息", purpose=reason.strip()[:120])
    return found
