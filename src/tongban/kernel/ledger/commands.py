"""Appending entries, and sealing them into blocks."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import rules, stream
from tongban.lib import clock, keys, sm, statements
from tongban.lib.events import Event

_SEALER = 7_203_011  # advisory lock: one sealer at a time, whichever worker it runs in


# For a statement that inserts an entry together with the rows it is about: the columns, and the values of `entry`.
COLUMNS = "at, account, actor_name, organ, organ_name, legal_person, authority, tag, origin, subject, body"
VALUES = "%(e_at)s, %(e_account)s::bigint, %(e_name)s, %(e_organ)s::bigint, %(e_organ_name)s, %(e_legal)s::bigint, %(e_authority)s, %(e_tag)s, %(e_origin)s"


def entry(actor: Actor, tag: str, authority: str) -> dict[str, Any]:
    """The values of `VALUES`; the statement itself gives subject and body."""
    return {
        "e_at": clock.now(), "e_account": actor.account, "e_name": actor.name, "e_organ": actor.organ,
        "e_organ_name": actor.organ_name, "e_legal": actor.legal_person, "e_authority": authority, "e_tag": tag,
        "e_origin": actor.origin,
    }  # fmt: skip


_APPEND = f"INSERT INTO ledger_entry ({COLUMNS}) VALUES ({VALUES}, %(subject)s, %(body)s::jsonb)"  # noqa: S608 - our columns


def append(actor: Actor, event: Event, authority: str) -> None:
    """Write one entry in the running transaction. Called through `lib.acts.record`."""
    body = json.dumps(event.payload(), ensure_ascii=False)
    statements.run(_APPEND, {**entry(actor, event.tag, authority), "subject": event.subject, "body": body})


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
            cursor.execute("SELECT number, first_sequence + size, last_xid::text, last_id, chain FROM ledger_block ORDER BY number DESC LIMIT 1")
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
    held = keys.current(Path(settings.DATA_DIR) / "keys", "ledger", "SM2", lambda: sm.SigningKey.generate().to_bytes(), before="ledger.sm2")
    return sm.SigningKey.from_bytes(held.material)


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
