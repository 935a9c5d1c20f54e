"""Licences: one's own, and what anyone may verify."""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import commands as ledger
from tongban.lib import clock, sm
from tongban.lib.errors import NotFound
from tongban.rooms.service.hall.models import Licence


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification says: genuine or not, in force or not, and why."""

    genuine: bool
    in_force: bool
    reason: str
    licence: Licence | None = None


def canonical(content: dict[str, Any]) -> bytes:
    """The bytes that are signed: JSON with sorted keys, no spaces."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def own_licences(actor: Actor) -> QuerySet[Licence]:
    return Licence.objects.filter(person=actor.person).order_by("-id")


def licence(actor: Actor, number: str) -> Licence:
    """A licence of one's own, or of the official's organ; raises NotFound."""
    found = Licence.objects.filter(number=number).first()
    if found is None or not (found.person == actor.person or (actor.is_official and found.organ == actor.organ) or actor.is_system):
        raise NotFound(_("There is no licence %(number)s within your view.") % {"number": number})
    return found


def organ_licences(actor: Actor) -> QuerySet[Licence]:
    actor.require("hall.change_licence")
    return Licence.objects.filter(organ=actor.organ).order_by("-id")


def by_code(code: str) -> Verdict:
    """From the QR code."""
    return _judge(Licence.objects.filter(code=code).first())


def by_number(number: str) -> Verdict:
    """From the number printed on it."""
    return _judge(Licence.objects.filter(number=number.strip()).first())


def by_file(content: bytes) -> Verdict:
    """From the PDF or the signed JSON: one changed byte is another file."""
    if content.lstrip()[:1] == b"{":
        return _by_json(content)
    found = Licence.objects.filter(pdf_digest=sm.sm3_hex(content)).first()
    return _judge(found)


def _by_json(content: bytes) -> Verdict:
    try:
        document = json.loads(content)
        told, signature = document["content"], bytes.fromhex(document["signature"])
    except (ValueError, KeyError, TypeError):
        return Verdict(False, False, "not-ours")
    found = Licence.objects.filter(number=told.get("number", "")).first()
    if not signer(canonical(told), signature, found):
        return Verdict(False, False, "changed")
    return _judge(found)


def _judge(found: Licence | None) -> Verdict:
    if found is None:
        return Verdict(False, False, "not-ours")
    if not signer(canonical(found.content), bytes.fromhex(found.signature), found):
        return Verdict(False, False, "changed", found)
    if found.state != "valid":
        return Verdict(True, False, found.state, found)
    if found.valid_to and found.valid_to < clock.today():
        return Verdict(True, False, "expired", found)
    return Verdict(True, True, "valid", found)


def signer(text: bytes, signature: bytes, one: Licence | None = None) -> bytes:
    """The public key that signed: the current one or one before it, since a change of key leaves licences good; of another node's licence, that node's. b"" if none did."""
    known = [bytes.fromhex(one.signer)] if one is not None and one.home else ledger.publics()
    return next((public for public in known if sm.verify(public, text, signature)), b"")
