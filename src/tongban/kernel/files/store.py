"""The sealed bytes of documents, outside the web root."""

import os
from pathlib import Path

from django.conf import settings

from tongban.lib import keys, sm


def place(digest: str) -> Path:
    """Where a document's sealed bytes lie, outside the web root."""
    return Path(settings.DATA_DIR) / "files" / digest[:2] / digest


def key() -> bytes:
    """The installation's key for documents, made on first use."""
    return keys.kept(Path(settings.DATA_DIR) / "keys" / "files", lambda: os.urandom(16))


def write(digest: str, content: bytes) -> None:
    """Seal and keep; a power cut leaves a whole file or none."""
    path = place(digest)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(sm.seal(key(), content, bound_to=digest.encode()))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def read(digest: str) -> bytes:
    """The bytes, unsealed; raises sm.Tampered when the store was changed."""
    return sm.unseal(key(), place(digest).read_bytes(), bound_to=digest.encode())
