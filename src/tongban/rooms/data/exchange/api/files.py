"""Files under an agreement: sent whole or part by part, fetched whole or in ranges."""

import base64
import re
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Path, Query, Router, Schema

from tongban.kernel.files import queries as kept
from tongban.kernel.files.chunks import SIZE, count
from tongban.lib.errors import Invalid
from tongban.rooms.data.exchange.commands import files as commands
from tongban.rooms.data.exchange.commands import uploads
from tongban.rooms.data.exchange.models import Upload
from tongban.rooms.data.exchange.queries import files as queries
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


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


class UploadIn(Schema):
    """A CSV or Parquet file of `size` bytes that will come in parts."""

    name: str = Field(max_length=120)
    size: int = Field(ge=1)
    partly: bool = False


class UploadOut(Schema):
    """`state`: open, checking, sent (as `batch`), refused (`words` say why). `parts` of `part_bytes` each, numbered from 0; `lacking` have not come."""

    upload: str
    state: str
    part_bytes: int
    parts: int
    lacking: list[int]
    words: str
    batch: int | None


class Taken(Schema):
    """`digest`: SM3 of the bytes that came, hexadecimal; it must be the envelope's."""

    digest: str = Field("", max_length=70)


class PackageOut(Schema):
    """A data package (ZIP) whose bytes `content` gives. `signed`: the consumer's receipt stands."""

    name: str
    bytes: int
    digest: str
    content: str
    signed: bool


@router.post("/agreements/{number}/files", response={201: FileOut, **PROBLEMS}, summary="Send a file as a checked, signed data package")
@allows("catalogue.request")
def send_file(request: HttpRequest, number: str, told: FileIn) -> tuple[int, FileOut]:
    try:
        content = base64.b64decode(told.content, validate=True)
    except ValueError as fault:
        raise Invalid.at("content", _("Content: write it in Base64.")) from fault
    made = commands.send_file(actor_of(request), agreement=number, name=told.name, content=content, partly=told.partly)
    return 201, FileOut(batch=made.number, rows=made.rows, rows_aside=made.aside, digest=(made.envelope or {}).get("digest", ""))


@router.post("/agreements/{number}/uploads", response={201: UploadOut, **PROBLEMS}, summary="Begin a large file, or go on with it")
@allows("catalogue.request")
def begin_upload(request: HttpRequest, number: str, told: UploadIn) -> tuple[int, UploadOut]:
    return 201, _upload(uploads.begin_upload(actor_of(request), agreement=number, name=told.name, size=told.size, partly=told.partly))


@router.get("/uploads/{upload}", response={200: UploadOut, **PROBLEMS})
@allows("catalogue.request")
def upload_state(request: HttpRequest, upload: str) -> UploadOut:
    """What has come, and what became of it."""
    return _upload(queries.own_upload(actor_of(request), upload))


@router.put("/uploads/{upload}/parts/{part}", response={204: None, **PROBLEMS}, summary="One part, its bytes as the body")
@allows("catalogue.request")
def put_part(request: HttpRequest, upload: str, part: int = Path(..., ge=0, le=100_000), digest: str = Query("", max_length=64)) -> tuple[int, None]:
    """`digest`: SM3 of the part, checked where it is told. A part that is sent again is replaced."""
    uploads.put_part(actor_of(request), upload=upload, number=part, content=request.read(SIZE + 1), digest=digest)
    return 204, None


@router.post("/uploads/{upload}/done", response={202: UploadOut, **PROBLEMS}, summary="Every part is there: check and send")
@allows("catalogue.request")
def finish_upload(request: HttpRequest, upload: str) -> tuple[int, UploadOut]:
    return 202, _upload(uploads.finish_upload(actor_of(request), upload=upload))


def _upload(one: Upload) -> UploadOut:
    lacking = kept.lacking(kept.large(one.file)) if one.state == Upload.State.OPEN else []
    return UploadOut(upload=one.file, state=one.state, part_bytes=SIZE, parts=count(one.size), lacking=lacking, words=one.words, batch=one.batch)


@router.get("/agreements/{number}/files/{batch}/content", response={200: Any, 206: Any, **PROBLEMS}, summary="The bytes of a data package, whole or a range")
@allows("catalogue.request")
def file_content(request: HttpRequest, number: str, batch: int = Path(..., ge=0, le=2**31 - 1)) -> HttpResponse | StreamingHttpResponse:
    """`Range: bytes=from-to` asks for a part, to go on after a break."""
    held = queries.content(actor_of(request), number, batch)
    start, end = _asked(request.headers.get("Range", ""), held.size)
    if start >= end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{held.size}"})
    answer = exports.pieces(held.name, held.pieces(start, end), end - start, held.digest, "application/zip")
    if end - start < held.size:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{end - 1}/{held.size}"
    return answer


def _asked(told: str, size: int) -> tuple[int, int]:
    found = _RANGE.fullmatch(told.strip())
    if not found:
        return 0, size
    return int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)


@router.post("/agreements/{number}/files/{batch}/take", response={200: PackageOut, **PROBLEMS}, summary="The package has come whole: the consumer signs for it")
@allows("catalogue.request")
def take_file(request: HttpRequest, number: str, told: Taken, batch: int = Path(..., ge=0, le=2**31 - 1)) -> PackageOut:
    signed = commands.sign_for(actor_of(request), agreement=number, batch=batch, digest=told.digest)
    held = queries.content(actor_of(request), number, batch)
    address = f"/api/exchange/agreements/{number}/files/{batch}/content"
    return PackageOut(name=held.name, bytes=held.size, digest=held.digest, content=address, signed=signed)
