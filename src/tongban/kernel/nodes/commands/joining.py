"""How installations become nodes of one net: invited by the one above, joined from below, announced to all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import arrivals, events, queries, rules
from tongban.kernel.nodes.commands import sending
from tongban.kernel.nodes.models import Node, Posted
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.bus.letters import CHAIN_BEGINS
from tongban.lib.errors import Conflict, Invalid

HELLO, NODE = "nodes.hello", "nodes.node"


def _regions(code: str, wanted: Sequence[str]) -> list[str]:
    """The regions of a node, its own among them; raises Invalid for one that there is not."""
    found = list(dict.fromkeys([code, *wanted]))
    known = [r for r in found if orgs.place(r)]
    return [r for r in known if not any(o != r and rules.serves([o], r) for o in known)]


def _address(told: object) -> str:
    """The address of another node's pages; "" for anything that is none, since pages link to it."""
    address = str(told or "")[:200]
    return address if address.startswith(("http://", "https://")) else ""


def _here(actor: Actor, code: str, name: str, regions: list[str], address: str) -> Node:
    """This installation as a node, made once."""
    held = queries.here()
    if held:
        return held
    made = Node.objects.create(
        code=code, name=name, regions=regions, place="here", state="joined", public=sending.node_key().public.hex(), address=address, joined_at=clock.now()
    )
    record(actor, events.NodeJoined(node=code, name=name, regions=regions, public=made.public))
    queries.forget()
    return made


@command("nodes.manage")
def invite_node(actor: Actor, *, code: str, name: str = "", regions: Sequence[str] = (), address: str = "", top: str = "37") -> dict[str, Any]:
    """Make a place for a node below this one; returns what its invitation tells of both. `top`: the region of this node, on its first invitation."""
    mine = _here(actor, top, orgs.place(top).name, [top], address)
    if not rules.serves(mine.regions, code) or code == mine.code:
        sentence = _("Region: a node below serves a region within %(mine)s.") % {"mine": mine.name}
        raise Invalid(sentence, fields={"code": sentence})
    told = _regions(code, regions)
    held = Node.objects.filter(code=code).first()
    if held and (held.place != "below" or held.state == "joined"):
        raise Conflict(_("%(name)s is a node already.") % {"name": held.name})
    other = Node.objects.filter(place="below").exclude(code=code).exclude(state="ended")
    taken = [r for r in told for n in other if rules.serves(n.regions, r)]
    if taken or not all(rules.serves(mine.regions, r) for r in told):
        sentence = _("Regions: %(regions)s are served by another node, or lie outside this one.") % {"regions": "、".join(taken) or "、".join(told)}
        raise Invalid(sentence, fields={"regions": sentence})
    name = name.strip()[:60] or orgs.place(code).name
    Posted.objects.filter(node__code=code).delete()  # of a line that was ended: the new one begins at the beginning
    line = {"sent": 0, "sent_chain": CHAIN_BEGINS, "given": 0, "taken": 0, "taken_chain": CHAIN_BEGINS, "receipt": "", "receipt_signature": ""}
    node, _new = Node.objects.update_or_create(code=code, defaults={"name": name, "regions": told, "place": "below", "state": "invited", "public": "", **line})
    record(actor, events.NodeInvited(node=code, name=name, regions=told))
    parent = {"code": mine.code, "name": mine.name, "regions": mine.regions, "public": mine.public, "address": address or mine.address}
    return {"above": parent, "node": {"code": node.code, "name": node.name, "regions": told}}


@command("nodes.manage")
def join_node(actor: Actor, *, invitation: Mapping[str, Any], address: str = "") -> Node:
    """Become the node that an invitation names: whoever is above learns this node's key, and then everything that is ours. Returns the node above."""
    try:
        above, told = dict(invitation["above"]), dict(invitation["node"])
        public = bytes.fromhex(above["public"])
        regions = [str(r) for r in told["regions"]]
    except (KeyError, TypeError, ValueError) as fault:
        raise Invalid(_("This is not an invitation. Ask the node above for the file that it made.")) from fault
    if Node.objects.filter(place="above").exclude(state="ended").exists():
        raise Conflict(_("This installation has a node above it already."))
    held = queries.here()
    if held and held.code != told["code"]:
        raise Conflict(_("This installation is the node %(code)s; the invitation is for %(other)s.") % {"code": held.code, "other": told["code"]})
    mine = _here(actor, told["code"], str(told["name"])[:60], regions, address)
    node, _new = Node.objects.update_or_create(
        code=above["code"],
        defaults={
            "name": str(above["name"])[:60], "regions": above["regions"], "place": "above", "state": "joined", "public": public.hex(), "address": _address(above.get("address")),
            "joined_at": clock.now(),
        },
    )  # fmt: skip
    queries.forget()
    record(actor, events.NodeJoined(node=node.code, name=node.name, regions=node.regions, public=node.public))
    hello = {"name": mine.name, "regions": mine.regions, "public": mine.public, "address": address}
    sending.write_letter(actor, to=node.code, kind=HELLO, key=mine.code, body=hello)
    tell_everything(actor, node.code)
    return node


def tell_everything(actor: Actor, code: str) -> None:
    """Put on a neighbour's line all that this node announces, and what it knows of others; within a command."""
    first = [k for k in sending.FIRST_KINDS if k in arrivals.ANNOUNCERS]
    for kind in [*first, *(k for k in arrivals.ANNOUNCERS if k not in first)]:
        for key, body in arrivals.ANNOUNCERS[kind]():
            sending.announce(actor, kind=kind, key=key, body=body, to=code)
    sending.hand_on(actor, code)


@arrivals.arrives(HELLO)
@command("")
def welcome_node(actor: Actor, letter: arrivals.Arrived) -> None:
    """An invited node introduces itself over its own line; its key is pinned. The platform does it."""
    node = Node.objects.select_for_update().filter(code=letter.origin, place="below").first()
    public = str(letter.body.get("public", ""))
    if node is None or (node.state == "joined" and node.public != public):
        raise arrivals.Unwelcome(f"{letter.origin} was not invited, or has another key")
    node.public, node.address, node.state, node.joined_at = public, _address(letter.body.get("address")), "joined", clock.now()
    node.save(update_fields=["public", "address", "state", "joined_at"])
    queries.forget()
    record(actor, events.NodeJoined(node=node.code, name=node.name, regions=node.regions, public=public))
    tell_everything(actor, node.code)
    for other in queries.neighbours():
        if other.code != node.code and other.state == "joined":
            sending.announce(actor, kind=NODE, key=node.code, body=_told(node), to=other.code)


def _told(node: Node) -> dict[str, Any]:
    return {"code": node.code, "name": node.name, "regions": node.regions, "public": node.public, "address": node.address, "ended": node.state == "ended"}


@arrivals.announces(NODE)
def own_nodes() -> Iterator[tuple[str, dict[str, Any]]]:
    """The nodes directly below, and above: whoever joins writes to them too."""
    for node in Node.objects.filter(Q(place="below") | Q(place="above"), state="joined"):
        yield node.code, _told(node)


@arrivals.arrives(NODE)
@command("")
def know_node(actor: Actor, letter: arrivals.Arrived) -> None:
    """Another node tells of one: known from now on by that key, reached the way the letter came. The platform does it."""
    told = letter.body
    code, regions = str(told["code"]), [str(r) for r in told["regions"]]
    mine, writer = queries.here(), Node.objects.filter(code=letter.origin, state="joined").first()
    held = Node.objects.filter(code=code).first()
    if mine is None or writer is None or code == mine.code or (held and held.place in ("above", "below")):
        nothing_changed()  # what everybody is told, and this node knows better
        return
    via = writer.code if writer.place in ("above", "below") else writer.via
    from_below = Node.objects.filter(code=via, place="below").exists()
    if not rules.may_announce(writer.known(), regions, mine.regions, from_below=from_below):
        raise arrivals.Unwelcome(f"{letter.origin} may not tell of a node that serves {'、'.join(regions)}")
    if held and held.public and held.public != str(told["public"]):
        raise arrivals.Unwelcome(f"{code} is known by another key")
    state = "ended" if told.get("ended") else "joined"
    Node.objects.update_or_create(
        code=code,
        defaults={
            "name": str(told["name"])[:60], "regions": regions, "place": "beyond", "state": state, "via": via, "public": str(told["public"]),
            "address": _address(told.get("address")), "joined_at": clock.now(),
        },
    )  # fmt: skip
    queries.forget()
    record(actor, events.NodeJoined(node=code, name=str(told["name"])[:60], regions=regions, public=str(told["public"]), via=via))


@command("nodes.manage")
def end_node(actor: Actor, *, code: str, words: str) -> Node:
    """End a node below: its line is cut, what it serves falls back to this one; its cases and copies stay. Everybody is told."""
    if len(words.strip()) < 2:
        raise Invalid.at("words", _("Reason: say why the node is ended."))
    node = Node.objects.select_for_update().filter(code=code, place="below").exclude(state="ended").first()
    if node is None:
        raise Conflict(_("There is no line to a node %(code)s.") % {"code": code})
    node.state = "ended"
    node.save(update_fields=["state"])
    queries.forget()
    record(actor, events.NodeEnded(node=code, words=words.strip()[:300]))
    sending.announce(actor, kind=NODE, key=code, body=_told(node))
    return node
