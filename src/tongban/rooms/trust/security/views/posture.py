"""The whole in one look; what was observed; by which rules it is judged."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as kept
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.commands import honey as commands
from tongban.rooms.trust.security.models import Alert
from tongban.rooms.trust.security.rules import correlation, protection, response
from tongban.rooms.trust.security.views import LIGHTS, attempt, Faults
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier


@allows("security.read")
def posture(request: HttpRequest) -> HttpResponse:
    """What is protected, what is late, what is being attacked."""
    actor, now = actor_of(request), clock.now()
    judged = queries.judged(queries.systems(actor))
    alerts = list(queries.alerts(actor, state="open")[:500])
    hours = queries.hours(actor, now)
    context = {
        "tab": "security:posture", "part": "posture", "now": now, "systems": len(judged), "in_order": sum(not protection.LATE.intersection(j.standing.words) for j in judged),
        "regimes": _coverage(judged), "alerts": alerts[:8], "alert_count": len(alerts), "severities": _severities(alerts), "lights": LIGHTS, "severities_by": correlation.SEVERITIES,
        "late_alerts": sum(a.due_at < now for a in alerts), "incidents": _incidents(actor, now), "warnings": _warnings(actor),
        "bars": _bars(hours),
        "seen": sum(n for _h, n, _b in hours), "attackers": queries.attackers(actor, now),
    }  # fmt: skip
    return render(request, "security/posture.html", context)


def _bars(hours: list[tuple[datetime, int, int]]) -> list[dict[str, Any]]:
    """Each hour as a bar on a drawing 480 wide, 100 high."""
    highest = max((n for _at, n, _bad in hours), default=0) or 1
    told = []
    for place, (at, n, bad) in enumerate(hours):
        high, low = round(100 * n / highest), round(100 * bad / highest)
        told.append({
            "at": at.astimezone(clock.CHINA), "n": n, "bad": bad, "x": 20 * place + 2, "middle": 20 * place + 10, "high": high, "top": 100 - high, "low": low,
            "below": 100 - low,
        })  # fmt: skip
    return told


def _coverage(judged: list[queries.Judged]) -> list[tuple[str, str, int, int, int]]:
    """(regime, word, systems, organs, late) for each regime."""
    rows = []
    for regime, word in protection.REGIMES.items():
        mine = [j for j in judged if j.system.regime == regime]
        late = sum(bool(protection.LATE.intersection(j.standing.words)) for j in mine)
        rows.append((regime, word, len(mine), len({j.system.organ_id for j in mine}), late))
    return rows


def _severities(alerts: list[Alert]) -> list[tuple[str, str, int]]:
    counted = Counter(a.severity for a in alerts)
    return [(key, word, counted[key]) for key, word in reversed(correlation.SEVERITIES.items())]


def _incidents(actor: Actor, now: Any) -> dict[str, Any]:
    rows = list(queries.incidents(actor).filter(closed_at=None).prefetch_related("duties")[:200])
    return {"open": len(rows), "late": sum(any(d.done_at is None and d.due_at < now for d in i.duties.all()) for i in rows), "rows": rows[:5]}


def _warnings(actor: Actor) -> dict[str, int]:
    tallies = queries.tallies(queries.warnings(actor).values_list("id", flat=True)[:100]).values()
    return {name: sum(getattr(t, name) for t in tallies) for name in ("told", "received", "answered", "verified")}


@allows("security.read")
def events(request: HttpRequest) -> HttpResponse:
    """What was observed, the newest first."""
    kind, words = request.GET.get("kind", ""), request.GET.get("q", "").strip()[:120]
    rows = queries.observations(actor_of(request), kind=kind if kind in correlation.KINDS else "", words=words)
    page = Paginator(rows[:5000], 50).get_page(request.GET.get("page"))
    kinds = {key: word for key, (word, _s) in correlation.KINDS.items()}
    return render(request, "security/events.html", {"tab": "security:posture", "part": "events", "page": page, "kinds": kinds, "kind": kind, "q": words})


@allows("security.handle")
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in force and the honey records; laying and lifting them."""
    actor = actor_of(request)
    fault: Faults = {}
    if request.method == "POST":
        if request.POST.get("act") == "lift":
            done, fault = attempt(request, lambda: _lift(request), _("Lifted."), request.path)
        else:
            done, fault = attempt(request, lambda: _lay(request), _("It is laid."), request.path)
        if done:
            return done
    kinds = {key: word for key, (word, _s) in correlation.KINDS.items()}
    context = {
        "tab": "security:posture", "part": "rules", "rules": [(r, [kinds[k] for k in sorted(correlation.kinds_of(r.condition))]) for r in queries.rules_in_force()],
        "severities": correlation.SEVERITIES, "lights": LIGHTS, "forms": FORMS, "honey": queries.honey_records(actor), "kinds": commands.KINDS, "typed": request.POST,
        "limits": [x for level in response.LEVELS for x in queries.reporting_limits(level)], "levels": response.LEVELS, **fault,
    }  # fmt: skip
    return render(request, "security/rules.html", context, status=422 if fault else 200)


def _lift(request: HttpRequest) -> str:
    commands.lift_honey(actor_of(request), honey=identifier(request.POST.get("honey", "")))
    return ""


def _lay(request: HttpRequest) -> str:
    kind, value, words = (request.POST.get(name, "")[:120] for name in ("kind", "value", "words"))
    commands.lay_honey(actor_of(request), kind=kind, value=value, words=words)
    return ""


@allows("files.judge_quarantine")
def quarantine(request: HttpRequest) -> HttpResponse:
    """Uploads that the scanner held; each is called harmless or destroyed."""
    actor = actor_of(request)
    fault: Faults = {}
    if request.method == "POST":
        digest, release, words = request.POST.get("digest", "")[:64], request.POST.get("act") == "release", request.POST.get("words", "")
        done, fault = attempt(
            request, lambda: files.judge_quarantined(actor, digest=digest, release=release, words=words).state and "", _("Done and recorded."), request.path
        )
        if done:
            return done
    page = Paginator(kept.quarantined(actor), 25).get_page(request.GET.get("page"))
    context = {"tab": "security:posture", "part": "quarantine", "page": page, "scanner": bool(settings.CLAMAV_SOCKET), **fault}
    return render(request, "security/quarantine.html", context, status=422 if fault else 200)


FORMS = {"threshold": "阈值", "sequence": "先后次序", "new": "首次出现", "off-hours": "非工作时间", "anomaly": "偏离常态"}
