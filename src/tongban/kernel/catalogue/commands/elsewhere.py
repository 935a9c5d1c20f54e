"""Resources of other nodes: found in the catalogue here, applied for where they are kept."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.catalogue import events
from tongban.kernel.catalogue.commands.resources import index_version
from tongban.kernel.catalogue.models import Resource, ResourceVersion
from tongban.kernel.catalogue.rules import borders
from tongban.kernel.catalogue.rules import resources as rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import commands as nodes
from tongban.kernel.nodes import queries as routes
from tongban.kernel.nodes.arrivals import Arrived, Unwelcome, announces, arrives
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict

RESOURCE = "catalogue.resource"
_TOLD = ("number", "title", "sharing", "format", "cycle", "opening", "content")


def require_ours(one: Resource) -> None:
    """Refuse what is only done where a resource is kept, saying where that is."""
    if one.node:
        kept_at = routes.node(one.node)
        told = {"node": kept_at.name if kept_at else one.node, "address": kept_at.address if kept_at else ""}
        sentence = _("This resource is kept at the node %(node)s; apply there. %(address)s") % told
        raise Conflict(sentence.strip())


def _told(one: Resource) -> dict[str, Any]:
    version = one.published
    told = {"key": one.key, "code": one.code, "organ": one.organ.key, "region": one.region_code, "published": version is not None}
    return told | ({name: getattr(version, name) for name in _TOLD} if version else {})


def _is_told(one: Resource) -> bool:
    """Whether a resource is this node's own and no secret of the inner network."""
    inner = one.published is not None and one.published.content.get("zone") == borders.INTRANET
    return not one.node and not inner and not routes.home_of(one.region_code)


@announces(RESOURCE)
def own_resources() -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, description) of every published resource of an organ that this node serves; the inner network's are never told."""
    for one in Resource.objects.exclude(published=None).select_related("organ", "published").order_by("id"):
        if _is_told(one):
            yield one.key, _told(one)


@command("")
def announce_resource(actor: Actor, *, key: str) -> None:
    """Tell all nodes that a resource was published or recalled; the platform does it."""
    one = Resource.objects.select_related("organ", "published").filter(key=key).first() if routes.neighbours() else None
    if one is None or not _is_told(one):
        nothing_changed()
        return
    nodes.announce(actor, kind=RESOURCE, key=key, body=_told(one))


@arrives(RESOURCE)
@command("")
def take_resource(actor: Actor, letter: Arrived) -> None:
    """Show a resource of another node as it is there, or no longer. The platform does it."""
    told = letter.body
    letter.require_serves(str(told["region"]))
    organ = orgs.organ(str(told["organ"]))
    if organ.region_code != told["region"] or routes.home_of(organ.region_code) != letter.origin:
        raise Unwelcome(f"{letter.origin} does not serve {organ.key}")
    key = f"{letter.origin}-{told['key']}"[:80]
    one, _new = Resource.objects.get_or_create(
        key=key,
        defaults={
            "code": f"{told['code']}@{letter.origin}"[:40],
            "organ": organ,
            "region_code": organ.region_code,
            "node": letter.origin,
            "created_at": clock.now(),
        },
    )
    number = int(told["number"]) if told["published"] else 0
    if number and rules.faults(told["content"]):
        raise Unwelcome("the description is not complete")
    held = ResourceVersion.objects.filter(resource=one, state=rules.PUBLISHED).first()
    if (held.number if held else 0) == number:
        nothing_changed()
        return
    if held:
        held.state, held.ended_at = rules.SUPERSEDED if number else rules.RECALLED, clock.now()
        held.save(update_fields=["state", "ended_at"])
    made = None
    if number:
        fields = {name: told[name] for name in _TOLD if name != "number"} | {"state": rules.PUBLISHED, "published_at": clock.now(), "ended_at": None}
        made, _again = ResourceVersion.objects.update_or_create(resource=one, number=number, defaults=fields)
        index_version(made)
    one.published = made
    one.save(update_fields=["published"])
    record(actor, events.ResourceTold(resource=key, node=letter.origin, version=number))
