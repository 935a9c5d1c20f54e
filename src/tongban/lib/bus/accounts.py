"""Accounts of the broker as signed claims: what no agreement allows, the broker itself refuses.

NATS decentralised JWT, version 2: an operator signs accounts, an account signs its users. Claims are pushed to the running
server, which takes them at the next message; nothing is reloaded.
"""

import base64
import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import nkeys

_KINDS = {"operator": nkeys.PREFIX_BYTE_OPERATOR, "account": nkeys.PREFIX_BYTE_ACCOUNT, "user": nkeys.PREFIX_BYTE_USER}


def new_seed(kind: str) -> bytes:
    """A fresh Ed25519 seed of an operator, account or user."""
    with open("/dev/urandom", "rb") as chance:  # noqa: PTH123 - a device
        return bytes(nkeys.encode_seed(chance.read(32), _KINDS[kind]))


def public(seed: bytes) -> str:
    """The public name of a seed ("AB…" for an account)."""
    return str(nkeys.from_seed(bytearray(seed)).public_key.decode())


def signature(seed: bytes, nonce: str) -> bytes:
    """The answer to the server's challenge."""
    return base64.b64encode(bytes(nkeys.from_seed(bytearray(seed)).sign(nonce.encode())))


def claim(issuer: bytes, subject: str, name: str, body: dict[str, Any], *, now: int | None = None) -> str:
    """A signed claim about `subject`."""
    head = {"typ": "JWT", "alg": "ed25519-nkey"}
    claims = {"iat": now or int(time.time()), "iss": public(issuer), "name": name, "sub": subject, "nats": {**body, "version": 2}}
    claims["jti"] = base64.b32encode(hashlib.sha256(json.dumps(claims, sort_keys=True).encode()).digest()).decode().rstrip("=")
    told = f"{_part(head)}.{_part(claims)}"
    return f"{told}.{_encode(bytes(nkeys.from_seed(bytearray(issuer)).sign(told.encode())))}"


def _part(told: dict[str, Any]) -> str:
    return _encode(json.dumps(told, separators=(",", ":")).encode())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Allowed:
    """One agreement in force as the broker enforces it: which subjects of `provider` (an account) `consumer` may use."""

    number: str
    provider: str
    consumer: str


def stream_name(agreement: str) -> str:
    return f"D_{agreement}"


def data_subject(agreement: str) -> str:
    return f"data.{agreement}"


def services(agreement: str) -> tuple[tuple[str, str, str], ...]:
    """(what, the provider's subject, the consumer's own name for it): taking data, receipting, asking."""
    return (
        ("take", f"$JS.API.DIRECT.GET.{stream_name(agreement)}", f"take.{agreement}"),
        ("receipt", f"receipt.{agreement}", f"receipt.{agreement}"),
        ("ask", f"ask.{agreement}", f"ask.{agreement}"),
    )


UNLIMITED = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True, "conn": -1, "leaf": -1}


def account_claim(operator: bytes, account: str, name: str, agreements: Iterable[Allowed]) -> str:
    """An organ's account: exports what it provides, imports what it was granted, nothing else.

    Its storage has no limit of its own: the server sets aside what an account may use, so that few organs would leave nothing for the others. Each stream has one.
    """
    held = list(agreements)
    exports = [
        {"name": f"{what} {a.number}", "subject": subject, "type": "service", "response_type": "Stream" if what == "take" else "Singleton"}
        for a in held
        if a.provider == account
        for what, subject, _own in services(a.number)
    ]
    imports = [
        {"name": f"{what} {a.number}", "subject": subject, "account": a.provider, "local_subject": own, "type": "service"}
        for a in held
        if a.consumer == account
        for what, subject, own in services(a.number)
    ]
    limits = {**UNLIMITED, "mem_storage": 0, "disk_storage": -1, "streams": -1, "consumer": -1}
    body = {"type": "account", "limits": limits, "default_permissions": {"pub": {}, "sub": {}}, "exports": exports, "imports": imports}
    return claim(operator, account, name, body)


def closed_claim(operator: bytes, account: str, name: str) -> str:
    """An account in which nobody may do anything any more: whoever is connected is cut off."""
    limits = {**UNLIMITED, "conn": 0, "leaf": 0, "mem_storage": 0, "disk_storage": 0}
    return claim(
        operator, account, name, {"type": "account", "limits": limits, "default_permissions": {"pub": {}, "sub": {}}, "revocations": {"*": int(time.time())}}
    )


def user_claim(account: bytes, user: str, name: str) -> str:
    """A user of an account, with all that the account may do."""
    return claim(account, user, name, {"type": "user", "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {}})


def system_claim(operator: bytes, account: str) -> str:
    """The system account, through which claims are pushed; it stores nothing."""
    return claim(operator, account, "SYS", {"type": "account", "limits": UNLIMITED, "default_permissions": {"pub": {}, "sub": {}}})


def operator_claim(operator: bytes, system: str) -> str:
    return claim(operator, public(operator), "tongban", {"type": "operator", "system_account": system})
