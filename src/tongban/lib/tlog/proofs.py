"""A proof file: one entry of a ledger with everything needed to check it offline, and the check."""

import binascii
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tongban.lib.sm import sm3_hex
from tongban.lib.tlog import merkle, notes

FORMAT = "tongban-proof/1"
LONGEST = 4 * 1024 * 1024
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
COLUMNS = ("id", "xid", "at", "account", "actor_name", "organ", "organ_name", "legal_person", "authority", "tag", "subject", "origin", "body")
_NUMBERS = frozenset({"id", "xid", "account", "organ", "legal_person"})


class BadProof(ValueError):
    """The file is no proof; the sentence says what is missing."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a proof shows. `faults` is empty when everything holds; `witnesses` cosigned the head."""

    entry: dict[str, Any]
    index: int
    size: int
    origin: str
    at: str
    fingerprint: str
    witnesses: tuple[str, ...]
    faults: tuple[str, ...]


def make(row: bytes, index: int, path: Sequence[bytes], checkpoint: str, keys: dict[str, list[str]]) -> dict[str, Any]:
    """The document of a proof file; `keys` gives each signer's public keys in hexadecimal."""
    return {
        "format": FORMAT, "algorithm": "SM3/RFC9162, SM2-SM3", "row": row.hex(), "index": index, "path": [p.hex() for p in path],
        "checkpoint": checkpoint, "keys": keys,
    }  # fmt: skip


def judge(content: bytes, trusted: bytes = b"") -> Judged:
    """Check a proof file by itself; raises BadProof when it cannot be read.

    `trusted`: the log's public key got elsewhere. Without it the key in the file is used, and its fingerprint must be compared by hand.
    """
    try:
        told = json.loads(content[: LONGEST + 1])
        if told["format"] != FORMAT:
            raise BadProof(f"the format is not {FORMAT}")
        row, index = bytes.fromhex(told["row"]), int(told["index"])
        path = [bytes.fromhex(p) for p in told["path"]]
        head = notes.parse(str(told["checkpoint"]))
        keys = {str(name): [bytes.fromhex(k) for k in held] for name, held in told["keys"].items()}
        entry = decode(row)
    except BadProof:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, struct.error, RecursionError, OverflowError) as fault:
        raise BadProof(f"this is not a whole proof file: {fault!r}"[:200]) from fault
    faults = []
    if not merkle.included(merkle.leaf(row), index, head.size, path, head.root):
        faults.append("the entry does not lead to the signed head")
    own = [trusted] if trusted else keys.get(head.origin, [])
    good = head.signed_by({**keys, head.origin: own})
    if head.origin not in good:
        faults.append("the head is not signed by the log's key")
    signer = next((k for k in own if head.signed_by({head.origin: [k]})), b"")
    witnesses = tuple(sorted(good - {head.origin}))
    return Judged(entry, index, head.size, head.origin, head.at, sm3_hex(signer) if signer else "", witnesses, tuple(faults))


def decode(row: bytes) -> dict[str, Any]:
    """The columns of an entry from PostgreSQL's binary COPY form; raises ValueError, struct.error."""
    (count,) = struct.unpack_from(">h", row)
    if count != len(COLUMNS):
        raise ValueError(f"{len(COLUMNS)} columns expected")
    found: dict[str, Any] = {}
    place = 2
    for name in COLUMNS:
        (size,) = struct.unpack_from(">i", row, place)
        place += 4
        value = row[place : place + max(size, 0)]
        if len(value) != max(size, 0):
            raise ValueError("the row ends early")
        found[name] = None if size < 0 else _value(name, value)
        place += len(value)
    if place != len(row):
        raise ValueError("the row is longer than its columns")
    return found


def _value(name: str, value: bytes) -> Any:
    if name in _NUMBERS:
        return struct.unpack(">q", value)[0]
    if name == "at":
        return (_EPOCH + timedelta(microseconds=struct.unpack(">q", value)[0])).isoformat()
    if name == "body":
        return json.loads(value[1:])  # one byte of version stands before jsonb's text
    return value.decode()
