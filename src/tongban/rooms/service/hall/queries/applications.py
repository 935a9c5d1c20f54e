"""Drafts and what government knows already."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

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


def known_values(actor: Actor, schema: dict[str, Any]) -> dict[str, Known]:
    """Field name -> what the account's registers say, for the fields that name a register."""
    return from_registers(statements.ask(identity.holders(actor)), schema) if actor.logged_in else {}


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
