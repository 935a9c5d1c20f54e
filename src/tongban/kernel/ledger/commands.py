"""Appending entries, and sealing them into blocks."""

import json
import os
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import rules, stream
from tongban.lib import clock, keys, sm
from tongban.lib.events import Event

_APPEND = """
    INSERT INTO ledger_entry (at, account, actor_name, organ, organ_name, legal_person, authority, tag, subject, origin, body)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_SEALER = 7_203_011  # advisory lock: one sealer at a time, whichever worker it runs in


def entry_values(actor: Actor, event: Event, authority: str) -> list[Any]:
    """The columns of an entry in the order of `_APPEND`; also for statements that insert it with other rows."""
    return [
        clock.now(), actor.account, actor.name, actor.organ, actor.organ_name, actor.legal_person, authority,
        event.tag, event.subject, actor.origin, json.dumps(event.payload(), ensure_ascii=False),
    ]  # fmt: skip


def append(actor: Actor, event: Event, authority: str) -> None:
    """Write one entry in the running transaction. Called through `lib.acts.record`."""
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, entry_values(actor, event, authority))


def seal_entries() -> int:
    """Seal what can no longer change its order; returns how many entries were sealed.

    Only transactions below the snapshot's xmin are read: an entry that commits late is never skipped.
    """
    sealed = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER])
            if not cursor.fetchone()[0]:
                return sealed
            cursor.execute(
                "SELECT number, first_sequence + size, last_xid::text, last_id, chain FROM ledger_block ORDER BY number DESC LIMIT 1"
            )
            number, sequence, xid, last, before = cursor.fetchone() or (-1, 0, "0", 0, rules.EMPTY)
            rows = stream.rows_after(connection, xid, last, rules.BLOCK)
            if not rows:
                return sealed
            leaves = [rules.leaf(row) for row in rows]
            root = rules.root(leaves)
            chain = rules.chain(bytes(before), root, sequence, len(rows))
            last_id, last_xid = stream.position(rows[-1])
            cursor.execute(
                "INSERT INTO ledger_block VALUES (%s, %s, %s, %s::xid8, %s, %s, %s, %s, %s)",
                [number + 1, sequence, len(rows), str(last_xid), last_id, b"".join(leaves), root, chain, clock.now()],
            )
        write_checkpoint(number + 1, sequence + len(rows), chain)
        sealed += len(rows)
        if len(rows) < rules.BLOCK:
            return sealed


def ledger_key() -> sm.SigningKey:
    """The installation's SM2 key for checkpoints and licences, made on first use."""
    path = settings.DATA_DIR / "keys" / "ledger.sm2"
    return sm.SigningKey.from_bytes(keys.kept(path, lambda: sm.SigningKey.generate().to_bytes()))


def write_checkpoint(block: int, size: int, chain: bytes) -> None:
    """Append the signed head to a file outside the database: rewriting rows and blocks alike is then seen."""
    head = f"tongban-ledger\n{block}\n{size}\n{chain.hex()}\n"
    line = {
        "block": block, "size": size, "chain": chain.hex(), "at": clock.now().isoformat(),
        "signature": ledger_key().sign(head.encode()).hex(), "algorithm": "SM2-SM3",
    }  # fmt: skip
    path = settings.DATA_DIR / "ledger" / "checkpoints.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
