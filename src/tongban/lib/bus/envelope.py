"""What is signed of a batch: who sends what to whom, which batch of which run, the SM3 of its body, the envelope before it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tongban.lib import sm


def canonical(document: Mapping[str, Any]) -> bytes:
    """A document as it is signed: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


RESET = "reset"


class BadEnvelope(ValueError):
    """The envelope or its signature is not good; the words say what is wrong."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """`batch` counts from 1 without a gap; `previous` is the SM3 of the envelope before, "" for the first: a chain."""

    agreement: str
    resource: str
    provider: str
    consumer: str
    batch: int
    rows: int
    first: int  # of the contract's sequence
    last: int  # behind which the provider reads on
    digest: str  # SM3 of the body
    previous: str
    at: str
    kind: str = "load"  # load: only new keys; changes: keys may be known; reset: what is older than `last` is no more

    def canonical(self) -> bytes:
        return canonical(asdict(self))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receiver signs after it committed: the envelope's SM3, rows taken, when."""

    agreement: str
    batch: int
    envelope: str
    rows: int
    at: str

    def canonical(self) -> bytes:
        return canonical(asdict(self))

    @classmethod
    def read(cls, told: str) -> "Receipt":
        """A receipt from its canonical text."""
        return cls(**json.loads(told))


HEAD, SIGNED = "Tongban-Envelope", "Tongban-Signature"


def headers(one: Envelope, key: sm.SigningKey) -> dict[str, str]:
    """The message's headers: the envelope, and the provider's SM2 signature under it."""
    told = one.canonical()
    return {HEAD: told.decode(), SIGNED: key.sign(told).hex()}


def opened(held: Mapping[str, str] | None, body: bytes, public: bytes) -> Envelope:
    """The envelope of a message whose signature and digest are good; raises BadEnvelope."""
    one = read(held)
    told = one.canonical()
    if told.decode() != (held or {})[HEAD]:
        raise BadEnvelope("the envelope is not canonical")
    if not sm.verify(public, told, _hex((held or {}).get(SIGNED, ""))):
        raise BadEnvelope("the signature is not the provider's")
    if sm.sm3_hex(body) != one.digest:
        raise BadEnvelope("the body is not the one that was signed")
    return one


def read(held: Mapping[str, str] | None) -> Envelope:
    """The envelope as told, unchecked."""
    try:
        told: dict[str, Any] = json.loads((held or {})[HEAD])
        return Envelope(**told)
    except (KeyError, TypeError, ValueError) as fault:
        raise BadEnvelope("there is no envelope") from fault


def _hex(told: str) -> bytes:
    try:
        return bytes.fromhex(told)
    except ValueError:
        return b""
