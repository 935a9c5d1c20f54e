"""Packages and uploads of an agreement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tongban.kernel.files import queries as kept
from tongban.kernel.identity.actor import Actor, system
from tongban.lib.errors import NotFound, Refused
from tongban.rooms.data.exchange.models import Batch, Flow, Upload
from tongban.rooms.data.exchange.queries import flows

if TYPE_CHECKING:
    from tongban.kernel.files.models import LargeFile

PLATFORM = system("通办·交换")


def waiting_marks(flow: Flow) -> set[str]:
    """Keyed digests of rows that wait to be corrected."""
    return set(flow.aside.filter(state="open").values_list("mark", flat=True)) if flow.id else set()


def package(actor: Actor, agreement: str, batch: int) -> tuple[Flow, Batch]:
    """A data package that the actor's organ may read; raises NotFound, Refused."""
    flow = flows.flow(actor, agreement)
    held = flows.batch(flow, batch)
    if not held.file or not held.envelope:
        raise NotFound(_("This batch is no file."))
    if actor.organ not in (flow.provider_id, flow.consumer_id):
        raise Refused(_("Only the two organs of an agreement take its files."))
    return flow, held


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a package. `digest`: SM3 of the whole."""

    name: str
    size: int
    digest: str
    large: LargeFile | None
    small: bytes

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """From `start` up to and without `end`, piece by piece."""
        if self.large is None:
            yield self.small[start:end]
        else:
            yield from kept.piecewise(self.large, start, end)


def content(actor: Actor, agreement: str, batch: int) -> Content:
    """What a package holds; those that were sent before packages lay in chunks are read as one piece."""
    _flow, held = package(actor, agreement, batch)
    name = f"{agreement}-{batch}.zip"
    try:
        large = kept.large(held.file)
    except NotFound:
        body = kept.content(kept.file(actor, held.file, entitled=True))
        return Content(name, len(body), _digest(held), None, body)
    return Content(name, large.size, large.digest, large, b"")


def _digest(held: Batch) -> str:
    return str((held.envelope or {}).get("digest", ""))


def upload(actor: Actor, key: str) -> tuple[Upload, LargeFile]:
    """An upload of one's own, with its file; raises NotFound."""
    found = own_upload(actor, key)
    return found, kept.large(key)


def own_upload(actor: Actor, key: str) -> Upload:
    """An upload of one's own, whether its file is there still or not; raises NotFound."""
    found = Upload.objects.filter(file=key, account=actor.account).first()
    if found is None:
        raise NotFound(_("There is no such upload of yours. Begin it anew."))
    return found


def upload_of(file: str) -> Upload:
    """For the platform, which tells whoever uploaded it."""
    return Upload.objects.get(file=file)


def uploads(agreement: str) -> list[Upload]:
    """The latest of an agreement."""
    return list(Upload.objects.filter(agreement=agreement).order_by("-id")[:5])
