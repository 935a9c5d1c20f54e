"""Appending entries; sealing them into the tree; keys; witnesses."""

import json
from collections.abc import Sequence
from typing import Any

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger.commands.seal import seal_entries
from tongban.kernel.ledger.commands.signing import introduce_key, ledger_key, ledger_keys, origin, publics, record_ceremony, signers
from tongban.kernel.ledger.commands.witness import Behind, cosign, keep_cosignature, request_for, trust_log
from tongban.lib import clock, statements
from tongban.lib.events import Event

__all__ = [
    "COLUMNS", "VALUES", "Behind", "append", "cosign", "entry", "introduce_key", "keep_cosignature", "ledger_key", "ledger_keys",
    "origin", "publics", "record_ceremony", "request_for", "seal_entries", "signers", "trust_log",
]  # fmt: skip

# For a statement that inserts an entry together with the rows it is about: the columns, and the values of `entry`.
COLUMNS = "at, account, actor_name, organ, organ_name, legal_person, authority, tag, origin, subject, body"
VALUES = "%(e_at)s, %(e_account)s::bigint, %(e_name)s, %(e_organ)s::bigint, %(e_organ_name)s, %(e_legal)s::bigint, %(e_authority)s, %(e_tag)s, %(e_origin)s"


def entry(actor: Actor, tag: str, authority: str) -> dict[str, Any]:
    """The values of `VALUES`; the statement itself gives subject and body."""
    return {
        "e_at": clock.now(), "e_account": actor.account, "e_name": actor.signs_as, "e_organ": actor.organ,
        "e_organ_name": actor.organ_name, "e_legal": actor.legal_person, "e_authority": authority, "e_tag": tag,
        "e_origin": actor.origin,
    }  # fmt: skip


_APPEND = f"INSERT INTO ledger_entry ({COLUMNS}) VALUES ({VALUES}, %(subject)s, %(body)s::jsonb)"  # noqa: S608 - our columns
_SAME = VALUES.replace("%(e_tag)s", "told.row ->> 0")
_APPEND_MANY = f"""INSERT INTO ledger_entry ({COLUMNS}) SELECT {_SAME}, told.row ->> 1, told.row -> 2
                   FROM jsonb_array_elements(%(told)s::jsonb) WITH ORDINALITY AS told(row, place) ORDER BY told.place"""  # noqa: S608 - our columns


def append(actor: Actor, events: Sequence[Event], authority: str) -> None:
    """Write entries in the running transaction, in one statement. Called through `lib.acts.record`."""
    told = entry(actor, events[0].tag, authority)
    if len(events) == 1:
        statements.run(_APPEND, {**told, "subject": events[0].subject, "body": json.dumps(events[0].payload(), ensure_ascii=False)})
        return
    del told["e_tag"]
    statements.run(_APPEND_MANY, {**told, "told": json.dumps([[e.tag, e.subject, e.payload()] for e in events], ensure_ascii=False)})
