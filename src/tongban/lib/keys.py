"""Keys in files: made once, readable by their owner only; those that guard data lie in the keystore, sealed by a passphrase."""

import contextlib
import os
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from tongban.lib import clock
from tongban.lib.sm.keystore import Key, Keystore


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The key in a file; made on first use. Of two processes at once the first wins and both read its key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(make())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_bytes()


@lru_cache(maxsize=16)
def keystore(folder: Path) -> Keystore:
    """The keystore of a data folder. Its passphrase comes from TONGBAN_KEY_PASSPHRASE, or from a file beside it.

    The file is the default, so that one command starts everything; it protects a copied keystore, not a copied folder.
    """
    told = os.environ.get("TONGBAN_KEY_PASSPHRASE", "").encode()
    passphrase = told or kept(folder / "passphrase", lambda: secrets.token_urlsafe(32).encode())
    return Keystore.open(folder / "keystore.json", passphrase)


def current(folder: Path, use: str, algorithm: str, make: Callable[[], bytes], *, before: str = "") -> Key:
    """The current key of a use. `before`: the open file that held it in earlier versions; it is taken over and removed."""
    old = folder / before if before else None

    def first() -> tuple[str, bytes]:
        return algorithm, old.read_bytes() if old and old.exists() else make()

    found = keystore(folder).current(use, first, now=clock.now().isoformat())
    if old and old.exists() and old.read_bytes() == found.material:
        old.unlink()
    return found
