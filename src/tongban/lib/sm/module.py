"""A hardware module (PKCS#11) that holds the key which seals the keystore's own: a copied file opens nowhere else.

The module's library is named by TONGBAN_PKCS11_MODULE, never by the file, so that a changed file cannot make a program load another.
The key inside is AES-256, marked not to be extracted, and used as AES-GCM: PKCS#11 has no standard number for SM4, each maker has its own.
What the keystore holds stays sealed with SM4-GCM; the module closes only the 16 bytes that open it.
"""

import os
import secrets
from importlib import import_module
from typing import Any

NAME = "pkcs11"
_NONCE, _TAG_BITS = 12, 128


class Unavailable(Exception):
    """No library, no module, no such token: says which, for the operator."""


class Refused(Exception):
    """The module does not take this PIN, or did not close what it was asked to open."""


def wrap(sealing: bytes, pin: bytes, *, token: str) -> dict[str, Any]:
    """Close a key under a fresh one made inside the token; what the file keeps of it. Raises Unavailable, Refused."""
    pkcs11 = _library()
    label, nonce = f"tongban-{secrets.token_hex(4)}", secrets.token_bytes(_NONCE)
    about = {"name": NAME, "token": token, "label": label, "mechanism": "AES-GCM", "nonce": nonce.hex()}
    with _session(pkcs11, token, pin, write=True) as session:
        key = session.generate_key(
            pkcs11.KeyType.AES, 256, label=label, store=True,
            template={pkcs11.Attribute.EXTRACTABLE: False, pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.PRIVATE: True},
        )  # fmt: skip
        closed = key.encrypt(sealing, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(pkcs11, about))
    return {**about, "wrapped": bytes(closed).hex()}


def unwrap(about: dict[str, Any], pin: bytes) -> bytes:
    """The key that `wrap` closed; raises Unavailable, Refused."""
    pkcs11 = _library()
    with _session(pkcs11, about["token"], pin, write=False) as session:
        try:
            key = session.get_key(label=about["label"], key_type=pkcs11.KeyType.AES)
            opened = key.decrypt(bytes.fromhex(about["wrapped"]), mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(pkcs11, about))
        except pkcs11.NoSuchKey as fault:
            raise Unavailable(f"the token {about['token']} holds no key {about['label']}") from fault
        except pkcs11.PKCS11Error as fault:
            raise Refused(f"{type(fault).__name__}: the key was not closed by this module") from fault
    return bytes(opened)


def _gcm(pkcs11: Any, about: dict[str, Any]) -> Any:
    bound = f"{about['token']}|{about['label']}".encode()
    return pkcs11.GCMParams(bytes.fromhex(about["nonce"]), bound, _TAG_BITS)


def _library() -> Any:
    try:
        return import_module("pkcs11")  # only installations with a module have it
    except ImportError as fault:
        raise Unavailable("python-pkcs11 is not installed: start with TONGBAN_OPTIONS=1 once") from fault


def _session(pkcs11: Any, token: str, pin: bytes, *, write: bool) -> Any:
    path = os.environ.get("TONGBAN_PKCS11_MODULE", "")
    if not path:
        raise Unavailable("TONGBAN_PKCS11_MODULE: give the path of the module's library")
    try:
        return pkcs11.lib(path).get_token(token_label=token).open(user_pin=pin.decode(), rw=write)
    except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid, pkcs11.PinLocked, UnicodeDecodeError) as fault:
        raise Refused(f"{type(fault).__name__}: the module refuses this PIN") from fault
    except (pkcs11.PKCS11Error, OSError, RuntimeError) as fault:
        raise Unavailable(f"{path}, token {token}: {type(fault).__name__} {fault}") from fault
