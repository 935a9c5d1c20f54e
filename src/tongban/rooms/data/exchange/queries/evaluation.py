"""Evaluations are open to every official; a department's own list and appeals to the department and to those who evaluate."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.queries import resources
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, sm
from tongban.lib.bus.envelope import canonical
from tongban.lib.errors import NotFound, Unavailable
from tongban.rooms.data.exchange.models import Appeal, Evaluation, EvaluationIndicator, MainInformation, Score
from tongban.rooms.data.exchange.rules import evaluation as rules


def indicators_in_force(on: date) -> list[rules.Indicator]:
    """What is measured, in the order of the list. Raises Unavailable where none is kept."""
    rows = EvaluationIndicator.objects.filter(effective_from__lte=on).filter(Q(effective_to=None) | Q(effective_to__gte=on)).order_by("id")
    if not rows:
        raise Unavailable(_("No indicator is kept. An administrator loads data/exchange/indicators.csv."))
    return [rules.Indicator(r.key, r.name, r.weight, r.full, r.unit, r.formula, r.document, r.verified) for r in rows]


def evaluations(actor: Actor) -> QuerySet[Evaluation]:
    """The newest first."""
    actor.require("catalogue.search")
    return Evaluation.objects.annotate(pending=Count("appeals", filter=Q(appeals__state=rules.PENDING))).order_by("-begins", "-id")


def evaluation(actor: Actor, key: str) -> Evaluation:
    found = evaluations(actor).filter(key=key).first()
    if found is None:
        raise NotFound(_("There is no such evaluation. Choose one from the list."))
    return found


def indicators(one: Evaluation) -> list[rules.Indicator]:
    """Those that it was announced with."""
    return [rules.Indicator(**told) for told in one.indicators]


def weights(one: Evaluation) -> dict[str, float]:
    return {i.key: i.weight for i in indicators(one)}


@dataclass(frozen=True, slots=True)
class Table:
    """Points of every department by its key: organ → indicator → points, and what the departments are called."""

    points: Mapping[str, rules.Points]
    names: Mapping[str, str]
    goal: Mapping[str, float | None]  # sharing rate of main business information


def undecided(day: date) -> QuerySet[Appeal]:
    """Appeals whose answer is due by a day; for the platform."""
    return Appeal.objects.filter(state=rules.PENDING, due__lte=day).select_related("evaluation", "organ").order_by("id")


def table(one: Evaluation) -> Table:
    """As measured, corrected where an appeal was upheld."""
    full = {i.key: i.full for i in indicators(one)}
    points: dict[str, dict[str, float | None]] = defaultdict(dict)
    names, goal = {}, {}
    for s in one.scores.select_related("organ").defer("evidence").order_by("organ_id"):
        value = s.value if s.corrected is None else s.corrected
        points[s.organ.key][s.indicator] = rules.points(value, full[s.indicator])
        names[s.organ.key] = s.organ.short_name
        if s.indicator == rules.GOAL:
            goal[s.organ.key] = value
    return Table(points, names, goal)


def scores(one: Evaluation, organ: int) -> dict[str, Score]:
    """One department's values with the rows behind them, by indicator; raises NotFound."""
    found = {s.indicator: s for s in one.scores.filter(organ_id=organ)}
    if not found:
        raise NotFound(_("This department is not part of the evaluation."))
    return found


def digest(one: Evaluation) -> str:
    """SM3 of all values in canonical form, as the ledger keeps it."""
    rows = one.scores.order_by("organ__key", "indicator").values_list("organ__key", "indicator", "part", "whole", "value", "corrected")
    return sm.sm3_hex(canonical({"evaluation": one.key, "indicators": one.indicators, "scores": [list(map(str, r)) for r in rows]}))


def appeals(actor: Actor, one: Evaluation) -> QuerySet[Appeal]:
    """Of the own organ, or all for those who evaluate or watch."""
    actor.require("catalogue.search")
    rows = one.appeals.select_related("organ").order_by("-id")
    if actor.is_system or actor.may("exchange.evaluate") or actor.may("catalogue.watch"):
        return rows
    return rows.filter(organ_id=actor.organ)


def appeal(number: str) -> Appeal:
    """For the platform, which tells those whom it concerns."""
    return Appeal.objects.select_related("organ", "evaluation").get(number=number)


def measured_organs(one: Evaluation) -> list[int]:
    return list(one.scores.values_list("organ_id", flat=True).distinct())


def information(actor: Actor) -> QuerySet[MainInformation]:
    """The own department's list as it stands today."""
    actor.require("catalogue.edit")
    today = clock.today()
    rows = MainInformation.objects.filter(Q(until=None) | Q(until__gt=today)).select_related("organ").order_by("id")
    return rows if actor.is_system else rows.filter(organ_id=actor.organ)


def own_resources(actor: Actor) -> list[tuple[str, str]]:
    """(key, title) of the own department's resources, for the list to name."""
    return [(v.resource.key, v.title) for v in resources.own(actor)]


def evaluated_organs(region: str, on: date) -> list[int]:
    """Departments of a region's own level; governments themselves share through them."""
    return list(orgs.organs(region, on=on, exact=True).values_list("id", flat=True))
