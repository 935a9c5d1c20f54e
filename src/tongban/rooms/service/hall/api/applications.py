"""Applying, following, correcting, withdrawing, rating."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, File, Query, Router, Schema
from ninja.files import UploadedFile

from tongban.kernel.cases import commands as case_commands
from tongban.kernel.cases import queries as cases
from tongban.kernel.files import commands as files
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import commands as signing
from tongban.kernel.ledger import queries as ledger
from tongban.lib.errors import NotFound
from tongban.rooms.service.hall.commands import applications, looks, ratings
from tongban.rooms.service.hall.commands.prefill import fetch_once
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import matters
from tongban.rooms.service.hall.queries import ratings as rating_queries
from tongban.ui.access import OPEN, actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class Material(Schema):
    material: str = Field(max_length=200)
    file: str = Field(max_length=36)
    name: str = Field("", max_length=160)


class Application(Schema):
    """`acting_for`: the credit code of an enterprise with a mandate. `once`: a key of the caller's; the same key again gets the same number."""

    matter: str = Field(max_length=80)
    data: dict[str, Any]
    materials: list[Material] = Field(default_factory=list, max_length=40)
    acting_for: str = Field("", max_length=18)
    once: str = Field("", max_length=60)


class Correction(Schema):
    data: dict[str, Any]
    materials: list[Material] = Field(default_factory=list, max_length=40)
    note: str = Field("", max_length=500)


class Number(Schema):
    number: str


class FileOut(Schema):
    file: str
    digest: str
    size: int


class CaseOut(Schema):
    number: str
    title: str
    matter: str
    state: str
    state_name: str
    organ: str
    region: str
    applicant: str
    submitted_at: datetime
    accepted_on: date | None
    promise_due: date | None
    statutory_due: date | None
    paused: str
    light: str
    working_days_left: int | None
    result: str


class ProgressOut(Schema):
    number: str
    title: str
    organ: str
    state: str
    stage: str
    due: date | None


class ActOut(Schema):
    id: int
    at: datetime
    actor: str
    organ: str
    authority: str
    tag: str
    body: dict[str, Any]


class Reason(Schema):
    reason: str = Field("", max_length=300)


class Stars(Schema):
    level: int
    indicators: list[str] = Field(default_factory=list, max_length=10)
    words: str = Field("", max_length=500)


class Invitation(Schema):
    token: str
    expires_at: datetime


def acting(request: HttpRequest, credit_code: str) -> Actor:
    """The actor, or the actor for an enterprise; raises Refused without a mandate."""
    actor = actor_of(request)
    if not credit_code:
        return actor
    return identity.acting_as(actor, credit_code)


class Prefill(Schema):
    """What the registers know; `sources` names the register of each value."""

    values: dict[str, str]
    sources: dict[str, str]


@router.get("/prefill/{path:code}", response={200: Prefill, **PROBLEMS})
@allows("hall.apply")
def prefill(request: HttpRequest, code: str, acting_for: str = Query("", max_length=18)) -> Prefill:
    """The values that government knows for the form of a matter."""
    known = drafts.known_values(acting(request, acting_for), matters.guide(code).form)
    return Prefill(values={n: k.value for n, k in known.items()}, sources={n: k.source for n, k in known.items()})


class Consent(Schema):
    """`consent`: the caller's own record of the applicant's agreement, kept with every fetch."""

    acting_for: str = Field("", max_length=18)
    consent: str = Field(min_length=1, max_length=50)


class Fetched(Schema):
    """Values by field with their source; materials that these data prove; resources that could not be had, and why; pictures to be sent on with `materials`."""

    values: dict[str, str]
    sources: dict[str, str]
    proved: dict[str, str]
    failed: dict[str, str]
    photos: list[dict[str, str]]


@router.post("/prefill/{path:code}", response={200: Fetched, **PROBLEMS}, summary="Fetch what government holds for a form, with the applicant's consent")
@allows("hall.apply")
def fetch(request: HttpRequest, code: str, body: Consent) -> Fetched:
    """The same as the page does after “Agree and continue”."""
    told = fetch_once(acting(request, body.acting_for), matter_code=code, consent=body.consent)
    fields = told["fields"]
    return Fetched(
        values={n: str(t["value"]) for n, t in fields.items()}, sources={n: f"{t['source']}·{t['title']}" for n, t in fields.items()}, proved=told["proved"],
        failed=told["failed"], photos=told["photos"],
    )  # fmt: skip


@router.post("/files", response={201: FileOut, **PROBLEMS})
@allows("files.upload")
def upload(request: HttpRequest, file: UploadedFile = File(...)) -> tuple[int, FileOut]:  # noqa: B008 - ninja's way
    """Keep a file, to be named in an application."""
    kept = files.keep_file(actor_of(request), name=file.name or "", stream=file, size=file.size or 0)
    return 201, FileOut(file=str(kept.id), digest="sm3:" + kept.document_id, size=kept.document.size)


@router.post("/applications", response={201: Number, **PROBLEMS})
@allows("hall.apply")
def apply(request: HttpRequest, body: Application) -> tuple[int, Number]:
    """Submit an application; the answer is the case's number."""
    materials = [m.dict() for m in body.materials]
    if body.once:
        actor = acting(request, body.acting_for)
        number = applications.submit_once(actor, once=body.once, matter_code=body.matter, data=body.data, materials=materials)
    else:
        number = applications.submit_application(actor_of(request), matter_code=body.matter, data=body.data, materials=materials, acting_for=body.acting_for)
    return 201, Number(number=number)


@router.get("/cases", response={200: list[CaseOut], **PROBLEMS})
@allows("hall.apply", "hall.read_cases")
def case_list(
    request: HttpRequest, q: str = Query("", max_length=100), state: str = Query("", max_length=20), after: int = Query(0, ge=0)
) -> list[dict[str, Any]]:
    """Cases in scope, latest first, fifty at a time."""
    return [cases.snapshot(one) for one in cases.search(actor_of(request), words=q, state=state, after=after)]


@router.get("/cases/{number}", response={200: CaseOut, **PROBLEMS})
@allows("hall.apply", "hall.read_cases")
def case(request: HttpRequest, number: str) -> dict[str, Any]:
    """One case in scope; a look at someone else's is noted for that person."""
    one = cases.case(actor_of(request), number)
    looks.note_look(actor_of(request), case=one, what="application")
    return cases.snapshot(one)


@router.get("/cases/{number}/acts", response={200: list[ActOut], **PROBLEMS})
@allows("hall.apply", "hall.read_cases")
def acts(request: HttpRequest, number: str) -> list[ledger.Act]:
    """The ledger's entries about a case in scope."""
    one = cases.case(actor_of(request), number)
    return ledger.acts_about(actor_of(request), f"case:{one.number}", entitled=True)


@router.get("/cases/{number}/proof", response={200: dict[str, Any], **PROBLEMS})
@allows("hall.apply", "hall.read_cases")
def proof(request: HttpRequest, number: str, tag: str = Query(..., max_length=60)) -> dict[str, Any]:
    """A proof file that an act about a case stands in the ledger; `tongban verify FILE` checks it offline."""
    one = cases.case(actor_of(request), number)
    found = ledger.proof(actor_of(request), subject=f"case:{one.number}", tag=tag, keys=signing.signers())
    if found is None:
        raise NotFound(_("The entry is not sealed yet; ask again in a second."), code="not-sealed-yet")
    return found


@router.post("/cases/{number}/corrections", response={200: CaseOut, **PROBLEMS})
@allows("hall.apply")
def correct(request: HttpRequest, number: str, body: Correction) -> dict[str, Any]:
    """Send what the correction notice asked for."""
    applications.correct_application(actor_of(request), number=number, data=body.data, materials=[m.dict() for m in body.materials], note=body.note)
    return cases.snapshot(cases.case(actor_of(request), number))


@router.post("/cases/{number}/withdrawal", response={200: CaseOut, **PROBLEMS})
@allows("cases.withdraw")
def withdraw(request: HttpRequest, number: str, body: Reason) -> dict[str, Any]:
    """Take one's own application back."""
    case_commands.withdraw_case(actor_of(request), number=number, reason=body.reason)
    return cases.snapshot(cases.case(actor_of(request), number))


@router.get("/cases/{number}/rating", response={200: Invitation, **PROBLEMS})
@allows("hall.apply")
def invitation(request: HttpRequest, number: str) -> Invitation:
    """The open rating link of one's own case."""
    one = cases.case(actor_of(request), number)
    found = rating_queries.own_invitation(actor_of(request), one.number) if one.person_id == actor_of(request).person else None
    if found is None:
        raise NotFound(_("There is no open rating for this case."))
    return Invitation(token=found.token, expires_at=found.expires_at)


@router.post("/ratings/{token}", response={201: Number, **PROBLEMS})
@allows(OPEN)
def rate(request: HttpRequest, token: str, body: Stars) -> tuple[int, Number]:
    """Rate a handling once."""
    made = ratings.rate_service(actor_of(request), token=token, level=body.level, indicators=body.indicators, words=body.words)
    return 201, Number(number=made.invitation.case_number)


@router.get("/progress/{number}", response={200: ProgressOut, **PROBLEMS})
@allows(OPEN)
def progress(request: HttpRequest, number: str) -> cases.Progress:
    """What anyone who has the number may know."""
    return cases.progress(number)
