"""Supervision over the API."""

from datetime import date, datetime

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tongban.lib import clock
from tongban.rooms.service.supervision import commands, queries
from tongban.rooms.service.supervision.models import Light
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()
PAGE = 50


class LightOut(Schema):
    id: int
    thing: str
    case: str = Field(alias="case_number")
    title: str = Field(alias="case_title")
    kind: str
    level: str
    reason: str
    organ: str = Field(alias="organ_name")
    region: str = Field(alias="region_code")
    state: str
    raised_at: datetime
    answer_due: date | None


class Words(Schema):
    words: str = Field(max_length=500)


class Answer(Words):
    appeal: bool = False


class Judgement(Words):
    act: str = Field(max_length=20)


class RegionOut(Schema):
    code: str
    name: str
    open: int
    soon: int
    yellow: int
    red: int
    paused: int
    decided: int
    on_time: float | None


@router.get("/board", response={200: list[RegionOut], **PROBLEMS})
@allows("supervision.read_board")
def board(request: HttpRequest, region: str = Query("37", pattern=r"^\d{2,6}$")) -> list[queries.RegionRow]:
    """Counts of the regions below a region, this month."""
    return queries.board(actor_of(request), region=region, since=clock.today().replace(day=1))


@router.get("/lights", response={200: list[LightOut], **PROBLEMS})
@allows("supervision.read_lights")
def lights(
    request: HttpRequest, level: str = Query("", max_length=10), state: str = Query("", max_length=10),
    page: int = Query(1, ge=1, le=1000),
) -> list[Light]:  # fmt: skip
    """Lights in scope, latest first, fifty a page."""
    rows = queries.lights(actor_of(request), level=level, state=state)
    return list(rows[(page - 1) * PAGE : page * PAGE])


@router.post("/lights/{light}/answers", response={200: LightOut, **PROBLEMS})
@allows("supervision.answer")
def answer(request: HttpRequest, light: int, body: Answer) -> Light:
    """Answer or appeal a light."""
    return commands.answer_light(actor_of(request), light=light, words=body.words, appeal=body.appeal)


@router.post("/lights/{light}/urgings", response={200: LightOut, **PROBLEMS})
@allows("supervision.urge")
def urge(request: HttpRequest, light: int, body: Words) -> Light:
    """Urge the office."""
    return commands.urge(actor_of(request), light=light, words=body.words).light


@router.post("/lights/{light}/replies", response={200: LightOut, **PROBLEMS})
@allows("supervision.answer")
def reply(request: HttpRequest, light: int, body: Words) -> Light:
    """Reply to an urging."""
    return commands.reply_to_urging(actor_of(request), light=light, words=body.words).light


@router.post("/lights/{light}/judgements", response={200: LightOut, **PROBLEMS})
@allows("supervision.judge")
def judge(request: HttpRequest, light: int, body: Judgement) -> Light:
    """Uphold, dismiss or close."""
    return commands.judge_light(actor_of(request), light=light, act=body.act, words=body.words)
