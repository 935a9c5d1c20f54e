"""Who is the one primary: a generation that only grows, kept with the installation, with its standbys and off site.

Whoever sees a generation higher than its own was replaced: it does not start, and a running one ends itself.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from tongban.config import backup
from tongban.lib.offsite.targets import Unreachable

NAME, FENCED, OFFSITE = "generation.json", "fenced.json", "leader"
LOOK_EVERY = 3.0  # seconds between looks at the off-site copy while running


class Fenced(Exception):
    """Another installation took over; the text says which and what to do."""


def generation(data: Path) -> int:
    """The installation's own; 1 until a first failover."""
    return int(_read(data / NAME).get("generation", 1))


def raise_generation(data: Path, to: int) -> None:
    _write(data / NAME, {"generation": to, "since": time.time()})


def fence(data: Path, *, by: int, successor: str) -> None:
    """Mark an installation as replaced by a generation."""
    _write(data / FENCED, {"generation": by, "successor": successor, "at": time.time()})


def check(data: Path) -> None:
    """Raise Fenced when this installation was replaced."""
    told = _read(data / FENCED)
    if int(told.get("generation", 0)) > generation(data):
        raise Fenced(_sentence(str(told.get("successor", ""))))
    offsite = _offsite(data)
    if int(offsite.get("generation", 0)) > generation(data):
        raise Fenced(_sentence(str(offsite.get("successor", ""))))


def announce(data: Path, *, generation: int, successor: str) -> bool:
    """Put a generation off site; False when there is no target or it does not answer."""
    address = os.environ.get("TONGBAN_BACKUP", "")
    if not address:
        return False
    try:
        backup.vault_of(data, address).put(OFFSITE, json.dumps({"generation": generation, "successor": successor}).encode())
    except (Unreachable, OSError):
        return False
    return True


def _offsite(data: Path) -> dict[str, Any]:
    address = os.environ.get("TONGBAN_BACKUP", "")
    if not address:
        return {}
    try:
        held: dict[str, Any] = json.loads(backup.vault_of(data, address).get(OFFSITE))
    except (KeyError, Unreachable, OSError):
        return {}  # never announced, or away: what is away proves nothing
    return held


def _sentence(successor: str) -> str:
    return (
        f"本系统已被 {successor} 接替，不能再作为主系统启动。请用 ./tongban standby --replace 让它作为新主系统的备机。\n"
        f"This installation was replaced by {successor}; it does not start as primary again. Make it a standby: ./tongban standby --replace."
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write(path: Path, told: dict[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(told))
    with fresh.open() as file:
        os.fsync(file.fileno())
    fresh.replace(path)
