"""Raising alerts, and what officers do about them."""

from django.db import connection
from django.utils.translation import gettext as _

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.rules import ADMINISTRATOR, SECURITY_ADMINISTRATOR
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid
from tongban.rooms.trust.security import events, queries
from tongban.rooms.trust.security.commands.intake import HOME
from tongban.rooms.trust.security.models import Alert, AlertAct, CorrelationRule
from tongban.rooms.trust.security.rules import response
from tongban.rooms.trust.security.rules.correlation import Evidence

_OPEN = ("open", "taken")


@command("")
def raise_alert(actor: Actor, *, rule: CorrelationRule, value: str, evidence: Evidence) -> Alert | None:
    """An alert of a rule about one account, address or host; the platform raises it.

    While one is open, what is new is added to it. What a finished one rested on raises no second.
    """
    key = f"{rule.condition['by']}:{value}"[:120]
    last, ids = evidence.events[-1], [e.id for e in evidence.events]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('security.alert'), hashtext(%s))", [f"{rule.id}:{key}"])
    newest = Alert.objects.filter(rule=rule, key=key).order_by("-id").first()
    if newest is not None and newest.last_event >= last.id:
        nothing_changed()
        return None
    if newest is not None and newest.state in _OPEN:
        newest.last_at, newest.last_event, newest.count = last.at, last.id, newest.count + sum(i > newest.last_event for i in ids)
        newest.events = [*newest.events, *(i for i in ids if i > newest.last_event)][-200:]
        newest.save()
        nothing_changed()  # telemetry: the alert itself stands in the ledger already
        return None
    now = clock.now()
    about = next((e for e in reversed(evidence.events) if e.name or e.account), last)
    organ, region = _home_of(about.account)
    made = Alert.objects.create(
        rule=rule, key=key, title=_title(rule, about.name if rule.condition["by"] == "account" and about.name else value, evidence), severity=rule.severity, technique=rule.technique, region_code=region, organ=organ,
        raised_at=now, due_at=response.due(now, rule.hours), first_at=evidence.events[0].at, last_at=last.at, last_event=last.id, count=evidence.count, events=ids,
    )  # fmt: skip
    record(actor, events.AlertRaised(alert=made.id, rule=rule.key, severity=rule.severity), authority=rule.document[:200])
    return made


def _title(rule: CorrelationRule, who: str, evidence: Evidence) -> str:
    note = f"（{evidence.note}）" if evidence.note else ""
    return f"{rule.name}：{who}{note}"[:160]


def _home_of(account: int | None) -> tuple[int | None, str]:
    """The organ and region of an official; the platform's own for everyone else."""
    held = identity.actor_of_account(account) if account else None
    if held is None or held.organ is None:
        return None, HOME
    return held.organ, orgs.organ_by_id(held.organ).region_code


@command("security.handle")
def move_alert(actor: Actor, *, alert: int, act: str, words: str = "") -> Alert:
    """Take, note, dismiss or resolve an alert; dismissing and resolving need words. Raises Conflict, Invalid, NotFound."""
    queries.alert(actor, alert)
    one = Alert.objects.select_for_update().get(id=alert)
    return _moved(actor, one, act, words)


def _moved(actor: Actor, one: Alert, act: str, words: str) -> Alert:
    state = response.moved(response.ALERT_MOVES, one.state, act)
    if state is None:
        raise Conflict(_("This alert has moved on. Reload the page."))
    if act != "take" and len(words.strip()) < 2:
        raise Invalid.at("words", _("Words: write what was found or done."))
    one.state = state
    if act == "take":
        one.owner, one.owner_name = actor.account, actor.name
    if state not in _OPEN:
        one.closed_at = clock.now()
    one.save()
    AlertAct.objects.create(alert=one, kind=act, words=words.strip()[:500], by=actor.account, by_name=actor.name, at=clock.now())
    record(actor, events.AlertMoved(alert=one.id, act=act, words=words.strip()[:500]))
    return one


def escalate(actor: Actor, one: Alert, words: str) -> Alert:
    """Within the command that opens an incident."""
    return _moved(actor, Alert.objects.select_for_update().get(id=one.id), "escalate", words)


@command("")
def tell_late(actor: Actor) -> int:
    """Say once of every alert that its moment is past; the platform's own task asks."""
    late = list(Alert.objects.select_for_update().filter(state__in=_OPEN, due_at__lt=clock.now(), late_told=False)[:500])
    for one in late:
        one.late_told = True
        one.save(update_fields=["late_told"])
        record(
            actor,
            events.LatenessTold(duty=f"alert-{one.id}", what="alert", title=one.title, region=one.region_code, organ=None, link=f"/security/alerts/{one.id}/"),
        )
    if not late:
        nothing_changed()
    return len(late)


def officers(region: str) -> list[int]:
    """Who is told of dangers in a region."""
    return identity.holding(SECURITY_ADMINISTRATOR, region)


def officers_of(organ: int) -> list[int]:
    """Who answers for an organ: its security administrators, else its system administrators."""
    return identity.accounts_with(SECURITY_ADMINISTRATOR, organ) or identity.accounts_with(ADMINISTRATOR, organ)
