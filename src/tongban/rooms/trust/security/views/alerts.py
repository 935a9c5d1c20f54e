"""Alerts and what is done about them."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.lib import clock
from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.commands import alerts as commands
from tongban.rooms.trust.security.commands import incidents
from tongban.rooms.trust.security.models import Alert
from tongban.rooms.trust.security.rules import correlation, response
from tongban.rooms.trust.security.views import LIGHTS, attempt, Faults
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier

STATES = {"open": "未办结", "late": "逾期", "resolved": "已处置", "dismissed": "误报", "escalated": "已转事件"}


@allows("security.read")
def alerts(request: HttpRequest) -> HttpResponse:
    """Those that are due first."""
    state, severity = request.GET.get("state", "open"), request.GET.get("severity", "")
    rows = queries.alerts(actor_of(request), state=state if state in STATES else "", severity=severity if severity in correlation.SEVERITIES else "")
    context = {
        "tab": "security:posture", "part": "alerts", "page": Paginator(rows, 25).get_page(request.GET.get("page")), "states": STATES, "state": state,
        "severity": severity, "severities": correlation.SEVERITIES, "lights": LIGHTS, "now": clock.now(),
    }  # fmt: skip
    return render(request, "security/alerts.html", context)


@allows("security.read", writes="security.handle")
def alert(request: HttpRequest, alert: int) -> HttpResponse:
    """Its evidence, its acts, what may be done."""
    actor = actor_of(request)
    fault: Faults = {}
    one = queries.alert(actor, alert)
    if request.method == "POST":
        done, fault = attempt(request, lambda: _act(request, one), _("Done and recorded."), request.path)
        if done:
            return done
    incident = getattr(one, "incident", None)
    acts = [(a, response.ALERT_ACTS[a]) for a in response.acts_from(response.ALERT_MOVES, one.state) if a != "escalate"]
    context = {
        "tab": "security:posture", "part": "alerts", "alert": one, "acts": one.acts.order_by("at"), "words": response.ALERT_ACTS,
        "events": queries.observations(actor, ids=one.events)[:200], "kinds": {k: w for k, (w, _s) in correlation.KINDS.items()}, "lights": LIGHTS,
        "severities": correlation.SEVERITIES, "possible": acts if actor.may("security.handle") else [], "open": one.state in ("open", "taken"), "now": clock.now(),
        "incident": incident.incident if incident else None, "levels": response.LEVELS, "incident_kinds": response.INCIDENT_KINDS, "typed": request.POST,
        "organ": actor.organ_key, **fault,
    }  # fmt: skip
    return render(request, "security/alert.html", context, status=422 if fault else 200)


def _act(request: HttpRequest, one: Alert) -> str:
    told = {name: request.POST.get(name, "")[:1000] for name in ("act", "words", "kind", "organ", "title")}
    actor = actor_of(request)
    if told["act"] != "escalate":
        commands.move_alert(actor, alert=one.id, act=told["act"], words=told["words"])
        return ""
    made = incidents.open_incident(
        actor, title=told["title"] or one.title, kind=told["kind"], level=identifier(request.POST.get("level", "")), organ=told["organ"] or actor.organ_key,
        words=told["words"], alert=one.id,
    )  # fmt: skip
    return reverse("security:incident", args=[made.number])
