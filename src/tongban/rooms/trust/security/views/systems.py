"""等级保护 and 密评: every system's place in its cycle."""

from collections import Counter
from datetime import date
from itertools import groupby
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as kept
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.errors import Invalid, NotFound
from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.commands import protection as commands
from tongban.rooms.trust.security.models import ProtectedSystem
from tongban.rooms.trust.security.rules import protection
from tongban.rooms.trust.security.views import attempt, Faults
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier


@allows("security.read", writes="security.handle")
def systems(request: HttpRequest) -> HttpResponse:
    """Counts by standing, coverage, the worst first, registration."""
    actor = actor_of(request)
    fault: Faults = {}
    if request.method == "POST":
        done, fault = attempt(request, lambda: _register(request), _("The system is registered. Record its grading next."), request.path)
        if done:
            return done
    regime, state = request.GET.get("regime", ""), request.GET.get("state", "")
    rows = queries.judged(queries.systems(actor, regime=regime if regime in protection.REGIMES else ""))
    counts = Counter(w for r in rows for w in r.standing.words)
    fitting = [r for r in rows if not state or state in r.standing.words]
    if request.GET.get("export"):
        return exports.table(request.GET["export"], "systems", _columns(), map(_row, fitting))
    context = {
        "tab": "security:posture", "part": "systems", "page": Paginator(fitting, 25).get_page(request.GET.get("page")), "regimes": protection.REGIMES, "regime": regime,
        "states": protection.WORDS, "state": state, "counts": [(k, w, counts[k]) for k, w in protection.WORDS.items() if counts[k] or k in ("unfiled", "assessment-due", "good")],
        "late": protection.LATE, "typed": request.POST, "extensions": protection.EXTENSIONS, "may": actor.may("security.handle"), "organs": len({r.system.organ_id for r in rows}),
        "total": len(rows), **fault,
    }  # fmt: skip
    return render(request, "security/systems.html", context, status=422 if fault else 200)


def _columns() -> tuple[str, ...]:
    return (_("System"), _("Organ"), _("Regime"), _("Level"), _("State"), _("Next assessment"), _("Open findings"))


def _row(r: queries.Judged) -> tuple[object, ...]:
    words = "、".join(protection.WORDS[w] for w in r.standing.words)
    s = r.system
    return (
        s.name,
        s.organ.name,
        protection.REGIMES[s.regime],
        f"S{s.business_grade}A{s.service_grade}",
        words,
        r.standing.next_assessment or "",
        r.open_findings,
    )


def _register(request: HttpRequest) -> str:
    told = {name: request.POST.get(name, "").strip()[:120] for name in ("key", "name", "organ", "regime")}
    made = commands.register_system(
        actor_of(request), business_grade=identifier(request.POST.get("business", "")), service_grade=identifier(request.POST.get("service", "")),
        extensions=request.POST.getlist("extension"), **told,
    )  # fmt: skip
    return reverse("security:system", args=[made.key])


@allows("security.read", writes="security.handle")
def system(request: HttpRequest, system: str) -> HttpResponse:
    """Steps, findings, control points; recording them."""
    actor = actor_of(request)
    fault: Faults = {}
    one = queries.system(actor, system)
    if request.GET.get("file"):
        return _document(actor, one, request.GET["file"])
    if request.method == "POST":
        done, fault = attempt(request, lambda: _act(request, one.key), _("Done and recorded."), request.path)
        if done:
            return done
    [row] = queries.judged([one])
    points = queries.controls(one.regime, one.level)
    steps = list(one.steps.order_by("-on", "-id"))
    context = {
        "tab": "security:posture", "part": "systems", "row": row, "steps": steps, "step_words": protection.STEPS, "outcomes": protection.OUTCOMES,
        "regimes": protection.REGIMES, "states": protection.WORDS, "late": protection.LATE, "findings": one.findings.order_by("state", "due"), "risks": protection.RISKS,
        "points": points, "families": [(f, list(held)) for f, held in groupby(points, key=lambda c: c.family)], "extensions": protection.EXTENSIONS,
        "possible": [(k, protection.STEPS[k]) for k in protection.next_steps(s.kind for s in steps)], "may": actor.may("security.handle"), "typed": request.POST,
        "today": clock.today(), "verified": all(c.verified for c in points), **fault,
    }  # fmt: skip
    return render(request, "security/system.html", context, status=422 if fault else 200)


def _document(actor: Actor, one: ProtectedSystem, told: str) -> HttpResponse:
    """A step's document, to whoever may see the step."""
    found = next((s for s in one.steps.exclude(file=None) if str(s.file) == told), None)
    if found is None:
        raise NotFound(_("There is no such record within your view."))
    held = kept.file(actor, told, entitled=True)
    name = quote(found.file_name)
    return HttpResponse(kept.content(held), content_type=held.document.media_type, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


def _act(request: HttpRequest, key: str) -> str:
    actor, act = actor_of(request), request.POST.get("act", "")
    told = {name: request.POST.get(name, "").strip()[:500] for name in ("kind", "outcome", "reference", "words", "control", "risk")}
    if act == "finding":
        commands.add_finding(actor, system=key, control=told["control"], risk=told["risk"], words=told["words"], due=_day(request, "due", empty=True))
    elif act.startswith("mend-"):
        commands.move_finding(actor, system=key, finding=identifier(act.removeprefix("mend-")), words=told["words"])
    else:
        upload = request.FILES.get("file")
        held = files.keep_file(actor, name=upload.name or "file", stream=upload, size=upload.size or 0, own=False) if upload else None
        commands.record_step(
            actor, system=key, kind=told["kind"], on=_day(request, "on") or clock.today(), outcome=told["outcome"], score=_score(request), reference=told["reference"],
            words=told["words"], file=held.id if held else None, file_name=held.name if held else "",
        )  # fmt: skip
    return ""


def _day(request: HttpRequest, name: str, *, empty: bool = False) -> date | None:
    told = request.POST.get(name, "").strip()
    if empty and not told:
        return None
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise Invalid.at(name, _("Day: choose one from the calendar.")) from None


def _score(request: HttpRequest) -> float | None:
    told = request.POST.get("score", "").strip()
    try:
        return float(told) if told else None
    except ValueError:
        raise Invalid.at("score", _("Score: 0 to 100.")) from None
