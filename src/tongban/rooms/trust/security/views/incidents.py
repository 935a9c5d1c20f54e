"""Incidents: opened, reported in time, carried to their end."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.lib import clock
from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.commands import incidents as commands
from tongban.rooms.trust.security.rules import response
from tongban.rooms.trust.security.views import LATE_WORDS, Faults, attempt
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier


@allows("security.read", writes="security.handle")
def incidents(request: HttpRequest) -> HttpResponse:
    """The newest first, and the form that opens one."""
    actor = actor_of(request)
    fault: Faults = {}
    if request.method == "POST":
        done, fault = attempt(request, lambda: _open(request), _("The incident is open; its reports are due as shown."), request.path)
        if done:
            return done
    rows = queries.incidents(actor).prefetch_related("duties")
    if request.GET.get("state") == "open":
        rows = rows.filter(closed_at=None)
    context = {
        "tab": "security:posture", "part": "incidents", "page": Paginator(rows, 25).get_page(request.GET.get("page")), "now": clock.now(), "levels": response.LEVELS,
        "kinds": response.INCIDENT_KINDS, "typed": request.POST, "organ": actor.organ_key, "may": actor.may("security.handle"), **fault,
    }  # fmt: skip
    return render(request, "security/incidents.html", context, status=422 if fault else 200)


def _open(request: HttpRequest) -> str:
    title, kind, organ, words = (request.POST.get(name, "")[:1000] for name in ("title", "kind", "organ", "words"))
    level = identifier(request.POST.get("level", ""))
    made = commands.open_incident(actor_of(request), title=title, kind=kind, organ=organ, words=words, level=level)
    return reverse("security:incident", args=[made.number])


@allows("security.read", writes="security.handle")
def incident(request: HttpRequest, number: str) -> HttpResponse:
    """Duties, alerts, acts, what may be done."""
    actor = actor_of(request)
    fault: Faults = {}
    one = queries.incident(actor, number)
    if request.method == "POST":
        done, fault = attempt(request, lambda: _act(request, one.number), _("Done and recorded."), request.path)
        if done:
            return done
    possible = [(a, response.INCIDENT_ACTS[a]) for a in response.acts_from(response.INCIDENT_MOVES, one.state)]
    context = {
        "tab": "security:posture", "part": "incidents", "incident": one, "acts": one.acts.order_by("at"), "duties": one.duties.order_by("due_at"), "now": clock.now(),
        "words": response.INCIDENT_ACTS, "late_words": LATE_WORDS, "levels": response.LEVELS, "kinds": response.INCIDENT_KINDS, "possible": possible if actor.may("security.handle") else [],
        "alerts": [a.alert for a in one.alerts.select_related("alert")], "typed": request.POST, "today": clock.today(), **fault,
    }  # fmt: skip
    return render(request, "security/incident.html", context, status=422 if fault else 200)


def _act(request: HttpRequest, which: str) -> str:
    actor, act, words = actor_of(request), request.POST.get("act", ""), request.POST.get("words", "")[:1000]
    if act.startswith("report-"):
        commands.report_incident(actor, incident=which, duty=identifier(act.removeprefix("report-")), words=words)
    elif act == "level":
        commands.set_level(actor, incident=which, level=identifier(request.POST.get("level", "")), words=words)
    else:
        commands.move_incident(actor, incident=which, act=act, words=words)
    return ""
