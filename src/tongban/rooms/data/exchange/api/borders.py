"""Rules of the borders between zones."""

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tongban.kernel.catalogue.commands import borders as border_commands
from tongban.kernel.catalogue.queries import borders as border_queries
from tongban.kernel.catalogue.rules import borders as border_rules
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()
Zone = Literal["administrative", "public", "internet"]


class BorderIn(Schema):
    """`filters`: item → mask, token or drop; `rate` single queries and `rows` rows in bulk a day."""

    resource: str = Field(max_length=80)
    source: Zone = "administrative"
    target: Zone
    items: list[str] = Field(max_length=500)
    filters: dict[str, Literal["mask", "token", "drop"]] = {}
    rate: int = Field(0, ge=0, le=10_000_000)
    rows: int = Field(0, ge=0, le=1_000_000_000)
    begins: date
    ends: date
    reason: str = Field(max_length=300)


class BorderOut(Schema):
    number: str
    resource: str
    source: str
    target: str
    items: list[str]
    filters: dict[str, str]
    rate: int
    rows: int
    begins: date
    ends: date
    state: str


class BorderDecisionIn(Schema):
    approve: bool
    words: str = Field("", max_length=300)


class WordsIn(Schema):
    words: str = Field(max_length=300)


def _border(one: Any) -> dict[str, Any]:
    names = ("number", "source", "target", "items", "filters", "rate", "rows", "begins", "ends", "state")
    return {n: getattr(one, n) for n in names} | {"resource": one.resource.key}


@router.get("/borders", response={200: list[BorderOut], **PROBLEMS}, summary="Rules of the borders between zones")
@allows("catalogue.border")
def border_list(request: HttpRequest) -> list[dict[str, Any]]:
    return [_border(r) for r in border_queries.border_rules(actor_of(request))[:500]]


@router.post("/borders", response={201: BorderOut, **PROBLEMS}, summary="Propose what of a resource may cross")
@allows("catalogue.border")
def propose_border(request: HttpRequest, told: BorderIn) -> tuple[int, dict[str, Any]]:
    items, filters = tuple(told.items), dict(told.filters)
    proposal = border_rules.Proposal(told.source, told.target, items, filters, told.rate, told.rows, told.begins, told.ends, told.reason)
    return 201, _border(border_commands.propose_rule(actor_of(request), resource=told.resource, proposal=proposal))


@router.post("/borders/{number}/decision", response={200: BorderOut, **PROBLEMS}, summary="Approve or reject, by somebody else than who proposed")
@allows("catalogue.border")
def decide_border(request: HttpRequest, number: str, told: BorderDecisionIn) -> dict[str, Any]:
    return _border(border_commands.decide_rule(actor_of(request), number=number, approve=told.approve, words=told.words))


@router.post("/borders/{number}/end", response={200: BorderOut, **PROBLEMS}, summary="Close the border again")
@allows("catalogue.border")
def end_border(request: HttpRequest, number: str, told: WordsIn) -> dict[str, Any]:
    return _border(border_commands.end_rule(actor_of(request), number=number, words=told.words))
