"""A resource on its way: draft → registration review → registered → publication review → published → recalled."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from tongban.kernel.catalogue import events
from tongban.kernel.catalogue.models import Resource, ResourceClass, ResourceVersion, Review, Subscription
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.rules import resources as rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, Refused

AUTHORITY = "政务信息资源目录编制指南（试行）（发改高技〔2017〕1272号）"
PERMISSION = {
    "submit": "catalogue.edit", "offer": "catalogue.edit", "register": "catalogue.register", "publish": "catalogue.publish",
}  # fmt: skip
_LISTED = ("title", "sharing", "format", "cycle", "opening")


@command("catalogue.edit")
def draft_resource(actor: Actor, *, content: Mapping[str, Any], supply: str = "") -> ResourceVersion:
    """Begin a resource of the actor's own organ. Raises Invalid without title or class."""
    if actor.organ is None and not content.get("organ"):
        raise Refused(_("You do not act for an organ."))
    organ = orgs.organ(str(content["organ"])) if actor.is_system else orgs.organ_by_id(actor.organ or 0)
    held = _content(content)
    _must_name(held)
    sequence = _next_sequence(held["class_code"])
    made = Resource.objects.create(
        key=f"{organ.key}-{held['class_code']}-{sequence}", code=rules.code(held["class_code"], sequence), organ=organ, region_code=organ.region_code,
        supply=supply, created_at=clock.now(),
    )  # fmt: skip
    version = _version(made, 1, held)
    _tell(actor, version, "draft", "")
    return version


def _must_name(held: Mapping[str, Any]) -> None:
    missing = [f for f in rules.faults(held) if f.field in ("title", "class_code")]
    if missing:
        raise Invalid(_("A draft needs a title and a class."), fields={f.field: fault_sentence(f) for f in missing})
    if not ResourceClass.objects.filter(code=held["class_code"]).exists():
        raise Invalid.at("class_code", _("Class: choose one from the list."))


def _next_sequence(class_code: str) -> int:
    with connection.cursor() as cursor:  # two stewards at once: one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('catalogue.code'), hashtext(%s))", [class_code])
    last = Resource.objects.filter(code__startswith=f"{class_code}/").aggregate(last=Max("code"))["last"]
    return int(last.split("/")[1]) + 1 if last else 1


def _content(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of what was typed."""
    words = {
        name: str(told.get(name, "")).strip()[:most]
        for name, most in (
            ("title", 120), ("abstract", 1000), ("class_code", 20), ("format", 16), ("sharing", 16), ("condition", 300), ("basis", 300), ("way", 12),
            ("opening_condition", 300), ("cycle", 12), ("base", 20), ("zone", 16),
        )
    }  # fmt: skip
    lists = {name: [str(v)[:40] for v in told.get(name, [])][:50] for name in ("themes", "related")}
    return {**words, **lists, "opening": bool(told.get("opening")), "items": [rules.item(i).told() for i in told.get("items", [])]}


def _version(resource: Resource, number: int, held: dict[str, Any]) -> ResourceVersion:
    made = ResourceVersion(resource=resource, number=number, state=rules.DRAFT, content=held)
    _fill(made, held)
    made.save()
    index_version(made)
    return made


def _fill(one: ResourceVersion, held: dict[str, Any]) -> None:
    one.content = held
    for name in _LISTED:
        setattr(one, name, held[name])


def index_version(one: ResourceVersion) -> None:
    words = [one.title, one.content["abstract"], one.resource.organ.name, one.resource.organ.short_name, *(i["name"] for i in one.content["items"])]
    with connection.cursor() as cursor:
        tokens = resources.search_tokens(words)
        cursor.execute("UPDATE catalogue_resourceversion SET search = %s::tsvector WHERE id = %s", [tokens, one.id])


def _tell(actor: Actor, one: ResourceVersion, move: str, words: str) -> None:
    Review.objects.create(version=one, at=clock.now(), name=actor.name, organ_name=actor.organ_name, move=move, words=words[:300])
    happened = events.ResourceMoved(resource=one.resource.key, version=one.number, move=move, state=one.state, words=words[:300])
    record(actor, happened, authority=AUTHORITY)


def _own_draft(actor: Actor, key: str) -> ResourceVersion:
    one = ResourceVersion.objects.select_for_update(of=("self",)).select_related("resource__organ").filter(resource__key=key).order_by("-number").first()
    if one is None or not (actor.is_system or one.resource.organ_id == actor.organ):
        raise Refused(_("Only the organ that provides a resource edits it."))
    if one.state != rules.DRAFT:
        raise Conflict(_("This version is no draft any more. Begin a new version."))
    return one


@command("catalogue.edit")
def edit_resource(actor: Actor, *, key: str, content: Mapping[str, Any]) -> ResourceVersion:
    """Change a draft. Its class stays, since its code is known from the first day."""
    one = _own_draft(actor, key)
    held = _content({**content, "class_code": one.content["class_code"]})
    _must_name(held)
    _fill(one, held)
    one.save()
    index_version(one)
    _tell(actor, one, "draft", "")
    return one


@command("catalogue.edit")
def new_version(actor: Actor, *, key: str) -> ResourceVersion:
    """A draft from the version in force; what is agreed goes on with that one until this is published."""
    last = ResourceVersion.objects.select_for_update(of=("self",)).select_related("resource__organ").filter(resource__key=key).order_by("-number").first()
    if last is None or not (actor.is_system or last.resource.organ_id == actor.organ):
        raise Refused(_("Only the organ that provides a resource edits it."))
    if last.state not in (rules.PUBLISHED, rules.RECALLED):
        raise Conflict(_("A version is already on its way."))
    made = _version(last.resource, last.number + 1, last.content)
    _tell(actor, made, "draft", "")
    return made


@command("catalogue.search")
def move_version(actor: Actor, *, key: str, number: int, move: str, words: str = "") -> ResourceVersion:
    """One step of the way. Registering and publishing are two people; sending back and recalling say why."""
    one = ResourceVersion.objects.select_for_update(of=("self",)).select_related("resource__organ").filter(resource__key=key, number=number).first()
    if one is None:
        raise Conflict(_("There is no such version. Reload the page."))
    if one.resource.node:
        raise Conflict(_("This resource is kept at another node and changed there."))
    _may_move(actor, one, move)
    if (one.state, move) not in rules.MOVES:
        raise Conflict(_("The version has moved on. Reload the page."))
    if move in ("return", "recall") and len(words.strip()) < 4:
        raise Invalid.at("words", _("Words: say why, in at least four characters."))
    if move == "submit":
        _complete(one)
    _apply_move(actor, one, move)
    one.save()
    _tell(actor, one, move, words.strip())
    return one


def _may_move(actor: Actor, one: ResourceVersion, move: str) -> None:
    own = actor.is_system or one.resource.organ_id == actor.organ
    if move == "return":
        actor.require("catalogue.publish" if one.state == rules.PUBLICATION else "catalogue.register")
    elif move == "recall":
        if not (own and actor.may("catalogue.edit")):
            actor.require("catalogue.publish")
    else:
        actor.require(PERMISSION.get(move, "catalogue.edit"))
    if move in ("submit", "offer") and not own:
        raise Refused(_("Only the organ that provides a resource edits it."))
    if move == "publish" and one.registered_by is not None and one.registered_by == actor.account:
        raise Refused(_("Whoever registered a resource does not publish it: two people look at it."))


def _complete(one: ResourceVersion) -> None:
    found = rules.faults(one.content)
    if found:
        raise Invalid(_("The resource is not complete yet."), fields={f.field: fault_sentence(f) for f in reversed(found)})


def _apply_move(actor: Actor, one: ResourceVersion, move: str) -> None:
    one.state = rules.MOVES[one.state, move]
    steps = {rules.REGISTRATION: "register", rules.PUBLICATION: "publish"}
    one.due = access.due(steps[one.state], one.resource.region_code) if one.state in steps else None
    if move == "register":
        one.registered_by = actor.account
    if move == "publish":
        before = ResourceVersion.objects.filter(resource=one.resource, state=rules.PUBLISHED).first()
        if before:
            before.state, before.ended_at = rules.SUPERSEDED, clock.now()
            before.save()
        one.published_at = clock.now()
        Resource.objects.filter(id=one.resource_id).update(published=one)
    if move == "recall":
        one.ended_at = clock.now()
        Resource.objects.filter(id=one.resource_id).update(published=None)


@command("catalogue.search")
def subscribe(actor: Actor, *, key: str, wanted: bool) -> None:
    """Hear of a resource's new versions, or no longer."""
    resource = resources.version(actor, key).resource
    if wanted:
        Subscription.objects.get_or_create(resource=resource, account=actor.account)
    else:
        Subscription.objects.filter(resource=resource, account=actor.account).delete()
    record(actor, events.Subscribed(resource=key, wanted=wanted))


def fault_sentence(fault: rules.Fault) -> str:
    """What is wrong, and the remedy."""
    told = {
        "empty": _("Please fill in."), "choice": _("Choose one from the list."),
        "condition": _("Shared on condition: say on which."),
        "basis": _("Not shared: name the law or rule."),
        "opening": _("Open to the public: say on which condition."),
        "no-items": _("Choose at least one item."), "too-many": _("At most 500 items."),
        "item-key": _("Item %(which)s: the column is written in lower-case letters, digits and _."),
        "item-name": _("Item %(which)s: give its Chinese name."),
        "item-choice": _("Item %(which)s: choose type, sharing and check from the lists."),
        "item-wider": _("Item %(which)s: an item cannot be shared more widely than its resource."),
        "item-condition": _("Item %(which)s: say on which condition it is shared."),
        "item-basis": _("Item %(which)s: name the law or rule that forbids sharing it."),
        "item-twice": _("Item %(which)s stands twice."),
        "no-primary": _("Mark the item that identifies a row."),
        "unknown-item": _("%(which)s is no item of this resource."),
        "not-shared": _("%(which)s is not shared."),
        "visits": _("Visits a day: 1 to 10,000,000."),
        "zone": _("Zone: choose where the data are used; the inner network goes out of band only."),
        "term": _("Term: at most three years, ending in the future."),
    }[fault.what]  # fmt: skip
    return told % {"which": fault.which} if fault.which else told
