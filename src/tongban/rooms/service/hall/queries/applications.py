"""Drafts and what government knows already."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.queries import resources as catalogue
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, statements
from tongban.lib.errors import NotFound
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.models import Draft


@dataclass(frozen=True, slots=True)
class Known:
    """A value that a register holds: shown with source and time, not asked."""

    value: str
    source: str
    at: datetime
    fetched: bool = False


def known_values(actor: Actor, schema: dict[str, Any], held: Draft | None = None) -> dict[str, Known]:
    """Field name -> what the account's registers say, and what was fetched for a draft, for the fields that name a register."""
    known = from_registers(statements.ask(identity.holders(actor)), schema) if actor.logged_in else {}
    for name, told in ((held.fetched or {}).get("fields", {}) if held else {}).items():
        if name in schema.get("properties", {}):
            known[name] = Known(told["value"], f"{told['source']}·{told['title']}", datetime.fromisoformat(told["at"]), fetched=True)
    return known


def from_registers(holders: identity.Holders, schema: dict[str, Any]) -> dict[str, Known]:
    """The same from what was fetched already."""
    now, found = clock.now(), {}
    for name, told in schema.get("properties", {}).items():
        source = rules.KNOWN.get(told.get("x-source", ""))
        value = identity.held(holders, source[0], source[1]) if source else ""
        if source and value:
            found[name] = Known(value, source[2], now)
    return found


def draft(actor: Actor, draft_id: str) -> Draft:
    """One's own draft; raises NotFound."""
    try:
        key = uuid.UUID(draft_id)
    except ValueError:
        key = uuid.UUID(int=0)
    found = Draft.objects.select_related("matter", "version", "matter__organ", "matter__item", "matter__version").filter(id=key, account=actor.account).first()
    if found is None:
        raise NotFound(_("There is no such draft. Drafts are kept for thirty days."))
    return found


def drafts(actor: Actor) -> QuerySet[Draft]:
    """One's own drafts that were not submitted."""
    return Draft.objects.filter(account=actor.account, case_number="").select_related("matter").order_by("-saved_at")


@dataclass(frozen=True, slots=True)
class Asked:
    """A resource that consent is asked for: what it is, whose it is, what of it the form needs."""

    title: str
    source: str
    items: list[str]


def asked_for(form: dict[str, Any], materials: list[dict[str, Any]]) -> list[Asked]:
    """What would be fetched for a form, as the applicant reads it before consenting."""
    found = []
    for (name, _whose), items in rules.wanted(form, materials).items():
        one = catalogue.resource_supplied_by(name)
        if one is None or one.published is None:
            continue
        names = {i["key"]: i["name"] for i in one.published.content["items"]}
        found.append(Asked(one.published.title, one.organ.short_name, [names[i] for i in items if i in names]))
    return found
