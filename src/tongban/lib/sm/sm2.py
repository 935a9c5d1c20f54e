"""SM2 keys (GB/T 32918): signatures, encryption, key agreement. libcrypto's arithmetic, or GmSSL's where it is missing."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import gmssl_pyx

from tongban.lib.sm import libcrypto
from tongban.lib.sm.sm3 import derive, sm3
from tongban.lib.sm.sm4 import Tampered

ALGORITHM = "SM2-SM3"
DEFAULT_ID = b"1234567812345678"  # GB/T 35276: the signer's identity where nobody agreed on another

# The recommended curve, GB/T 32918.5-2017: a, b and the base point as ZA hashes them.
_A = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
_B = "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
_G = "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"


class Unsupported(RuntimeError):
    """This machine has no libcrypto with SM2, and the fallback cannot do it."""


def provider() -> str:
    """What does the arithmetic here: libcrypto with its version, or GmSSL."""
    return libcrypto.version() or f"GmSSL {gmssl_pyx.version}"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An SM2 key pair: `private` 32 bytes, `public` 64 bytes (X ‖ Y)."""

    private: bytes
    public: bytes

    @classmethod
    def generate(cls) -> "SigningKey":
        if libcrypto.version():
            return cls(*libcrypto.generate())
        public, private = gmssl_pyx.sm2_key_generate()
        return cls(private, public)

    @classmethod
    def from_bytes(cls, raw: bytes) -> "SigningKey":
        if len(raw) != 96:
            raise ValueError("an SM2 key pair has 96 bytes")
        return cls(raw[:32], raw[32:])

    def to_bytes(self) -> bytes:
        return self.private + self.public

    def sign(self, message: bytes, *, identity: bytes = DEFAULT_ID) -> bytes:
        """DER signature over SM3(ZA ‖ message)."""
        if libcrypto.version():
            return libcrypto.sign(_private(self.private, self.public), message, identity)
        return bytes(gmssl_pyx.sm2_sign(self.private, self.public, message, signer_id=identity))


@cache
def _private(private: bytes, public: bytes) -> Any:
    return libcrypto.private_key(private, public)


@lru_cache(maxsize=1024)
def _public(public: bytes) -> Any:
    return libcrypto.public_key(public)


def verify(public: bytes, message: bytes, signature: bytes, *, identity: bytes = DEFAULT_ID) -> bool:
    """Whether the SM2 signature is good; a malformed one, or a key that is no point of the curve, is simply not."""
    if libcrypto.version():
        key = _public(public) if len(public) == 64 else None
        return key is not None and libcrypto.verify(key, message, signature, identity)
    try:
        return bool(gmssl_pyx.sm2_verify(gmssl_pyx.normalize_sm2_public_key(public), message, signature, signer_id=identity))
    except (ValueError, gmssl_pyx.InvalidValueError, gmssl_pyx.GmsslInnerError):
        return False


def encrypt(public: bytes, plain: bytes) -> bytes:
    """Public-key encryption, SM2Cipher of GB/T 35276 in DER; for keys and short texts, not for files."""
    if libcrypto.version():
        key = _public(public)
        if key is None:
            raise ValueError("this is no SM2 public key")
        return libcrypto.encrypt(key, plain)
    return bytes(gmssl_pyx.sm2_encrypt(public, plain))


def decrypt(key: SigningKey, closed: bytes) -> bytes:
    """What `encrypt` closed for this key; raises Tampered."""
    if libcrypto.version():
        plain = libcrypto.decrypt(_private(key.private, key.public), closed)
        if plain is None:
            raise Tampered("this was not closed for this key, or was changed")
        return plain
    try:
        return bytes(gmssl_pyx.sm2_decrypt(key.private, closed))
    except (ValueError, gmssl_pyx.InvalidValueError, gmssl_pyx.GmsslInnerError) as fault:
        raise Tampered("this was not closed for this key, or was changed") from fault


def identity_digest(public: bytes, identity: bytes = DEFAULT_ID) -> bytes:
    """ZA: what binds an identity to a key and the curve (GB/T 32918.2-2016, 5.5)."""
    return sm3((len(identity) * 8).to_bytes(2, "big"), identity, bytes.fromhex(_A + _B + _G), public)


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a key agreement: its lasting and its fresh public key, and its identity."""

    public: bytes
    fresh: bytes
    identity: bytes = DEFAULT_ID


def agree(own: SigningKey, fresh: SigningKey, peer: Party, *, size: int, initiator: bool, identity: bytes = DEFAULT_ID) -> bytes:
    """The key that both sides reach (GB/T 32918.3-2016, 6.1), `size` bytes; raises ValueError for a peer off the curve.

    `fresh` is made for this one agreement and its private half forgotten after it.
    """
    if not libcrypto.version():
        raise Unsupported("SM2 key agreement needs OpenSSL's libcrypto 3.0 or later on this machine")
    point = libcrypto.shared_point(own.private, fresh.private, fresh.public, peer.public, peer.fresh)
    if point is None:
        raise ValueError("the peer's key is no point of the curve")
    za, zb = identity_digest(own.public, identity), identity_digest(peer.public, peer.identity)
    return derive(point + (za + zb if initiator else zb + za), size)
