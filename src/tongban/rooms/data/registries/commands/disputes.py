"""Conflicts decided by a person, and corrections: a value is doubted, the organ that said it answers."""

from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.data.registries import events
from tongban.rooms.data.registries.commands import records
from tongban.rooms.data.registries.models import Correction, Decision, Record
from tongban.rooms.data.registries.queries import masters, work


@command("registries.decide")
def decide_conflict(actor: Actor, *, registry: str, subject: int, attribute: str, chosen: int, words: str) -> None:
    """Choose whose word stands, the record `chosen`; the masters follow. The choice stands until an organ says something new and someone decides again.

    Raises Refused unless the actor's organ is among those whose word counts most here.
    """
    if not words.strip():
        raise Invalid(_("Give the reason."), fields={"words": _("Give the reason.")})
    one = masters.subject(registry, subject)
    settled = masters.view(registry, one).settled.get(attribute)
    claims = (settled.claim, *settled.others) if settled else ()
    claim = next((c for c in claims if c.said.id == chosen), None)
    if settled is None or claim is None or not settled.others:
        raise Conflict(_("About this the organs agree now: there is nothing to decide."))
    if not actor.is_system and actor.organ_key not in {c.said.organ for c in claims if c.rank == min(c.rank for c in claims)}:
        raise Refused(_("The organs whose word counts most decide here."))
    Decision.objects.create(
        registry=registry, subject=subject, attribute=attribute, record_id=chosen, words=words.strip()[:300], decided_by=actor.name, decided_at=clock.now()
    )
    records.fold(registry, [one], masters.said(registry, [subject]))
    told = events.ConflictDecided(registry=registry, record=chosen, attribute=attribute, organ=claim.said.organ, words=words.strip()[:300])
    record(actor, told)


@command("registries.keep")
def ask_correction(actor: Actor, *, registry: str, key: str, attribute: str, claimed: str, reason: str, cause: str, account: int | None) -> int | None:
    """A value is said to be wrong: the organ whose word stands is asked, once for each cause. None when nobody said it."""
    found = masters.keyed(registry, key)
    settled = masters.view(registry, found).settled.get(attribute) if found else None
    if found is None or settled is None:
        nothing_changed()
        return None
    made, fresh = Correction.objects.get_or_create(
        registry=registry, subject=found.id, attribute=attribute, cause=cause[:60],
        defaults={"organ_key": settled.claim.said.organ, "claimed": claimed, "reason": reason[:300], "account": account, "asked_at": clock.now()},
    )  # fmt: skip
    if fresh:
        record(actor, events.CorrectionAsked(correction=str(made.id), registry=registry, attribute=attribute, organ=made.organ_key, cause=made.cause))
    else:
        nothing_changed()
    return int(made.id)


@command("registries.decide")
def answer_correction(actor: Actor, *, correction: int, accept: bool, words: str) -> Correction:
    """Accept (a new record of the organ, with the value that was claimed) or keep the value, with the reason."""
    if not words.strip():
        raise Invalid(_("Give the reason."), fields={"words": _("Give the reason.")})
    held = work.correction(actor, correction)
    held = Correction.objects.select_for_update().get(id=held.id)
    if held.state != Correction.State.OPEN:
        raise Conflict(_("This was answered on %(day)s.") % {"day": held.answered_at})
    if accept:
        _correct(held)
    held.state = Correction.State.ACCEPTED if accept else Correction.State.REFUSED
    held.answer, held.answered_at = words.strip()[:300], clock.now()
    held.save()
    told = events.CorrectionAnswered(
        correction=str(held.id), registry=held.registry, attribute=held.attribute, organ=held.organ_key, state=held.state, words=held.answer
    )
    record(actor, told)
    return held


def _correct(held: Correction) -> None:
    """The organ's next word, kept as it would have been had it come from its own register."""
    one = masters.subject(held.registry, held.subject)
    claimed: Any = held.claimed
    if not claimed:
        raise NotFound(_("What was claimed is no longer kept."))
    now = clock.now()
    Record.objects.create(
        registry=held.registry, subject=one.id, organ_key=held.organ_key, legal_on=clock.today(), recorded_at=now, values={held.attribute: claimed},
        origin=f"correction:{held.id}",
    )  # fmt: skip
    records.fold(held.registry, [one], masters.said(held.registry, [one.id]))
