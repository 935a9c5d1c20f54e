"""Columns that a copied database does not give away: sealed by the key of the organ that answers for the row, found by a blind index.

A sealed value is `TBC1 ‖ key identifier ‖ SM4-GCM(text)`, bound to its table and column. Keys lie in the keystore under uses such as
`column|cases|370102-market|2026`: class of record, organ, year. Destroying one makes its values unreadable in the database, in every
backup and on every standby, since those copy the keystore as it is now. A blind index is HMAC-SM3 of the value under a key of its own:
equal values have equal indexes, and without the key nobody can try values.
"""

import hmac
import json
import os
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import models

from tongban.lib import clock, keys, sm
from tongban.lib.sm.keystore import Destroyed

_MARK = b"TBC\x01"
_MARKED = b64encode(_MARK[:3]).decode()
_HEAD = len(_MARK) + 8
_USE = "column"
INDEX_SIZE = 16  # bytes of an index: two of 10^9 values fall together with a chance of 10^-21


if TYPE_CHECKING:
    _Bytes = models.Field[Any, Any]  # bytes in the database, texts in Python
else:
    _Bytes = models.BinaryField


def cohort(kind: str, organ: str, year: int | None = None) -> str:
    """The rows that share a key: a class of record, of an organ, of a year where the class ends by years."""
    return "|".join([kind, organ, *([str(year)] if year else [])])


def close(group: str, label: str, text: str) -> bytes:
    """Seal a text for a column (`label`: table.column) under the current key of a cohort, made on first use."""
    key = keys.current(f"{_USE}|{group}", "SM4", lambda: os.urandom(16))
    return _MARK + bytes.fromhex(key.id) + sm.seal(key.material, text.encode(), bound_to=label.encode())


def open_text(label: str, closed: bytes) -> str | None:
    """The text, or None when its key was destroyed; raises sm.Tampered for anything that was not closed for this column."""
    if closed[: len(_MARK)] != _MARK or len(closed) < _HEAD:
        raise sm.Tampered(f"{label}: this value was not sealed")
    try:
        key = keys.keystore().by_id(closed[len(_MARK) : _HEAD].hex())
    except Destroyed:
        return None
    except KeyError as fault:
        raise sm.Tampered(f"{label}: its key is not in the keystore") from fault
    return sm.unseal(key.material, closed[_HEAD:], bound_to=label.encode()).decode()


def closed_by(closed: bytes) -> str:
    """The identifier of the key that a sealed value needs."""
    return closed[len(_MARK) : _HEAD].hex()


def blind(label: str, value: str) -> bytes:
    """The index of a value: equal for equal values of one column, and for nobody else to compute."""
    key = keys.current(f"index|{label}", "HMAC-SM3", lambda: os.urandom(32))
    mac = _begun(key.material).copy()
    mac.update(value.encode())
    return mac.digest()[:INDEX_SIZE]


@lru_cache(64)
def _begun(material: bytes) -> hmac.HMAC:
    """The keyed half of HMAC, done once a key."""
    return hmac.new(material, digestmod="sm3")


def cohorts(kind: str) -> list[str]:
    """The cohorts of a class that have a key in force."""
    lead = f"{_USE}|{kind}|"
    return sorted(use.removeprefix(f"{_USE}|") for use in keys.keystore().uses() if use.startswith(lead))


def renew(group: str) -> str:
    """A new key for what a cohort seals from now on; its identifier. Only for commands."""
    return keys.rotate(f"{_USE}|{group}", "SM4", lambda: os.urandom(16)).id


def destroy(group: str) -> list[str]:
    """Destroy the keys of a cohort; their identifiers. Nothing brings its values back. Only for commands."""
    return keys.keystore().destroy(f"{_USE}|{group}", now=clock.now().isoformat())


class Sealed(_Bytes):
    """A text that lies sealed; the row's `cohort()` tells under whose key. Empty texts are kept as NULL.

    Rows are saved, never updated by a query: only a row knows its cohort. A value whose key was destroyed reads as "".
    """

    gone: Any = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "null": True, "blank": True, "editable": False})

    @property
    def label(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def encode(self, value: Any) -> str:
        return str(value)

    def decode(self, text: str) -> Any:
        return text

    def get_default(self) -> Any:
        return type(self.gone)()

    def get_prep_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> Any:
        """What `value_to_string` gave, still sealed; anything else as it is."""
        closed = b64decode(value) if isinstance(value, str) and value.startswith(_MARKED) else None
        return closed if closed and closed.startswith(_MARK) else value

    def value_to_string(self, obj: models.Model) -> str:
        """Sealed, so that a dump of the rows gives nothing away."""
        return b64encode(self._closed(obj) or b"").decode()

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return self._closed(model_instance)

    def _closed(self, row: Any) -> bytes | None:
        value = getattr(row, self.attname)
        if not value or isinstance(value, bytes):
            return value or None
        return close(row.cohort(), self.label, self.encode(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value and not (isinstance(value, bytes) and value.startswith(_MARK)):
            raise TypeError(f"{self.label} is sealed: save the row, or seal the value for its cohort")
        return super().get_db_prep_value(value or None, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return self.read(value)

    def read(self, value: bytes | memoryview | str | None) -> Any:
        """What a column holds, opened; for statements written as SQL, where bytes within JSON come as PostgreSQL's \\x text."""
        closed = bytes.fromhex(value[2:]) if isinstance(value, str) else bytes(value or b"")
        text = open_text(self.label, closed) if closed else None
        return self.get_default() if text is None else self.decode(text)

    def get_lookup(self, lookup_name: str) -> Any:
        """Sealed texts can be missing or not; they are searched by their blind index."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class SealedJSON(Sealed):
    """A JSON object that lies sealed; {} when there is none or its key was destroyed."""

    gone: Any = {}

    def encode(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def decode(self, text: str) -> Any:
        return json.loads(text)


def seal_existing(cursor: Any, table: str, names: dict[str, str], group: str) -> None:
    """For migrations: seal what lies open. `names`: sealed column -> the open one; `group`: SQL that gives a row's cohort."""
    olds = ", ".join(f"{old}::text" for old in names.values())
    cursor.execute(f"SELECT id, {group}, {olds} FROM {table} row")  # noqa: S608 - names of our own
    for identifier, of, *texts in cursor.fetchall():
        sealed = {new: close(of, f"{table}.{new}", text) for new, text in zip(names, texts, strict=True) if text}
        if sealed:
            sets = ", ".join(f"{new} = %s" for new in sealed)
            cursor.execute(f"UPDATE {table} SET {sets} WHERE id = %s", [*sealed.values(), identifier])  # noqa: S608 - names of our own
