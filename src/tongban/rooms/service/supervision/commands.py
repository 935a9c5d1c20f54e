"""Raising lights, answering them, urging."""

from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.deadlines import Deadline
from tongban.lib.errors import Conflict, Invalid, NotFound
from tongban.lib.terms import term
from tongban.rooms.service.supervision import events, queries, rules
from tongban.rooms.service.supervision.models import Light, LightAct


@command("")
def raise_light(actor: Actor, *, case_number: str, raised: rules.Raised) -> Light:
    """Raise a light on a case; the platform does it, once for each kind of breach."""
    one = cases.case(actor, case_number)
    handler = next((i.assignee for i in cases.items_of(one) if i.state == "open" and i.assignee), None)
    return _raise(actor, raised, thing="case", case_number=one.number, case_title=one.title, organ=one.organ_id, organ_name=one.organ.name,
                  region_code=one.region_code, handler=handler)  # fmt: skip


@command("")
def raise_deadline(actor: Actor, *, late: Deadline, raised: rules.Raised) -> Light:
    """Raise a light on another thing with a limit; the platform does it, once for each kind of breach."""
    return _raise(actor, raised, thing=late.kind, case_number=late.key, case_title=late.title[:120], organ=late.organ, organ_name=late.organ_name,
                  region_code=late.region, term=late.due.isoformat())  # fmt: skip


def _raise(actor: Actor, raised: rules.Raised, **about: Any) -> Light:
    due = calendar.due(about["region_code"], clock.today(), rules.ANSWER_DAYS) if raised.level != "prompt" else None
    light = Light.objects.create(
        **about, kind=raised.kind, level=raised.level, reason=raised.reason, rule_id=raised.rule, raised_at=clock.now(), answer_due=due
    )
    told = events.LightRaised(**_about(light), level=raised.level, kind_of_breach=raised.kind, reason=raised.reason)
    record(actor, told)
    return light


def _about(light: Light) -> dict[str, Any]:
    return {"thing": light.thing, "case": light.case_number, "light": light.id}


def _move(actor: Actor, light_id: int, act: str, words: str) -> Light:
    light = Light.objects.select_for_update().filter(id=queries.light(actor, light_id).id).get()
    state = rules.next_state(light.state, act)
    if state is None:
        raise Conflict(_("A light that is “%(state)s” cannot be handled so. Reload the page.") % {"state": term(light.get_state_display())})
    if len(words.strip()) < 2:
        sentence = _("Words: please write what is to be said.")
        raise Invalid(sentence, fields={"words": sentence})
    light.state = state
    light.save(update_fields=["state"])
    return light


def _act(actor: Actor, light: Light, kind: str, words: str, days: int = 0) -> LightAct:
    due = calendar.due(light.region_code, clock.today(), days) if days else None
    return LightAct.objects.create(
        light=light, kind=kind, words=words.strip()[:500], by=actor.account, by_name=actor.name, by_organ=actor.organ_name,
        at=clock.now(), due=due,
    )  # fmt: skip


@command("supervision.answer")
def answer_light(actor: Actor, *, light: int, words: str, appeal: bool = False) -> Light:
    """Say what is done about a light of one's own organ, or that it is wrong."""
    held = _move(actor, light, "appeal" if appeal else "answer", words)
    if held.organ != actor.organ:
        raise NotFound(_("There is no such light within your view."))
    _act(actor, held, "appeal" if appeal else "answer", words)
    record(actor, events.LightMoved(**_about(held), act="appeal" if appeal else "answer", words=words.strip()))
    return held


@command("supervision.judge")
def judge_light(actor: Actor, *, light: int, act: str, words: str) -> Light:
    """Uphold or dismiss an appeal, or close an answered light; it stays in the record."""
    if act not in ("uphold", "dismiss", "close"):
        raise Invalid(_("Choose uphold, dismiss or close."))
    held = _move(actor, light, act, words)
    _act(actor, held, act, words)
    record(actor, events.LightMoved(**_about(held), act=act, words=words.strip()))
    return held


@command("supervision.urge")
def urge(actor: Actor, *, light: int, words: str) -> LightAct:
    """Urge the office behind a light; it replies within two working days."""
    held = _move(actor, light, "urge", words)
    made = _act(actor, held, "urge", words, days=rules.URGE_DAYS)
    due = made.due.isoformat() if made.due else ""
    record(actor, events.CaseUrged(**_about(held), words=words.strip(), due=due))
    return made


@command("supervision.answer")
def reply_to_urging(actor: Actor, *, light: int, words: str) -> LightAct:
    """The office answers an urging."""
    if not LightAct.objects.filter(light_id=light, kind="urge").exists():
        raise Conflict(_("This light was not urged."))
    held = _move(actor, light, "reply", words)
    made = _act(actor, held, "reply", words)
    record(actor, events.UrgeAnswered(**_about(held), words=words.strip()))
    return made
