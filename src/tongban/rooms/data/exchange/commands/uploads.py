"""Large files of a provider: part by part, in any order, gone on with after a break; then checked and sent in the background."""

from django.utils.translation import gettext as _

from tongban.kernel.catalogue.queries import access
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as kept
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor, system
from tongban.lib import clock, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, Refused, TongbanError
from tongban.rooms.data.exchange import events
from tongban.rooms.data.exchange.commands import files as packages
from tongban.rooms.data.exchange.models import Upload
from tongban.rooms.data.exchange.queries import files as queries

PLATFORM = system("通办·交换")


@command("catalogue.request")
def begin_upload(actor: Actor, *, agreement: str, name: str, size: int, partly: bool = False) -> Upload:
    """Announce a file of `size` bytes. One that was begun so before, by the same person, is gone on with. Raises Invalid, Refused, Conflict, TooLarge."""
    one = access.agreement(actor, agreement)
    packages.may_send(actor, one)
    if not name.lower().endswith((".csv", ".parquet")):
        raise Invalid.at("file", _("File: in parts only CSV and Parquet files travel."))
    held = Upload.objects.filter(agreement=agreement, account=actor.account, name=name[:160], size=size, partly=partly, state=Upload.State.OPEN).first()
    if held and kept.there(held.file):
        nothing_changed()
        return held
    if held:
        refuse_upload(PLATFORM, upload=held.file, words=_("It was not gone on with in time, and what had come was removed."))
    file = files.begin_large(actor, name=name, size=size, own=True)
    made = Upload.objects.create(
        agreement=agreement, file=str(file.id), name=name[:160], size=size, partly=partly, account=actor.account or 0, account_name=actor.name[:60],
        begun_at=clock.now(),
    )  # fmt: skip
    record(actor, events.UploadMoved(agreement=agreement, file=made.file, move="begun", words=f"{made.name} {size}"))
    return made


def put_part(actor: Actor, *, upload: str, number: int, content: bytes, digest: str = "") -> None:
    """One part of 4 MiB, the last one shorter; sent again it is replaced. `digest`: its SM3, where the client tells it. Raises Invalid, Conflict."""
    held, file = queries.upload(actor, upload)
    if held.state != Upload.State.OPEN:
        raise Conflict(_("This upload is closed already."))
    if digest and sm.sm3_hex(content) != digest.lower():
        raise Invalid(_("Part %(n)s came damaged: its digest is another. Send it again.") % {"n": number})
    files.keep_part(file, number=number, content=content)


@command("catalogue.request")
def finish_upload(actor: Actor, *, upload: str) -> Upload:
    """Every part is there: check and send it in the background. Raises Conflict naming the parts that lack."""
    held, file = queries.upload(actor, upload)
    held = Upload.objects.select_for_update().get(id=held.id)
    if held.state != Upload.State.OPEN:
        nothing_changed()
        return held
    if lacking := kept.lacking(file):
        raise Conflict(_("Parts are missing: %(parts)s.") % {"parts": "、".join(map(str, lacking[:20]))})
    held.state = Upload.State.CHECKING
    held.save(update_fields=["state"])
    record(actor, events.UploadMoved(agreement=held.agreement, file=held.file, move="checking"))
    return held


def check_upload(upload: str) -> None:
    """Check and send a file whose parts are all there, for whoever uploaded it; then destroy what came. A second time changes nothing."""
    held = Upload.objects.filter(file=upload, state=Upload.State.CHECKING).first()
    if held is None:
        return
    try:
        actor = identity.actor_of_account(held.account)
        if actor is None:
            raise Refused(_("Whoever uploaded the file has no account any more."))
        stream = kept.opened(kept.large(upload))
        packages.send_stream(actor, agreement=held.agreement, name=held.name, stream=stream, partly=held.partly, upload=upload)
    except (TongbanError, sm.Tampered, KeyError) as fault:
        words = str(fault) if isinstance(fault, TongbanError) else _("A part of the file is damaged or gone. Upload it again.")
        refuse_upload(PLATFORM, upload=upload, words=words)
    files.destroy_large(PLATFORM, file=upload, words="checked")


@command("")
def refuse_upload(actor: Actor, *, upload: str, words: str) -> None:
    """The file cannot go as it is: whoever uploaded it reads why. The platform does it."""
    held = Upload.objects.select_for_update().get(file=upload)
    held.state, held.words, held.ended_at = Upload.State.REFUSED, words[:500], clock.now()
    held.save()
    record(actor, events.UploadMoved(agreement=held.agreement, file=upload, move="refused", words=held.words))
