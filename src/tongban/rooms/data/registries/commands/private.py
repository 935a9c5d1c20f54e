"""隐私比对: asked by one department, joined by another, each with its rows encoded at home (`tongban encode`); what was handed over is destroyed."""

from django.utils.translation import gettext as _

from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as kept_files
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.lib.matching import private
from tongban.rooms.data.registries import events
from tongban.rooms.data.registries.models import PrivateComparison
from tongban.rooms.data.registries.queries import private as queries

State = PrivateComparison.State
UPLOAD = 5_000_000  # bytes; 20,000 rows take 3.5


def _read(content: bytes) -> private.Encoded:
    if len(content) > UPLOAD:
        raise Invalid.at("file", _("File: at most %(n)s rows.") % {"n": private.MOST})
    try:
        return private.loaded(content)
    except private.BadEncoding as fault:
        raise Invalid.at(
            "file", _("File: hand over what “tongban encode” made, never the rows themselves; at most %(n)s rows.") % {"n": private.MOST}
        ) from fault


def _moved(actor: Actor, held: PrivateComparison, move: str, *, rows: int = 0, digest: str = "") -> None:
    record(
        actor,
        events.PrivateMoved(
            comparison=str(held.id), asking=held.asking_key, asked=held.asked_key, move=move, purpose=held.purpose, rows=rows, pairs=len(held.pairs),
            digest=digest, words=held.words,
        ),
    )  # fmt: skip


@command("registries.link")
def ask_private(actor: Actor, *, title: str, purpose: str, other: str, content: bytes) -> PrivateComparison:
    """Ask another department to compare; `content` is the own file, encoded. Raises Invalid, naming the field."""
    faults = {n: _("Please fill in.") for n, v in (("title", title), ("purpose", purpose)) if not v.strip()}
    try:
        organ = orgs.organ(other)
    except NotFound:
        faults["other"] = _("Choose the other department.")
    else:
        if organ.key == actor.organ_key:
            faults["other"] = _("Choose the other department.")
    if faults:
        raise Invalid(_("%(n)s entries need a change.") % {"n": len(faults)}, fields=faults)
    told = _read(content)
    kept = files.keep_made(actor, name="encoded.json", content=content)
    made = PrivateComparison.objects.create(
        title=title.strip()[:120], purpose=purpose.strip()[:120], asking_key=actor.organ_key, asked_key=other, fields=list(told.fields), asking_rows=len(told.filters),
        asking_file=str(kept.id), asked_by=actor.name, asked_at=clock.now(),
    )  # fmt: skip
    _moved(actor, made, "asked", rows=made.asking_rows, digest=sm.sm3_hex(content))
    return made


def _waiting(actor: Actor, comparison: int) -> PrivateComparison:
    """Locked; only who was asked joins or refuses, once."""
    queries.comparison(actor, comparison)
    held = PrivateComparison.objects.select_for_update().get(id=comparison)
    if held.asked_key != actor.organ_key:
        raise Refused(_("The department that was asked decides this."))
    if held.state != State.ASKED:
        raise Conflict(_("This comparison was answered already. Reload the page."))
    return held


@command("registries.link")
def join_private(actor: Actor, *, comparison: int, content: bytes) -> PrivateComparison:
    """Hand over the own file, encoded with the same fields and secret; comparing follows by itself."""
    held = _waiting(actor, comparison)
    told = _read(content)
    if list(told.fields) != held.fields:
        raise Invalid.at("file", _("File: encode the same fields: %(fields)s.") % {"fields": "、".join(held.fields)})
    kept = files.keep_made(actor, name="encoded.json", content=content)
    held.asked_file, held.asked_rows, held.joined_by, held.state = str(kept.id), len(told.filters), actor.name, State.COMPARING
    held.save()
    _moved(actor, held, "joined", rows=held.asked_rows, digest=sm.sm3_hex(content))
    return held


@command("registries.link")
def refuse_private(actor: Actor, *, comparison: int, words: str) -> PrivateComparison:
    """Do not take part; the reason is told, and what was handed over is destroyed."""
    held = _waiting(actor, comparison)
    if len(words.strip()) < 4:
        raise Invalid.at("words", _("Words: say why, in at least four characters."))
    held.state, held.words, held.done_at = State.REFUSED, words.strip()[:300], clock.now()
    held.save()
    _destroy(actor, held)
    _moved(actor, held, "refused")
    return held


@command("registries.link")
def run_private(actor: Actor, *, comparison: int) -> PrivateComparison:
    """Compare what both handed over, keep which rows are pairs, destroy the rest. Run again it finds its work done."""
    held = PrivateComparison.objects.select_for_update().get(id=comparison)
    if held.state != State.COMPARING:
        nothing_changed()
        return held
    sides = [private.loaded(kept_files.content(kept_files.file(actor, f, entitled=True))) for f in (held.asking_file, held.asked_file)]
    try:
        held.pairs = [[p.left, p.right, p.alike] for p in private.compare(*sides)]
        held.state = State.DONE
    except private.BadEncoding:
        held.state, held.words = State.FAILED, _("The two files were made with different secrets: settle one between you and begin anew.")
    held.done_at = clock.now()
    held.save()
    _destroy(actor, held)
    _moved(actor, held, "done" if held.state == State.DONE else "failed")
    return held


def _destroy(actor: Actor, held: PrivateComparison) -> None:
    for file in filter(None, (held.asking_file, held.asked_file)):
        files.destroy_file(actor, file=file, words="隐私比对结束")
