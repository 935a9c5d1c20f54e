"""Conflicts and corrections as work, and the figures of each registry."""

from datetime import date
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.catalogue.queries import access
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, statements
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries.models import Conflict, Correction, Entity, Person, Record


def conflicts(actor: Actor, *, registry: str = "", state: str = "open", attribute: str = "") -> QuerySet[Conflict]:
    """Attributes that organs disagree about, those of the own organ's words; all for whoever watches."""
    actor.require("registries.use")
    rows = Conflict.objects.order_by("-found_at", "-id")
    own = actor.organ_key
    if own and not actor.may("registries.watch"):
        rows = rows.filter(organs__contains=own)
    if registry:
        rows = rows.filter(registry=registry)
    if state:
        rows = rows.filter(state=state)
    return rows.filter(attribute=attribute) if attribute else rows


def corrections(actor: Actor, *, state: str = "") -> QuerySet[Correction]:
    """Values of the own organ that someone doubts; all for whoever watches."""
    actor.require("registries.use")
    rows = Correction.objects.order_by("state", "-id")
    own = actor.organ_key
    if own and not actor.may("registries.watch"):
        rows = rows.filter(organ_key=own)
    return rows.filter(state=state) if state else rows


def correction(actor: Actor, identifier: int) -> Correction:
    """One of them; raises NotFound."""
    found = corrections(actor).filter(id=identifier).first()
    if found is None:
        raise NotFound(_("There is no such correction of your organ."))
    return found


def correct_by(held: Correction) -> date:
    """By when a doubt is to be checked."""
    region = orgs.organ(held.organ_key).region_code
    return calendar.due(region, held.asked_at.astimezone(clock.CHINA).date(), access.limit("correct").days)


def figures(actor: Actor) -> dict[str, Any]:
    """How many subjects, records, conflicts; by city and by organ."""
    actor.require("registries.use")
    return {
        "persons": Person.objects.count(), "entities": Entity.objects.count(), "alive": Person.objects.exclude(state="死亡").count(),
        "open": Conflict.objects.filter(state="open").count(), "by_rank": Conflict.objects.filter(state="by-rank").count(),
        "corrections": Correction.objects.filter(state="open").count(),
        "sources": list(Record.objects.values("registry", "organ_key").annotate(n=Count("id")).order_by("registry", "-n")),
        "cities": _cities(), "synthetic": Person.objects.filter(synthetic=True).exists(),
    }  # fmt: skip


def _cities() -> list[tuple[str, int, int]]:
    """(city, persons alive, entities in force)."""
    people: dict[str, int] = dict(statements.rows("SELECT left(region_code, 4), count(*) FROM registries_person WHERE state <> '死亡' GROUP BY 1", {}))
    firms: dict[str, int] = dict(statements.rows("SELECT left(region_code, 4), count(*) FROM registries_entity WHERE state = '存续' GROUP BY 1", {}))
    return [(city.name, people.get(city.code, 0), firms.get(city.code, 0)) for city in orgs.places("37")]


def pyramid(actor: Actor, on: date) -> list[tuple[int, int, int]]:
    """(first age of a group of five years, men, women) alive; 95 and more together."""
    actor.require("registries.use")
    asked = """SELECT least(19, floor(extract(year FROM age(%(on)s::date, born_on)) / 5))::int AS step,
                      count(*) FILTER (WHERE sex = '男'), count(*) FILTER (WHERE sex = '女')
               FROM registries_person WHERE state <> '死亡' AND born_on <= %(on)s GROUP BY 1 ORDER BY 1"""
    found = {step: (men, women) for step, men, women in statements.rows(asked, {"on": on})}
    return [(step * 5, *found.get(step, (0, 0))) for step in range(20)] if found else []
