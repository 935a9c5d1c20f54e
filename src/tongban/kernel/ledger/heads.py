"""The signed heads outside the database, one JSON line each: rewriting rows and tree alike is then seen."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings


def path() -> Path:
    return Path(settings.DATA_DIR) / "ledger" / "heads.jsonl"


def line(size: int, note: str) -> str:
    """The one spelling of a line."""
    return json.dumps({"size": size, "note": note}, ensure_ascii=False) + "\n"


def append(size: int, note: str) -> None:
    """Append a head and wait for the disk. What a power cut tore off is cut away first: nobody was told of it."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as out:
        end = out.seek(0, os.SEEK_END)
        if end and not _whole(out.fileno(), end):
            out.seek(0)
            out.truncate(out.read().rfind(b"\n") + 1)
        out.write(line(size, note).encode())
        out.flush()
        os.fsync(out.fileno())


def _whole(handle: int, end: int) -> bool:
    return os.pread(handle, 1, end - 1) == b"\n"


def newest() -> int:
    """The size of the last whole line; 0 without one."""
    file = path()
    if not file.exists():
        return 0
    with file.open("rb") as held:
        end = held.seek(0, os.SEEK_END)
        held.seek(max(0, end - 64 * 1024))
        tail = held.read().split(b"\n")[:-1]
    return read(tail[-1])[0] if tail else 0


def lines() -> Iterator[bytes]:
    """All lines with their ends; the last may be torn."""
    file = path()
    if file.exists():
        with file.open("rb") as held:
            yield from held


def earlier() -> Path:
    """Where versions before the single tree kept their heads."""
    return Path(settings.DATA_DIR) / "ledger" / "checkpoints.jsonl"


def read(told: bytes) -> tuple[int, str]:
    """Size and note of a line; (0, "") when it is no whole line or the two differ."""
    try:
        held = json.loads(told)
        size, note = int(held["size"]), str(held["note"])
    except (ValueError, KeyError, TypeError):
        return 0, ""
    return (size, note) if note.split("\n")[1:2] == [str(size)] else (0, "")
