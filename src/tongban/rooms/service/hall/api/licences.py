"""Licences over the API."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, File, Router, Schema
from ninja.files import UploadedFile

from tongban.kernel.files import queries as files
from tongban.rooms.service.hall.commands import licences as commands
from tongban.rooms.service.hall.models import Licence
from tongban.rooms.service.hall.queries import licences
from tongban.ui.access import OPEN, actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()
VERIFY_LIMIT = 5 * 1024 * 1024


class LicenceOut(Schema):
    number: str
    name: str
    case: str = Field(alias="case_number")
    holder: str = Field(alias="holder_name")
    organ: str = Field(alias="organ_name")
    state: str
    valid_from: date
    valid_to: date | None


class VerdictOut(Schema):
    genuine: bool
    in_force: bool
    reason: str
    number: str
    name: str
    organ: str


class Change(Schema):
    change: str = Field(max_length=10)
    reason: str = Field(max_length=300)


@router.get("/licences", response={200: list[LicenceOut], **PROBLEMS})
@allows("hall.apply")
def own(request: HttpRequest) -> list[Licence]:
    """One's own licences."""
    return list(licences.own_licences(actor_of(request))[:200])


@router.get("/licences/{number}/pdf", response=PROBLEMS)
@allows("hall.apply", "hall.change_licence")
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The licence as PDF."""
    one = licences.licence(actor_of(request), number)
    body = files.content(files.file(actor_of(request), str(one.pdf), entitled=True))
    return HttpResponse(body, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{number}.pdf"'})


@router.get("/licences/{number}/document", response={200: dict[str, Any], **PROBLEMS})
@allows("hall.apply", "hall.change_licence")
def document(request: HttpRequest, number: str) -> dict[str, Any]:
    """The licence as signed JSON."""
    return commands.signed_document(licences.licence(actor_of(request), number))


@router.post("/licences/{number}/changes", response={200: LicenceOut, **PROBLEMS})
@allows("hall.change_licence")
def change(request: HttpRequest, number: str, body: Change) -> Licence:
    """Suspend, resume or revoke."""
    return commands.change_licence(actor_of(request), number=number, change=body.change, reason=body.reason)


@router.post("/verifications", response={200: VerdictOut, **PROBLEMS})
@allows(OPEN)
def verify(request: HttpRequest, file: UploadedFile = File(...)) -> dict[str, Any]:  # noqa: B008 - ninja's way
    """Whether an uploaded licence is genuine and in force; one changed byte fails."""
    return _told(licences.by_file(file.read(VERIFY_LIMIT)))


@router.get("/verifications/{number}", response={200: VerdictOut, **PROBLEMS})
@allows(OPEN)
def verify_number(request: HttpRequest, number: str) -> dict[str, Any]:
    """The same by number."""
    return _told(licences.by_number(number))


def _told(verdict: licences.Verdict) -> dict[str, Any]:
    one = verdict.licence
    return {
        "genuine": verdict.genuine, "in_force": verdict.in_force, "reason": verdict.reason,
        "number": one.number if one else "", "name": one.name if one else "", "organ": one.organ_name if one else "",
    }  # fmt: skip
