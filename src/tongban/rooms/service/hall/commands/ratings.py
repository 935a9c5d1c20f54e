"""Inviting, rating, answering."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Gone, Invalid, NotFound
from tongban.rooms.service.hall import events, rules
from tongban.rooms.service.hall.models import Rating, RatingInvitation
from tongban.rooms.service.hall.queries import ratings

if TYPE_CHECKING:
    from tongban.kernel.cases.models import Case


@command("")
def invite_rating(actor: Actor, *, case_number: str) -> RatingInvitation:
    """Make the rating link of a closed case; the platform does it, once."""
    held = RatingInvitation.objects.filter(case_number=case_number).first()
    if held:
        nothing_changed()
        return held
    one = cases.case(actor, case_number)
    now = clock.now()
    made = keep_invitation(one, now, now + rules.RATING_LIFE)
    record(actor, events.RatingInvited(case=one.number))
    return made


def keep_invitation(one: Case, begins: datetime, ends: datetime) -> RatingInvitation:
    """What a rating of a case hangs on, with whoever decided it; within a command."""
    decided = next((i for i in cases.items_of(one) if i.action in ("grant", "refuse", "reject")), None)
    return RatingInvitation.objects.create(
        token=secrets.token_urlsafe(32),
        case_number=one.number,
        matter_name=one.title,
        organ=one.organ_id,
        organ_name=one.organ.name,
        region_code=one.region_code,
        handler=decided.done_by if decided else None,
        created_at=begins,
        expires_at=ends,
    )


@command("")
def rate_service(actor: Actor, *, token: str, level: int, indicators: list[str], words: str = "", channel: str = "online") -> Rating:
    """Rate a handling once. Whoever holds the link may: it is the permission."""
    invitation = ratings.invitation(token)
    if level not in rules.LEVELS:
        sentence = _("Satisfaction: choose one of the five levels.")
        raise Invalid(sentence, fields={"level": sentence})
    if any(i not in rules.INDICATORS for i in indicators):
        sentence = _("Indicators: choose from the list.")
        raise Invalid(sentence, fields={"indicators": sentence})
    bad = level >= rules.BAD
    due = calendar.due(invitation.region_code, clock.today(), rules.RECTIFY_DAYS) if bad else None
    try:
        with transaction.atomic():
            made = Rating.objects.create(
                invitation=invitation, level=level, indicators=indicators, words=words.strip()[:500], channel=channel,
                rated_at=clock.now(),
                rectify_due=due,
            )  # fmt: skip
    except IntegrityError:
        raise Gone(_("This service was rated already; each handling is rated once.")) from None
    record(
        actor,
        events.ServiceRated(
            case=invitation.case_number,
            level=level,
            organ=invitation.organ,
            region=invitation.region_code,
            due=due.isoformat() if due else "",
        ),
    )
    return made


DEFAULTS_AT_ONCE = 500


@command("")
def default_ratings(actor: Actor) -> int:
    """Close the invitations that ran out unanswered with a flagged default; the platform does it. Returns how many."""
    now, made = clock.now(), 0
    for invitation in RatingInvitation.objects.filter(expires_at__lt=now, rating=None).order_by("id")[:DEFAULTS_AT_ONCE]:
        Rating.objects.create(invitation=invitation, level=rules.DEFAULT_LEVEL, by_default=True, channel="default", rated_at=now)
        record(actor, events.RatingDefaulted(case=invitation.case_number, level=rules.DEFAULT_LEVEL))
        made += 1
    if not made:
        nothing_changed()
    return made


@command("hall.rectify")
def answer_rating(actor: Actor, *, rating: int, reply: str) -> Rating:
    """Answer a bad rating of one's own organ: verified, put right, told to the person."""
    held = Rating.objects.select_for_update().select_related("invitation").filter(id=rating).first()
    if held is None or held.invitation.organ != actor.organ:
        raise NotFound(_("There is no such rating of your organ."))
    if held.level < rules.BAD:
        raise Conflict(_("Only bad ratings are answered."))
    if held.replied_at:
        raise Conflict(_("Answered already by %(who)s.") % {"who": held.replied_by_name})
    if len(reply.strip()) < 5:
        sentence = _("Reply: say what was verified and put right.")
        raise Invalid(sentence, fields={"reply": sentence})
    held.reply, held.replied_at, held.replied_by_name = reply.strip()[:500], clock.now(), actor.name
    held.save()
    record(actor, events.RatingAnswered(case=held.invitation.case_number, reply=held.reply))
    return held
