"""Nodes and their lines, for the systems that watch them."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tongban.kernel.nodes import commands as node_commands
from tongban.kernel.nodes import queries as node_queries
from tongban.lib import clock
from tongban.rooms.data.exchange.rules import nodes as rules
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class NodeOut(Schema):
    """`waits`: letters that the neighbour has not receipted, the oldest written at `since`; `held`: letters of the node that could not be taken."""

    code: str
    name: str
    regions: list[str]
    place: str
    state: str
    via: str
    light: str
    sent: int
    waits: int
    since: datetime | None
    taken: int
    held: int
    heard_at: datetime | None


class HeldOut(Schema):
    id: int
    origin: str
    kind: str
    key: str
    fault: str
    tries: int
    came_at: datetime
    next_try: datetime


class TakenOut(Schema):
    taken: bool


class ReasonIn(Schema):
    words: str = Field(max_length=300)


@router.get("/nodes", response={200: list[NodeOut], **PROBLEMS}, summary="Every node that is known, and how its line stands")
@allows("nodes.read")
def node_list(request: HttpRequest) -> list[dict[str, Any]]:
    names = ("code", "name", "regions", "place", "state", "via", "sent", "taken", "heard_at")
    return [
        {n: getattr(one.node, n) for n in names}
        | {"waits": one.waits, "since": one.since, "held": one.held}
        | {"light": rules.standing(one.node.place, one.node.state, one.node.heard_at, one.waits, one.held, clock.now())[0]}
        for one in node_queries.lines(actor_of(request))
    ]


@router.get("/nodes/held-letters", response={200: list[HeldOut], **PROBLEMS}, summary="Letters that came and could not be taken")
@allows("nodes.read")
def held_letters(request: HttpRequest) -> list[Any]:
    return node_queries.held_letters(actor_of(request))


@router.post("/nodes/held-letters/{letter}/retry", response={200: TakenOut, **PROBLEMS}, summary="Try a held letter again")
@allows("nodes.manage")
def retry_letter(request: HttpRequest, letter: int) -> dict[str, bool]:
    return {"taken": node_commands.retry_held(actor_of(request), held=letter)}


@router.post("/nodes/held-letters/{letter}/drop", response={204: None, **PROBLEMS}, summary="Give a held letter up, with a reason")
@allows("nodes.manage")
def drop_letter(request: HttpRequest, letter: int, told: ReasonIn) -> tuple[int, None]:
    node_commands.drop_held(actor_of(request), held=letter, words=told.words)
    return 204, None
