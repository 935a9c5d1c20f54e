"""共享绩效评价: announced, ranked with the effect of each weight, contested, made final; and the list of what a department ought to share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.lib.rooms import shows
from tongban.rooms.data.exchange import forms
from tongban.rooms.data.exchange.commands import evaluation as commands
from tongban.rooms.data.exchange.models import Appeal, Evaluation
from tongban.rooms.data.exchange.queries import evaluation as queries
from tongban.rooms.data.exchange.rules import evaluation as rules
from tongban.ui import exports
from tongban.ui.access import actor_of, allows

TAB = {"tab": "exchange:catalogue", "part": "evaluations", "evaluation_states": rules.STATES, "appeal_states": rules.APPEAL_STATES}


@shows("appeal")
def appeal_address(number: str) -> str:
    one = queries.appeal(number)
    return f"/exchange/evaluations/{one.evaluation.key}/{one.organ.key}/"


@allows("catalogue.search", writes="exchange.evaluate")
def evaluations(request: HttpRequest) -> HttpResponse:
    """All of them; whoever evaluates announces the next one here."""
    actor, fault, faults = actor_of(request), "", {}
    typed = {n: request.POST.get(n, "").strip()[:120] for n in ("key", "title", "begins", "ends", "appeals_until")}
    if request.method == "POST":
        try:
            days = {n: forms.day(request.POST, n) for n in ("begins", "ends", "appeals_until")}
            made = commands.announce_evaluation(
                actor, key=typed["key"], title=typed["title"], begins=days["begins"], ends=days["ends"], appeals_until=days["appeals_until"]
            )
            messages.success(request, _("Measured and announced."))
            return redirect("exchange:evaluation", evaluation=made.key)
        except (Invalid, Conflict) as refused:
            fault, faults = str(refused), refused.fields
    else:
        typed = _suggested()
    context = {**TAB, "page": Paginator(queries.evaluations(actor), 25).get_page(request.GET.get("page")), "typed": typed, "fault": fault, "faults": faults}
    return render(request, "exchange/evaluations.html", context, status=422 if fault else 200)


def _suggested() -> dict[str, str]:
    today = clock.today()
    return {
        "key": str(today.year), "title": f"{today.year}年度政务信息资源共享绩效评价", "begins": date(today.year, 1, 1).isoformat(),
        "ends": date(today.year, 12, 31).isoformat(), "appeals_until": (today + timedelta(days=14)).isoformat(),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A department on the page: `climbs` places with the weights tried (positive: up)."""

    place: rules.Place
    name: str
    points: list[float | None]
    goal: float | None
    climbs: int


@allows("catalogue.search", writes="exchange.evaluate")
def evaluation(request: HttpRequest, evaluation: str) -> HttpResponse:
    """The ranking; other weights may be tried without changing anything."""
    actor, fault = actor_of(request), ""
    one = queries.evaluation(actor, evaluation)
    if request.method == "POST":
        try:
            commands.close_evaluation(actor, key=one.key)
            messages.success(request, _("The values are final."))
            return redirect("exchange:evaluation", evaluation=one.key)
        except Conflict as refused:
            fault = str(refused)
    held = queries.indicators(one)
    tried, why = _weights(request.GET, {i.key: i.weight for i in held})
    lines = _lines(one, held, tried)
    if request.GET.get("export"):
        columns = (_("Place"), _("Department"), _("Total"), _("Best place"), _("Worst place"), *(i.name for i in held))
        told = ((n.place.place, n.name, n.place.total, n.place.best, n.place.worst, *("" if p is None else p for p in n.points)) for n in lines)
        return exports.table(request.GET["export"], f"evaluation-{one.key}", columns, told)
    page = Paginator(lines, 30).get_page(request.GET.get("page"))
    goals = [n.goal or 0.0 for n in lines]
    context = {
        **TAB, "one": one, "indicators": held, "tried": [(i, tried[i.key]) for i in held], "trying": tried != queries.weights(one), "page": page, "fault": fault or why,
        "may_close": actor.may("exchange.evaluate") and one.state == rules.ANNOUNCED, "pending": queries.appeals(actor, one).filter(state=rules.PENDING),
        "figures": {"departments": len(lines), "mean": sum(n.place.total for n in lines) / len(lines) if lines else 0, "reached": sum(g >= 0.8 for g in goals)},
        "own": orgs.organ_by_id(actor.organ).key if actor.organ else "",
    }  # fmt: skip
    return render(request, "exchange/evaluation.html", context, status=422 if fault else 200)


def _weights(told: QueryDict, held: dict[str, float]) -> tuple[dict[str, float], str]:
    """The weights to rank with, and what is wrong with those typed."""
    tried = dict(held)
    try:
        tried |= {k: float(str(told[f"w_{k}"])) for k in held if told.get(f"w_{k}", "").strip()}
    except ValueError:
        return held, _("Weight: a number from 0 to 1000.")
    if rules.weights_fault(tried):
        return held, _("Weights: numbers from 0 to 1000, one of them above 0.")
    return tried, ""


def _lines(one: Evaluation, held: list[rules.Indicator], tried: dict[str, float]) -> list[Line]:
    table = queries.table(one)
    announced = rules.places(table.points, queries.weights(one))
    return [
        Line(p, table.names[p.who], [table.points[p.who].get(i.key) for i in held], table.goal.get(p.who), announced[p.who] - p.place)
        for p in rules.ranking(table.points, tried)
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """One indicator of one department."""

    indicator: rules.Indicator
    part: float
    whole: float
    value: float | None
    corrected: bool
    points: float | None
    brings: float
    without: int
    rows: list[tuple[str, bool, str]]


@allows("catalogue.search")
def department(request: HttpRequest, evaluation: str, organ: str) -> HttpResponse:
    """Where one department's points come from: value, rows behind it, what it brings, the place without it; appeals."""
    actor, fault, faults = actor_of(request), "", {}
    one, whose = queries.evaluation(actor, evaluation), orgs.organ(organ)
    scores = queries.scores(one, whose.id)
    if request.method == "POST":
        try:
            messages.success(request, _act(request, actor, one))
            return redirect("exchange:evaluation-department", evaluation=one.key, organ=organ)
        except (Invalid, Conflict, Refused, NotFound) as refused:
            fault, faults = str(refused), refused.fields
    table, weights = queries.table(one).points, queries.weights(one)
    brings, without = rules.shares(table[organ], weights), rules.without(table, weights, organ)
    told = []
    for i in queries.indicators(one):
        s = scores[i.key]
        value = s.value if s.corrected is None else s.corrected
        told.append(Told(i, s.part, s.whole, value, s.corrected is not None, table[organ][i.key], brings.get(i.key, 0), without[i.key], s.evidence))
    place = next(p for p in rules.ranking(table, weights) if p.who == organ)
    context = {
        **TAB, "one": one, "organ": whose, "told": told, "place": place, "of": len(table), "appeals": queries.appeals(actor, one).filter(organ=whose),
        "names": {i.indicator.key: i.indicator.name for i in told}, "fault": fault, "faults": faults, "typed": {"words": request.POST.get("words", "")[:500]},
        "may_appeal": _may_appeal(actor, one, whose.id), "may_answer": actor.may("exchange.evaluate") and one.state == rules.ANNOUNCED,
    }  # fmt: skip
    return render(request, "exchange/evaluation_department.html", context, status=422 if fault else 200)


def _may_appeal(actor: Actor, one: Evaluation, organ: int) -> bool:
    return actor.organ == organ and actor.may("catalogue.edit") and one.state == rules.ANNOUNCED and clock.today() <= one.appeals_until


def _act(request: HttpRequest, actor: Actor, one: Evaluation) -> str:
    """What the button says; commands check who may."""
    post = request.POST
    if post.get("act") == "appeal":
        made = commands.file_appeal(actor, key=one.key, indicator=post.get("indicator", ""), words=post.get("words", ""))
        return _("Appeal %(number)s is filed; it is answered until %(day)s.") % {"number": made.number, "day": made.due.isoformat()}
    answered: Appeal = commands.answer_appeal(
        actor, number=post.get("number", "")[:24], uphold=post.get("act") == "uphold", answer=post.get("answer", ""), value=_value(post)
    )
    return _("Appeal %(number)s is answered.") % {"number": answered.number}


def _value(post: Mapping[str, str]) -> float | None:
    """A share typed in percent or as a fraction, a count as it is."""
    told = post.get("value", "").strip()
    try:
        return float(told.removesuffix("%")) / 100 if told.endswith("%") else float(told) if told else None
    except ValueError:
        return None


@allows("catalogue.edit")
def information(request: HttpRequest) -> HttpResponse:
    """主要业务信息清单: what the own department's business produces, and by which resource it is shared."""
    actor, fault, faults = actor_of(request), "", {}
    typed = {n: request.POST.get(n, "").strip()[:120] for n in ("name", "system", "resource")}
    if request.method == "POST":
        try:
            if request.POST.get("end", "").isascii() and request.POST.get("end", "").isdigit():
                commands.end_information(actor, identifier=int(request.POST["end"][:15]))
            else:
                commands.list_information(actor, **typed)
            messages.success(request, _("Saved."))
            return redirect("exchange:information")
        except (Invalid, Conflict, NotFound) as refused:
            fault, faults = str(refused), refused.fields
    own = queries.own_resources(actor)
    rows = queries.information(actor)
    if request.GET.get("export"):
        columns = (_("Main business information"), _("System"), _("Resource"), _("Since"))
        lines = ((r.name, r.system, dict(own).get(r.resource, ""), r.since.isoformat()) for r in rows)
        return exports.table(request.GET["export"], "main-information", columns, lines)
    context = {
        **TAB,
        "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "own": own,
        "titles": dict(own),
        "typed": typed,
        "fault": fault,
        "faults": faults,
    }
    return render(request, "exchange/information.html", context, status=422 if fault else 200)
