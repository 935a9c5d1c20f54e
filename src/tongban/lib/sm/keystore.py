"""Keys in one file, sealed by a passphrase or a hardware module, and envelopes that name the key which closed them.

The passphrase becomes a sealing key by Argon2id, or the module opens one that only it can open; each key lies sealed with SM4-GCM, bound to its own name. A use (files, ledger, …) has one
current key; rotated ones stay, so that what they closed still opens. The file is replaced as a whole: a power cut leaves the old or the new.
"""

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw

from tongban.lib.sm import module
from tongban.lib.sm.sm4 import Tampered, seal, unseal

VERSION = 1
COST = {"name": "argon2id", "time": 3, "memory_kib": 65536, "lanes": 2}
_CHECK = b"tongban keystore"
_ENVELOPE = b"TBE\x01"
_LOOK_EVERY = 0.2  # seconds
Stamp = tuple[int, int, int]
_ID = 8  # bytes of a key's identifier, 16 hexadecimal digits


class WrongPassphrase(Exception):
    """The passphrase does not open this keystore."""


class Destroyed(KeyError):
    """The key was destroyed on purpose: what it closed is gone, in every copy."""


@dataclass(frozen=True, slots=True)
class Key:
    """`id` 16 hexadecimal digits; `state` current or retired; `material` never leaves the process."""

    id: str
    use: str
    algorithm: str
    state: str
    created: str
    material: bytes = field(repr=False)


class Keystore:
    """An opened file of keys. Several processes may hold it open; writing takes a lock and reads the file again first."""

    def __init__(self, path: Path, sealing: bytes, document: dict[str, Any], stamp: Stamp) -> None:
        self._path, self._sealing, self._looked = path, sealing, 0.0
        self._read(document, stamp)

    @classmethod
    def open(cls, path: Path, passphrase: bytes) -> "Keystore":
        """Open the file, or make it with this passphrase (the module's PIN, once it lies there); raises WrongPassphrase, Tampered."""
        document: dict[str, Any]
        with _locked(path):
            if not path.exists():
                salt = secrets.token_bytes(16)
                sealing = _stretch(passphrase, salt, COST)
                kdf = {**COST, "salt": salt.hex()}
                document = {"version": VERSION, "kdf": kdf, "check": seal(sealing, _CHECK, bound_to=_bound(kdf)).hex(), "keys": []}
                stamp = _write(path, document)
            else:
                document, stamp = _held(path)
                sealing = _sealing_key(passphrase, document["kdf"], path)
        try:
            unseal(sealing, bytes.fromhex(document["check"]), bound_to=_bound(document["kdf"]))
        except Tampered as fault:
            raise WrongPassphrase(str(path)) from fault
        return cls(path, sealing, document, stamp)

    def _read(self, document: dict[str, Any], stamp: Stamp) -> None:
        """Rows by identifier and by use; they are opened one by one when asked for, since there may be thousands."""
        self._document, self._stamp = document, stamp
        self._rows = {row["id"]: row for row in document["keys"]}
        self._now = {row["use"]: row["id"] for row in document["keys"] if row["state"] == "current"}
        self._opened: dict[str, Key] = {}

    def _key(self, key_id: str) -> Key:
        found = self._opened.get(key_id)
        if found is None:
            row = self._rows[key_id]
            if row["state"] == "destroyed":
                raise Destroyed(key_id)
            material = unseal(self._sealing, bytes.fromhex(row["sealed"]), bound_to=_name(row))
            found = self._opened[key_id] = Key(row["id"], row["use"], row["algorithm"], row["state"], row["created"], material)
        return found

    def _refresh(self) -> None:
        """Read the file again when another process has changed it; looked for a few times a second, not at each of a thousand uses."""
        now = time.monotonic()
        if now < self._looked + _LOOK_EVERY:
            return
        self._looked = now
        if stamp_of(self._path) != self._stamp:
            self._read(*_held(self._path))

    def held(self, use: str = "") -> list[Key]:
        """The keys of a use, or all, that can still open something, in the order of their making."""
        self._refresh()
        return [self._key(k) for k, row in self._rows.items() if row["state"] != "destroyed" and use in ("", row["use"])]

    def uses(self) -> list[str]:
        """The uses that have a key in force; opens none."""
        self._refresh()
        return list(self._now)

    def by_id(self, key_id: str) -> Key:
        """A key by its identifier, looked for in the file again when another process made it; raises KeyError, Destroyed."""
        self._refresh()
        if key_id not in self._rows:
            self._looked = 0.0  # made since the last look, however short ago that was
            self._refresh()
        return self._key(key_id)

    def current(self, use: str, make: Callable[[], tuple[str, bytes]], *, now: str) -> Key:
        """The current key of a use; made by `make` -> (algorithm, material) when there is none yet."""
        return self.find(use) or self._add(use, make, now, replace=False)

    def find(self, use: str) -> Key | None:
        """The current key of a use, when there is one."""
        self._refresh()
        return self._current(use)

    def rotate(self, use: str, make: Callable[[], tuple[str, bytes]], *, now: str) -> Key:
        """A new current key; the one before stays for what it closed."""
        return self._add(use, make, now, replace=True)

    def destroy(self, use: str, *, now: str) -> list[str]:
        """Wipe every key of a use, rotated ones too; their identifiers, the same when asked again. What they closed can be read by nobody.

        The rows stay without their key, so that what is gone on purpose can be told from what is damaged.
        """
        with _locked(self._path):
            self._read(*_held(self._path))
            gone = [row["id"] for row in self._document["keys"] if row["use"] == use]
            rows = [_wiped(row, now) if row["use"] == use and row["state"] != "destroyed" else row for row in self._document["keys"]]
            self._document["keys"] = rows
            self._read(self._document, _write(self._path, self._document))
            return gone

    def _current(self, use: str) -> Key | None:
        return self._key(self._now[use]) if use in self._now else None

    def _add(self, use: str, make: Callable[[], tuple[str, bytes]], now: str, *, replace: bool) -> Key:
        with _locked(self._path):
            self._read(*_held(self._path))
            found = self._current(use)
            if found and not replace:
                return found
            algorithm, material = make()
            row = {"id": secrets.token_hex(_ID), "use": use, "algorithm": algorithm, "state": "current", "created": now}
            row["sealed"] = seal(self._sealing, material, bound_to=_name(row)).hex()
            rows = [{**r, "state": "retired"} if r["use"] == use and r["state"] == "current" else r for r in self._document["keys"]]
            self._document["keys"] = [*rows, row]
            self._read(self._document, _write(self._path, self._document))
            return self._key(row["id"])

    def change_passphrase(self, new: bytes) -> None:
        """Seal every key again under another passphrase."""
        salt = secrets.token_bytes(16)
        self._seal_again(_stretch(new, salt, COST), {**COST, "salt": salt.hex()})

    def move_to_module(self, pin: bytes, *, token: str) -> str:
        """Seal every key again under one that never leaves a hardware module; that key's label. Raises module.Unavailable."""
        sealing = os.urandom(16)
        kdf = module.wrap(sealing, pin, token=token)
        self._seal_again(sealing, kdf)
        return str(kdf["label"])

    def _seal_again(self, sealing: bytes, kdf: dict[str, Any]) -> None:
        with _locked(self._path):
            self._read(*_held(self._path))
            rows = [
                r if r["state"] == "destroyed" else {**r, "sealed": seal(sealing, self._key(r["id"]).material, bound_to=_name(r)).hex()}
                for r in self._document["keys"]
            ]
            self._sealing = sealing
            document = {"version": VERSION, "kdf": kdf, "check": seal(sealing, _CHECK, bound_to=_bound(kdf)).hex(), "keys": rows}
            self._read(document, _write(self._path, document))


def _held(path: Path) -> tuple[dict[str, Any], Stamp]:
    """The document, and its stamp taken before: what replaces it meanwhile is seen at the next look."""
    stamp = stamp_of(path)
    return json.loads(path.read_text()), stamp


def stamp_of(path: Path) -> Stamp:
    """Tells one state of the file from the next, also when two fall into one tick of the file system's clock."""
    told = path.stat()
    return told.st_mtime_ns, told.st_ino, told.st_size


def _name(row: dict[str, str]) -> bytes:
    """What a sealed key is bound to; its state is not, since it changes."""
    return f"{row['id']}|{row['use']}|{row['algorithm']}".encode()


def _wiped(row: dict[str, str], now: str) -> dict[str, str]:
    return {**{name: value for name, value in row.items() if name != "sealed"}, "state": "destroyed", "destroyed": now}


def _bound(kdf: dict[str, Any]) -> bytes:
    return json.dumps(kdf, sort_keys=True).encode()


def _sealing_key(secret: bytes, kdf: dict[str, Any], path: Path) -> bytes:
    if kdf["name"] != module.NAME:
        return _stretch(secret, bytes.fromhex(kdf["salt"]), kdf)
    try:
        return module.unwrap(kdf, secret)
    except module.Refused as fault:
        raise WrongPassphrase(str(path)) from fault


def _stretch(passphrase: bytes, salt: bytes, cost: dict[str, Any]) -> bytes:
    return hash_secret_raw(passphrase, salt, cost["time"], cost["memory_kib"], cost["lanes"], 16, Type.ID)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, document: dict[str, Any]) -> Stamp:
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(document, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return stamp_of(path)


def close(key: Key, plain: bytes, *, bound_to: bytes = b"") -> bytes:
    """An envelope: marker ‖ key identifier ‖ length ‖ a data key sealed under `key` ‖ the text sealed under the data key.

    Rotating the outer key seals the data key again (`rewrap`) and leaves the text, however long, as it is.
    """
    data_key = os.urandom(16)
    identifier = bytes.fromhex(key.id)
    wrapped = seal(key.material, data_key, bound_to=identifier + bound_to)
    return _ENVELOPE + identifier + len(wrapped).to_bytes(2, "big") + wrapped + seal(data_key, plain, bound_to=bound_to)


def is_envelope(closed: bytes) -> bool:
    return closed.startswith(_ENVELOPE)


def closed_by(closed: bytes) -> str:
    """The identifier of the key that an envelope needs."""
    return closed[len(_ENVELOPE) : len(_ENVELOPE) + _ID].hex()


def open_envelope(find: Callable[[str], Key], closed: bytes, *, bound_to: bytes = b"") -> bytes:
    """The text of an envelope; `find` gives a key by identifier. Raises Tampered."""
    data_key, rest = _data_key(find, closed, bound_to)
    return unseal(data_key, rest, bound_to=bound_to)


def rewrap(find: Callable[[str], Key], key: Key, closed: bytes, *, bound_to: bytes = b"") -> bytes:
    """The same envelope under another key."""
    data_key, rest = _data_key(find, closed, bound_to)
    identifier = bytes.fromhex(key.id)
    wrapped = seal(key.material, data_key, bound_to=identifier + bound_to)
    return _ENVELOPE + identifier + len(wrapped).to_bytes(2, "big") + wrapped + rest


def _data_key(find: Callable[[str], Key], closed: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
    head = len(_ENVELOPE)
    if not is_envelope(closed) or len(closed) < head + _ID + 2:
        raise Tampered("this is no envelope")
    identifier = closed[head : head + _ID]
    size = int.from_bytes(closed[head + _ID : head + _ID + 2], "big")
    body = closed[head + _ID + 2 :]
    try:
        key = find(identifier.hex())
    except KeyError as fault:
        raise Tampered("the key of this envelope is not in the keystore") from fault
    return unseal(key.material, body[:size], bound_to=identifier + bound_to), body[size:]
