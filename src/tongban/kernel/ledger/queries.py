"""Reading the ledger, proving entries, verifying it whole."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import rules, stream
from tongban.kernel.ledger.models import Block, Entry
from tongban.lib import sm
from tongban.lib.errors import NotFound, Refused


@dataclass(frozen=True, slots=True)
class Act:
    """An entry as pages and proofs show it."""

    id: int
    at: datetime
    actor: str
    organ: str
    authority: str
    tag: str
    subject: str
    body: dict[str, Any]


def acts_about(actor: Actor, subject: str, *, entitled: bool) -> list[Act]:
    """The acts about one subject, oldest first. `entitled` says that the caller has checked the subject's scope."""
    if not entitled:
        actor.require("ledger.read_any")
    rows = Entry.objects.filter(subject=subject).order_by("id")[:500]
    return [Act(e.id, e.at, e.actor_name, e.organ_name, e.authority, e.tag, e.subject, e.body) for e in rows]


def acted_since(actor: Actor, *, subject: str, tag: str, since: datetime, body: dict[str, Any]) -> bool:
    """Whether the actor's account did the same about the same since then; `body` is a part of the entry's."""
    return Entry.objects.filter(subject=subject, tag=tag, account=actor.account, at__gt=since, body__contains=body).exists()


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything needed to check one entry offline: row bytes, path, block, chain, signed checkpoint."""

    entry: int
    row: str
    index: int
    path: list[tuple[str, str]]
    block: int
    root: str
    before: str
    first_sequence: int
    size: int
    chain: str
    checkpoint: dict[str, Any] = field(default_factory=dict)


def proof(actor: Actor, subject: str, tag: str) -> Proof | None:
    """The proof of the last entry about `subject` with `tag`; None until it is sealed (a second or so)."""
    actor.require("ledger.verify")
    entry = Entry.objects.filter(subject=subject, tag=tag).order_by("-id").first()
    if entry is None:
        raise NotFound(_("The ledger has no such entry."))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT b.number, b.first_sequence, b.size, b.leaves, b.root, b.chain, b.last_xid::text, b.last_id,
                      p.last_xid::text, p.last_id, p.chain
               FROM ledger_entry e
               JOIN LATERAL (SELECT * FROM ledger_block WHERE (last_xid, last_id) >= (e.xid, e.id)
                             ORDER BY last_xid, last_id LIMIT 1) b ON true
               LEFT JOIN ledger_block p ON p.number = b.number - 1 WHERE e.id = %s""",
            [entry.id],
        )
        found = cursor.fetchone()
        if found is None:
            return None
        number, first, size, leaves, root, chain, xid, last, before_xid, before_id, before = found
        rows = stream.rows_between(connection.connection.pgconn, (before_xid or "0", before_id or 0), (xid, last))
    index = next(i for i, row in enumerate(rows) if stream.position(row)[0] == entry.id)
    split = [bytes(leaves)[i : i + 32] for i in range(0, len(leaves), 32)]
    path = [(side, value.hex()) for side, value in rules.inclusion(split, index)]
    return Proof(
        entry.id, rows[index].hex(), index, path, number, bytes(root).hex(), bytes(before or rules.EMPTY).hex(), first,
        size, bytes(chain).hex(), next((c for c in checkpoints() if c["block"] == number), {}),
    )  # fmt: skip


def proof_holds(one: Proof) -> bool:
    """Check a proof by itself: leaf → root → chain."""
    path = [(side, bytes.fromhex(value)) for side, value in one.path]
    root = rules.climb(rules.leaf(bytes.fromhex(one.row)), path)
    chain = rules.chain(bytes.fromhex(one.before), root, one.first_sequence, one.size)
    return root.hex() == one.root and chain.hex() == one.chain


def checkpoints() -> Iterator[dict[str, Any]]:
    """The signed heads kept outside the database, oldest first; a torn last line is passed over."""
    path = settings.DATA_DIR / "ledger" / "checkpoints.jsonl"
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue


@dataclass(slots=True)
class Verdict:
    """What `verify` found: entries and blocks read, and each fault in words with its place."""

    entries: int = 0
    blocks: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    faults: list[str] = field(default_factory=list)


def verify(*, processes: int = 1, public: bytes = b"") -> Verdict:
    """Read every sealed entry again and compare leaves, roots, chain and outside checkpoints.

    `public`: the SM2 key of the checkpoints; without it signatures are not checked.
    """
    columns = ["number", "first_sequence", "size", "last_xid", "last_id", "root", "chain"]
    blocks = [
        (n, first, size, str(xid), last, bytes(root), bytes(chain))
        for n, first, size, xid, last, root, chain in Block.objects.order_by("number").values_list(*columns)
    ]
    verdict = Verdict(blocks=len(blocks))
    _check_chain(blocks, verdict)
    _check_checkpoints({b[0]: b for b in blocks}, verdict, public)
    starts = [("0", 0), *[(b[3], b[4]) for b in blocks]]
    work = [(b[0], b[1], b[2], starts[i], (b[3], b[4]), b[5]) for i, b in enumerate(blocks)]
    dsn = _dsn()
    if processes > 1 and len(work) > processes:
        share = -(-len(work) // processes)
        parts = [work[i : i + share] for i in range(0, len(work), share)]
        with ProcessPoolExecutor(processes) as pool:
            results = list(pool.map(_verify_blocks, [dsn] * len(parts), parts))
    else:
        results = [_verify_blocks(dsn, work)]
    for count, faults in results:
        verdict.entries += count
        verdict.faults.extend(faults)
    verdict.unsealed = Entry.objects.count() - verdict.entries
    if verdict.unsealed < 0:
        verdict.faults.append("fewer entries than were sealed")
    return verdict


def _dsn() -> str:
    made = connection.get_connection_params()
    allowed = {k: v for k, v in made.items() if k in ("dbname", "user", "password", "host", "port") and v}
    return psycopg.conninfo.make_conninfo(**allowed)


def _check_chain(blocks: list[tuple[Any, ...]], verdict: Verdict) -> None:
    before, sequence = rules.EMPTY, 0
    for place, (number, first, size, _xid, _last, root, chain) in enumerate(blocks):
        if number != place or first != sequence:
            verdict.faults.append(f"block {place} is missing or out of place")
            return
        if rules.chain(before, root, first, size) != chain:
            verdict.faults.append(f"block {number}: the chain breaks here")
        before, sequence = chain, first + size


def _check_checkpoints(blocks: dict[int, tuple[Any, ...]], verdict: Verdict, public: bytes) -> None:
    for mark in checkpoints():
        verdict.checkpoints += 1
        block = blocks.get(mark["block"])
        if block is None:
            verdict.faults.append(f"checkpoint: block {mark['block']} was removed")
        elif block[6].hex() != mark["chain"]:
            verdict.faults.append(f"checkpoint: block {mark['block']} was rewritten")
        head = f"tongban-ledger\n{mark['block']}\n{mark['size']}\n{mark['chain']}\n".encode()
        if public and not sm.verify(public, head, bytes.fromhex(mark["signature"])):
            verdict.faults.append(f"checkpoint of block {mark['block']}: the signature is not good")


def _verify_blocks(dsn: str, work: list[tuple[Any, ...]]) -> tuple[int, list[str]]:
    """Count and faults of some blocks; runs in its own process with its own connection."""
    count, faults = 0, []
    with psycopg.connect(dsn) as own:
        for number, _first, size, after, upto, root in work:
            rows = stream.rows_between(own.pgconn, after, upto)
            count += len(rows)
            leaves = [rules.leaf(row) for row in rows]
            if len(rows) == size and rules.root(leaves) == root:
                continue
            stored = own.execute("SELECT leaves FROM ledger_block WHERE number = %s", [number]).fetchone()
            faults.append(_locate(number, rows, leaves, bytes(stored[0]) if stored else b"", size))
    return count, faults


def _locate(number: int, rows: list[bytes], leaves: list[bytes], stored: bytes, size: int) -> str:
    known = [stored[i : i + 32] for i in range(0, len(stored), 32)]
    for place, found in enumerate(leaves):
        if place >= len(known) or found != known[place]:
            what = "changed" if len(rows) == size else "missing or changed"
            return f"block {number}, place {place}: entry {stream.position(rows[place])[0]} or the one before it is {what}"
    if len(rows) < size:
        return f"block {number}: {size - len(rows)} entries at its end are missing"
    return f"block {number}: its root or leaves were changed"


def require_readable(actor: Actor, subject: str) -> None:
    """Refuse whoever may not read about any subject."""
    if not actor.may("ledger.read_any"):
        raise Refused(_("Only supervisors and administrators read the ledger of others."))
