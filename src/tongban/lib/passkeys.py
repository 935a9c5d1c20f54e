"""Passkeys (WebAuthn level 2): challenges and their answers, by Yubico's library. The caller keeps `state` in the session."""

import ipaddress
from collections.abc import Sequence
from typing import Any

from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

NAME = "通办"


class NotProved(ValueError):
    """The browser's answer does not prove the passkey; the text says what is wrong."""


def possible(host: str) -> bool:
    """Whether browsers allow passkeys at a host (with or without port): a name, never an address."""
    try:
        ipaddress.ip_address(_name(host))
    except ValueError:
        return True
    return False


def _name(host: str) -> str:
    return host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]


def _server(host: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=_name(host), name=NAME))


def ask_new(host: str, *, handle: bytes, username: str, shown: str, held: Sequence[bytes]) -> tuple[dict[str, Any], Any]:
    """Options for `navigator.credentials.create` and the state; `held` are the passkeys that the account has."""
    options, state = _server(host).register_begin(
        PublicKeyCredentialUserEntity(id=handle, name=username, display_name=shown), [AttestedCredentialData(one) for one in held],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    return dict(options), state


def take_new(host: str, state: Any, answer: dict[str, Any]) -> tuple[bytes, bytes]:
    """Identifier and public part of a new passkey; raises NotProved."""
    try:
        made = _server(host).register_complete(state, answer).credential_data
    except _FAULTS as fault:
        raise NotProved(str(fault)) from fault
    if made is None:
        raise NotProved("no credential")
    return made.credential_id, bytes(made)


def ask_proof(host: str, held: Sequence[bytes] = ()) -> tuple[dict[str, Any], Any]:
    """Options for `navigator.credentials.get` and the state; without `held` the browser offers what it has for this site."""
    known = [AttestedCredentialData(one) for one in held] or None
    options, state = _server(host).authenticate_begin(known, user_verification=UserVerificationRequirement.REQUIRED)
    return dict(options), state


def take_proof(host: str, state: Any, answer: dict[str, Any], public: bytes) -> int:
    """Check an answer against one passkey; the authenticator's counter. Raises NotProved."""
    try:
        _server(host).authenticate_complete(state, [AttestedCredentialData(public)], answer)
        return int(_counter(answer))
    except _FAULTS as fault:
        raise NotProved(str(fault)) from fault


def _counter(answer: dict[str, Any]) -> int:
    return AuthenticationResponse.from_dict(answer).response.authenticator_data.counter


_FAULTS = (ValueError, KeyError, TypeError, AttributeError, IndexError)


def identifier(answer: dict[str, Any]) -> bytes:
    """Which passkey answers; raises NotProved."""
    try:
        return bytes(AuthenticationResponse.from_dict(answer).raw_id)
    except _FAULTS as fault:
        raise NotProved(str(fault)) from fault
