"""Keeping files."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from tongban.kernel.files import chunks, events, queries, rules, scanners, store
from tongban.kernel.files.models import Document, File, LargeFile, Quarantined
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, sm, watch
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, TooLarge


class Readable(Protocol):
    """An upload, or any open file."""

    def read(self, size: int = -1, /) -> bytes: ...


def keep_file(actor: Actor, *, name: str, stream: Readable, size: int, own: bool = True) -> File:
    """Check, scan, seal and keep an upload. The same content twice is kept once.

    What the scanner takes for malware is put into quarantine, in a transaction of its own, and refused; unless a security
    administrator judged the same content harmless before.
    """
    name = rules.safe_name(name)
    head = stream.read(16)
    fault = rules.fault(name, head, size, settings.UPLOAD_LIMIT)
    if fault:
        raise _refusal(fault, name)
    content = head + stream.read(settings.UPLOAD_LIMIT + 1 - len(head))
    if len(content) > settings.UPLOAD_LIMIT:
        raise _refusal("too-large", name)
    digest, scan = sm.sm3_hex(content), scanners.scanner()
    scanned_by = scan.name
    try:
        scan.scan(content)
    except scanners.Malware as found:
        if not Quarantined.objects.filter(digest=digest, state="released").exists():
            watch.notice("malware", subject=f"file:{digest[:16]}", words=f"{name}：{found.signature}")
            _quarantine(actor, name=name, content=content, digest=digest, signature=found.signature)
            raise
        scanned_by = f"{scan.name}: judged harmless"
    return _keep(actor, name=name, content=content, digest=digest, scanned_by=scanned_by, own=own)


def keep_arrived(actor: Actor, *, key: str, name: str, content: bytes) -> None:
    """Check, scan and keep a file that came from another installation, under the identifier that it has there; a second time changes nothing."""
    held = File.objects.filter(id=key).first()
    if held and held.document_id == sm.sm3_hex(content):
        return
    if held:
        raise Conflict(_("Another file is known under this identifier."))
    name = rules.safe_name(name)
    fault = rules.fault(name, content[:16], len(content), settings.UPLOAD_LIMIT)
    if fault:
        raise _refusal(fault, name)
    digest, scan = sm.sm3_hex(content), scanners.scanner()
    scan.scan(content)
    _keep(actor, name=name, content=content, digest=digest, scanned_by=scan.name, own=False, key=key)


def keep_made(actor: Actor, *, name: str, content: bytes, own: bool = False) -> File:
    """Seal and keep a file that the platform itself made or holds; nothing of it came from outside as it is, so it is not scanned."""
    return _keep(actor, name=rules.safe_name(name), content=content, digest=sm.sm3_hex(content), scanned_by="made here", own=own)


@command("files.upload")
def destroy_file(actor: Actor, *, file: str, words: str) -> None:
    """Its purpose is over: nobody reads it any more, and the bytes go once no other file has the same. A second time changes nothing."""
    held = File.objects.select_for_update().filter(id=file, destroyed_at=None).first()
    if held is None:
        nothing_changed()
        return
    Document.objects.select_for_update().get(digest=held.document_id)  # who keeps the same content just now comes before or after
    held.destroyed_at = clock.now()
    held.save(update_fields=["destroyed_at"])
    record(actor, events.FileDestroyed(file=str(held.id), digest="sm3:" + held.document_id, words=words[:120]))
    if not File.objects.filter(document_id=held.document_id, destroyed_at=None).exists():
        store.destroy_kept(held.document_id)


@command("files.upload")
def begin_large(actor: Actor, *, name: str, size: int = 0, own: bool = False) -> LargeFile:
    """A file that comes part by part (`size` bytes in all), or that the platform writes as it makes it. Raises Invalid, TooLarge."""
    if own and size < 1:
        raise _refusal("empty", name)
    if size > settings.LARGE_LIMIT:
        raise TooLarge(_("“%(name)s” is larger than %(n)s GB. Split it.") % {"name": name, "n": settings.LARGE_LIMIT // 1024**3})
    made = LargeFile.objects.create(name=rules.safe_name(name), size=size, owner=actor.account if own else None, created_at=clock.now())
    record(actor, events.LargeFileMoved(file=str(made.id), what="begun", size=size))
    return made


@command("files.upload")
def end_large(actor: Actor, *, file: str, size: int, digest: str) -> LargeFile:
    """Every byte is there. Raises Conflict."""
    made = LargeFile.objects.select_for_update().get(id=file)
    if made.state != LargeFile.State.OPEN:
        raise Conflict(_("This file is complete already, or gone."))
    made.size, made.digest, made.state = size, digest, LargeFile.State.WHOLE
    made.save()
    record(actor, events.LargeFileMoved(file=file, what="whole", size=size, digest="sm3:" + digest))
    return made


@command("files.upload")
def destroy_large(actor: Actor, *, file: str, words: str) -> None:
    """Nobody reads it any more; its chunks go. A second time changes nothing."""
    held = LargeFile.objects.select_for_update().filter(id=file).exclude(state=LargeFile.State.DESTROYED).first()
    if held is None:
        nothing_changed()
        return
    held.state = LargeFile.State.DESTROYED
    held.save(update_fields=["state"])
    chunks.destroy(file)
    record(actor, events.LargeFileMoved(file=file, what="destroyed", size=held.size, digest=held.digest and "sm3:" + held.digest, words=words[:120]))


@contextmanager
def writing_large(actor: Actor, name: str) -> Iterator[tuple[LargeFile, chunks.Writer]]:
    """Write a file as it is made: whole when the block ends, destroyed when it fails. What a power cut leaves is swept away later."""
    made = begin_large(actor, name=name)
    out = chunks.Writer(str(made.id))
    try:
        yield made, out
        made.size, made.digest = out.ended()
        end_large(actor, file=str(made.id), size=made.size, digest=made.digest)
    except BaseException:
        destroy_large(actor, file=str(made.id), words="not finished")
        raise


def keep_part(file: LargeFile, *, number: int, content: bytes) -> None:
    """One part of an upload, 4 MiB but for the last; the same part again replaces it. Nothing but the store is written. Raises Invalid, Conflict, Unavailable."""
    if file.state != LargeFile.State.OPEN:
        raise Conflict(_("This file is complete already, or gone."))
    if not 0 <= number < queries.parts_of(file):
        raise Invalid(_("Part %(n)s: this file has %(all)s parts, counted from 0.") % {"n": number, "all": queries.parts_of(file)})
    wanted = min(chunks.SIZE, file.size - number * chunks.SIZE)
    if len(content) != wanted:
        raise Invalid(_("Part %(n)s has %(have)s bytes instead of %(wanted)s. Send it again.") % {"n": number, "have": len(content), "wanted": wanted})
    chunks.put(str(file.id), number, content)


@command("files.upload")
def _keep(actor: Actor, *, name: str, content: bytes, digest: str, scanned_by: str, own: bool, key: str = "") -> File:
    _document, new = Document.objects.get_or_create(
        digest=digest,
        defaults={"size": len(content), "media_type": rules.media_type(name, content[:16]), "scanned_by": scanned_by, "created_at": clock.now()},
    )
    document = _document if new else Document.objects.select_for_update().get(digest=digest)  # it may be destroyed just now
    store.write(digest, content)
    named = {"id": uuid.UUID(key)} if key else {}
    kept = File.objects.create(**named, document=document, name=name, owner=actor.account if own else None, created_at=clock.now())
    record(actor, events.FileKept(file=str(kept.id), digest="sm3:" + digest, size=len(content)))
    return kept


@command("files.upload")
def _quarantine(actor: Actor, *, name: str, content: bytes, digest: str, signature: str) -> Quarantined:
    """Seal it apart; the same content again is counted, and held again where it had been destroyed."""
    store.hold(digest, content)
    held, new = Quarantined.objects.get_or_create(
        digest=digest,
        defaults={"name": name, "size": len(content), "signature": signature, "account": actor.account, "account_name": actor.name, "at": clock.now()},
    )
    if not new:
        held.times, held.state, held.account, held.account_name, held.at = held.times + 1, "held", actor.account, actor.name, clock.now()
        held.save()
    record(actor, events.FileQuarantined(digest=digest, what="held", signature=signature))
    return held


@command("files.judge_quarantine")
def judge_quarantined(actor: Actor, *, digest: str, release: bool, words: str) -> Quarantined:
    """Call a held file harmless, so that it may be uploaded again, or destroy its bytes. Raises Conflict, Invalid."""
    if len(words.strip()) < 2:
        raise Invalid.at("words", _("Reason: say how you know."))
    held = Quarantined.objects.select_for_update().filter(digest=digest, state="held").first()
    if held is None:
        raise Conflict(_("This file was judged already. Reload the page."))
    held.state, held.judged_by, held.judged_at, held.words = "released" if release else "destroyed", actor.name, clock.now(), words.strip()[:300]
    held.save()
    store.destroy(digest)
    record(actor, events.FileQuarantined(digest=digest, what=held.state, signature=held.signature))
    return held


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
    large = LargeFile.objects.exclude(state=LargeFile.State.DESTROYED).values_list("id", flat=True)
    moved += sum(chunks.rewrap(str(file)) for file in large.iterator(chunk_size=2000))
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
