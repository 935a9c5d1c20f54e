"""Where an installation keeps its things: one folder, chosen by `--data` or TONGBAN_DATA."""

import os
import secrets
from pathlib import Path

from tongban.lib import keys

HOME = Path(os.environ.get("TONGBAN_HOME") or Path(__file__).resolve().parents[3])
DATASETS: Path = HOME / "data"
LOCALE: Path = HOME / "locale"


def data_dir() -> Path:
    """The installation's folder: database, files, keys, logs."""
    return Path(os.environ.get("TONGBAN_DATA") or HOME / ".tongban").resolve()


def secret(name: str, size: int = 32) -> bytes:
    """A key of `size` random bytes, made once and kept readable by its owner only."""
    return keys.kept(data_dir() / "keys" / name, lambda: secrets.token_bytes(size))
