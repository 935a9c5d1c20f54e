"""Reading files. Whoever attaches a file to a thing decides who may read it: callers pass `entitled`."""

import uuid

from django.utils.translation import gettext as _

from tongban.kernel.files import store
from tongban.kernel.files.models import File
from tongban.kernel.identity.actor import Actor
from tongban.lib.errors import NotFound


def file(actor: Actor, file_id: str, *, entitled: bool = False) -> File:
    """A file of one's own, or one that the caller has checked; raises NotFound."""
    try:
        key = uuid.UUID(file_id)
    except ValueError:
        key = uuid.UUID(int=0)
    found = File.objects.select_related("document").filter(id=key).first()
    if found is None or not (entitled or actor.is_system or (found.owner is not None and found.owner == actor.account)):
        raise NotFound(_("There is no such file within your view."))
    return found


def content(one: File) -> bytes:
    """The bytes, unsealed; raises sm.Tampered when the store was changed."""
    return store.read(one.document_id)
