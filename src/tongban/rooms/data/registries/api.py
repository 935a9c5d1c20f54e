"""Base registries by program: entities, conflicts, what departments bring."""

import base64
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from tongban.lib import clock
from tongban.lib.errors import Invalid, NotFound
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import disputes, records
from tongban.rooms.data.registries.commands import geography as geography_commands
from tongban.rooms.data.registries.commands import macro as macro_commands
from tongban.rooms.data.registries.commands import private as private_commands
from tongban.rooms.data.registries.queries import geography, macro, masters, private, work
from tongban.ui.access import OPEN, actor_of, allows
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


class FigureIn(Schema):
    region: str = Field(max_length=9)
    period: str = Field(max_length=7)
    value: Decimal = Field(max_digits=20, decimal_places=4)


class ReleaseIn(Schema):
    """What one release says of one indicator; an indicator that is known keeps its name and unit."""

    release: str = Field(max_length=40)
    title: str = Field(max_length=120)
    released_on: date
    indicator: str = Field(max_length=40)
    name: str = Field("", max_length=120)
    unit: str = Field("", max_length=20)
    decimals: int = Field(0, ge=0, le=4)
    notes: str = Field("", max_length=2000)
    figures: list[FigureIn] = Field(max_length=100_000)


class RevisedOut(Schema):
    """How many figures an earlier release gave otherwise."""

    revised: int


class IndicatorOut(Schema):
    code: str
    name: str
    unit: str
    frequency: str
    decimals: int


class FigureOut(Schema):
    region: str
    period: str
    value: Decimal
    release: str
    released_on: date


@router.get("/indicators", response={200: list[IndicatorOut], **PROBLEMS}, summary="Macro indicators")
@allows(OPEN)
def indicators(request: HttpRequest) -> Any:
    return macro.indicators()


@router.get("/indicators/{code}/figures", response={200: list[FigureOut], **PROBLEMS}, summary="Figures as known on a day, or of every release")
@allows(OPEN)
def figures(request: HttpRequest, code: str, region: str = "", since: str = "", until: str = "", known_on: date | None = None, history: bool = False) -> Any:
    """`since` and `until` are periods, inclusive; `known_on` defaults to today; `history` gives what every release said."""
    one, wanted = macro.indicator(code), [r for r in region[:900].split(",") if r]
    if history:
        rows = macro.vintages(one, regions=wanted, first=since[:7], last=until[:7])
    else:
        rows = macro.known(one, known_on or clock.today(), regions=wanted, first=since[:7], last=until[:7])
    return [
        {"region": f.region, "period": f.period, "value": round(f.value, one.decimals), "release": f.release.key, "released_on": f.release.released_on}
        for f in rows[:50_000]
    ]


@router.post("/releases", response={200: RevisedOut, **PROBLEMS}, summary="Bring what a release says of an indicator")
@allows("registries.keep")
def keep_release(request: HttpRequest, told: ReleaseIn) -> Any:
    actor = actor_of(request)
    publication = macro_commands.Publication(told.release, told.title, actor.organ_name or "", told.released_on)
    measured = macro_commands.Measured(told.indicator, told.name, told.unit, told.decimals, told.notes)
    rows = {(f.region, f.period): f.value for f in told.figures}
    return {"revised": macro_commands.keep_release(actor, publication=publication, measured=measured, figures=rows)}


class PlacesIn(Schema):
    """Each row: key, name, kind, lon, lat (degrees), and perhaps address, since, until."""

    rows: list[dict[str, Any]] = Field(max_length=10_000)


class PlacesOut(Schema):
    new: int
    changed: int
    faults: list[tuple[int, str]]


class UnitOut(Schema):
    code: str
    name: str
    level: str


class MatchedOut(Schema):
    """`units` from the province down; `others` fit as well as the last of them; `rest` is what follows."""

    units: list[UnitOut]
    others: list[UnitOut]
    name: str
    rest: str


class NearOut(Schema):
    key: str
    name: str
    kind: str
    address: str
    lon: float
    lat: float
    metres: int


@router.post("/places", response={200: PlacesOut, **PROBLEMS}, summary="Keep places of the own organ")
@allows("registries.keep")
def keep_places(request: HttpRequest, told: PlacesIn) -> Any:
    actor = actor_of(request)
    return geography_commands.keep_places(actor, organ=actor.organ_key, rows=told.rows)


@router.get("/addresses/match", response={200: MatchedOut, **PROBLEMS}, summary="Match an address to the official list")
@allows(OPEN)
def match_address(request: HttpRequest, address: str) -> Any:
    found = geography.matched(address[:300])
    return {"units": found.units, "others": found.others, "name": found.name, "rest": found.rest}


@router.get("/regions/covering", response={200: list[UnitOut], **PROBLEMS}, summary="City and county that cover a point")
@allows(OPEN)
def covering(request: HttpRequest, lon: float = Query(ge=-180, le=180), lat: float = Query(ge=-90, le=90)) -> Any:
    return geography.covering(lon, lat)


@router.get("/places/nearest", response={200: list[NearOut], **PROBLEMS}, summary="Places nearest to a point")
@allows(OPEN)
def nearest(
    request: HttpRequest, lon: float = Query(ge=-180, le=180), lat: float = Query(ge=-90, le=90), kind: str = "", count: int = Query(5, ge=1, le=100)
) -> Any:
    found = geography.nearest(lon, lat, kind=kind[:40], count=count)
    return [{"key": p.key, "name": p.name, "kind": p.kind, "address": p.address, "lon": p.lon, "lat": p.lat, "metres": round(m)} for p, m in found]


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


class PhotoIn(Schema):
    """`content`: a JPG or PNG of 200 KB at most, in Base64."""

    id_number: str = Field(max_length=18)
    content: str = Field(max_length=280_000)
    taken_on: date
    origin: str = Field(max_length=60)


@router.post("/photos", response={200: KeptOut, **PROBLEMS}, summary="Keep a person's identity photo as the own organ's word")
@allows("registries.keep")
def keep_photo(request: HttpRequest, body: PhotoIn) -> Any:
    actor = actor_of(request)
    try:
        content = base64.b64decode(body.content, validate=True)
    except ValueError as fault:
        raise Invalid.at("content", _("Content: write it in Base64.")) from fault
    return records.keep_photo(
        actor, organ=actor.organ_key, id_number=body.id_number, content=content, taken_on=body.taken_on, origin=body.origin
    )  # fmt: skip


@router.post("/records", response={200: KeptOut, **PROBLEMS}, summary="Keep what the own organ says of persons or legal persons")
@allows("registries.keep")
def keep(request: HttpRequest, body: RecordsIn) -> Any:
    actor = actor_of(request)
    return records.keep_records(actor, registry=body.registry, organ=actor.organ_key, rows=body.rows, origin=body.origin, legal_on=body.legal_on)


class PrivateIn(Schema):
    """`encoded`: the whole of what `tongban encode` wrote."""

    encoded: dict[str, Any]


class PrivateAskIn(PrivateIn):
    """`other`: the key of the department that is asked."""

    title: str = Field(max_length=120)
    purpose: str = Field(max_length=120)
    other: str = Field(max_length=40)


class PrivateOut(Schema):
    """`pairs` of the own file once it is done: [mark of the pair, row, how alike]; the other side gets the same marks for its rows."""

    id: int
    title: str
    purpose: str
    asking: str
    asked: str
    state: str
    words: str
    fields: list[str]
    pairs: list[tuple[int, int, float]]


def _private(request: HttpRequest, held: Any) -> PrivateOut:
    return PrivateOut(
        id=held.id, title=held.title, purpose=held.purpose, asking=held.asking_key, asked=held.asked_key, state=held.state, words=held.words, fields=held.fields,
        pairs=private.own_pairs(actor_of(request), held),
    )  # fmt: skip


@router.post("/private", response={201: PrivateOut, **PROBLEMS}, summary="Ask another department for a private comparison")
@allows("registries.link")
def ask_private(request: HttpRequest, body: PrivateAskIn) -> tuple[int, PrivateOut]:
    content = json.dumps(body.encoded).encode()
    made = private_commands.ask_private(actor_of(request), title=body.title, purpose=body.purpose, other=body.other, content=content)
    return 201, _private(request, made)


@router.get("/private/{comparison}", response={200: PrivateOut, **PROBLEMS}, summary="How a private comparison stands, and the own rows that are pairs")
@allows("registries.link")
def one_private(request: HttpRequest, comparison: int) -> PrivateOut:
    return _private(request, private.comparison(actor_of(request), comparison))


@router.post("/private/{comparison}/join", response={200: PrivateOut, **PROBLEMS}, summary="Take part with the own encoded rows")
@allows("registries.link")
def join_private(request: HttpRequest, comparison: int, body: PrivateIn) -> PrivateOut:
    return _private(request, private_commands.join_private(actor_of(request), comparison=comparison, content=json.dumps(body.encoded).encode()))


class WordsIn(Schema):
    words: str = Field(max_length=300)


@router.post("/private/{comparison}/refuse", response={200: PrivateOut, **PROBLEMS}, summary="Do not take part, with the reason")
@allows("registries.link")
def refuse_private(request: HttpRequest, comparison: int, body: WordsIn) -> PrivateOut:
    return _private(request, private_commands.refuse_private(actor_of(request), comparison=comparison, words=body.words))
