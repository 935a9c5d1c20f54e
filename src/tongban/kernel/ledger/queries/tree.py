"""The tree as it is stored: nodes, frontier, heads, and proofs from them."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import stream
from tongban.kernel.ledger.models import Checkpoint, Cosignature, Entry
from tongban.kernel.ledger.rules import KEEP
from tongban.lib.errors import Invalid, NotFound
from tongban.lib.tlog import merkle, notes, proofs

NODES = """SELECT n.height, n.index, n.hash FROM unnest(%s::smallint[], %s::bigint[]) AS asked(height, index)
            JOIN ledger_node n USING (height, index)"""
_LEAVES = """SELECT first_sequence, size, substring(leaves FROM (greatest(%(start)s, first_sequence) - first_sequence)::int * 32 + 1
                                                   FOR (least(%(end)s, first_sequence + size) - greatest(%(start)s, first_sequence))::int * 32)
             FROM ledger_block
             WHERE first_sequence >= (SELECT max(first_sequence) FROM ledger_block WHERE first_sequence <= %(start)s) AND first_sequence < %(end)s
             ORDER BY first_sequence"""
_BLOCK_OF = """SELECT b.first_sequence, b.leaves FROM ledger_entry e
               JOIN LATERAL (SELECT first_sequence, leaves FROM ledger_block WHERE (last_xid, last_id) >= (e.xid, e.id)
                             ORDER BY last_xid, last_id LIMIT 1) b ON true WHERE e.id = %s"""


def leaves(start: int, end: int) -> list[bytes]:
    """The stored leaf hashes of the sequence [start, end)."""
    if start >= end:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LEAVES, {"start": start, "end": end})
        joined = b"".join(bytes(part) for _first, _size, part in cursor.fetchall())
    return [joined[i : i + 32] for i in range(0, len(joined), 32)]


def find(asked: set[merkle.Node]) -> dict[merkle.Node, bytes]:
    """The hashes of complete nodes; those below `KEEP` are computed from their leaves."""
    high = [one for one in asked if one[0] >= KEEP]
    found: dict[merkle.Node, bytes] = {}
    if high:
        with connection.cursor() as cursor:
            cursor.execute(NODES, [[h for h, _i in high], [i for _h, i in high]])
            found = {(h, i): bytes(value) for h, i, value in cursor.fetchall()}
    low = asked - set(high)
    for tile in {(i << h) >> KEEP for h, i in low}:
        mine = [(h, i) for h, i in low if (i << h) >> KEEP == tile]
        first = tile << KEEP
        held = leaves(first, max((i + 1) << h for h, i in mine))
        for height, index in mine:
            start = (index << height) - first
            found[height, index] = merkle.root(held[start : start + (1 << height)])
    return found


def frontier(size: int) -> merkle.Frontier:
    """The right edge of the tree of the first `size` entries; raises KeyError when a stored node is missing."""
    asked = merkle.peaks(size)
    known = find(set(asked))
    return merkle.Frontier(size, [known[one] for one in asked])


def root_at(size: int) -> bytes:
    """The head over the first `size` entries."""
    return frontier(size).root()


def latest() -> notes.Checkpoint | None:
    """The newest signed head, without witnesses' lines."""
    row = Checkpoint.objects.order_by("-size").first()
    return notes.parse(row.note) if row else None


def checkpoint(actor: Actor, *, size: int | None = None) -> str:
    """A signed head with its witnesses' lines: the newest, or the first that covers `size` entries. Open to everyone."""
    heads = Checkpoint.objects.order_by("-size") if size is None else Checkpoint.objects.filter(size__gte=size).order_by("size")
    row = heads.first()
    if row is None:
        raise NotFound(_("No such head has been signed yet. Ask again in a second."))
    lines = Cosignature.objects.filter(size=row.size).order_by("witness").values_list("line", flat=True)
    return row.note + "".join(lines)


def consistency(actor: Actor, *, first: int, second: int) -> list[bytes]:
    """That the tree of `second` entries goes on from that of `first`. Open to everyone."""
    head = latest()
    if head is None or not 0 <= first <= second <= head.size:
        raise Invalid(_("first, second: two sizes up to the newest signed head"), fields={"first": _("0 ≤ first ≤ second ≤ newest size")})
    if first in (0, second):
        return []
    return merkle.resolve(merkle.consistency(first, second), find)


def inclusion(actor: Actor, *, index: int, size: int) -> list[bytes]:
    """The path of the entry with this place in the order, in the tree of `size` entries. Open to everyone: hashes only."""
    head = latest()
    if head is None or not 0 <= index < size <= head.size:
        raise Invalid(_("index, size: a place below a size up to the newest signed head"), fields={"index": _("0 ≤ index < size")})
    return merkle.resolve(merkle.inclusion(index, size), find)


def place_of(entry: int) -> tuple[bytes, int] | None:
    """The entry's row and its place in the order; None until it is sealed."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(_BLOCK_OF, [entry])
        found = cursor.fetchone()
    if found is None:
        return None
    row = stream.row(connection.connection.pgconn, entry)
    held, mine, at = bytes(found[1]), merkle.leaf(row), -1
    while (at := held.find(mine, at + 1)) >= 0:
        if at % 32 == 0:
            return row, found[0] + at // 32
    raise NotFound(_("This entry no longer is what was sealed. Run the verification of the ledger."))


def proof(actor: Actor, *, subject: str, keys: dict[str, list[str]], tag: str = "", entry: int = 0) -> dict[str, Any] | None:
    """A proof file for an entry about `subject`: this one, or the last with `tag`. None until it is sealed (a second or so).

    The caller has checked that the actor may see the subject. `keys`: signers' public keys.
    """
    actor.require("ledger.verify")
    about = Entry.objects.filter(subject=subject)
    found = (about.filter(id=entry) if entry else about.filter(tag=tag)).order_by("-id").first()
    if found is None:
        raise NotFound(_("The ledger has no such entry."))
    return _proof(actor, found.id, keys)


def proof_of_entry(actor: Actor, *, entry: int, keys: dict[str, list[str]]) -> dict[str, Any] | None:
    """A proof file for an entry by its number, for those who read the whole ledger."""
    actor.require("ledger.read_any")
    if not Entry.objects.filter(id=entry).exists():
        raise NotFound(_("The ledger has no such entry."))
    return _proof(actor, entry, keys)


def _proof(actor: Actor, entry: int, keys: dict[str, list[str]]) -> dict[str, Any] | None:
    found = place_of(entry)
    head = latest()
    if found is None or head is None or found[1] >= head.size:
        return None
    row, index = found
    path = merkle.resolve(merkle.inclusion(index, head.size), find)
    return proofs.make(row, index, path, checkpoint(actor, size=head.size), keys)
