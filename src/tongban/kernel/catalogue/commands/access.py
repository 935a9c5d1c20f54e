"""Applications for a resource and the owner's answer; 有条件共享 is answered within the limit, 无条件共享 at once."""

from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.catalogue import events
from tongban.kernel.catalogue.commands.agreements import make_agreement
from tongban.kernel.catalogue.commands.resources import fault_sentence
from tongban.kernel.catalogue.commands import elsewhere
from tongban.kernel.catalogue.models import AccessRequest, Agreement, ResourceVersion
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.rules import access as rules
from tongban.kernel.catalogue.rules import borders
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, Refused

AUTHORITY = "政务信息资源共享管理暂行办法（国发〔2016〕51号）"


def numbered(prefix: str, model: type[Any]) -> str:
    """ "SQ2026-000042": the next number of the year."""
    year = clock.today().year
    last = model.objects.select_for_update().filter(number__startswith=f"{prefix}{year}-").order_by("-number").first()
    return f"{prefix}{year}-{int(last.number.split('-')[1]) + 1 if last else 1:06d}"


@command("catalogue.request")
def request_access(
    actor: Actor, *, key: str, wanted: rules.Asked, purpose: str, basis: str, purposes: list[str] | None = None, renews: str = "", organ: str = ""
) -> AccessRequest:
    """Ask for items of a published resource. What is shared without condition is granted by the platform in the same step."""
    consumer = orgs.organ(organ) if actor.is_system else orgs.organ_by_id(actor.organ or 0)
    version = resources.version(actor, key)
    if version.state != resource_rules.PUBLISHED:
        raise Conflict(_("Only published resources can be applied for."))
    elsewhere.require_ours(version.resource)
    if version.content.get("zone") == borders.INTRANET:
        raise Conflict(_("This resource lies in the inner network: it is handed over out of band, never online."))
    if version.resource.organ_id == consumer.id:
        raise Refused(_("This is a resource of your own organ."))
    held = resource_rules.items(version.content["items"])
    found = rules.asked_faults(wanted, held, clock.today())
    fields = {f.field: fault_sentence(f) for f in found}
    fields |= {n: _("Please fill in.") for n, told in (("purpose", purpose), ("basis", basis)) if len(told.strip()) < 2}
    if fields:
        raise Invalid(_("Some fields need another look."), fields=fields)
    made = AccessRequest.objects.create(
        number=numbered("SQ", AccessRequest), version=version, consumer=consumer, purpose=purpose.strip()[:300], basis=basis.strip()[:300],
        purposes=[p[:60] for p in purposes or []], requested=wanted.told(), state=rules.SUBMITTED, by=actor.name, submitted_at=clock.now(),
        due=access.due("answer", version.resource.region_code), renews=access.agreement(actor, renews) if renews else None,
    )  # fmt: skip
    _tell_request(actor, made, version)
    if not rules.needs_answer(version.sharing, [i for i in held if i.key in wanted.items]):
        _grant(actor, made, wanted, condition="", by="平台（无条件共享）")
    return made


def _tell_request(actor: Actor, made: AccessRequest, version: ResourceVersion) -> None:
    happened = events.AccessRequested(
        number=made.number, resource=version.resource.key, provider=version.resource.organ.key, consumer=made.consumer.key, due=made.due.isoformat()
    )
    record(actor, happened, authority=AUTHORITY)


def _locked(actor: Actor, number: str) -> AccessRequest:
    one = AccessRequest.objects.select_for_update(of=("self",)).select_related("version__resource__organ", "consumer").filter(number=number).first()
    if one is None:
        raise Conflict(_("There is no such application of your organ or for its resources."))
    if one.state != rules.SUBMITTED:
        raise Conflict(_("This application was answered already. Reload the page."))
    return one


@command("catalogue.grant")
def grant_access(actor: Actor, *, number: str, granted: rules.Asked, condition: str = "") -> Agreement:
    """The owner grants what was asked or less, never more; the agreement is made and waits for two signatures."""
    one = _locked(actor, number)
    _must_own(actor, one)
    beyond = rules.wider(granted, rules.asked(one.requested))
    if beyond:
        raise Invalid.at(beyond, _("A grant never goes beyond what was asked."))
    found = rules.asked_faults(granted, resource_rules.items(one.version.content["items"]), clock.today())
    if found:
        raise Invalid(_("Some fields need another look."), fields={f.field: fault_sentence(f) for f in found})
    return _grant(actor, one, granted, condition=condition.strip()[:300], by=actor.name)


def _must_own(actor: Actor, one: AccessRequest) -> None:
    if not (actor.is_system or one.version.resource.organ_id == actor.organ):
        raise Refused(_("The organ that provides the resource answers."))


def _grant(actor: Actor, one: AccessRequest, granted: rules.Asked, *, condition: str, by: str) -> Agreement:
    one.state, one.granted, one.condition, one.answered_by, one.answered_at = rules.GRANTED, granted.told(), condition, by, clock.now()
    one.save()
    made = make_agreement(one, numbered("XY", Agreement))
    told = events.AccessAnswered(number=one.number, resource=one.version.resource.key, state=rules.GRANTED, agreement=made.number)
    record(actor, told, authority=AUTHORITY)
    return made


@command("catalogue.grant")
def refuse_access(actor: Actor, *, number: str, words: str) -> AccessRequest:
    """No, with the reason."""
    one = _locked(actor, number)
    _must_own(actor, one)
    if len(words.strip()) < 4:
        raise Invalid.at("words", _("Words: say why, in at least four characters."))
    return _close(actor, one, rules.REFUSED, words)


@command("catalogue.request")
def withdraw_request(actor: Actor, *, number: str) -> AccessRequest:
    """The applicant no longer asks."""
    one = _locked(actor, number)
    if one.consumer_id != actor.organ:
        raise Refused(_("Only the organ that applied withdraws."))
    return _close(actor, one, rules.WITHDRAWN, "")


def _close(actor: Actor, one: AccessRequest, state: str, words: str) -> AccessRequest:
    one.state, one.answer, one.answered_by, one.answered_at = state, words.strip()[:300], actor.name, clock.now()
    one.save()
    record(actor, events.AccessAnswered(number=one.number, resource=one.version.resource.key, state=state), authority=AUTHORITY)
    return one
