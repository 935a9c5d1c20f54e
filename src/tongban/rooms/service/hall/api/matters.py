"""Finding matters."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tongban.rooms.service.hall.queries import matters, search
from tongban.ui.access import OPEN, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class HitOut(Schema):
    code: str
    name: str
    organ: str
    region: str
    online: bool
    sample: bool


class FoundOut(Schema):
    total: int
    words: list[str]
    hits: list[HitOut]


class GuideOut(Schema):
    code: str
    name: str
    organ: str
    region: str
    state: str
    promised_days: int
    statutory_days: int
    online: bool
    service_object: list[str] = Field(description="1自然人 2企业 3事业单位 4社会组织 5行政机关 6其他组织")
    form: dict[str, Any]
    materials: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    legal_basis: list[dict[str, Any]]
    address: str
    hours: str
    phone: str


@router.get("/matters", response={200: FoundOut, **PROBLEMS})
@allows(OPEN)
def find(
    request: HttpRequest, q: str = Query("", max_length=100), region: str = Query("37", pattern=r"^\d{2,6}$"),
    audience: str = Query("", max_length=12), task_type: str = Query("", max_length=2), department: str = Query("", max_length=60),
    event: str = Query("", max_length=60), page: int = Query(1, ge=1, le=500),
) -> FoundOut:  # fmt: skip
    """Matters by words, everyday words or pinyin, in a region and above it."""
    found = search.search(q, region=region, facets=search.Facets(audience, task_type, department, event), page=page)
    hits = [HitOut(code=h.code, name=h.name, organ=h.organ, region=h.region, online=h.online, sample=h.sample) for h in found.hits]
    return FoundOut(total=found.total, words=found.words, hits=hits)


@router.get("/matters/{path:code}", response={200: GuideOut, **PROBLEMS})
@allows(OPEN)
def guide(request: HttpRequest, code: str) -> GuideOut:
    """The guide of a matter: limits, materials, form, legal basis that was verified."""
    told = matters.guide(code)
    one = told.matter
    return GuideOut(
        code=one.code, name=one.name, organ=one.organ_name, region=one.region_code, state=one.state,
        promised_days=told.promised, statutory_days=told.statutory, online=told.online,
        service_object=told.content.get("service_object", []), form=told.form,
        materials=told.content.get("materials", []), conditions=told.content.get("conditions", []),
        legal_basis=told.content.get("legal_basis", []), address=told.address, hours=told.hours, phone=told.phone,
    )  # fmt: skip
