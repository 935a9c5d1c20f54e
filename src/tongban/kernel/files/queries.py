"""Reading files. Whoever attaches a file to a thing decides who may read it: callers pass `entitled`."""

import io
import uuid
from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.files import chunks, store
from tongban.kernel.files.models import File, LargeFile, Quarantined
from tongban.kernel.identity.actor import Actor
from tongban.lib.errors import NotFound
from tongban.lib.statements import Ask, Row


def file(actor: Actor, file_id: str, *, entitled: bool = False) -> File:
    """A file of one's own, or one that the caller has checked; raises NotFound."""
    try:
        key = uuid.UUID(file_id)
    except ValueError:
        key = uuid.UUID(int=0)
    found = File.objects.select_related("document").filter(id=key).first()
    if found is None or not (entitled or actor.is_system or (found.owner is not None and found.owner == actor.account)):
        raise NotFound(_("There is no such file within your view."))
    if found.destroyed_at:
        raise NotFound(_("This file was destroyed as agreed, once its purpose was over."))
    return found


def all_own(actor: Actor, file_ids: list[str]) -> Ask[None]:
    """Asks whether every file is the actor's own; reading the answer raises NotFound when one is not."""
    try:
        keys = {uuid.UUID(f) for f in file_ids}
    except ValueError:
        keys = {uuid.UUID(int=0)}

    def read(found: list[Row]) -> None:
        if found[0][0] != len(keys):
            raise NotFound(_("There is no such file within your view."))

    held = "SELECT count(*) FROM files_file WHERE id = ANY(%(keys)s) AND owner = %(owner)s"
    return Ask(held, {"keys": list(keys), "owner": actor.account}, read)


def owners(file_ids: list[str]) -> dict[str, int | None]:
    """Whose the files are that there are; of the platform's own None."""
    return {str(key): owner for key, owner in File.objects.filter(id__in=[f for f in file_ids if _is_key(f)]).values_list("id", "owner")}


def _is_key(told: str) -> bool:
    try:
        uuid.UUID(told)
    except ValueError:
        return False
    return True


def content(one: File) -> bytes:
    """The bytes, unsealed; raises sm.Tampered when the store was changed."""
    return store.read(one.document_id)


def large(file_id: str) -> LargeFile:
    """A large file; whoever attached it decides who may read it. Raises NotFound."""
    found = LargeFile.objects.filter(id=file_id).first() if _is_key(file_id) else None
    if found is None or found.state == LargeFile.State.DESTROYED:
        raise NotFound(_("There is no such file within your view."))
    return found


def there(file_id: str) -> bool:
    """Whether a large file is still kept."""
    return LargeFile.objects.filter(id=file_id).exclude(state=LargeFile.State.DESTROYED).exists()


def parts_of(one: LargeFile) -> int:
    """How many parts make the whole."""
    return chunks.count(one.size)


def lacking(one: LargeFile) -> list[int]:
    """The parts of an upload that have not come."""
    have = chunks.held(str(one.id))
    return [n for n in range(parts_of(one)) if n not in have]


def opened(one: LargeFile) -> io.BufferedReader:
    """The content, to be read from any place."""
    return io.BufferedReader(chunks.Reader(str(one.id), one.size), chunks.SIZE)


def piecewise(one: LargeFile, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The content from `start` up to and without `end`, piece by piece."""
    return chunks.pieces(str(one.id), start, one.size if end is None else min(end, one.size))


def quarantined(actor: Actor) -> QuerySet[Quarantined]:
    """What the scanner held, the newest first."""
    actor.require("files.judge_quarantine")
    return Quarantined.objects.order_by("-at")
