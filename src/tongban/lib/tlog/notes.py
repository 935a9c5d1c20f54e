"""Signed heads in the text form of the transparency logs' checkpoint and signed note, with SM2.

    tongban/3f2a…            origin: which log
    10042                    leaves
    kq1x…=                   head, base64
    2026-11-24T10:00:00Z     when

    — tongban/3f2a… <base64 of 4 bytes of the key's fingerprint ‖ signature>

A witness's line signs "cosignature/v1", its time and the text. A note has one spelling only: what does not come out
again byte for byte is refused, so that no bit of it can change unseen.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tongban.lib.sm import SigningKey, sm3, verify

_DASH = "\u2014 "
_KIND = b"\xffSM2-SM3"
_MARK = 4
_NUMBERS = 20  # digits of a size at most
LONGEST = 64 * 1024


class BadNote(ValueError):
    """The text is no note, or not in its one spelling."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line: who signs, the key's mark, when (witnesses only), the bytes."""

    name: str
    mark: bytes
    value: bytes
    at: int | None = None

    def line(self) -> str:
        time = b"" if self.at is None else self.at.to_bytes(8, "big")
        return f"{_DASH}{self.name} {base64.b64encode(self.mark + time + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head: `size` leaves, 32 bytes of `root`."""

    origin: str
    size: int
    root: bytes
    at: str
    signatures: tuple[Signature, ...] = ()

    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{self.at}\n"

    def note(self) -> str:
        return self.text() + "\n" + "".join(s.line() for s in self.signatures)

    def signed(self, key: SigningKey, name: str = "") -> "Checkpoint":
        """With the log's signature added."""
        name = name or self.origin
        made = Signature(name, mark(name, key.public), key.sign(self.text().encode()))
        return replace(self, signatures=(*self.signatures, made))

    def cosignature(self, key: SigningKey, name: str, at: int) -> Signature:
        """A witness's signature at `at`, seconds since 1970."""
        return Signature(name, mark(name, key.public, witness=True), key.sign(_cosigned(self, at)), at)

    def signed_by(self, keys: Mapping[str, Iterable[bytes]]) -> set[str]:
        """The names whose signature is good; `keys` gives each name's public keys, current and earlier."""
        return {s.name for s in self.signatures if any(good(self, s, public) for public in keys.get(s.name, ()))}


def mark(name: str, public: bytes, *, witness: bool = False) -> bytes:
    """Four bytes that tell a name's keys apart."""
    return sm3(name.encode() + b"\n" + _KIND + (b"/cosignature" if witness else b"") + public)[:_MARK]


def good(checkpoint: Checkpoint, signature: Signature, public: bytes) -> bool:
    """Whether one line is this key's signature of the checkpoint."""
    witness = signature.at is not None
    if signature.mark != mark(signature.name, public, witness=witness):
        return False
    told = _cosigned(checkpoint, signature.at) if signature.at is not None else checkpoint.text().encode()
    return verify(public, told, signature.value)


def _cosigned(checkpoint: Checkpoint, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{checkpoint.text()}".encode()


def parse(note: str) -> Checkpoint:
    """Read a note; raises BadNote. Lines of names other than the origin's are witnesses' lines."""
    if len(note) > LONGEST:
        raise BadNote("the note is too long")
    head, gap, lines = note.partition("\n\n")
    told = head.split("\n")
    if not gap or len(told) != 4 or not told[1].isdecimal() or len(told[1]) > _NUMBERS:
        raise BadNote("a note is four lines, an empty one, and signatures")
    origin, size, root, at = told
    found = Checkpoint(origin, int(size), _bytes(root, 32), at)
    signatures = [_signature(line, origin) for line in lines.splitlines()]
    found = replace(found, signatures=tuple(signatures))
    if not signatures or found.note() != note:
        raise BadNote("the note is not in its one spelling")
    _time(at)
    return found


def _signature(line: str, origin: str) -> Signature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2:
        raise BadNote("a signature is a dash, a name and a value")
    name, value = parts[0], _bytes(parts[1])
    if name != origin:
        return Signature(name, value[:_MARK], value[_MARK + 8 :], int.from_bytes(value[_MARK : _MARK + 8], "big"))
    return Signature(name, value[:_MARK], value[_MARK:])


def signature_line(line: str, origin: str) -> Signature:
    """One line of a witness's answer; raises BadNote."""
    return _signature(line.rstrip("\n"), origin)


def _bytes(told: str, size: int = 0) -> bytes:
    try:
        value = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise BadNote("not base64") from fault
    if size and len(value) != size:
        raise BadNote(f"{size} bytes expected")
    return value


def _time(told: str) -> None:
    try:
        datetime.fromisoformat(told)
    except ValueError as fault:
        raise BadNote("not a time") from fault


def written(at: datetime) -> str:
    """A moment as notes write it: UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
