"""Which node serves what, and how the lines stand."""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import rules
from tongban.kernel.nodes.models import Held, Node, Posted
from tongban.lib import clock
from tongban.lib.errors import NotFound

FRESH = 2.0  # seconds that the routes are kept: every application asks for them
AT_ONCE = 1024 * 1024  # bytes of letters in one answer
_routes: list[tuple[float, tuple[rules.Known, ...]]] = []


def forget() -> None:
    """Drop what is kept of routes: after a node joined, and between tests."""
    _routes.clear()


def routes() -> tuple[rules.Known, ...]:
    """Every node that is known; none while this installation stands alone."""
    if not _routes or _routes[0][0] < time.monotonic() - FRESH:
        rows = Node.objects.filter(state="joined")
        _routes[:] = [(time.monotonic(), tuple(n.known() for n in rows))]
    return _routes[0][1]


def home_of(region: str) -> str:
    """The code of the node that serves a region, "" when this one does."""
    known = routes()
    return rules.home_of(known, region) if known else ""


def here() -> Node | None:
    """This installation as a node, None while it stands alone."""
    return Node.objects.filter(place="here").first()


def own_code() -> str:
    """The code of this node, "" while it stands alone."""
    return next((n.code for n in routes() if n.place == "here"), "")


def node(code: str) -> Node | None:
    """The node with a code, None for one that nobody told of."""
    return Node.objects.filter(code=code).first()


def name_of(code: str) -> str:
    """What a node is called; its code where nobody told."""
    return Node.objects.filter(code=code).values_list("name", flat=True).first() or code


def neighbours() -> list[Node]:
    """The nodes at the other ends of this one's lines."""
    return list(Node.objects.filter(place__in=("above", "below")).exclude(state="ended").order_by("code"))


def neighbour(code: str) -> Node:
    """One of them; raises NotFound."""
    found = Node.objects.filter(code=code, place__in=("above", "below")).exclude(state="ended").first()
    if found is None:
        raise NotFound(_("There is no line to a node %(code)s.") % {"code": code})
    return found


def waiting(code: str, after: int) -> list[Posted]:
    """The letters for a neighbour after a number: the first always, more up to about a megabyte."""
    found: list[Posted] = []
    size = 0
    for one in Posted.objects.filter(node__code=code, number__gt=after).order_by("number")[:200]:
        size += len(one.document)
        if found and size > AT_ONCE:
            break
        found.append(one)
    return found


def may_fetch(code: str, cipher: str) -> bool:
    """Whether a closed file goes with a letter that waits for a neighbour."""
    waits = Posted.objects.filter(node__code=code, given_at=None).exclude(ciphers=[]).values_list("ciphers", flat=True)
    return any(cipher == c for held in waits for c, _size in held)


def needed_blobs() -> set[str]:
    """Closed files that a letter still needs: on a line, or held."""
    posted = Posted.objects.filter(given_at=None).exclude(ciphers=[]).values_list("ciphers", flat=True)
    held = Held.objects.filter(dropped_at=None).exclude(ciphers=[]).values_list("ciphers", flat=True)
    return {c for named in (*posted, *held) for c, _size in named}


@dataclass(frozen=True, slots=True)
class Line:
    """A node and how its line stands; `waits` letters have not been receipted, the oldest since."""

    node: Node
    waits: int
    since: datetime | None
    held: int


def lines(actor: Actor) -> list[Line]:
    """Every node that is known, this one first, with what waits for it and what came from it and is held."""
    actor.require("nodes.read")
    order = {"here": 0, "above": 1, "below": 2, "beyond": 3}
    found = []
    for node in sorted(Node.objects.all(), key=lambda n: (order[n.place], n.code)):
        open_ones = Posted.objects.filter(node=node, given_at=None).order_by("number")
        first = open_ones.first()
        held = Held.objects.filter(origin=node.code, dropped_at=None).count()
        found.append(Line(node, open_ones.count(), first.written_at if first else None, held))
    return found


def letters(actor: Actor, code: str, *, limit: int = 50) -> list[Posted]:
    """The newest letters on a line."""
    actor.require("nodes.read")
    return list(Posted.objects.filter(node__code=code).defer("document").order_by("-number")[:limit])


def held_letters(actor: Actor) -> list[Held]:
    """What came and could not be taken, the oldest first."""
    actor.require("nodes.read")
    return list(Held.objects.filter(dropped_at=None).defer("document").order_by("id")[:200])


def due_again() -> list[Held]:
    """The first held letter of each subject whose time to be tried again has come."""
    firsts = Held.objects.filter(dropped_at=None).order_by("origin", "key", "id").distinct("origin", "key")
    return list(Held.objects.filter(Q(id__in=[h.id for h in firsts]), next_try__lte=clock.now()).order_by("id")[:50])
