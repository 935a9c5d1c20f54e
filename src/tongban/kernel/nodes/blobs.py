"""Closed files on their way: under the SM3 of what travels, beside the documents, so that a backup has them too; until they are receipted."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from tongban.lib import sm

LEFT_OVER = 86_400  # seconds after which a blob that no letter names is dropped


def folder() -> Path:
    return Path(settings.DATA_DIR) / "files" / "letters"


def place(cipher: str) -> Path:
    return folder() / cipher


def keep(closed: bytes) -> str:
    """Keep a closed file; a power cut leaves a whole one or none. Returns its name."""
    cipher = sm.sm3_hex(closed)
    path = place(cipher)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as file:
            file.write(closed)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    return cipher


def part(cipher: str, offset: int, size: int) -> bytes:
    """Bytes of a blob from `offset`; raises FileNotFoundError."""
    with place(cipher).open("rb") as file:
        file.seek(offset)
        return file.read(size)


def read(cipher: str) -> bytes:
    return place(cipher).read_bytes()


def is_here(cipher: str) -> bool:
    return place(cipher).exists()


def sweep(wanted: Iterable[str], *, now: float | None = None) -> int:
    """Drop blobs that no letter needs and that are not fresh; returns how many."""
    keep_these, dropped = set(wanted), 0
    for path in folder().iterdir() if folder().is_dir() else ():
        if path.name not in keep_these and (now or time.time()) - path.stat().st_mtime > LEFT_OVER:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
