"""Witnessing: this node cosigns the heads of other nodes' ledgers once they prove that the old head is a beginning of the new.

The exchange is the transparency logs' `add-checkpoint`: "old SIZE", the proof in base64 lines, an empty line, the head.
"""

import base64
import binascii
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import events
from tongban.kernel.ledger.commands.signing import ledger_key, origin
from tongban.kernel.ledger.models import Cosignature, Witnessed
from tongban.kernel.ledger.queries import tree
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.lib.tlog import merkle, notes

MOST_HASHES = 63


class Behind(Conflict):
    """The sender's old size is not the one this witness knows; `size` is."""

    def __init__(self, size: int) -> None:
        super().__init__(_("This witness has seen another size. Send the proof from that one."), code="other-size")
        self.size = size


@dataclass(frozen=True, slots=True)
class Request:
    """What a log sends to a witness."""

    old: int
    proof: tuple[bytes, ...]
    head: notes.Checkpoint
    note: str


def parse_request(told: str) -> Request:
    """Read a request; raises Invalid."""
    try:
        first, gap, note = told.partition("\n\n")
        size, *lines = first.split("\n")
        if not gap or not size.startswith("old ") or not size[4:].isdecimal() or len(lines) > MOST_HASHES:
            raise ValueError("old SIZE, hashes, an empty line, a head")
        proof = tuple(base64.b64decode(line, validate=True) for line in lines)
        return Request(int(size[4:24]), proof, notes.parse(note), note)
    except (ValueError, binascii.Error) as fault:
        raise Invalid(_("The request is not that of a log to its witness: %(why)s") % {"why": str(fault)[:80]}, code="malformed") from fault


@command("ledger.manage_witness")
def trust_log(actor: Actor, *, origin: str, public: str) -> None:
    """Cosign the heads of this log from now on; `public` is its SM2 key in hexadecimal."""
    try:
        key = bytes.fromhex(public.strip())
    except ValueError:
        key = b""
    if len(key) != 64 or not origin.strip():
        sentence = _("Public key: 128 hexadecimal digits, and the log's origin")
        raise Invalid(sentence, fields={"public": sentence})
    Witnessed.objects.update_or_create(origin=origin.strip()[:120], defaults={"public": key})
    record(actor, events.LogTrusted(origin=origin.strip()[:120], public=key.hex()), authority="GB/T 22239-2019 安全审计")


@command("")
def cosign(actor: Actor, *, told: str) -> str:
    """Check a head against what was seen before and sign it; gives the signature's line. Open to every log that is trusted.

    Raises Behind, Refused, Invalid. Leaves no ledger entry: two nodes that witness each other would write without end.
    """
    asked = parse_request(told)
    log = Witnessed.objects.select_for_update().filter(origin=asked.head.origin).first()
    if log is None:
        raise NotFound(_("This witness does not know the log “%(origin)s”.") % {"origin": asked.head.origin[:80]})
    if not any(notes.good(asked.head, s, bytes(log.public)) for s in asked.head.signatures if s.name == log.origin):
        raise Refused(_("The head is not signed by the key that this witness knows."), code="bad-signature")
    if asked.old != log.size:
        raise Behind(log.size)
    old = notes.parse(log.note).root if log.note else merkle.EMPTY
    if not merkle.consistent(log.size, asked.head.size, old, asked.head.root, asked.proof):
        raise Invalid(_("The new head does not go on from the one seen before: history was rewritten."), code="inconsistent")
    log.size, log.note, log.seen_at = asked.head.size, asked.note, clock.now()
    log.save()
    nothing_changed()
    return asked.head.cosignature(ledger_key(), f"{origin()}/witness", int(clock.now().timestamp())).line()


def request_for(old: int) -> tuple[int, str]:
    """The newest head's size and the text to send to a witness that has seen `old` entries."""
    head = tree.latest()
    if head is None:
        return 0, ""
    proof = [] if old in (0, head.size) else merkle.resolve(merkle.consistency(old, head.size), tree.find)
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return head.size, f"old {old}\n{lines}\n{head.note()}"


@command("ledger.manage_witness")
def keep_cosignature(actor: Actor, *, size: int, line: str, public: str) -> None:
    """Put a witness's line under our head; raises Invalid when it is not the witness's signature of it."""
    head = notes.parse(tree.checkpoint(actor, size=size))
    try:
        signature = notes.signature_line(line, head.origin)
    except notes.BadNote as fault:
        raise Invalid(_("The witness answered something that is no signature."), code="bad-signature") from fault
    if signature.at is None or not notes.good(head, signature, bytes.fromhex(public)):
        raise Invalid(_("The witness's signature is not good."), code="bad-signature")
    Cosignature.objects.get_or_create(size=size, witness=signature.name[:120], defaults={"line": signature.line()})
    nothing_changed()
