"""Files that do not fit into memory: sealed chunks in an object store, a folder or S3 by address alone.

A chunk is sealed like a document, bound to its file and its place, so that chunks can neither be exchanged nor left out unseen.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tongban.kernel.files import store
from tongban.lib import sm
from tongban.lib.errors import Unavailable
from tongban.lib.offsite.targets import Target, Unreachable, open_target
from tongban.lib.sm import keystore

SIZE = 4 * 1024 * 1024  # bytes of a chunk, the last one may be shorter


@lru_cache(maxsize=4)
def _target(address: str) -> Target:
    return open_target(address)


def _place(file: str, number: int) -> str:
    return f"{file[:2]}/{file}/{number:06d}"


def _bound(file: str, number: int) -> bytes:
    return f"{file}:{number}".encode()


@contextmanager
def _store() -> Iterator[Target]:
    """The object store; raises Unavailable where it does not answer."""
    try:
        yield _target(settings.OBJECTS)
    except Unreachable as fault:
        raise Unavailable(_("The store of large files does not answer. Try again later; what came so far is kept.")) from fault


def count(size: int) -> int:
    """How many chunks so many bytes make."""
    return -(-size // SIZE)


def put(file: str, number: int, content: bytes) -> None:
    """Seal and keep one chunk; the same again replaces it whole. Raises Unavailable."""
    closed = keystore.close(store.key(), content, bound_to=_bound(file, number))
    with _store() as target:
        target.put(_place(file, number), closed)


def get(file: str, number: int) -> bytes:
    """One chunk, opened. Raises KeyError, Unavailable, sm.Tampered."""
    with _store() as target:
        closed = target.get(_place(file, number))
    return keystore.open_envelope(store.find, closed, bound_to=_bound(file, number))


def held(file: str) -> set[int]:
    """The numbers of the chunks that are there."""
    with _store() as target:
        return {int(name.rpartition("/")[2]) for name in target.names(f"{file[:2]}/{file}")}


def destroy(file: str) -> None:
    """Every chunk."""
    with _store() as target:
        for number in held(file):
            target.delete(_place(file, number))


def rewrap(file: str) -> bool:
    """Bring every chunk under the current key; whether one was not."""
    now, moved = store.key(), False
    with _store() as target:
        for number in sorted(held(file)):
            closed = target.get(_place(file, number))
            if keystore.closed_by(closed) != now.id:
                target.put(_place(file, number), keystore.rewrap(store.find, now, closed, bound_to=_bound(file, number)))
                moved = True
    return moved


class Writer(io.RawIOBase):
    """What is written goes out chunk by chunk; `ended()` gives (size, SM3 of the whole)."""

    def __init__(self, file: str) -> None:
        self._file, self._waiting, self._number, self._size, self._digest = file, bytearray(), 0, 0, sm.hasher()

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]  # any buffer, as files take it
        told = memoryview(content)
        self._digest.update(told)
        self._size += len(told)
        self._waiting += told
        while len(self._waiting) >= SIZE:
            self._out(SIZE)
        return len(told)

    def _out(self, size: int) -> None:
        put(self._file, self._number, bytes(self._waiting[:size]))
        del self._waiting[:size]
        self._number += 1

    def ended(self) -> tuple[int, str]:
        """Send what waits."""
        if self._waiting:
            self._out(len(self._waiting))
        return self._size, str(self._digest.hexdigest())


class Reader(io.RawIOBase):
    """Reads across chunks from any place, one chunk in memory."""

    def __init__(self, file: str, size: int) -> None:
        self._file, self._size, self._at, self._number, self._chunk = file, size, 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, SIZE)
        if number != self._number:
            self._number, self._chunk = number, get(self._file, number)
        part = self._chunk[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def pieces(file: str, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` up to and without `end`, a chunk at a time."""
    while start < end:
        number, offset = divmod(start, SIZE)
        part = get(file, number)[offset : offset + end - start]
        if not part:
            raise sm.Tampered(f"{file}: chunk {number} is short")
        yield part
        start += len(part)
