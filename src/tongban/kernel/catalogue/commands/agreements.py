"""Agreements: made from a grant, signed by both organs with their SM2 keys, suspended, resumed, ended."""

from django.utils.translation import gettext as _

from tongban.kernel.catalogue import events
from tongban.kernel.catalogue.models import AccessRequest, Agreement, Signature
from tongban.kernel.catalogue.rules import access as rules
from tongban.kernel.catalogue.rules import borders
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, keys, sm
from tongban.lib.acts import command, record
from tongban.lib.bus.envelope import canonical
from tongban.lib.errors import Conflict, Invalid, Refused


def organ_key(organ: str) -> sm.SigningKey:
    """The key with which an organ signs, made on first use; in the keystore."""
    held = keys.current(f"organ.{organ}", "SM2", lambda: sm.SigningKey.generate().to_bytes())
    return sm.SigningKey.from_bytes(held.material)


def make_agreement(request: AccessRequest, number: str) -> Agreement:
    """The agreement of a grant: its terms name everything that a call is judged by."""
    resource = request.version.resource
    terms = {
        "number": number, "request": request.number, "provider": resource.organ.key, "provider_name": resource.organ.name,
        "provider_code": resource.organ.credit_code, "consumer": request.consumer.key, "consumer_name": request.consumer.name,
        "consumer_code": request.consumer.credit_code, "resource": resource.code, "resource_key": resource.key, "version": request.version.number,
        "title": request.version.title, "purpose": request.purpose, "basis": request.basis, "purposes": request.purposes, "condition": request.condition,
        "granted": request.granted,
    }  # fmt: skip
    granted = rules.asked(request.granted or {})
    lies = str(request.version.content.get("zone") or borders.ADMINISTRATIVE)
    if lies != granted.zone:
        terms["zone"] = {"from": lies, "to": granted.zone}  # signed with the rest, so that nobody moves the use of data outward alone
    return Agreement.objects.create(
        number=number, request=request, resource=resource, provider=resource.organ, consumer=request.consumer, terms=terms,
        digest=sm.sm3_hex(canonical(terms)), state=rules.UNSIGNED, begins=granted.begins, ends=granted.ends, made_at=clock.now(),
    )  # fmt: skip


def _locked(number: str) -> Agreement:
    one = Agreement.objects.select_for_update(of=("self",)).select_related("provider", "consumer").filter(number=number).first()
    if one is None:
        raise Conflict(_("There is no such agreement of your organ."))
    return one


@command("catalogue.request")
def sign_agreement(actor: Actor, *, number: str, organ: str = "") -> Agreement:
    """Sign for the actor's organ; in force when both have signed. An earlier agreement that this one renews ends then."""
    one = _locked(number)
    signer = orgs.organ(organ) if actor.is_system else orgs.organ_by_id(actor.organ or 0)
    if signer.id not in (one.provider_id, one.consumer_id):
        raise Refused(_("Only the two organs of an agreement sign it."))
    if one.state != rules.UNSIGNED or one.signatures.filter(organ=signer).exists():
        raise Conflict(_("Your organ has signed already."))
    key = organ_key(signer.key)
    signature = key.sign(canonical(one.terms))
    Signature.objects.create(agreement=one, organ=signer, name=actor.name, public=key.public.hex(), signature=signature.hex(), at=clock.now())
    complete = one.signatures.count() == len({one.provider_id, one.consumer_id})
    if complete:
        one.state = rules.IN_FORCE
        one.save(update_fields=["state"])
        _end_renewed(actor, one)
    told = events.AgreementSigned(agreement=number, organ=signer.key, digest=one.digest, public=key.public.hex(), in_force=complete)
    record(actor, told)
    return one


def _end_renewed(actor: Actor, one: Agreement) -> None:
    before = one.request.renews
    if before is not None and before.state in (rules.IN_FORCE, rules.SUSPENDED):
        before.state, before.words = rules.TERMINATED, f"由{one.number}续签"
        before.save(update_fields=["state", "words"])
        record(actor, events.AgreementMoved(agreement=before.number, move="terminate", words=before.words))


@command("catalogue.grant")
def move_agreement(actor: Actor, *, number: str, move: str, words: str) -> Agreement:
    """Suspend, resume or terminate; the provider alone suspends and resumes, either side ends."""
    one = _locked(number)
    if not (actor.is_system or actor.organ == one.provider_id or (move == "terminate" and actor.organ == one.consumer_id)):
        raise Refused(_("The organ that provides the resource decides this."))
    if (one.state, move) not in rules.MOVES:
        raise Conflict(_("The agreement has moved on. Reload the page."))
    if len(words.strip()) < 4:
        raise Invalid.at("words", _("Words: say why, in at least four characters."))
    one.state, one.words = rules.MOVES[one.state, move], words.strip()[:300]
    one.save(update_fields=["state", "words"])
    record(actor, events.AgreementMoved(agreement=number, move=move, words=one.words))
    return one
