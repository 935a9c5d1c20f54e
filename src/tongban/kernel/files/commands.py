"""Keeping files."""

from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from tongban.kernel.files import events, rules, scanners, store
from tongban.kernel.files.models import Document, File
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Invalid, TooLarge


class Readable(Protocol):
    """An upload, or any open file."""

    def read(self, size: int = -1, /) -> bytes: ...


@command("files.upload")
def keep_file(actor: Actor, *, name: str, stream: Readable, size: int, own: bool = True) -> File:
    """Check, scan, seal and keep an upload. The same content twice is kept once."""
    name = rules.safe_name(name)
    head = stream.read(16)
    fault = rules.fault(name, head, size, settings.UPLOAD_LIMIT)
    if fault:
        raise _refusal(fault, name)
    content = head + stream.read(settings.UPLOAD_LIMIT + 1 - len(head))
    if len(content) > settings.UPLOAD_LIMIT:
        raise _refusal("too-large", name)
    scan = scanners.scanner()
    scan.scan(content)
    digest = sm.sm3_hex(content)
    store.write(digest, content)
    document, _new = Document.objects.get_or_create(
        digest=digest,
        defaults={
            "size": len(content), "media_type": rules.media_type(name, head), "scanned_by": scan.name,
            "created_at": clock.now(),
        },
    )  # fmt: skip
    kept = File.objects.create(document=document, name=name, owner=actor.account if own else None, created_at=clock.now())
    record(actor, events.FileKept(file=str(kept.id), digest="sm3:" + digest, size=len(content)))
    return kept


@command("files.manage_keys")
def rotate_key(actor: Actor) -> str:
    """A new key for documents kept from now on; returns its identifier."""
    key = store.rotate()
    record(actor, events.KeyRotated(key=key.id))
    return key.id


@command("files.manage_keys")
def rewrap_files(actor: Actor) -> int:
    """Bring every document under the current key, so that a retired one is needed no more; returns how many moved.

    Interrupted, it goes on where it stopped: each document is replaced by itself.
    """
    moved = sum(store.rewrap(digest) for digest in Document.objects.values_list("digest", flat=True).iterator(chunk_size=2000))
    if moved:
        record(actor, events.FilesRewrapped(key=store.key().id, files=moved))
    else:
        nothing_changed()
    return moved


def _refusal(fault: str, name: str) -> Invalid | TooLarge:
    megabytes = settings.UPLOAD_LIMIT // 1024 // 1024
    if fault == "too-large":
        return TooLarge(_("“%(name)s” is larger than %(n)s MB. Make it smaller, or split it.") % {"name": name, "n": megabytes})
    sentence = {
        "empty": _("“%(name)s” is empty. Choose the file again."),
        "ending": _("“%(name)s”: only %(kinds)s are taken."),
        "content": _("“%(name)s” is not what its ending says. Save it again in the right format (%(kinds)s)."),
    }[fault] % {"name": name, "kinds": rules.ALLOWED}
    return Invalid(sentence, fields={"file": sentence})
