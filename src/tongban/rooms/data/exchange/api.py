"""The catalogue, applications, agreements, and the single query, for systems."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tongban.kernel.catalogue.commands import access as commands
from tongban.kernel.catalogue.commands import agreements as agreement_commands
from tongban.kernel.catalogue.commands import borders as border_commands
from tongban.kernel.catalogue.commands import fetching
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.queries import borders as border_queries
from tongban.kernel.catalogue.rules import borders as border_rules
from tongban.kernel.catalogue.rules.access import Asked
from tongban.rooms.data.exchange.commands import evaluation as evaluation_commands
from tongban.rooms.data.exchange.models import Evaluation
from tongban.rooms.data.exchange.queries import evaluation as evaluations
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.rooms.data.exchange.rules import evaluation as evaluation_rules
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()
Mode = Literal["query", "stream", "batch", "file"]
Zone = Literal["administrative", "public", "internet"]


class ResourceOut(Schema):
    key: str
    code: str
    version: int
    title: str
    provider: str
    sharing: str
    cycle: str
    items: list[dict[str, Any]]


class AskIn(Schema):
    """Dates are inclusive; `within` is the prefix of the rows' region code, "" for all; `zone` is where the data are used."""

    items: list[str] = Field(max_length=500)
    modes: list[Mode] = Field(max_length=4)
    visits: int = Field(ge=1, le=10_000_000)
    begins: date
    ends: date
    within: str = Field("", max_length=9)
    zone: Zone = "administrative"

    def asked(self) -> Asked:
        rows = {"region_code": self.within} if self.within else {}
        return Asked(tuple(self.items), tuple(self.modes), self.visits, self.begins, self.ends, rows, self.zone)


class RequestIn(AskIn):
    resource: str = Field(max_length=80)
    purpose: str = Field(max_length=300)
    basis: str = Field(max_length=300)
    purposes: list[str] = Field([], max_length=20)


class RequestOut(Schema):
    number: str
    state: str
    due: date
    agreement: str


class GrantIn(AskIn):
    condition: str = Field("", max_length=300)


class AgreementOut(Schema):
    number: str
    state: str
    digest: str
    terms: dict[str, Any]
    signed_by: list[str]


class QueryIn(Schema):
    """`name` is the resource's supply ("legal.entity"), `key` the value of its key item."""

    name: str = Field(max_length=80)
    purpose: str = Field(max_length=120)
    key: str = Field(max_length=64)
    items: list[str] = Field([], max_length=500)


class QueryOut(Schema):
    """`values` is null where nobody is known by the key, or the row is not granted."""

    values: dict[str, Any] | None
    source: str
    resource: str
    agreement: str
    at: datetime


@router.get("/resources", response={200: list[ResourceOut], **PROBLEMS})
@allows("catalogue.search")
def search(request: HttpRequest, q: str = "", after: str = "") -> list[ResourceOut]:
    """Published resources by words, a hundred at a time in the order of their codes; `after` is the last code of the page before."""
    rows = resources.published(actor_of(request), words=q[:80])
    rows = rows.filter(resource__code__gt=after) if after else rows
    return [
        ResourceOut(
            key=v.resource.key, code=v.resource.code, version=v.number, title=v.title, provider=v.resource.organ.name, sharing=v.sharing, cycle=v.cycle,
            items=v.content["items"],
        )
        for v in rows[:100]
    ]  # fmt: skip


@router.post("/requests", response={201: RequestOut, **PROBLEMS})
@allows("catalogue.request")
def request_access(request: HttpRequest, told: RequestIn) -> tuple[int, RequestOut]:
    """Apply for items of a resource."""
    made = commands.request_access(actor_of(request), key=told.resource, wanted=told.asked(), purpose=told.purpose, basis=told.basis, purposes=told.purposes)
    held = access.request(actor_of(request), made.number)
    return 201, RequestOut(number=held.number, state=held.state, due=held.due, agreement=held.agreement.number if held.state == "granted" else "")


@router.post("/requests/{number}/grant", response={200: AgreementOut, **PROBLEMS})
@allows("catalogue.grant")
def grant(request: HttpRequest, number: str, told: GrantIn) -> AgreementOut:
    """Grant what was asked, or less."""
    made = commands.grant_access(actor_of(request), number=number, granted=told.asked(), condition=told.condition)
    return _agreement(request, made.number)


@router.get("/agreements/{number}", response={200: AgreementOut, **PROBLEMS})
@allows("catalogue.search")
def agreement(request: HttpRequest, number: str) -> AgreementOut:
    return _agreement(request, number)


def _agreement(request: HttpRequest, number: str) -> AgreementOut:
    one = access.agreement(actor_of(request), number)
    signed = [s.organ.key for s, good in access.signatures(one) if good]
    return AgreementOut(number=one.number, state=access.standing(one), digest=one.digest, terms=one.terms, signed_by=signed)


@router.post("/agreements/{number}/sign", response={200: AgreementOut, **PROBLEMS})
@allows("catalogue.request")
def sign(request: HttpRequest, number: str) -> AgreementOut:
    """Sign for the own organ."""
    agreement_commands.sign_agreement(actor_of(request), number=number)
    return _agreement(request, number)


@router.post("/query", response={200: QueryOut, **PROBLEMS})
@allows("catalogue.search")
def query(request: HttpRequest, told: QueryIn) -> QueryOut:
    """One question under an agreement of the own organ. Counted, and kept in the ledger with its purpose."""
    got = fetching.fetch(actor_of(request), name=told.name, purpose=told.purpose, key=told.key, items=tuple(told.items))
    return QueryOut(values=got.values, source=got.source, resource=got.resource, agreement=got.agreement, at=got.at)


class SignedQueryIn(Schema):
    """`key` is the value of the resource's key item; without `items` all that is granted."""

    key: str = Field(max_length=64)
    purpose: str = Field(max_length=120)
    items: list[str] = Field([], max_length=500)


class SignedQueryOut(Schema):
    """`proof` stands by itself: question and answer as both organs signed them, and the agreement."""

    values: dict[str, Any] | None
    resource: str
    at: datetime
    proof: dict[str, Any]


@router.post("/agreements/{number}/query", response={200: SignedQueryOut, **PROBLEMS})
@allows("catalogue.search")
def signed_query(request: HttpRequest, number: str, told: SignedQueryIn) -> SignedQueryOut:
    """One question over the bus, signed by both organs. The provider's end judges, counts and logs it; `tongban verify FILE` checks the proof offline."""
    found = queries.signed_query(actor_of(request), number, key=told.key, purpose=told.purpose, items=tuple(told.items))
    return SignedQueryOut(
        values=None if found.answer.values is None else dict(found.answer.values), resource=found.answer.resource, at=datetime.fromisoformat(found.answer.at),
        proof=queries.query_proof(number, found),
    )  # fmt: skip


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
