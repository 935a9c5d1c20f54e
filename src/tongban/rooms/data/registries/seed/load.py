"""The synthetic registries into the tables: sealed, indexed, by COPY; conflicts and links with them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection

from tongban.lib import clock, columns
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.models import PERSON_INDEX, Conflict, Entity, Link, Person, Record
from tongban.rooms.data.registries.seed import words
from tongban.rooms.data.registries.seed.people import Population, people

ORIGIN = "synthetic"
_CHUNK = 20_000
KINDS = 8  # uniform numbers a subject


class Loader:
    """Writes the words of one registry and the masters they make."""

    def __init__(self, registry: str, authority: rules.Authority, moment: datetime) -> None:
        self.registry, self.authority, self.moment = registry, authority, moment
        self.first = 1 + (Record.objects.order_by("-id").values_list("id", flat=True).first() or 0)
        self.conflicts: list[tuple[Any, ...]] = []
        self.number = 0

    def said(self, subject: int, told: Iterable[words.Said]) -> list[tuple[rules.Said, tuple[Any, ...]]]:
        """Records of one subject as rules see them and as rows."""
        made = []
        for _n, organ, legal_on, values in told:
            closed = columns.close(columns.cohort(f"records-{self.registry}", organ), "registries_record.values", json.dumps(values, ensure_ascii=False))
            one = rules.Said(self.first, organ, legal_on, self.moment, values)
            made.append((one, (self.first, self.registry, subject, organ, legal_on, self.moment, closed, ORIGIN)))
            self.first += 1
        return made

    def content(self, subject: int, said: list[rules.Said], region: str) -> tuple[dict[str, Any], int]:
        """The master's content and how many attributes wait for a person; conflicts are kept aside for the end."""
        told: dict[str, Any] = {}
        differs = False
        for one in said:
            differs = differs or any(k in told and told[k] != v for k, v in one.values.items())
            told = {**one.values, **told}
        if not differs:
            return told, 0
        settled = rules.settle(said, self.authority, {}, known_on=self.moment, valid_on=date.max)
        told = rules.contents(settled)
        for attribute, one_settled in settled.items():
            if one_settled.others:
                organs = ",".join(c.said.organ for c in (one_settled.claim, *one_settled.others))
                self.conflicts.append((self.registry, subject, attribute, one_settled.state, region, organs, self.moment))
        return told, sum(s.state == "open" for s in settled.values())


def copy(table: str, names: str, rows: Iterable[tuple[Any, ...]]) -> int:
    """COPY rows into a table; how many went."""
    sent = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as stream:  # type: ignore[attr-defined]
        for row in rows:
            stream.write_row(row)
            sent += 1
    return sent


def load(folder: Path, number: int, authority: Mapping[str, rules.Authority], place: Callable[[str], str], seed: int = 20161) -> int:
    """Everything about `number` synthetic persons and their enterprises. `place` names a township."""
    p = people(folder, number, seed)
    rng = np.random.default_rng(seed + 1)
    places = {town: place(town) for town in p.towns}
    made = words.firms(p, {town[:4]: places[town][:2] for town in p.towns}, rng)
    employer = {worker: firm.code for firm in made for worker in firm.staff}
    base_person = Person.objects.order_by("-id").values_list("id", flat=True).first() or 0
    base_entity = Entity.objects.order_by("-id").values_list("id", flat=True).first() or 0
    moment = clock.now()
    _persons(Loader(rules.POPULATION, authority[rules.POPULATION], moment), p, base_person, places, employer, rng)
    _entities(Loader(rules.ENTITIES, authority[rules.ENTITIES], moment), p, made, base_entity, places, rng)
    copy("registries_link", "person_id, entity_id, kind, since, until, organ_key, share", _links(made, base_person, base_entity, p))
    _settle_sequences()
    return number


def _chunks(total: int) -> Iterator[range]:
    for start in range(0, total, _CHUNK):
        yield range(start, min(total, start + _CHUNK))


def _persons(loader: Loader, p: Population, base: int, places: dict[str, str], employer: dict[int, str], rng: np.random.Generator) -> None:
    for span in _chunks(len(p)):
        luck = rng.random((len(span), KINDS)).tolist()
        rows, kept = [], []
        for at, n in enumerate(span):
            said = words.person_records(p, n, places[p.towns[p.town[n]]], employer.get(n, ""), luck[at], places[p.towns[p.former[n]]])
            made = loader.said(base + n + 1, said)
            kept += [row for _said, row in made]
            rows.append(_person(loader, p, n, base + n + 1, [one for one, _row in made]))
        copy("registries_person", "id, mark, content, region_code, born_on, sex, state, disputed, changed_at, synthetic", rows)
        copy("registries_record", 'id, registry, subject, organ_key, legal_on, recorded_at, "values", origin', kept)
    _conflicts(loader)


def _person(loader: Loader, p: Population, n: int, identifier: int, said: list[rules.Said]) -> tuple[Any, ...]:
    town = p.towns[p.town[n]]
    told, disputed = loader.content(identifier, said, town)
    closed = columns.close(columns.cohort("population", town[:6]), "registries_person.content", json.dumps(told, ensure_ascii=False))
    mark = columns.blind(PERSON_INDEX, told["id_number"])
    return identifier, mark, closed, town, told["born_on"], told["sex"], told["state"], disputed, loader.moment, True


def _entities(loader: Loader, p: Population, firms: list[words.Firm], base: int, places: dict[str, str], rng: np.random.Generator) -> None:
    for span in _chunks(len(firms)):
        luck = rng.random((len(span), KINDS)).tolist()
        rows, kept = [], []
        for at, n in enumerate(span):
            firm, identifier = firms[n], base + n + 1
            made = loader.said(identifier, words.firm_records(firm, identifier, p, places[firm.town], luck[at]))
            kept += [row for _said, row in made]
            told, disputed = loader.content(identifier, [one for one, _row in made], firm.town[:6])
            cohort = columns.cohort("entities", firm.town[:6])
            closed = columns.close(cohort, "registries_entity.content", json.dumps(told, ensure_ascii=False))
            state = told.get("state", "未登记")
            rows.append(
                (identifier, firm.code, told["name"], firm.kind, firm.industry, firm.town[:6], firm.established, state, closed, disputed, loader.moment, True)
            )
        names = "id, credit_code, name, kind, industry, region_code, established_on, state, content, disputed, changed_at, synthetic"
        copy("registries_entity", names, rows)
        copy("registries_record", 'id, registry, subject, organ_key, legal_on, recorded_at, "values", origin', kept)
    _conflicts(loader)


def _conflicts(loader: Loader) -> None:
    copy("registries_conflict", "registry, subject, attribute, state, region_code, organs, found_at", loader.conflicts)
    loader.conflicts = []


def _links(firms: list[words.Firm], person: int, entity: int, p: Population) -> Iterator[tuple[Any, ...]]:
    for n, firm in enumerate(firms):
        here = entity + n + 1
        yield person + firm.representative + 1, here, "representative", firm.established, None, "sd-samr", None
        for who, share in firm.shareholders:
            yield person + who + 1, here, "shareholder", firm.established, None, "sd-samr", share
        for who in firm.staff:
            yield person + who + 1, here, "insured", max(firm.established, words.day(p.born[who] + 7300)), None, "sd-hrss", None


def _settle_sequences() -> None:
    """Identifiers were given here; the next row takes the next one."""
    with connection.cursor() as cursor:
        for model in (Person, Entity, Record, Conflict, Link):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608 - names of our own
            cursor.execute(f"ANALYZE {table}")
