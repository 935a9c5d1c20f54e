"""National cryptography: SM2 signatures (GB/T 32918), SM3 digests (GB/T 32905), SM4-GCM (GB/T 32907).

No arithmetic of our own: SM3 and SM4 are OpenSSL's, SM2 is GmSSL's. Every stored value names its algorithm.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import Any

import gmssl_pyx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_NONCE, _TAG = 12, 16
_SEALED = b"SM4-GCM\x01"


class Tampered(ValueError):
    """What was sealed does not open: changed, cut short, or sealed with another key."""


def sm3(*parts: bytes) -> bytes:
    """The 32-byte SM3 digest of the parts, joined."""
    digest = hashlib.new("sm3")
    for part in parts:
        digest.update(part)
    return digest.digest()


def sm3_hex(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()


def hasher() -> Any:
    """A running SM3 digest, for what does not fit into memory."""
    return hashlib.new("sm3")


def seal(key: bytes, plain: bytes, *, bound_to: bytes = b"") -> bytes:
    """SM4-GCM under a 16-byte key; `bound_to` must be given again to open. Marker ‖ nonce ‖ tag ‖ text."""
    nonce = os.urandom(_NONCE)
    machine = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
    machine.authenticate_additional_data(bound_to)
    body = machine.update(plain) + machine.finalize()
    return _SEALED + nonce + machine.tag + body


def unseal(key: bytes, sealed: bytes, *, bound_to: bytes = b"") -> bytes:
    """The text that `seal` closed; raises Tampered."""
    head = len(_SEALED)
    if sealed[:head] != _SEALED:
        raise Tampered("not sealed with SM4-GCM")
    nonce, tag = sealed[head : head + _NONCE], sealed[head + _NONCE : head + _NONCE + _TAG]
    try:
        machine = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce, tag)).decryptor()
        machine.authenticate_additional_data(bound_to)
        return machine.update(sealed[head + _NONCE + _TAG :]) + machine.finalize()
    except (InvalidTag, ValueError) as fault:
        raise Tampered("the sealed text was changed") from fault


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An SM2 key pair: `private` 32 bytes, `public` 64 bytes."""

    private: bytes
    public: bytes

    @classmethod
    def generate(cls) -> "SigningKey":
        public, private = gmssl_pyx.sm2_key_generate()
        return cls(private, public)

    @classmethod
    def from_bytes(cls, raw: bytes) -> "SigningKey":
        return cls(raw[:32], raw[32:])

    def to_bytes(self) -> bytes:
        return self.private + self.public

    def sign(self, message: bytes) -> bytes:
        """DER signature over SM3 with the standard's default signer identity."""
        return bytes(gmssl_pyx.sm2_sign(self.private, self.public, message))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the SM2 signature is good; a malformed one is simply not."""
    try:
        return bool(gmssl_pyx.sm2_verify(gmssl_pyx.normalize_sm2_public_key(public), message, signature))
    except (ValueError, gmssl_pyx.InvalidValueError, gmssl_pyx.GmsslInnerError):
        return False
