"""The sealed bytes of documents, outside the web root."""

import os
from pathlib import Path

from django.conf import settings

from tongban.lib import keys, sm
from tongban.lib.sm import keystore


def place(digest: str) -> Path:
    """Where a document's sealed bytes lie, outside the web root."""
    return Path(settings.DATA_DIR) / "files" / digest[:2] / digest


def quarantine(digest: str) -> Path:
    """Where a hostile document's sealed bytes lie."""
    return Path(settings.DATA_DIR) / "files" / "quarantine" / digest


def key() -> keystore.Key:
    """The current key for documents, made on first use."""
    return keys.current("files", "SM4", lambda: os.urandom(16), before="files")


def rotate() -> keystore.Key:
    """A new key for what is kept from now on; `rewrap` moves what lies there already."""
    key()
    return keys.rotate("files", "SM4", lambda: os.urandom(16))


def find(key_id: str) -> keystore.Key:
    """The key that an envelope names."""
    return keys.keystore().by_id(key_id)


def write(digest: str, content: bytes) -> None:
    """Seal and keep; a power cut leaves a whole file or none."""
    path = place(digest)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, keystore.close(key(), content, bound_to=digest.encode()))


def hold(digest: str, content: bytes) -> None:
    """Seal a hostile document apart from the others."""
    path = quarantine(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, keystore.close(key(), content, bound_to=b"quarantine:" + digest.encode()))


def destroy_kept(digest: str) -> None:
    """A document that nobody names any more."""
    place(digest).unlink(missing_ok=True)


def destroy(digest: str) -> None:
    quarantine(digest).unlink(missing_ok=True)


def _put(path: Path, closed: bytes) -> None:
    fresh = path.with_suffix(f".{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(closed)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def read(digest: str) -> bytes:
    """The bytes, opened; raises sm.Tampered when the store was changed."""
    closed = place(digest).read_bytes()
    if keystore.is_envelope(closed):
        return keystore.open_envelope(find, closed, bound_to=digest.encode())
    return sm.unseal(key_of_old().material, closed, bound_to=digest.encode())


def key_of_old() -> keystore.Key:
    """What sealed documents before envelopes: the first key for files."""
    key()
    return keys.keystore().held("files")[0]


def rewrap(digest: str) -> bool:
    """Bring one document under the current key; False when it lies there already."""
    path, now = place(digest), key()
    closed = path.read_bytes()
    if not keystore.is_envelope(closed):
        _put(path, keystore.close(now, read(digest), bound_to=digest.encode()))
        return True
    if keystore.closed_by(closed) == now.id:
        return False
    _put(path, keystore.rewrap(find, now, closed, bound_to=digest.encode()))
    return True
