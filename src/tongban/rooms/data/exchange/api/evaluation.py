"""What departments share, measured; their lists of main business information."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tongban.rooms.data.exchange.commands import evaluation as evaluation_commands
from tongban.rooms.data.exchange.models import Evaluation
from tongban.rooms.data.exchange.queries import evaluation as evaluations
from tongban.rooms.data.exchange.rules import evaluation as evaluation_rules
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class PlaceOut(Schema):
    """`points`: 0 to 100 by indicator, null where nothing was to measure; `best`, `worst`: places when one weight is halved or raised by half."""

    department: str
    name: str
    place: int
    best: int
    worst: int
    total: float
    points: dict[str, float | None]


class EvaluationOut(Schema):
    key: str
    title: str
    begins: date
    ends: date
    state: str
    appeals_until: date


class RankingOut(EvaluationOut):
    indicators: list[dict[str, Any]]
    departments: list[PlaceOut]


class EvaluationIn(Schema):
    key: str = Field(max_length=20)
    title: str = Field(max_length=120)
    begins: date
    ends: date
    appeals_until: date


class AppealIn(Schema):
    indicator: str = Field(max_length=20)
    words: str = Field(max_length=500)


class AppealOut(Schema):
    number: str
    indicator: str
    state: str
    due: date
    words: str
    answer: str


class AppealAnswerIn(Schema):
    """`value`: the right one, a share from 0 to 1 or a count; needed where the appeal is upheld."""

    uphold: bool
    answer: str = Field(max_length=300)
    value: float | None = None


class InformationIn(Schema):
    """`resource`: key of the own resource by which it is in the catalogue, "" for none yet."""

    name: str = Field(max_length=120)
    system: str = Field("", max_length=120)
    resource: str = Field("", max_length=80)


def _evaluation(one: Evaluation) -> dict[str, Any]:
    return {n: getattr(one, n) for n in ("key", "title", "begins", "ends", "state", "appeals_until")}


@router.get("/evaluations", response={200: list[EvaluationOut], **PROBLEMS}, summary="Evaluations of sharing")
@allows("catalogue.search")
def evaluation_list(request: HttpRequest) -> list[dict[str, Any]]:
    return [_evaluation(e) for e in evaluations.evaluations(actor_of(request))[:100]]


@router.post("/evaluations", response={201: EvaluationOut, **PROBLEMS}, summary="Measure every department and announce the values")
@allows("exchange.evaluate")
def announce(request: HttpRequest, told: EvaluationIn) -> tuple[int, dict[str, Any]]:
    return 201, _evaluation(evaluation_commands.announce_evaluation(actor_of(request), **told.dict()))


@router.get("/evaluations/{evaluation}", response={200: RankingOut, **PROBLEMS}, summary="The ranking, with its points and weights")
@allows("catalogue.search")
def ranking(request: HttpRequest, evaluation: str) -> dict[str, Any]:
    one = evaluations.evaluation(actor_of(request), evaluation)
    table = evaluations.table(one)
    departments = [
        PlaceOut(department=p.who, name=table.names[p.who], place=p.place, best=p.best, worst=p.worst, total=p.total, points=dict(table.points[p.who]))
        for p in evaluation_rules.ranking(table.points, evaluations.weights(one))
    ]
    return {**_evaluation(one), "indicators": one.indicators, "departments": departments}


@router.post("/evaluations/{evaluation}/final", response={200: EvaluationOut, **PROBLEMS}, summary="Make the values final")
@allows("exchange.evaluate")
def close(request: HttpRequest, evaluation: str) -> dict[str, Any]:
    return _evaluation(evaluation_commands.close_evaluation(actor_of(request), key=evaluation))


@router.post("/evaluations/{evaluation}/appeals", response={201: AppealOut, **PROBLEMS}, summary="Contest a value of the own department")
@allows("catalogue.edit")
def appeal(request: HttpRequest, evaluation: str, told: AppealIn) -> tuple[int, Any]:
    return 201, evaluation_commands.file_appeal(actor_of(request), key=evaluation, indicator=told.indicator, words=told.words)


@router.post("/appeals/{number}/answer", response={200: AppealOut, **PROBLEMS}, summary="Uphold or reject an appeal")
@allows("exchange.evaluate")
def answer_appeal(request: HttpRequest, number: str, told: AppealAnswerIn) -> Any:
    return evaluation_commands.answer_appeal(actor_of(request), number=number, uphold=told.uphold, answer=told.answer, value=told.value)


@router.get("/information", response={200: list[InformationIn], **PROBLEMS}, summary="The own department's main business information")
@allows("catalogue.edit")
def information(request: HttpRequest) -> Any:
    return evaluations.information(actor_of(request))[:2000]


@router.post("/information", response={201: InformationIn, **PROBLEMS}, summary="Enter a line, or name the resource of a known one")
@allows("catalogue.edit")
def list_information(request: HttpRequest, told: InformationIn) -> tuple[int, Any]:
    return 201, evaluation_commands.list_information(actor_of(request), name=told.name, system=told.system, resource=told.resource)
