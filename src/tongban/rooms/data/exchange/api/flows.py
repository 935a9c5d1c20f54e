"""Flows and their proofs."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tongban.rooms.data.exchange.commands import ends
from tongban.rooms.data.exchange.commands import flows as commands
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class FlowOut(Schema):
    agreement: str
    title: str
    provider: str
    consumer: str
    state: str
    fault: str
    batches_sent: int
    batches_taken: int
    rows_sent: int
    rows_taken: int
    values_aside: int


@router.get("/flows", response={200: list[FlowOut], **PROBLEMS})
@allows("catalogue.search")
def flows(request: HttpRequest) -> list[FlowOut]:
    """Flows of the own organ, or of the province for those who watch."""
    rows = list(queries.flows(actor_of(request)))
    told = queries.standings(rows)
    return [
        FlowOut(
            agreement=f.agreement, title=f.title, provider=f.provider.name, consumer=f.consumer.name, state=f.state, fault=f.fault, batches_sent=told[f.id].sent,
            batches_taken=told[f.id].taken, rows_sent=told[f.id].rows_sent, rows_taken=told[f.id].rows_taken, values_aside=told[f.id].aside,
        )
        for f in rows
    ]  # fmt: skip


class EndpointIn(Schema):
    """A PostgreSQL of the own organ; `address` is kept sealed and never told again."""

    key: str = Field(max_length=60, pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str = Field(max_length=120)
    address: str = Field(max_length=400)


class EndpointOut(Schema):
    key: str
    name: str


@router.post("/endpoints", response={201: EndpointOut, **PROBLEMS}, summary="Enter a database of the own organ")
@allows("catalogue.edit")
def keep_endpoint(request: HttpRequest, told: EndpointIn) -> tuple[int, EndpointOut]:
    made = ends.keep_endpoint(actor_of(request), key=told.key, name=told.name, address=told.address.strip())
    return 201, EndpointOut(key=made.key, name=made.name)


class EndIn(Schema):
    """`follows`, of the provider: order (a number that grows), stamp (a time stamp), log (logical replication, deletions too), ledger (what the platform keeps)."""

    endpoint: str = Field("", max_length=60)
    table: str = Field("", max_length=120)
    follows: Literal["order", "stamp", "log", "ledger"] = "order"
    order: str = Field("", max_length=60)
    references: str = Field("", max_length=4000)


class StateOut(Schema):
    agreement: str
    state: str
    follows: str


@router.post("/agreements/{number}/end", response={200: StateOut, **PROBLEMS}, summary="Name the own end of a flow")
@allows("catalogue.request")
def set_end(request: HttpRequest, number: str, told: EndIn) -> StateOut:
    made = ends.set_end(actor_of(request), agreement=number, **told.dict())
    return StateOut(agreement=made.agreement, state=made.state, follows=made.follows)


class MoveIn(Schema):
    move: Literal["run", "pause", "reload"]


@router.post("/agreements/{number}/flow", response={200: StateOut, **PROBLEMS}, summary="Run, pause or load anew")
@allows("catalogue.request")
def move_flow(request: HttpRequest, number: str, told: MoveIn) -> StateOut:
    moved = commands.move_flow(actor_of(request), agreement=number, move=told.move)
    return StateOut(agreement=moved.agreement, state=moved.state, follows=moved.follows)


@router.get("/agreements/{number}/batches/{batch}/proof", response={200: dict[str, Any], **PROBLEMS})
@allows("catalogue.search")
def proof(request: HttpRequest, number: str, batch: int) -> dict[str, Any]:
    """The proof file of a batch: `tongban verify FILE` checks it offline."""
    actor = actor_of(request)
    return queries.proof(actor, queries.flow(actor, number), batch)
