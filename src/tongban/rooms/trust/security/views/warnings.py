"""通报预警: issuing and following warnings; a department's own side."""

from datetime import datetime, time

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.commands import warnings as commands
from tongban.rooms.trust.security.models import WarningReply
from tongban.rooms.trust.security.rules import response
from tongban.rooms.trust.security.views import COLOUR_LIGHTS, LATE_WORDS, Faults, attempt
from tongban.ui import exports
from tongban.ui.access import actor_of, allows

GROUPS = {"province": "省级部门", "city": "市级部门", "county": "县级部门"}


@allows("security.read", writes="security.handle")
def warnings(request: HttpRequest) -> HttpResponse:
    """What was issued and how far the departments have come; the form that issues one."""
    actor = actor_of(request)
    fault: Faults = {}
    if request.method == "POST":
        done, fault = attempt(request, lambda: _issue(request), _("The warning is out; each department was told."), request.path)
        if done:
            return done
    page = Paginator(queries.warnings(actor), 20).get_page(request.GET.get("page"))
    tallies = queries.tallies(w.id for w in page)
    context = {
        "tab": "security:posture", "part": "warnings", "page": page, "rows": [(w, tallies[w.id]) for w in page], "colours": response.COLOURS, "lights": COLOUR_LIGHTS,
        "groups": GROUPS, "typed": request.POST, "may": actor.may("security.handle"), "now": clock.now(), **fault,
    }  # fmt: skip
    return render(request, "security/warnings.html", context, status=422 if fault else 200)


def _issue(request: HttpRequest) -> str:
    actor = actor_of(request)
    told = {name: request.POST.get(name, "")[:8000] for name in ("title", "colour", "body", "remedy")}
    keys = request.POST.get("organs", "").replace("，", " ").replace(",", " ").split()
    levels = [g for g in request.POST.getlist("group") if g in GROUPS]
    for region in actor.regions:
        keys += orgs.organs(region).filter(level__in=levels).values_list("key", flat=True) if levels else []
    made = commands.issue_warning(actor, feedback_due=_end_of(request.POST.get("due", "")), organs=keys, **told)
    return reverse("security:warning", args=[made.number])


def _end_of(told: str) -> datetime | None:
    try:
        return datetime.combine(datetime.fromisoformat(told).date(), time(18), clock.CHINA)
    except ValueError:
        return None


@allows("security.read", writes="security.handle")
def warning(request: HttpRequest, number: str) -> HttpResponse:
    """Each department's part; verifying or sending back."""
    actor = actor_of(request)
    fault: Faults = {}
    one = queries.warning(actor, number)
    if request.method == "POST":
        done, fault = attempt(request, lambda: _judge(request, one.number), _("Done and recorded."), request.path)
        if done:
            return done
    replies = queries.replies(one)
    if request.GET.get("export"):
        columns = (_("Department"), _("State"), _("Affected"), _("Feedback"), _("Received at"), _("Answered at"))
        return exports.table(request.GET["export"], one.number, columns, map(_row, replies))
    now = clock.now()
    rows = [(r, response.reply_late(r.state, one.receipt_due, one.feedback_due, now)) for r in replies]
    context = {
        "tab": "security:posture", "part": "warnings", "warning": one, "page": Paginator(rows, 50).get_page(request.GET.get("page")), "colours": response.COLOURS,
        "lights": COLOUR_LIGHTS, "tally": queries.tallies([one.id])[one.id], "may": actor.may("security.handle"), "late_words": LATE_WORDS, "late": sum(bool(x) for _r, x in rows), **fault,
    }  # fmt: skip
    return render(request, "security/warning.html", context, status=422 if fault else 200)


def _row(r: WarningReply) -> tuple[object, ...]:
    affected = {True: "是", False: "否", None: ""}[r.affected]
    return (r.organ.name, r.get_state_display(), affected, r.words, r.received_at or "", r.answered_at or "")


def _judge(request: HttpRequest, which: str) -> str:
    good = request.POST.get("act") == "verify"
    commands.judge_reply(actor_of(request), warning=which, organ=request.POST.get("organ", "")[:40], good=good, words=request.POST.get("words", ""))
    return ""


@allows("security.answer_warnings")
def warned(request: HttpRequest) -> HttpResponse:
    """What one's own organ was told."""
    page = Paginator(queries.own_warnings(actor_of(request)), 20).get_page(request.GET.get("page"))
    now = clock.now()
    rows = [(r, response.reply_late(r.state, r.warning.receipt_due, r.warning.feedback_due, now)) for r in page]
    return render(
        request,
        "security/warned.html",
        {"tab": "security:warned", "page": page, "rows": rows, "late_words": LATE_WORDS, "colours": response.COLOURS, "lights": COLOUR_LIGHTS},
    )


@allows("security.answer_warnings")
def own(request: HttpRequest, number: str) -> HttpResponse:
    """One warning: sign for it, answer it."""
    actor = actor_of(request)
    fault: Faults = {}
    reply = queries.own_reply(actor, number)
    if request.method == "POST":
        done, fault = attempt(request, lambda: _reply(request, number), _("Recorded; the issuer sees it."), request.path)
        if done:
            return done
    now = clock.now()
    late = response.reply_late(reply.state, reply.warning.receipt_due, reply.warning.feedback_due, now)
    context = {"tab": "security:warned", "reply": reply, "late": late, "colours": response.COLOURS, "lights": COLOUR_LIGHTS, "typed": request.POST, **fault}
    return render(request, "security/own.html", context, status=422 if fault else 200)


def _reply(request: HttpRequest, which: str) -> str:
    if request.POST.get("act") == "receive":
        commands.receive_warning(actor_of(request), warning=which)
    else:
        commands.answer_warning(actor_of(request), warning=which, affected=request.POST.get("affected") == "yes", words=request.POST.get("words", ""))
    return ""
