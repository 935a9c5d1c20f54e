"""通报预警: telling departments of a danger, and following each to its end."""

from datetime import datetime

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid
from tongban.rooms.trust.security import events, queries
from tongban.rooms.trust.security.commands.incidents import number
from tongban.rooms.trust.security.models import WarningNotice, WarningReply
from tongban.rooms.trust.security.rules import response

AUTHORITY = "国家网络安全事件应急预案"
MOST_ORGANS = 5000


@command("security.handle")
def issue_warning(actor: Actor, *, title: str, colour: str, body: str, remedy: str, feedback_due: datetime | None, organs: list[str]) -> WarningNotice:
    """Warn organs by their keys, all within the actor's regions. Raises Invalid naming the field."""
    if not title.strip():
        raise Invalid.at("title", _("Title: say what the danger is."))
    if colour not in response.COLOURS:
        raise Invalid.at("colour", _("Colour: choose one."))
    if not body.strip() or not remedy.strip():
        raise Invalid.at("body", _("What it is and what to do: write both."))
    if feedback_due is None or feedback_due <= clock.now():
        raise Invalid.at("due", _("Feedback until: a day that is still to come."))
    told = [o for o in orgs.organs().filter(key__in=organs[:MOST_ORGANS]) if actor.reaches(o.region_code)]
    if not told:
        raise Invalid.at("organs", _("Whom to warn: choose at least one department of your regions."))
    now = clock.now()
    receipt = min(response.due(now, response.RECEIPT_HOURS[colour]), feedback_due)
    made = WarningNotice.objects.create(
        number=number("SW"), title=title.strip()[:120], colour=colour, body=body.strip()[:8000], remedy=remedy.strip()[:4000], receipt_due=receipt,
        feedback_due=feedback_due, region_code=min(actor.regions, key=len, default="37"), issued_at=now, issued_by=actor.name, issued_organ=actor.organ_name,
    )  # fmt: skip
    WarningReply.objects.bulk_create(WarningReply(warning=made, organ=o) for o in told)
    record(actor, events.WarningIssued(warning=made.number, colour=colour, organs=len(told)), authority=AUTHORITY)
    return made


def _moved(reply: WarningReply, act: str) -> WarningReply:
    held = WarningReply.objects.select_for_update(of=("self",)).select_related("warning", "organ").get(id=reply.id)
    state = response.moved(response.REPLY_MOVES, held.state, act)
    if state is None:
        raise Conflict(_("This warning has moved on. Reload the page."))
    held.state = state
    return held


def _kept(actor: Actor, reply: WarningReply, act: str, words: str = "") -> WarningReply:
    reply.save()
    event = events.WarningMoved(warning=reply.warning.number, organ=reply.organ.key, act=act, words=words[:500])
    record(actor, event, authority=AUTHORITY)
    return reply


@command("security.answer_warnings")
def receive_warning(actor: Actor, *, warning: str) -> WarningReply:
    """Sign that one's organ took note."""
    reply = _moved(queries.own_reply(actor, warning), "receive")
    reply.received_at, reply.received_by = clock.now(), actor.name
    return _kept(actor, reply, "receive")


@command("security.answer_warnings")
def answer_warning(actor: Actor, *, warning: str, affected: bool, words: str) -> WarningReply:
    """Say whether one's organ is affected and what was done."""
    if len(words.strip()) < 2:
        raise Invalid.at("words", _("Words: write what was checked and what was done."))
    reply = _moved(queries.own_reply(actor, warning), "answer")
    reply.affected, reply.words, reply.answered_at = affected, words.strip()[:1000], clock.now()
    return _kept(actor, reply, "answer", reply.words)


@command("security.handle")
def judge_reply(actor: Actor, *, warning: str, organ: str, good: bool, words: str = "") -> WarningReply:
    """Verify an organ's feedback, or send it back with the reason."""
    if not good and len(words.strip()) < 2:
        raise Invalid.at("words", _("Reason: say what is still missing."))
    one = queries.warning(actor, warning)
    mine = next((r for r in queries.replies(one) if r.organ.key == organ), None)
    if mine is None:
        raise Conflict(_("This department was not warned."))
    reply = _moved(mine, "verify" if good else "return")
    reply.judgement, reply.verified_at = words.strip()[:500], clock.now() if good else None
    return _kept(actor, reply, "verify" if good else "return", reply.judgement)


@command("")
def tell_late(actor: Actor) -> int:
    """Say once of each receipt and each feedback that its moment is past; the platform's own task asks."""
    now, told = clock.now(), 0
    waiting = WarningReply.objects.select_related("warning").filter(state__in=["waiting", "received", "returned"], warning__receipt_due__lt=now)
    for reply in waiting.exclude(late_told="feedback")[:2000]:
        what = response.reply_late(reply.state, reply.warning.receipt_due, reply.warning.feedback_due, now)
        if not what or what == reply.late_told:
            continue
        reply.late_told = what
        reply.save(update_fields=["late_told"])
        event = events.LatenessTold(
            duty=f"warning-{reply.id}", what=what, title=reply.warning.title, region=reply.warning.region_code, organ=reply.organ_id,
            link=f"/security/warned/{reply.warning.number}/",
        )  # fmt: skip
        record(actor, event, authority=AUTHORITY)
        told += 1
    if not told:
        nothing_changed()
    return told
