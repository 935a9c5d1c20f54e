"""The catalogue, applications, agreements, and the single query."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tongban.kernel.catalogue.commands import access as commands
from tongban.kernel.catalogue.commands import agreements as agreement_commands
from tongban.kernel.catalogue.commands import fetching
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.rules.access import Asked
from tongban.rooms.data.exchange.queries import flows as queries
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
