"""Files linked to the population register: what was found, what waits for a clerk."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.queries import access
from tongban.kernel.catalogue.queries import resources as catalogue
from tongban.kernel.identity.actor import Actor
from tongban.lib.errors import NotFound, Refused
from tongban.rooms.data.registries.models import LinkedRow, Linkage, Person

RESOURCE, NEEDED = "population.person", ("id_number", "name", "sex", "born_on", "address", "region_code")


def linkages(actor: Actor) -> QuerySet[Linkage]:
    """Those of the own organ."""
    actor.require("registries.link")
    rows = Linkage.objects.order_by("-id")
    return rows if actor.is_system else rows.filter(organ_key=actor.organ_key)


def linkage(actor: Actor, identifier: int) -> Linkage:
    """One of them; raises NotFound."""
    found = linkages(actor).filter(id=identifier).first()
    if found is None:
        raise NotFound(_("There is no such file of your organ."))
    return found


def found(held: Linkage, zone: str = "") -> QuerySet[LinkedRow]:
    """Its rows; for review the doubtful ones first that nobody decided."""
    rows = LinkedRow.objects.filter(linkage=held).select_related("person", "linkage").order_by("decided", "-likely", "row")
    return rows.filter(zone=zone) if zone else rows


def row(held: Linkage, number: int) -> LinkedRow:
    """One row; raises NotFound."""
    one = found(held).filter(row=number).first()
    if one is None:
        raise NotFound(_("There is no such row."))
    return one


def allowed(actor: Actor) -> str:
    """The agreement under which the actor's organ may link to the register, "" for its owner; raises Refused without one."""
    one = catalogue.resource_supplied_by(RESOURCE)
    if actor.is_system or (one is not None and one.organ.key == actor.organ_key):
        return ""
    held = access.agreement_between(one.id, actor.organ) if one is not None and actor.organ else None
    if held is None or access.standing(held) != "in-force" or not set(NEEDED) <= set(held.terms["granted"]["items"]):
        raise Refused(_("Linking needs an agreement in force on the population register that grants number, name, sex, birth day, region and address."))
    return str(held.number)


def register() -> tuple[list[int], dict[str, list[str]]]:
    """Everyone in the register as columns: identifiers, and the fields that are compared."""
    identifiers: list[int] = []
    columns: dict[str, list[str]] = {n: [] for n in ("name", "born", "sex", "county", "address")}
    for person in Person.objects.only("id", "content").order_by("id").iterator(chunk_size=5000):
        identifiers.append(person.id)
        for name, value in compared(person.content).items():
            columns[name].append(value)
    return identifiers, columns


def compared(told: dict[str, Any]) -> dict[str, str]:
    """A register's or a file's row in the form in which both are compared."""
    born = "".join(c for c in str(told.get("born_on") or "") if c.isdigit())[:8]
    address = "".join(str(told.get("address") or "").split())
    return {"name": str(told.get("name") or "").strip(), "born": born, "sex": str(told.get("sex") or "")[:1], "county": str(told.get("region_code") or "")[:6],
            "address": address}  # fmt: skip


def columns_of(rows: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Rows as columns."""
    told = [compared(r) for r in rows]
    return {n: [t[n] for t in told] for n in ("name", "born", "sex", "county", "address")}
