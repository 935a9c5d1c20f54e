"""Letters between installations: signed by the node that wrote them, sealed for the one that may read them, chained on every line.

A letter may pass through other nodes. Those see who wrote to whom about what kind of thing, and check nothing but the chain of their
line; the body, and the files that go with it, open only with the key of the addressee. What is for everybody goes open.
"""

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tongban.lib import sm
from tongban.lib.bus.envelope import BadEnvelope, canonical

EVERYBODY = "*"
CHAIN_BEGINS = "00" * 32
MOST = 4 * 1024 * 1024  # bytes of a letter as it travels, files apart
_OPENED = 64 * 1024 * 1024  # bytes that a letter may have when it is unpacked: a small one that grows without end is refused
_ZERO = bytes(16)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter: under which identifier, name, SM3 of its content; `cipher` is the SM3 of what travels."""

    id: str
    name: str
    digest: str
    cipher: str
    size: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as read. `ciphers` are the enclosures as anyone on the way sees them."""

    number: str
    origin: str
    to: str
    kind: str
    key: str
    at: str
    ciphers: tuple[tuple[str, int], ...]
    told: Mapping[str, Any] = field(repr=False)
    signature: bytes = field(repr=False)

    def require_signed_by(self, public: bytes) -> None:
        """Raises BadEnvelope unless the holder of `public` signed it as it is."""
        if not sm.verify(public, canonical(self.told), self.signature):
            raise BadEnvelope("the letter's signature is not its writer's")


class ContentKey:
    """What closes one letter: its body, and each of its files under a key of its own."""

    def __init__(self, material: bytes | None = None) -> None:
        self.material = material or os.urandom(16)

    def body(self) -> bytes:
        return sm.derive(self.material + b"body", 16)

    def file(self, identifier: str, content: bytes) -> bytes:
        """Close or open a file; each identifier has its own key, so no counter comes twice."""
        return sm.ctr(sm.derive(self.material + b"file:" + identifier.encode(), 16), _ZERO, content)


def write(
    key: sm.SigningKey, head: Mapping[str, str], body: Mapping[str, Any], *,
    enclosed: Sequence[Enclosure] = (), content_key: ContentKey | None = None, public: bytes | None = None,
) -> bytes:  # fmt: skip
    """A letter's document. `head`: number, origin, to, kind, key, at. With `public` it is sealed for the holder of that key."""
    told: dict[str, Any] = {**head, "files": [[e.cipher, e.size] for e in enclosed]}
    if public is None:
        told["body"] = dict(body)
    else:
        closing = content_key or ContentKey()
        inside = canonical({"body": dict(body), "files": [[e.id, e.name, e.digest, e.cipher, e.size] for e in enclosed]})
        told["wrapped"] = sm.encrypt(public, closing.material).hex()
        told["sealed"] = sm.seal(closing.body(), inside, bound_to=head["number"].encode()).hex()
    document = zlib.compress(canonical({"letter": told, "signature": key.sign(canonical(told)).hex()}), 6)
    if len(document) > MOST:
        raise ValueError(f"a letter of {len(document):,} bytes; at most {MOST:,}")
    return document


def read(document: bytes) -> Letter:
    """A letter from its document, its signature not yet checked; raises BadEnvelope."""
    try:
        machine = zlib.decompressobj()
        text = machine.decompress(document, _OPENED)
        if not machine.eof:
            raise BadEnvelope("the letter is too large or cut off")
        held = json.loads(text)
        told = held["letter"]
        number, origin, to, kind, key, at = (str(told[name]) for name in ("number", "origin", "to", "kind", "key", "at"))
        ciphers = tuple((str(cipher), int(size)) for cipher, size in told["files"])
        if not all(len(c) == 64 and set(c) <= set("0123456789abcdef") for c, _size in ciphers):
            raise BadEnvelope("the letter names a file in no way that is known")
        return Letter(number, origin, to, kind, key, at, ciphers, told, bytes.fromhex(held["signature"]))
    except BadEnvelope:
        raise
    except (zlib.error, KeyError, TypeError, ValueError) as fault:
        raise BadEnvelope("this is not a letter") from fault


def opened(letter: Letter, key: sm.SigningKey) -> tuple[dict[str, Any], list[Enclosure], ContentKey | None]:
    """(body, enclosures, their key); raises BadEnvelope when it was sealed for another, or changed."""
    told = letter.told
    if "body" in told:
        return dict(told["body"]), [], None
    try:
        closing = ContentKey(sm.decrypt(key, bytes.fromhex(told["wrapped"])))
        inside = json.loads(sm.unseal(closing.body(), bytes.fromhex(told["sealed"]), bound_to=letter.number.encode()))
        return inside["body"], [Enclosure(*e) for e in inside["files"]], closing
    except (sm.Tampered, KeyError, TypeError, ValueError) as fault:
        raise BadEnvelope("the letter does not open with this node's key") from fault


def chained(before: str, document: bytes) -> str:
    """The chain of a line after this document."""
    return sm.sm3_hex(bytes.fromhex(before) + sm.sm3(document))


def receipt(key: sm.SigningKey, *, taker: str, sender: str, number: int, chain: str, at: str) -> dict[str, str]:
    """What a node signs: everything up to a number has come, and the chain is this."""
    told = {"taker": taker, "sender": sender, "number": number, "chain": chain, "at": at}
    return {"receipt": canonical(told).decode(), "signature": key.sign(canonical(told)).hex()}


def receipted(held: Mapping[str, Any], public: bytes) -> dict[str, Any]:
    """The receipt's words when its signature is good; raises BadEnvelope."""
    try:
        text, signature = str(held["receipt"]), bytes.fromhex(held["signature"])
        told: dict[str, Any] = json.loads(text)
    except (KeyError, TypeError, ValueError) as fault:
        raise BadEnvelope("this is not a receipt") from fault
    if canonical(told) != text.encode() or not sm.verify(public, text.encode(), signature):
        raise BadEnvelope("the receipt's signature is not the taker's")
    return told
