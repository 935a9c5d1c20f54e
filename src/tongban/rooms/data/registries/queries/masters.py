"""Master records: by key, as known on a day; their words, conflicts and links."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, columns, statements
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.models import PERSON_INDEX, Authority, Decision, Entity, Link, Person, Record

Master = Person | Entity


def person_numbered(number: str) -> Person | None:
    """A person by citizen identity number: one probe of the blind index. Callers hold the agreement or the purpose."""
    return Person.objects.filter(mark=columns.blind(PERSON_INDEX, number.strip().upper())).first()


def entity_coded(code: str) -> Entity | None:
    """An entity by unified social credit code."""
    return Entity.objects.filter(credit_code=code.strip().upper()).first()


def keyed(registry: str, key: str) -> Master | None:
    """A master record by the registry's own key."""
    return person_numbered(key) if registry == rules.POPULATION else entity_coded(key)


_CONTENTS = {
    rules.POPULATION: (Person, "SELECT mark, content FROM registries_person WHERE mark = ANY(%(keys)s)"),
    rules.ENTITIES: (Entity, "SELECT credit_code, content FROM registries_entity WHERE credit_code = ANY(%(keys)s)"),
}


def contents(registry: str, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the master records of some keys hold, in one probe; unknown keys are left out. On the path of every query, so in SQL."""
    model, statement = _CONTENTS[registry]
    plain: dict[str, Any] = {key: key.strip().upper() for key in keys}
    if registry == rules.POPULATION:
        plain = {key: columns.blind(PERSON_INDEX, told) for key, told in plain.items()}
    sealed: Any = model._meta.get_field("content")
    opened = {found: sealed.read(content) for found, content in statements.rows(statement, {"keys": list(plain.values())})}
    return {key: opened[told] for key, told in plain.items() if told in opened}


def subject(registry: str, identifier: int) -> Master:
    """A master record by its identifier; raises NotFound."""
    found: Master | None = (
        Person.objects.filter(id=identifier).first() if registry == rules.POPULATION else Entity.objects.filter(id=identifier).first()
    )  # fmt: skip
    if found is None:
        raise NotFound(_("There is no such record."))
    return found


def codes_of(identifiers: list[int]) -> dict[int, str]:
    """The credit codes of some entities, for links."""
    return dict(Entity.objects.filter(id__in=identifiers).values_list("id", "credit_code"))


def said(registry: str, subjects: Iterable[int]) -> dict[int, list[rules.Said]]:
    """All records of some subjects, opened."""
    found: dict[int, list[rules.Said]] = {}
    for row in Record.objects.filter(registry=registry, subject__in=list(subjects)).order_by("id"):
        found.setdefault(row.subject, []).append(rules.Said(row.id, row.organ_key, row.legal_on, row.recorded_at, row.values))
    return found


def decisions(registry: str, subjects: Iterable[int], *, until: datetime | None = None) -> dict[int, dict[str, int]]:
    """subject -> attribute -> the record that was chosen last."""
    rows = Decision.objects.filter(registry=registry, subject__in=list(subjects)).order_by("id")
    if until:
        rows = rows.filter(decided_at__lte=until)
    found: dict[int, dict[str, int]] = {}
    for one in rows:
        found.setdefault(one.subject, {})[one.attribute] = one.record_id
    return found


def authority(registry: str, on: date) -> dict[str, dict[str, int]]:
    """Whose word counts how much on a day: attribute -> organ -> rank."""
    found: dict[str, dict[str, int]] = {}
    rows = Authority.objects.filter(Q(effective_to=None) | Q(effective_to__gte=on), registry=registry, effective_from__lte=on)
    for attribute, organ, rank in rows.values_list("attribute", "organ_key", "rank"):
        found.setdefault(attribute, {})[organ] = rank
    return found


@dataclass(frozen=True, slots=True)
class View:
    """A master record as known at a moment about a day, with every word behind it."""

    registry: str
    master: Master
    settled: dict[str, rules.Settled]
    records: list[rules.Said]
    known_on: datetime
    valid_on: date


def view(registry: str, master: Master, *, known_on: datetime | None = None, valid_on: date | None = None) -> View:
    """What was known of a subject; defaults to now and today."""
    moment, day = known_on or clock.now(), valid_on or clock.today()
    records = said(registry, [master.id]).get(master.id, [])
    chosen = decisions(registry, [master.id], until=moment).get(master.id, {})
    settled = rules.settle(records, authority(registry, moment.astimezone(clock.CHINA).date()), chosen, known_on=moment, valid_on=day)
    return View(registry, master, settled, records, moment, day)


def links(master: Master) -> QuerySet[Link]:
    """Ties of a person, all; of an entity those that the register publishes (representative, shareholders). The current ones first."""
    if isinstance(master, Person):
        rows = Link.objects.filter(person=master)
    else:
        rows = Link.objects.filter(entity=master).exclude(kind="insured")
    return rows.select_related("person", "entity").order_by("until", "kind", "-since")


def entities(actor: Actor, *, words: str = "", region: str = "", state: str = "", industry: str = "") -> QuerySet[Entity]:
    """Entities by name or code; what the register publishes, so every official may search."""
    actor.require("registries.use")
    rows = Entity.objects.all().order_by("name", "id")
    if words:
        rows = rows.filter(Q(credit_code=words.upper()) | Q(name__contains=words))
    if region:
        rows = rows.filter(region_code__startswith=region)
    if state:
        rows = rows.filter(state=state)
    return rows.filter(industry__startswith=industry) if industry else rows
