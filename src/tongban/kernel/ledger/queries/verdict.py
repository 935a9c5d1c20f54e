"""Verifying the whole ledger: every entry, leaf, node, head, and the heads outside the database."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

from tongban.kernel.ledger import heads, rules, stream
from tongban.kernel.ledger.models import Block, Checkpoint, Entry
from tongban.kernel.ledger.queries import earlier, tree
from tongban.lib import clock
from tongban.lib.tlog import merkle, notes

SETTLE = timedelta(minutes=1)  # a head this old must stand outside too


@dataclass(slots=True)
class Verdict:
    """What `verify` found: entries and blocks read, and each fault in words with its place."""

    entries: int = 0
    blocks: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piece:
    """One block as a worker checks it; `after` is where the block before ended."""

    number: int
    first: int
    size: int
    after: tuple[str, int]
    upto: tuple[str, int]
    root: bytes


def verify(*, processes: int = 1, publics: list[bytes]) -> Verdict:
    """Read everything again and compare. `publics`: the SM2 keys that may have signed heads.

    Heads are read before blocks, so that what is sealed meanwhile is no fault.
    """
    verdict = Verdict()
    signed = _check_heads(verdict, publics)
    pieces = _pieces(verdict)
    roots = {p.first + p.size: (p.number, p.root) for p in pieces}
    for size, head in signed.items():
        if size not in roots:
            verdict.faults.append(f"head of size {size}: its block was removed or changed")
        elif roots[size][1] != head:
            verdict.faults.append(f"head of size {size}: block {roots[size][0]} was rewritten")
    verdict.blocks = len(pieces)
    earlier.check(verdict.faults)
    for count, faults in _work(pieces, processes):
        verdict.entries += count
        verdict.faults.extend(faults)
    _count(verdict, pieces)
    return verdict


def _pieces(verdict: Verdict) -> list[Piece]:
    columns = ["number", "first_sequence", "size", "last_xid", "last_id", "root"]
    pieces: list[Piece] = []
    after, sequence = ("0", 0), 0
    for place, (number, first, size, xid, last, root) in enumerate(Block.objects.order_by("number").values_list(*columns)):
        if number != place or first != sequence:
            verdict.faults.append(f"block {place} is missing or out of place")
            break
        pieces.append(Piece(number, first, size, after, (str(xid), last), bytes(root)))
        after, sequence = (str(xid), last), first + size
    return pieces


def _count(verdict: Verdict, pieces: list[Piece]) -> None:
    verdict.unsealed = Entry.objects.count() - verdict.entries
    if verdict.unsealed < 0:
        verdict.faults.append("fewer entries than were sealed")
    size = pieces[-1].first + pieces[-1].size if pieces else 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT height, index FROM ledger_node WHERE height < %s OR (index + 1) << height > %s OR index < 0", [rules.KEEP, size])
        verdict.faults.extend(f"node {h}/{i} does not belong to the tree" for h, i in cursor.fetchall() if not pieces or _settled(h, i, size))


def _settled(height: int, index: int, size: int) -> bool:
    """Whether a node beyond `size` cannot have been made by entries sealed meanwhile."""
    newest = tree.latest()
    return newest is None or not (height >= rules.KEEP and index >= 0 and (index + 1) << height <= newest.size)


def _check_heads(verdict: Verdict, publics: list[bytes]) -> dict[int, bytes]:
    """Signatures, spelling, and that the file holds the same heads; gives size → root of the good ones."""
    good: dict[int, bytes] = {}
    outside = _outside(verdict)
    stored = dict(Checkpoint.objects.order_by("size").values_list("size", "note"))
    for size, note in stored.items():
        where = f"head of size {size}"
        try:
            head = notes.parse(note)
        except notes.BadNote as fault:
            verdict.faults.append(f"{where}: {fault}")
            continue
        if head.size != size or head.origin not in head.signed_by({head.origin: publics}) or not _all_good(head, publics):
            verdict.faults.append(f"{where}: the signature is not good")
            continue
        good[size] = head.root
        if size not in outside and datetime.fromisoformat(head.at) < clock.now() - SETTLE:
            verdict.faults.append(f"{where}: it is missing outside the database")
        elif size in outside and outside[size] != note:
            verdict.faults.append(f"{where}: the one outside the database differs")
    verdict.faults.extend(f"head of size {size}: it was removed from the database" for size in outside if size not in stored)
    return good


def _all_good(head: notes.Checkpoint, publics: list[bytes]) -> bool:
    return all(any(notes.good(head, s, public) for public in publics) for s in head.signatures)


def _outside(verdict: Verdict) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, line in enumerate(heads.lines(), 1):
        verdict.checkpoints += 1
        size, note = heads.read(line)
        if heads.line(size, note).encode() != line or size in found:
            verdict.faults.append(f"heads.jsonl, line {number}: torn or changed")
        else:
            found[size] = note
    return found


def _work(pieces: list[Piece], processes: int) -> list[tuple[int, list[str]]]:
    """Blocks in as many parts as processes; each part begins from the tree's stored edge, which its head must confirm."""
    parts = [pieces]
    if processes > 1 and len(pieces) > processes:
        share = -(-len(pieces) // processes)
        parts = [pieces[i : i + share] for i in range(0, len(pieces), share)]
    edges = [merkle.Frontier()]
    for part in parts[1:]:
        before = pieces[part[0].number - 1]
        edge = _edge(before.first + before.size)
        if edge is None or edge.root() != before.root:
            parts, edges = [pieces], edges[:1]
            break
        edges.append(edge)
    dsn = _dsn()
    if len(parts) == 1:
        return [check_blocks(dsn, pieces, edges[0])]
    with ProcessPoolExecutor(len(parts)) as pool:
        return list(pool.map(check_blocks, [dsn] * len(parts), parts, edges))


def _edge(size: int) -> merkle.Frontier | None:
    try:
        return tree.frontier(size)
    except KeyError:
        return None


def _dsn() -> str:
    made = connection.get_connection_params()
    allowed = {k: v for k, v in made.items() if k in ("dbname", "user", "password", "host", "port") and v}
    return psycopg.conninfo.make_conninfo(**allowed)


def check_blocks(dsn: str, pieces: list[Piece], edge: merkle.Frontier) -> tuple[int, list[str]]:
    """Count and faults of some blocks; runs in its own process with its own connection."""
    count, faults = 0, []
    with psycopg.connect(dsn) as own:
        for piece in pieces:
            rows = stream.rows_between(own.pgconn, piece.after, piece.upto)
            count += len(rows)
            found = own.execute("SELECT leaves FROM ledger_block WHERE number = %s", [piece.number]).fetchone()
            joined = bytes(found[0]) if found else b""
            stored = [joined[i : i + 32] for i in range(0, len(joined), 32)]
            leaves = [merkle.leaf(row) for row in rows]
            if leaves != stored or len(rows) != piece.size or (rows and _place(rows[-1]) != piece.upto):
                faults.extend(_locate(piece, rows, leaves, stored))
                leaves = _believed(edge, piece, leaves, stored)
            made = edge.extend(leaves, rules.KEEP)
            if edge.root() != piece.root:
                faults.append(f"block {piece.number}: its head does not follow from its entries")
            faults.extend(_nodes(own, made))
    return count, faults


def _place(row: bytes) -> tuple[str, int]:
    entry, xid = stream.position(row)
    return str(xid), entry


def _believed(edge: merkle.Frontier, piece: Piece, leaves: list[bytes], stored: list[bytes]) -> list[bytes]:
    """Of entries and stored leaves, those that lead to the head: so one change does not spoil what comes after."""
    for tried in (stored, leaves):
        trial = merkle.Frontier(edge.size, edge.peaks)
        trial.extend(tried, 64)
        if trial.root() == piece.root:
            return tried
    return stored if len(stored) == piece.size else leaves


def _nodes(own: psycopg.Connection[Any], made: list[tuple[int, int, bytes]]) -> list[str]:
    if not made:
        return []
    asked = [[h for h, _i, _v in made], [i for _h, i, _v in made]]
    known = {(h, i): bytes(v) for h, i, v in own.execute(tree.NODES, asked).fetchall()}
    return [f"node {h}/{i}: it is missing or was changed" for h, i, value in made if known.get((h, i)) != value]


def _locate(piece: Piece, rows: list[bytes], leaves: list[bytes], stored: list[bytes]) -> list[str]:
    where = f"block {piece.number}"
    if len(rows) == piece.size and len(stored) == piece.size:
        places = [p for p, (a, b) in enumerate(zip(leaves, stored, strict=True)) if a != b]
        if not places:
            return [f"{where}: the place of its last entry was changed"]
        return [f"{where}, place {p}: entry {stream.position(rows[p])[0]} or its leaf was changed" for p in places]
    place = next((p for p, (a, b) in enumerate(zip(leaves, stored, strict=False)) if a != b), min(len(leaves), len(stored)))
    near = f"entry {stream.position(rows[place])[0]} or the one before it" if place < len(rows) else "an entry at its end"
    return [f"{where}, place {place}: {near} is missing or changed ({len(rows)} entries, {len(stored)} leaves, {piece.size} sealed)"]
