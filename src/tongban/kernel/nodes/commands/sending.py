"""Letters out: written within the transaction of whoever has something to tell, kept until the neighbour has receipted them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import blobs, events, queries, rules
from tongban.kernel.nodes.models import Announced, Node, Posted
from tongban.lib import clock, keys, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.bus import letters
from tongban.lib.bus.envelope import BadEnvelope
from tongban.lib.errors import Conflict

FIRST_KINDS = ("nodes.node", "orgs.organs")  # what others must know before they understand the rest


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to go with a letter; `id` is the one that its body names."""

    id: str
    name: str
    content: bytes


def node_key() -> sm.SigningKey:
    """The key with which this node signs, and which opens what is sealed for it; made on first use."""
    held = keys.current("node", "SM2", lambda: sm.SigningKey.generate().to_bytes())
    return sm.SigningKey.from_bytes(held.material)


def _head(origin: str, to: str, kind: str, key: str) -> dict[str, str]:
    return {"number": f"{origin}-{uuid.uuid4().hex}", "origin": origin, "to": to, "kind": kind, "key": key[:120], "at": clock.now().isoformat()}


@command("")
def write_letter(actor: Actor, *, to: str, kind: str, key: str, body: Mapping[str, Any], files: Sequence[Attachment] = ()) -> None:
    """Write to one node, sealed for it. The platform does it, so no permission is asked; raises Conflict where there is no way."""
    known = {n.code: n for n in Node.objects.filter(state="joined")}
    mine = next((n for n in known.values() if n.place == "here"), None)
    addressee = known.get(to)
    if mine is None or addressee is None or not addressee.public:
        raise Conflict(_("There is no line to a node %(code)s.") % {"code": to})
    closing = letters.ContentKey()
    enclosed = []
    for one in files:
        cipher = blobs.keep(closing.file(one.id, one.content))
        enclosed.append(letters.Enclosure(one.id, one.name, sm.sm3_hex(one.content), cipher, len(one.content)))
    head = _head(mine.code, to, kind, key)
    document = letters.write(node_key(), head, body, enclosed=enclosed, content_key=closing, public=bytes.fromhex(addressee.public))
    put_on_line(actor, rules.next_hop([n.known() for n in known.values()], to), document)


@command("")
def announce(actor: Actor, *, kind: str, key: str, body: Mapping[str, Any], to: str = "") -> None:
    """Tell every node, or only what lies behind the neighbour `to`, open to all. The platform does it."""
    mine = queries.here()
    lines = [n.code for n in queries.neighbours() if n.state == "joined" and to in ("", n.code)]
    if mine is None or not lines:
        nothing_changed()
        return
    document = letters.write(node_key(), _head(mine.code, letters.EVERYBODY, kind, key), body)
    for code in lines:
        put_on_line(actor, code, document)


def put_on_line(actor: Actor, code: str, document: bytes) -> None:
    """The next letter for a neighbour; within a command. Whoever writes to it waits here for whoever wrote just before."""
    node = Node.objects.select_for_update().filter(code=code).exclude(state="ended").first()
    if node is None:
        raise Conflict(_("There is no line to a node %(code)s.") % {"code": code or "—"})
    letter = letters.read(document)
    node.sent += 1
    node.sent_chain = letters.chained(node.sent_chain, document)
    node.save(update_fields=["sent", "sent_chain"])
    Posted.objects.create(
        node=node, number=node.sent, chain=node.sent_chain, letter=letter.number, origin=letter.origin, to=letter.to, kind=letter.kind, key=letter.key,
        document=document, ciphers=[list(c) for c in letter.ciphers], written_at=clock.now(),
    )  # fmt: skip
    record(actor, events.LettersPosted(node=code, first=node.sent, last=node.sent, chain=node.sent_chain, what=letter.kind))


def hand_on(actor: Actor, code: str) -> None:
    """Put on a new neighbour's line what other nodes have told everybody; within a command."""
    rows = list(Announced.objects.exclude(origin=code).order_by("id"))
    rows.sort(key=lambda r: FIRST_KINDS.index(r.kind) if r.kind in FIRST_KINDS else len(FIRST_KINDS))
    for row in rows:
        put_on_line(actor, code, bytes(row.document))


@command("")
def keep_receipt(actor: Actor, *, code: str, held: Mapping[str, Any]) -> None:
    """A neighbour's receipt: what it covers need not wait any more. The platform does it; raises BadEnvelope."""
    told = held.get("receipt")
    node = Node.objects.select_for_update().filter(code=code, place__in=("above", "below"), state="joined").first() if told else None
    if node is None:
        nothing_changed()
        return
    told = letters.receipted(held, bytes.fromhex(node.public))
    if (told["taker"], told["sender"]) != (code, queries.own_code()) or told["number"] > node.sent:
        raise BadEnvelope("the receipt belongs to another line")
    if told["number"] <= node.given:
        nothing_changed()
        return
    chain = Posted.objects.filter(node=node, number=told["number"]).values_list("chain", flat=True).first()
    if chain is None or chain != told["chain"]:
        raise BadEnvelope("the receipt's chain is not this line's")
    Posted.objects.filter(node=node, number__lte=told["number"], given_at=None).update(given_at=clock.now())
    node.given, node.receipt, node.receipt_signature, node.heard_at = told["number"], held["receipt"], held["signature"], clock.now()
    node.save(update_fields=["given", "receipt", "receipt_signature", "heard_at"])
    record(actor, events.LettersReceipted(node=code, number=node.given, chain=chain, signature=held["signature"]))


HEARD = timedelta(seconds=20)  # between notes that a neighbour is there


@command("")
def note_heard(actor: Actor, *, code: str) -> None:
    """A neighbour answered and had nothing new; that is no act, so the ledger is left alone."""
    now = clock.now()
    Node.objects.filter(Q(heard_at=None) | Q(heard_at__lt=now - HEARD), code=code).update(heard_at=now)
    nothing_changed()


def own_receipt(node: Node) -> dict[str, str] | None:
    """This node's receipt for all that it took from a neighbour; None before the first letter."""
    mine = queries.own_code()
    if not node.taken or not mine:
        return None
    return letters.receipt(node_key(), taker=mine, sender=node.code, number=node.taken, chain=node.taken_chain, at=clock.now().isoformat())


def prune_posted(before: datetime) -> int:
    """Drop letters that were receipted long ago, and blobs that nobody needs; how many letters."""
    dropped, _by_kind = Posted.objects.filter(given_at__lt=before).delete()
    blobs.sweep(queries.needed_blobs())
    return dropped
