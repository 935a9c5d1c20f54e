"""Documents signed together: one SM2 signature under the root of their tree, each document with its path, so that each stands alone.

At rest a signature costs as much as a thousand digests. Whoever signs what has gathered while the last signature was made pays it once for
all, and a document can be shown to a third party without showing the others (X-Road batches its message log the same way).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tongban.lib import sm
from tongban.lib.bus.envelope import BadEnvelope, canonical
from tongban.lib.tlog import merkle

MOST = 64  # documents in one message
LONGEST_PATH = 32


@dataclass(frozen=True, slots=True)
class Signed:
    """One document with what proves it: `head` names the signer, size and root of the bundle; `index` and `path` lead from the document to the root."""

    body: str  # canonical JSON
    head: Mapping[str, Any]
    signature: str
    index: int
    path: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The document itself."""
        try:
            told = json.loads(self.body)
        except (ValueError, RecursionError) as wrong:
            raise BadEnvelope("a document is JSON") from wrong
        if not isinstance(told, dict):
            raise BadEnvelope("a document is an object")
        return told

    @property
    def digest(self) -> str:
        """SM3 of the document."""
        return sm.sm3_hex(self.body.encode())

    def told(self) -> dict[str, Any]:
        return {"body": self.body, "head": dict(self.head), "signature": self.signature, "index": self.index, "path": list(self.path)}


def paths(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """(root, path of each leaf), level by level; a node without a sibling moves up as it is, which gives the tree of RFC 9162."""
    found: list[list[bytes]] = [[] for _leaf in leaves]
    level, places = list(leaves), list(range(len(leaves)))
    while len(level) > 1:
        for at, place in enumerate(places):
            if (place ^ 1) < len(level):
                found[at].append(level[place ^ 1])
            places[at] = place >> 1
        level = [merkle.node(*level[n : n + 2]) if n + 1 < len(level) else level[n] for n in range(0, len(level), 2)]
    return (level[0] if level else merkle.EMPTY), found


def sign(documents: Sequence[Mapping[str, Any]], key: sm.SigningKey, signer: str, at: str) -> list[Signed]:
    """Sign documents together, in their order."""
    bodies = [canonical(d) for d in documents]
    root, ways = paths([merkle.leaf(b) for b in bodies])
    head = {"signer": signer, "size": len(bodies), "root": root.hex(), "at": at}
    signature = key.sign(canonical(head)).hex()
    return [Signed(b.decode(), head, signature, n, tuple(w.hex() for w in way)) for n, (b, way) in enumerate(zip(bodies, ways, strict=True))]


def outside(one: Signed) -> bool:
    """Whether a document is not among those of its head."""
    try:
        size, root = int(one.head["size"]), bytes.fromhex(one.head["root"])
        way, leaf = [bytes.fromhex(p) for p in one.path], merkle.leaf(one.body.encode())
    except (KeyError, TypeError, ValueError, OverflowError):
        return True
    return len(way) > LONGEST_PATH or not merkle.included(leaf, one.index, size, way, root)


def is_signed(one: Signed, public: bytes) -> bool:
    """Whether the signature under its head is good."""
    try:
        return sm.verify(public, canonical(one.head), bytes.fromhex(one.signature))
    except (ValueError, RecursionError):
        return False


def fault(one: Signed, public: bytes) -> str:
    """Why a document by itself is not good, "" when it is."""
    if outside(one):
        return "the document is not among those that were signed"
    return "" if is_signed(one, public) else "the signature is not the signer's"


def pack(documents: Sequence[Signed]) -> bytes:
    """Documents of one head as a message."""
    first = documents[0]
    entries = [[d.body, d.index, list(d.path)] for d in documents]
    return json.dumps({"head": first.head, "signature": first.signature, "entries": entries}, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(message: bytes) -> list[Signed]:
    """The documents of a message, each under its one head whose signature is still to be checked; raises BadEnvelope."""
    try:
        told = json.loads(message)
        head, signature, entries = told["head"], str(told["signature"]), told["entries"]
        found = [Signed(str(body), head, signature, int(index), tuple(map(str, path))) for body, index, path in entries]
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as wrong:
        raise BadEnvelope("this is not a bundle of documents") from wrong
    if not isinstance(head, dict) or not 0 < len(found) <= MOST:
        raise BadEnvelope(f"a bundle has a head and 1 to {MOST} documents")
    if any(map(outside, found)):
        raise BadEnvelope("the document is not among those that were signed")
    return found


def opened(message: bytes, public: bytes) -> list[Signed]:
    """The documents of a message, each good; raises BadEnvelope."""
    found = unpack(message)
    if not is_signed(found[0], public):
        raise BadEnvelope("the signature is not the signer's")
    return found
