"""Base registries by program: entities, conflicts, what departments bring."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from tongban.lib.errors import NotFound
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import disputes, records
from tongban.rooms.data.registries.queries import masters, work
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class EntityOut(Schema):
    credit_code: str
    name: str
    kind: str
    industry: str
    region_code: str
    established_on: date | None
    state: str
    disputed: int


class ClaimOut(Schema):
    value: Any
    organ: str
    legal_on: date
    recorded_at: datetime
    rank: int


class AttributeOut(Schema):
    """`state`: agreed, by-rank, decided, open."""

    attribute: str
    state: str
    claim: ClaimOut
    others: list[ClaimOut]


class ConflictOut(Schema):
    registry: str
    subject: int
    attribute: str
    state: str
    region_code: str
    organs: str
    found_at: datetime


class RecordsIn(Schema):
    """Rows are attribute -> value with the registry's key; `legal_on` holds for rows that name no day of their own."""

    registry: str = Field(max_length=12)
    rows: list[dict[str, Any]] = Field(max_length=10_000)
    origin: str = Field(max_length=60)
    legal_on: date | None = None


class KeptOut(Schema):
    new: int
    same: int
    conflicts: int
    faults: list[tuple[int, str]]


class DecisionIn(Schema):
    registry: str = Field(max_length=12)
    subject: int = Field(ge=0, lt=2**62)
    attribute: str = Field(max_length=30)
    record: int = Field(ge=0, lt=2**62)
    words: str = Field(max_length=300)


@router.get("/entities", response={200: list[EntityOut], **PROBLEMS}, summary="Legal persons by name or code")
@allows("registries.use")
def entities(request: HttpRequest, q: str = "", region: str = "", state: str = "", page: int = 1) -> Any:
    first = max(0, min(page, 1000) - 1) * 100
    return masters.entities(actor_of(request), words=q[:80], region=region[:9], state=state[:12])[first : first + 100]


@router.get("/entities/{code}", response={200: list[AttributeOut], **PROBLEMS}, summary="A legal person's master record, as known on a day")
@allows("registries.use")
def entity(request: HttpRequest, code: str, known_on: datetime | None = None, valid_on: date | None = None) -> Any:
    found = masters.entity_coded(code)
    if found is None:
        raise NotFound(_("No entity is known by this code."))
    view = masters.view(rules.ENTITIES, found, known_on=known_on, valid_on=valid_on)
    hidden = set(rules.PERSONAL)
    return [
        {"attribute": a, "state": s.state, "claim": _claim(s.claim), "others": [_claim(c) for c in s.others]}
        for a, s in view.settled.items()
        if a not in hidden
    ]


def _claim(one: rules.Claim) -> dict[str, Any]:
    return {"value": one.value, "organ": one.said.organ, "legal_on": one.said.legal_on, "recorded_at": one.said.recorded_at, "rank": one.rank}


@router.get("/conflicts", response={200: list[ConflictOut], **PROBLEMS}, summary="Attributes that organs disagree about")
@allows("registries.use")
def conflicts(request: HttpRequest, registry: str = "", state: str = "open", page: int = 1) -> Any:
    first = max(0, min(page, 1000) - 1) * 100
    return work.conflicts(actor_of(request), registry=registry[:12], state=state[:8])[first : first + 100]


@router.post("/decisions", response={200: None, **PROBLEMS}, summary="Decide whose word stands")
@allows("registries.decide")
def decide(request: HttpRequest, body: DecisionIn) -> None:
    disputes.decide_conflict(
        actor_of(request), registry=body.registry, subject=body.subject, attribute=body.attribute, chosen=body.record, words=body.words
    )  # fmt: skip


@router.post("/records", response={200: KeptOut, **PROBLEMS}, summary="Keep what the own organ says of persons or legal persons")
@allows("registries.keep")
def keep(request: HttpRequest, body: RecordsIn) -> Any:
    actor = actor_of(request)
    return records.keep_records(actor, registry=body.registry, organ=actor.organ_key, rows=body.rows, origin=body.origin, legal_on=body.legal_on)
