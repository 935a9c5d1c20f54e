"""Incidents: opened by hand or from an alert, reported within their limits, carried to their end."""

from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.trust.security import events, queries
from tongban.rooms.trust.security.commands import alerts
from tongban.rooms.trust.security.models import Incident, IncidentAct, IncidentAlert, IncidentDuty
from tongban.rooms.trust.security.rules import response

AUTHORITY = "国家网络安全事件应急预案"


def number(kind: str) -> str:
    """ "SI26-1124-00007": kind, day, and a number of its own in that kind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('security_number')")
        row = cursor.fetchone()
    return f"{kind}{clock.today():%y-%m%d}-{row[0]:05d}"


@command("security.handle")
def open_incident(actor: Actor, *, title: str, kind: str, level: int, organ: str, words: str, alert: int | None = None) -> Incident:
    """Open an incident; its level sets by when it is reported to whom. Raises Invalid, Refused, Conflict."""
    if not title.strip():
        raise Invalid.at("title", _("Title: say what happened in a few words."))
    if kind not in response.INCIDENT_KINDS or level not in response.LEVELS:
        raise Invalid.at("kind", _("Kind and level: choose from the lists."))
    if len(words.strip()) < 2:
        raise Invalid.at("words", _("Words: write what was found or done."))
    owner = orgs.organ_known_as(organ)
    if not actor.reaches(owner.region_code):
        raise Refused(_("The organ lies outside your regions."))
    now = clock.now()
    made = Incident.objects.create(
        number=number("SI"), title=title.strip()[:160], kind=kind, level=level, region_code=owner.region_code, organ=owner, opened_at=now, opened_by=actor.name
    )
    _owe(made)
    _act(actor, made, "open", words)
    if alert is not None:
        held = alerts.escalate(actor, queries.alert(actor, alert), words)
        IncidentAlert.objects.create(incident=made, alert=held)
    record(actor, events.IncidentOpened(incident=made.number, level=level, organ=owner.key), authority=AUTHORITY)
    return made


def _owe(one: Incident) -> None:
    """The reports that its level asks for; those that were made already stay made."""
    have = set(one.duties.values_list("to", flat=True))
    for limit in queries.reporting_limits(one.level):
        if limit.to not in have:
            IncidentDuty.objects.create(incident=one, to=limit.to, due_at=one.opened_at + timedelta(minutes=limit.minutes), document=limit.document)


def _act(actor: Actor, one: Incident, kind: str, words: str) -> None:
    IncidentAct.objects.create(incident=one, kind=kind, words=words.strip()[:1000], by_name=actor.name, at=clock.now())


def _locked(actor: Actor, which: str, words: str) -> Incident:
    queries.incident(actor, which)
    if len(words.strip()) < 2:
        raise Invalid.at("words", _("Words: write what was found or done."))
    one = Incident.objects.select_for_update().get(number=which)
    if one.closed_at:
        raise Conflict(_("This incident is closed; open a new one if it comes again."))
    return one


@command("security.handle")
def move_incident(actor: Actor, *, incident: str, act: str, words: str) -> Incident:
    """Contain, eradicate, recover, close, reopen or note. Closing needs every report made. Raises Conflict, Invalid."""
    one = _locked(actor, incident, words)
    state = response.moved(response.INCIDENT_MOVES, one.state, act)
    if state is None:
        raise Conflict(_("This step does not follow from where the incident stands. Reload the page."))
    if act == "close" and one.duties.filter(done_at=None).exists():
        raise Conflict(_("A report is still owed: record it first."))
    one.state = state
    if act == "recover":
        one.summary_due = clock.today() + timedelta(days=response.SUMMARY_DAYS)
    if act == "close":
        one.closed_at = clock.now()
    one.save()
    _act(actor, one, act, words)
    record(actor, events.IncidentMoved(incident=one.number, act=act, words=words.strip()[:500]), authority=AUTHORITY)
    return one


@command("security.handle")
def report_incident(actor: Actor, *, incident: str, duty: int, words: str) -> IncidentDuty:
    """Record that a report was made, and how."""
    one = _locked(actor, incident, words)
    owed = one.duties.filter(id=duty).first()
    if owed is None or owed.done_at:
        raise Conflict(_("This report was recorded already. Reload the page."))
    owed.done_at = clock.now()
    owed.save(update_fields=["done_at"])
    _act(actor, one, "report", f"{owed.to}：{words.strip()}")
    record(actor, events.IncidentMoved(incident=one.number, act="report", words=f"{owed.to}：{words.strip()}"[:500]), authority=owed.document[:200])
    return owed


@command("security.handle")
def set_level(actor: Actor, *, incident: str, level: int, words: str) -> Incident:
    """Judge anew how grave it is; new duties count from the opening, for that is when it was known."""
    one = _locked(actor, incident, words)
    if level not in response.LEVELS or level == one.level:
        raise Invalid.at("level", _("Level: choose another one."))
    old, one.level = one.level, level
    one.save(update_fields=["level"])
    _owe(one)
    told = f"{response.LEVELS[old]} → {response.LEVELS[level]}：{words.strip()}"
    _act(actor, one, "level", told)
    record(actor, events.IncidentMoved(incident=one.number, act="level", words=told[:500]), authority=AUTHORITY)
    return one


@command("")
def tell_late(actor: Actor) -> int:
    """Say once of every report that its moment is past; the platform's own task asks."""
    late = list(IncidentDuty.objects.select_related("incident").filter(done_at=None, incident__closed_at=None, due_at__lt=clock.now(), late_told=False)[:500])
    for duty in late:
        duty.late_told = True
        duty.save(update_fields=["late_told"])
        one = duty.incident
        told = events.LatenessTold(
            duty=f"report-{duty.id}", what="report", title=f"{one.title}（{duty.to}）"[:160], region=one.region_code, organ=None, link=f"/security/incidents/{one.number}/"
        )  # fmt: skip
        record(actor, told, authority=duty.document[:200])
    if not late:
        nothing_changed()
    return len(late)
