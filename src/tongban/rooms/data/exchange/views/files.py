"""Files of an agreement from its page: fetched and signed for, large ones sent part by part by the page's script."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.files import queries as kept
from tongban.kernel.files.chunks import SIZE
from tongban.kernel.identity.actor import Actor
from tongban.lib.errors import TongbanError
from tongban.rooms.data.exchange.commands import files as commands
from tongban.rooms.data.exchange.commands import uploads as upload_commands
from tongban.rooms.data.exchange.queries import files as queries
from tongban.ui import exports
from tongban.ui.access import actor_of, allows


@allows("catalogue.request")
@require_POST
def file(request: HttpRequest, number: str, batch: int) -> StreamingHttpResponse:
    """The data package of a batch; the consumer signs for it."""
    actor = actor_of(request)
    held = queries.content(actor, number, batch)
    answer = exports.pieces(held.name, held.pieces(), held.size, held.digest, "application/zip")
    answer.streaming_content = _signed_for(actor, number, batch, held)
    return answer


def _signed_for(actor: Actor, number: str, batch: int, held: queries.Content) -> Iterator[bytes]:
    """The receipt is signed when the last piece has gone: whoever breaks off has signed for nothing."""
    yield from held.pieces()
    commands.sign_for(actor, agreement=number, batch=batch)


@allows("catalogue.request")
@require_POST
def uploads(request: HttpRequest, number: str) -> JsonResponse:
    """A large file from the page: begun, or gone on with; its script sends the parts."""
    size = request.POST.get("size", "")
    try:
        made = upload_commands.begin_upload(
            actor_of(request), agreement=number, name=request.POST.get("name", "")[:160], size=int(size) if size.isdigit() else 0,
            partly=request.POST.get("partly") == "yes",
        )  # fmt: skip
    except TongbanError as refused:
        return _said(refused)
    return JsonResponse({"upload": made.file, "part_bytes": SIZE, "lacking": kept.lacking(kept.large(made.file))})


@allows("catalogue.request")
@require_POST
def upload_part(request: HttpRequest, number: str, upload: UUID, part: int) -> JsonResponse:
    """One part, its bytes as the body."""
    try:
        upload_commands.put_part(actor_of(request), upload=str(upload), number=part, content=request.read(SIZE + 1))
    except TongbanError as refused:
        return _said(refused)
    return JsonResponse({})


@allows("catalogue.request")
@require_POST
def upload_done(request: HttpRequest, number: str, upload: UUID) -> JsonResponse:
    """Every part has gone."""
    try:
        upload_commands.finish_upload(actor_of(request), upload=str(upload))
    except TongbanError as refused:
        return _said(refused)
    messages.success(request, _("The file has come. It is checked in the background; you are told what became of it."))
    return JsonResponse({})


def _said(refused: TongbanError) -> JsonResponse:
    return JsonResponse({"words": str(refused)}, status=refused.status)
