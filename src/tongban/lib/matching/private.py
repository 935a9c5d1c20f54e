"""Comparing without seeing: each side turns its rows into keyed Bloom filters, a third side compares those alone.

Record-level filters (cryptographic long-term keys): Schnell, Bachteler, Reiher, "A Novel Error-Tolerant Anonymous Linking Code", 2011. Tokens of every field are hashed
under a secret that both departments hold and the third side does not; similar rows share bits, measured by Dice's coefficient.
"""

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from tongban.lib.late import late
from tongban.lib.matching.assign import one_to_one

if TYPE_CHECKING:
    import pypinyin
else:
    pypinyin = late("pypinyin")

FORMAT = "tongban-encoded/1"
BITS = 1024
MOST = 20_000  # rows a side: every row is compared with every other
SAME = 0.86  # Dice from which two rows are taken for one: F1 0.992 (precision 1.000) on synthetic persons with slips, 0.999 where 300 names share a county
_CHUNK = 512
SHORTEST = 16  # characters of a secret


class BadEncoding(ValueError):
    """The file is not one of ours; the word says why: format, rows, secret."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What one side hands over: which fields, one filter a row. `check` is the same for those who share the secret, and tells nothing of it."""

    fields: tuple[str, ...]
    check: str
    filters: NDArray[np.uint64]  # rows × 16

    def dumped(self) -> bytes:
        told = {"format": FORMAT, "fields": list(self.fields), "rows": len(self.filters), "check": self.check,
                "filters": base64.b64encode(self.filters.astype("<u8").tobytes()).decode()}  # fmt: skip
        return json.dumps(told, ensure_ascii=False).encode()


def loaded(content: bytes) -> Encoded:
    """What `dumped` made; raises BadEncoding."""
    try:
        told = json.loads(content)
        if told["format"] != FORMAT or len(told["check"]) != 32:
            raise BadEncoding("format")
        filters = np.frombuffer(base64.b64decode(told["filters"], validate=True), dtype="<u8").reshape(int(told["rows"]), BITS // 64)
        made = Encoded(tuple(str(f) for f in told["fields"]), str(told["check"]), filters.astype(np.uint64))
    except BadEncoding:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise BadEncoding("format") from fault
    if not 1 <= len(made.filters) <= MOST or not made.fields or not set(made.fields) <= set(FIELDS):
        raise BadEncoding("rows")
    return made


def _pieces(text: str) -> list[str]:
    padded = f" {text} "
    return [padded[n : n + 2] for n in range(len(padded) - 1)]


def _name(text: str) -> list[str]:
    """Each sign, and the syllables of its sound: a misheard sign keeps half."""
    return [*text, *(f"~{s}" for s in pypinyin.lazy_pinyin(text, style=pypinyin.Style.NORMAL))]


def _places(text: str) -> list[str]:
    """Each sign where it stands: one slip changes one token."""
    return [f"{n}{c}" for n, c in enumerate(text)]


# Field → (how it falls into tokens, bits that each token sets).
FIELDS = {
    "姓名": (_name, 16),
    "出生日期": (_places, 16),
    "性别": (lambda t: [t], 10),
    "行政区划": (_places, 6),
    "住址": (_pieces, 5),
    "手机号码": (_places, 10),
    "证件号码": (_places, 14),
}


def encode(rows: Sequence[Mapping[str, str]], fields: Iterable[str], secret: str) -> Encoded:
    """One filter a row. Both sides take the same fields and the same secret. Raises BadEncoding for rows or a secret that will not do."""
    chosen = tuple(f for f in FIELDS if f in set(fields))
    if len(secret) < SHORTEST:
        raise BadEncoding("secret")
    if not chosen or not 1 <= len(rows) <= MOST:
        raise BadEncoding("rows")
    keys = {f: _key(secret, f) for f in chosen}
    bits = np.zeros((len(rows), BITS), dtype=bool)
    for n, row in enumerate(rows):
        for field in chosen:
            split, weight = FIELDS[field]
            text = "".join(str(row.get(field) or "").split()).replace("-", "")
            for token in split(text) if text else ():
                bits[n, _positions(keys[field], token, weight)] = True
    return Encoded(chosen, _key(secret, "check").hex()[:32], np.packbits(bits, axis=1).view(np.uint64))


def _key(secret: str, use: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=FORMAT.encode(), info=use.encode()).derive(secret.encode())


@functools.lru_cache(200_000)
def _positions(key: bytes, token: str, weight: int) -> NDArray[np.int64]:
    """Where a token sets bits: enhanced double hashing (Dillinger, Manolios, 2004) of one keyed digest."""
    first, second = np.frombuffer(hmac.digest(key, token.encode(), hashlib.sha256)[:16], dtype=np.uint64)
    n = np.arange(weight, dtype=np.uint64)
    return ((first + n * second + (n**3 - n) // np.uint64(6)) % np.uint64(BITS)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Pair:
    """Row of the one, row of the other, from 1; how alike, 0 to 1."""

    left: int
    right: int
    alike: float


def compare(left: Encoded, right: Encoded, *, same: float = SAME) -> list[Pair]:
    """Pairs one to one, the surest first; raises BadEncoding where secret or fields differ."""
    if not hmac.compare_digest(left.check, right.check):
        raise BadEncoding("secret")
    if left.fields != right.fields:
        raise BadEncoding("fields")
    own, others = (np.bitwise_count(s.filters).sum(axis=1, dtype=np.int32) for s in (left, right))
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    for start in range(0, len(left.filters), _CHUNK):
        block = left.filters[start : start + _CHUNK]
        shared = np.zeros((len(block), len(right.filters)), dtype=np.int32)
        for word in range(BITS // 64):
            shared += np.bitwise_count(block[:, word, None] & right.filters[None, :, word])
        alike = 2.0 * shared / np.maximum(own[start : start + _CHUNK, None] + others[None, :], 1)
        a, b = np.nonzero(alike >= same)
        found.append((a + start, b, alike[a, b]))
    a, b, alike = (np.concatenate([f[n] for f in found]) for n in range(3))
    return [Pair(int(a[k]) + 1, int(b[k]) + 1, round(float(alike[k]), 4)) for k in one_to_one(a.astype(np.int64), b.astype(np.int64), alike.astype(np.float64))]
