"""Sealing: leaves into the tree, nodes kept, the head signed and put outside the database."""

from dataclasses import dataclass

from django.db import connection, transaction

from tongban.kernel.ledger import heads, rules, stream
from tongban.kernel.ledger.commands.signing import ledger_keys, origin
from tongban.kernel.ledger.models import Checkpoint
from tongban.kernel.ledger.queries import tree
from tongban.lib import clock, sm
from tongban.lib.tlog import merkle, notes

_SEALER = 7_203_011  # advisory lock: one sealer at a time, whichever worker it runs in


@dataclass(frozen=True, slots=True)
class _Edge:
    """Where the last block ended."""

    number: int
    size: int
    xid: str
    entry: int


def seal_entries() -> int:
    """Seal what can no longer change its order; returns how many entries were sealed.

    Only transactions below the snapshot's xmin are read: an entry that commits late is never skipped.
    """
    sealed = 0
    while True:
        with transaction.atomic():
            count = _seal_block() if _alone() else 0
        if count:
            _put_outside()
        sealed += count
        if count < rules.BLOCK:
            return sealed


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER])
        return bool(cursor.fetchone()[0])


def _seal_block() -> int:
    edge = _edge()
    rows = stream.rows_after(connection, edge.xid, edge.entry, rules.BLOCK)
    if not rows:
        return 0
    growing = tree.frontier(edge.size)
    leaves = [merkle.leaf(row) for row in rows]
    made = growing.extend(leaves, rules.KEEP)
    last_id, last_xid = stream.position(rows[-1])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_block (number, first_sequence, size, last_xid, last_id, leaves, root) VALUES (%s, %s, %s, %s::xid8, %s, %s, %s)",
            [edge.number + 1, edge.size, len(rows), str(last_xid), last_id, b"".join(leaves), growing.root()],
        )
        if made:
            cursor.execute(
                "INSERT INTO ledger_node (height, index, hash) SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])",
                [[h for h, _i, _v in made], [i for _h, i, _v in made], [v for _h, _i, v in made]],
            )
    head = _signed(notes.Checkpoint(origin(), growing.size, growing.root(), notes.written(clock.now())))
    Checkpoint.objects.create(size=growing.size, note=head.note())
    return len(rows)


def _edge() -> _Edge:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, first_sequence + size, last_xid::text, last_id FROM ledger_block ORDER BY number DESC LIMIT 1")
        return _Edge(*(cursor.fetchone() or (-1, 0, "0", 0)))


def _signed(head: notes.Checkpoint) -> notes.Checkpoint:
    """With the current key's signature; after a change of key with the earlier one's too, so that trust passes on."""
    current, *earlier = ledger_keys()
    made = head.signed(current)
    before = tree.latest()
    if before and notes.mark(head.origin, current.public) not in {s.mark for s in before.signatures}:
        marks = {s.mark for s in before.signatures}
        made = _all(made, [k for k in earlier if notes.mark(head.origin, k.public) in marks])
    return made


def _all(head: notes.Checkpoint, signers: list[sm.SigningKey]) -> notes.Checkpoint:
    for key in signers:
        head = head.signed(key)
    return head


def _put_outside() -> None:
    """Every head that the file lacks: after a power cut between commit and file, the next seal makes it good."""
    for size, note in Checkpoint.objects.filter(size__gt=heads.newest()).order_by("size").values_list("size", "note"):
        heads.append(size, note)
