"""Noting who looked at whose application."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tongban.kernel.identity import commands as identity
from tongban.kernel.ledger import queries as ledger
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed

if TYPE_CHECKING:
    from tongban.kernel.cases.models import Case
    from tongban.kernel.identity.actor import Actor

ONE_LOOK = timedelta(minutes=10)


@command("identity.use_account")
def note_look(actor: Actor, *, case: Case, what: str) -> None:
    """Note that an application, or a document of it, was looked at by someone else than its applicant.

    The same look again within ten minutes is one look: a page that is drawn anew says nothing new.
    """
    same = {"fields": [what], "case": case.number}
    since = clock.now() - ONE_LOOK
    own = case.person_id == actor.person
    if own or case.person_id is None or ledger.acted_since(actor, subject=f"person:{case.person_id}", tag="identity.person.seen", since=since, body=same):
        nothing_changed()
        return
    identity.note_access(actor, person=case.person_id, what=what, purpose=case.title, case=case.number)
