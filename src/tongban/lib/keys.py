"""Keys in files: made once, readable by their owner only; those that guard data lie in the keystore, sealed by a passphrase."""

import contextlib
import os
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from django.conf import settings

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


def told_passphrase() -> bytes:
    """From TONGBAN_KEY_PASSPHRASE, or the file that TONGBAN_KEY_PASSPHRASE_FILE names (a secret of the system's, in memory); b"" for neither."""
    named = os.environ.get("TONGBAN_KEY_PASSPHRASE_FILE", "")
    return os.environ.get("TONGBAN_KEY_PASSPHRASE", "").encode() or (Path(named).read_bytes().strip() if named else b"")


def folder() -> Path:
    """Where the installation's keys lie."""
    return Path(settings.DATA_DIR) / "keys"


def keystore() -> Keystore:
    """The installation's."""
    return _of(str(settings.DATA_DIR))


@lru_cache(maxsize=16)
def _of(data: str) -> Keystore:
    """By a string: hashing a path costs more than opening what it seals."""
    return keystore_in(Path(data) / "keys")


def forget() -> None:
    """Open keystores anew when next asked for."""
    _of.cache_clear()
    keystore_in.cache_clear()


@lru_cache(maxsize=16)
def keystore_in(folder: Path) -> Keystore:
    """The keystore of a data folder. Its passphrase is told by the environment, or lies in a file beside it.

    That file is the default, so that one command starts everything; it protects a copied keystore, not a copied folder.
    """
    passphrase = told_passphrase() or kept(folder / "passphrase", lambda: secrets.token_urlsafe(32).encode())
    return Keystore.open(folder / "keystore.json", passphrase)


def current(use: str, algorithm: str, make: Callable[[], bytes], *, before: str = "", within: Path | None = None) -> Key:
    """The current key of a use, made on first use. `before`: the open file that held it in earlier versions; it is taken over and removed."""
    store = keystore_in(within) if within else keystore()
    found = store.find(use)
    if found and not before:
        return found
    old = (within or folder()) / before if before else None

    def first() -> tuple[str, bytes]:
        return algorithm, old.read_bytes() if old and old.exists() else make()

    found = found or store.current(use, first, now=clock.now().isoformat())
    if old and old.exists() and old.read_bytes() == found.material:
        old.unlink()
    return found


def rotate(use: str, algorithm: str, make: Callable[[], bytes]) -> Key:
    """A new current key; the one before stays for what it closed."""
    return keystore().rotate(use, lambda: (algorithm, make()), now=clock.now().isoformat())
