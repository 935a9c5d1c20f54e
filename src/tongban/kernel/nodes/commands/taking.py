"""Letters in: each once, in its order; what cannot be taken is held, so that the line goes on and nothing is lost."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor, system
from tongban.kernel.nodes import arrivals, blobs, events, queries, rules
from tongban.kernel.nodes.commands import joining
from tongban.kernel.nodes.commands.sending import node_key, put_on_line
from tongban.kernel.nodes.models import Announced, Held, Node
from tongban.lib import clock, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.bus import letters
from tongban.lib.bus.envelope import BadEnvelope
from tongban.lib.errors import Conflict, Invalid, NotFound, TongbanError

log = structlog.get_logger(__name__)


@command("")
def take_letter(actor: Actor, *, code: str, number: int, chain: str, document: bytes) -> None:
    """Take the next letter of a neighbour: what it says, the place on the line and the ledger's entry in one transaction.

    Its enclosures are here already. Raises BadEnvelope when the line itself is not what it was; the platform does it.
    """
    node = Node.objects.select_for_update().filter(code=code, place__in=("above", "below")).exclude(state="ended").first()
    if node is None:
        raise NotFound(_("There is no line to a node %(code)s.") % {"code": code})
    if number <= node.taken:
        nothing_changed()
        return
    if number != node.taken + 1 or letters.chained(node.taken_chain, document) != chain:
        raise BadEnvelope("the line's numbers or chain do not go on where they stood")
    letter = letters.read(document)
    fault = _deal_with(actor, node, letter, document)
    node.taken, node.taken_chain, node.heard_at = number, chain, clock.now()
    node.save(update_fields=["taken", "taken_chain", "heard_at"])
    told = events.LetterTaken(node=code, number=number, chain=chain, letter=letter.number, what=letter.kind, held=bool(fault))
    record(actor, told)


def _deal_with(actor: Actor, node: Node, letter: letters.Letter, document: bytes) -> str:
    """Hand on, take, or hold; returns why it is held, "" when it is not."""
    mine = queries.here()
    try:
        writer = _writer(node, letter)
        if mine is None or letter.origin == mine.code:
            raise BadEnvelope("the letter came back to its writer")
        if letter.to == letters.EVERYBODY:
            _hand_on_to_all(actor, node, letter, document)
        elif letter.to != mine.code:
            return _hand_on(actor, node, letter, document)
    except ValueError as wrong:  # BadEnvelope among them, and keys that are none
        return _hold(letter, document, str(wrong))
    if Held.objects.filter(origin=letter.origin, key=letter.key, dropped_at=None).exists():
        return _hold(letter, document, "waits for an earlier letter of the same subject", tries=0)
    fault = _tried(writer, letter)
    return _hold(letter, document, fault) if fault else ""


def _writer(node: Node, letter: letters.Letter) -> Node:
    """Who wrote it, proved; a node that was invited introduces itself with its key."""
    writer = _proved(letter)
    if node.code not in (letter.origin, writer.via):
        raise BadEnvelope("the letter came over a line that does not lead to its writer")
    return writer


def _proved(letter: letters.Letter) -> Node:
    """The node that signed it, by the key that is known; of a node that was invited and introduces itself, by the key that it tells."""
    writer = Node.objects.filter(code=letter.origin).exclude(state="ended").first()
    if writer and letter.kind == joining.HELLO and writer.place == "below" and writer.state == "invited":
        body, _files, _key = letters.opened(letter, node_key())
        letter.require_signed_by(bytes.fromhex(str(body.get("public", ""))))
        return writer
    if writer is None or not writer.public:
        raise BadEnvelope("nobody has told who the writer is")
    letter.require_signed_by(bytes.fromhex(writer.public))
    return writer


def _hand_on(actor: Actor, node: Node, letter: letters.Letter, document: bytes) -> str:
    hop = rules.next_hop(queries.routes(), letter.to)
    if not hop or hop == node.code:
        return _hold(letter, document, f"there is no way to {letter.to} from here")
    put_on_line(actor, hop, document)
    return ""


def _hand_on_to_all(actor: Actor, node: Node, letter: letters.Letter, document: bytes) -> None:
    Announced.objects.update_or_create(origin=letter.origin, kind=letter.kind, key=letter.key, defaults={"document": document, "at": clock.now()})
    for other in queries.neighbours():
        if other.code != node.code and other.state == "joined":
            put_on_line(actor, other.code, document)


def _tried(writer: Node, letter: letters.Letter) -> str:
    """Let whoever is concerned take it; "" when that went well, else why not, and nothing of it is left."""
    handler = arrivals.HANDLERS.get(letter.kind)
    if handler is None:
        return f"this version knows no letters about {letter.kind}"
    try:
        body, enclosed, closing = letters.opened(letter, node_key())
        arrived = arrivals.Arrived(
            letter.origin,
            writer.name,
            tuple(writer.regions),
            letter.kind,
            letter.key,
            letter.at,
            body,
            {e.id: e.name for e in enclosed},
            _contents(enclosed, closing),
        )
        with transaction.atomic():
            handler(system(f"通办·{writer.name}节点"), arrived)
    except TongbanError as fault:
        return str(fault)
    except Exception as fault:
        log.warning("a letter could not be taken", letter=letter.number, what=letter.kind, fault=repr(fault)[:300])
        return repr(fault)
    return ""


def _contents(enclosed: list[letters.Enclosure], closing: letters.ContentKey | None) -> Callable[[str], bytes]:
    held = {e.id: e for e in enclosed}

    def content(identifier: str) -> bytes:
        one = held.get(identifier)
        if one is None or closing is None:
            raise BadEnvelope("no such file came with the letter")
        found = closing.file(one.id, blobs.read(one.cipher))
        if sm.sm3_hex(found) != one.digest:
            raise BadEnvelope("the file is not the one that was signed")
        return found

    return content


def _hold(letter: letters.Letter, document: bytes, fault: str, *, tries: int = 1) -> str:
    now = clock.now()
    Held.objects.create(
        origin=letter.origin[:9], kind=letter.kind[:40], key=letter.key[:120], document=document, ciphers=[list(c) for c in letter.ciphers], fault=fault[:2000],
        tries=tries, came_at=now, next_try=now + timedelta(seconds=rules.retry_after(max(tries, 1))),
    )  # fmt: skip
    return fault


@command("nodes.manage")
def retry_held(actor: Actor, *, held: int) -> bool:
    """Try a held letter again; the first of its subject only. True when it is done."""
    one = Held.objects.select_for_update().filter(id=held, dropped_at=None).first()
    if one is None:
        raise Conflict(_("This letter was dealt with already. Reload the page."))
    if Held.objects.filter(origin=one.origin, key=one.key, dropped_at=None, id__lt=one.id).exists():
        raise Conflict(_("An earlier letter of the same subject comes first."))
    letter = letters.read(bytes(one.document))
    fault = _again(letter)
    if fault:
        one.tries, one.fault, one.next_try = one.tries + 1, fault[:2000], clock.now() + timedelta(seconds=rules.retry_after(one.tries + 1))
        one.save(update_fields=["tries", "fault", "next_try"])
        nothing_changed()
        return False
    one.delete()
    record(actor, events.HeldLetterDone(node=letter.origin, letter=letter.number, how="taken"))
    return True


def _again(letter: letters.Letter) -> str:
    try:
        writer = _proved(letter)
    except (BadEnvelope, ValueError) as wrong:
        return str(wrong)
    if letter.to not in (letters.EVERYBODY, queries.own_code()):
        return f"there is no way to {letter.to} from here"
    return _tried(writer, letter)


@command("nodes.manage")
def drop_held(actor: Actor, *, held: int, words: str) -> None:
    """Give a held letter up, saying why; it stays in the table, and later letters of its subject go on."""
    if len(words.strip()) < 2:
        raise Invalid.at("words", _("Reason: say why the letter is given up."))
    one = Held.objects.select_for_update().filter(id=held, dropped_at=None).first()
    if one is None:
        raise Conflict(_("This letter was dealt with already. Reload the page."))
    one.dropped_at, one.dropped_by, one.words = clock.now(), actor.name, words.strip()[:300]
    one.save(update_fields=["dropped_at", "dropped_by", "words"])
    record(actor, events.HeldLetterDone(node=one.origin, letter=letters.read(bytes(one.document)).number, how="dropped", words=one.words))
