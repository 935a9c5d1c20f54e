"""Flows, their proofs, files."""

import base64
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from tongban.lib.errors import Invalid
from tongban.rooms.data.exchange.commands import files as file_commands
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


@router.get("/agreements/{number}/batches/{batch}/proof", response={200: dict[str, Any], **PROBLEMS})
@allows("catalogue.search")
def proof(request: HttpRequest, number: str, batch: int) -> dict[str, Any]:
    """The proof file of a batch: `tongban verify FILE` checks it offline."""
    actor = actor_of(request)
    return queries.proof(actor, queries.flow(actor, number), batch)


class FileIn(Schema):
    """`content` in Base64; `partly`: send the sound rows and set the others aside, else nothing goes when one is bad."""

    name: str = Field(max_length=120)
    content: str = Field(max_length=28_000_000)
    partly: bool = False


class FileOut(Schema):
    batch: int
    rows: int
    rows_aside: int
    digest: str


class PackageOut(Schema):
    """A data package (ZIP) in Base64."""

    name: str
    content: str


@router.post("/agreements/{number}/files", response={201: FileOut, **PROBLEMS}, summary="Send a file as a checked, signed data package")
@allows("catalogue.request")
def send_file(request: HttpRequest, number: str, told: FileIn) -> tuple[int, FileOut]:
    try:
        content = base64.b64decode(told.content, validate=True)
    except ValueError as fault:
        raise Invalid.at("content", _("Content: write it in Base64.")) from fault
    made = file_commands.send_file(actor_of(request), agreement=number, name=told.name, content=content, partly=told.partly)
    return 201, FileOut(batch=made.number, rows=made.rows, rows_aside=made.aside, digest=(made.envelope or {}).get("digest", ""))


@router.post("/agreements/{number}/files/{batch}/take", response={200: PackageOut, **PROBLEMS}, summary="Take a data package; the consumer signs for it")
@allows("catalogue.request")
def take_file(request: HttpRequest, number: str, batch: int) -> PackageOut:
    name, body = file_commands.take_file(actor_of(request), agreement=number, batch=batch)
    return PackageOut(name=name, content=base64.b64encode(body).decode())
