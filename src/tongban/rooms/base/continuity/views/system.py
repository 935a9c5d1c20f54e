"""One protected system: what is wrong, backups, drills, plans."""

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.lib import clock
from tongban.lib.errors import Invalid
from tongban.rooms.base.continuity import commands, queries, rules
from tongban.ui.access import actor_of, allows


@allows("continuity.read")
def system(request: HttpRequest, system: str) -> HttpResponse:
    """Its page, and the two forms: plan a drill, record one."""
    actor, fault, faults = actor_of(request), "", {}
    one = queries.system(actor, system)
    if request.method == "POST":
        try:
            messages.success(request, (_plan if request.POST.get("act") == "plan" else _drill)(request, one.key))
            return redirect("continuity:system", system=one.key)
        except Invalid as refused:
            fault, faults = str(refused), refused.fields
    [row] = queries.judged([one])
    context = {
        "tab": "continuity:board", "row": row, "standing": [rules.WORDS[s] for s in row.standing], "good": row.worst == rules.GOOD,
        "reports": one.reports.order_by("-at")[:20], "drills": one.drills.order_by("-at")[:20], "plans": queries.open_plans(one),
        "fault": fault, "faults": faults, "typed": request.POST, "today": clock.today(), "may": actor.may("continuity.manage"),
        "address": f"{settings.PUBLIC_ADDRESS}/api/continuity/systems/{one.key}/reports",
    }  # fmt: skip
    return render(request, "continuity/system.html", context, status=422 if fault else 200)


def _plan(request: HttpRequest, key: str) -> str:
    commands.plan_drill(actor_of(request), system=key, day=_day(request.POST.get("day", "")), words=request.POST.get("words", "")[:300])
    return _("The drill is planned.")


def _drill(request: HttpRequest, key: str) -> str:
    passed = request.POST.get("passed") == "yes"
    commands.record_drill(
        actor_of(request), system=key, at=clock.now(), rpo_s=_seconds(request, "rpo"), rto_s=_seconds(request, "rto"), passed=passed,
        words=request.POST.get("words", "")[:500],
    )  # fmt: skip
    return _("The drill is recorded.")


def _day(told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        sentence = _("Day of the drill: today or later.")
        raise Invalid(sentence, fields={"day": sentence}) from None


def _seconds(request: HttpRequest, name: str) -> float | None:
    told = request.POST.get(name, "").strip()
    try:
        return float(told) if told else None
    except ValueError:
        sentence = _("Targets: seconds, from 0 to ten years.")
        raise Invalid(sentence, fields={name: sentence}) from None
