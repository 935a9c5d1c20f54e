"""A thin binding to OpenSSL's libcrypto, for SM2 only; nothing is computed here.

Absent where Python carries its own OpenSSL inside and the system has none: `version()` is then "" and callers fall back.
Objects of the library are freed with the Python object that holds them.
"""

import ctypes
import ctypes.util
from functools import cache
from typing import Any

SM2 = 1172  # NID_sm2, obj_mac.h
_PRIVATE = (bytes.fromhex("30770201010420"), bytes.fromhex("a00a06082a811ccf5501822da14403420004"))  # RFC 5915 around the two numbers
_PUBLIC = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")  # RFC 5480 before the point
_POINTERS = (
    "EVP_sm3", "EVP_MD_CTX_new", "EVP_PKEY_CTX_new", "EVP_PKEY_CTX_new_id", "EC_GROUP_new_by_curve_name", "EC_POINT_new", "BN_new", "BN_CTX_new",
    "BN_bin2bn", "d2i_AutoPrivateKey", "d2i_PUBKEY", "EC_GROUP_get0_order", "EC_GROUP_get0_cofactor",
)  # fmt: skip


class Failed(RuntimeError):
    """A call that cannot fail did: out of memory, or a library without SM2."""


@cache
def _lib() -> Any:
    name = ctypes.util.find_library("crypto")
    try:
        lib = ctypes.CDLL(name) if name else None
        if lib is None or not hasattr(lib, "OpenSSL_version_num"):
            return None
        lib.OpenSSL_version_num.restype = ctypes.c_ulong
        if lib.OpenSSL_version_num() < 0x30000000:
            return None
        for each in _POINTERS:
            getattr(lib, each).restype = ctypes.c_void_p
    except (OSError, AttributeError):
        return None
    lib.OpenSSL_version.restype = ctypes.c_char_p
    probe = lib.EVP_PKEY_CTX_new_id(SM2, None)
    if not probe:
        return None
    lib.EVP_PKEY_CTX_free(ctypes.c_void_p(probe))
    return lib


@cache
def version() -> str:
    """ "OpenSSL 3.0.19 …", "" when there is no libcrypto with SM2."""
    lib = _lib()
    return lib.OpenSSL_version(0).decode() if lib else ""


class _Held:
    """A pointer of the library, freed with this object: keep the object in a variable until the call that uses `at` has returned."""

    def __init__(self, pointer: int | None, free: str) -> None:
        if not pointer:
            raise Failed(free)
        self.at, self._free = ctypes.c_void_p(pointer), free

    def __del__(self) -> None:
        lib = _lib()
        if lib is not None:
            getattr(lib, self._free)(self.at)


def _must(result: int, what: str) -> None:
    if result != 1:
        raise Failed(what)


def private_key(private: bytes, public: bytes) -> _Held:
    """An EVP_PKEY from 32 and 64 bytes."""
    der = _PRIVATE[0] + private + _PRIVATE[1] + public
    return _Held(_parse("d2i_AutoPrivateKey", der), "EVP_PKEY_free")


def public_key(public: bytes) -> _Held | None:
    """An EVP_PKEY from 64 bytes; None when they are no point of the curve."""
    pointer = _parse("d2i_PUBKEY", _PUBLIC + public)
    return _Held(pointer, "EVP_PKEY_free") if pointer else None


def _parse(function: str, der: bytes) -> int | None:
    held = ctypes.c_char_p(der)
    pointer: int | None = getattr(_lib(), function)(None, ctypes.byref(held), ctypes.c_long(len(der)))
    return pointer


def generate() -> tuple[bytes, bytes]:
    """A fresh (private, public)."""
    lib = _lib()
    making = _Held(lib.EVP_PKEY_CTX_new_id(SM2, None), "EVP_PKEY_CTX_free")
    _must(lib.EVP_PKEY_keygen_init(making.at), "keygen")
    pointer = ctypes.c_void_p()
    _must(lib.EVP_PKEY_keygen(making.at, ctypes.byref(pointer)), "keygen")
    key = _Held(pointer.value, "EVP_PKEY_free")
    out = ctypes.c_void_p()
    size = lib.i2d_PrivateKey(key.at, ctypes.byref(out))
    der = ctypes.string_at(out, size)
    lib.CRYPTO_free(out, b"sm2", 0)
    start = der.index(_PRIVATE[0][3:]) + len(_PRIVATE[0][3:])
    return der[start : start + 32], der[-64:]


def _digest_context(key: _Held, identity: bytes) -> tuple[_Held, _Held]:
    lib = _lib()
    digest = _Held(lib.EVP_MD_CTX_new(), "EVP_MD_CTX_free")
    context = _Held(lib.EVP_PKEY_CTX_new(key.at, None), "EVP_PKEY_CTX_free")
    _must(lib.EVP_PKEY_CTX_set1_id(context.at, identity, ctypes.c_size_t(len(identity))), "identity")
    lib.EVP_MD_CTX_set_pkey_ctx(digest.at, context.at)
    return digest, context


def sign(key: _Held, message: bytes, identity: bytes) -> bytes:
    """A DER signature over SM3(ZA ‖ message)."""
    lib = _lib()
    digest, _context = _digest_context(key, identity)
    _must(lib.EVP_DigestSignInit(digest.at, None, ctypes.c_void_p(lib.EVP_sm3()), None, key.at), "sign")
    size = ctypes.c_size_t(80)
    out = ctypes.create_string_buffer(80)
    _must(lib.EVP_DigestSign(digest.at, out, ctypes.byref(size), message, ctypes.c_size_t(len(message))), "sign")
    return out.raw[: size.value]


def verify(key: _Held, message: bytes, signature: bytes, identity: bytes) -> bool:
    """Whether a DER signature is good."""
    lib = _lib()
    digest, _context = _digest_context(key, identity)
    _must(lib.EVP_DigestVerifyInit(digest.at, None, ctypes.c_void_p(lib.EVP_sm3()), None, key.at), "verify")
    good: int = lib.EVP_DigestVerify(digest.at, signature, ctypes.c_size_t(len(signature)), message, ctypes.c_size_t(len(message)))
    lib.ERR_clear_error()
    return good == 1


def encrypt(key: _Held, plain: bytes) -> bytes:
    """SM2Cipher in DER."""
    lib = _lib()
    context = _Held(lib.EVP_PKEY_CTX_new(key.at, None), "EVP_PKEY_CTX_free")
    _must(lib.EVP_PKEY_encrypt_init(context.at), "encrypt")
    return _crypt(lib.EVP_PKEY_encrypt, context, plain, len(plain) + 256) or _fail("encrypt")


def decrypt(key: _Held, closed: bytes) -> bytes | None:
    """The text; None when it was not closed for this key."""
    lib = _lib()
    context = _Held(lib.EVP_PKEY_CTX_new(key.at, None), "EVP_PKEY_CTX_free")
    _must(lib.EVP_PKEY_decrypt_init(context.at), "decrypt")
    found = _crypt(lib.EVP_PKEY_decrypt, context, closed, len(closed) + 16)
    lib.ERR_clear_error()
    return found


def _crypt(function: Any, context: _Held, text: bytes, room: int) -> bytes | None:
    size = ctypes.c_size_t(room)
    out = ctypes.create_string_buffer(room)
    good = function(context.at, out, ctypes.byref(size), text, ctypes.c_size_t(len(text)))
    return out.raw[: size.value] if good == 1 else None


def _fail(what: str) -> bytes:
    raise Failed(what)


def _number(raw: bytes) -> _Held:
    return _Held(_lib().BN_bin2bn(raw, len(raw), None), "BN_clear_free")


def shared_point(own: bytes, fresh: bytes, fresh_public: bytes, peer: bytes, peer_fresh: bytes) -> bytes | None:
    """h·t·(P + x̄₂·R) of GB/T 32918.3-2016, 6.1, as X ‖ Y; None for a peer that is not on the curve.

    `own` and `fresh` are the two private numbers of this side, 32 bytes each; the others are points of 64.
    """
    lib = _lib()
    group = _Held(lib.EC_GROUP_new_by_curve_name(SM2), "EC_GROUP_free")
    work = _Held(lib.BN_CTX_new(), "BN_CTX_free")
    order = ctypes.c_void_p(lib.EC_GROUP_get0_order(group.at))
    peer_point, peer_fresh_point = _point(group, work, peer), _point(group, work, peer_fresh)
    if peer_point is None or peer_fresh_point is None:
        return None
    d, r, x1, x2 = _number(own), _number(fresh), _number(_half(fresh_public)), _number(_half(peer_fresh))
    # t = (d + x̄₁·r) mod n
    t, product = _Held(lib.BN_new(), "BN_clear_free"), _Held(lib.BN_new(), "BN_clear_free")
    _must(lib.BN_mod_mul(product.at, x1.at, r.at, order, work.at), "t")
    _must(lib.BN_mod_add(t.at, d.at, product.at, order, work.at), "t")
    # V = t·(P + x̄₂·R); the cofactor h of this curve is 1
    reached = _Held(lib.EC_POINT_new(group.at), "EC_POINT_clear_free")
    _must(lib.EC_POINT_mul(group.at, reached.at, None, peer_fresh_point.at, x2.at, work.at), "x̄₂·R")
    _must(lib.EC_POINT_add(group.at, reached.at, peer_point.at, reached.at, work.at), "P + x̄₂·R")
    _must(lib.EC_POINT_mul(group.at, reached.at, None, reached.at, t.at, work.at), "V")
    out = ctypes.create_string_buffer(65)
    size = lib.EC_POINT_point2oct(group.at, reached.at, 4, out, ctypes.c_size_t(65), work.at)
    return out.raw[1:65] if size == 65 else None


def public_of(private: bytes) -> bytes:
    """The point of a private number, X ‖ Y."""
    lib = _lib()
    group = _Held(lib.EC_GROUP_new_by_curve_name(SM2), "EC_GROUP_free")
    work = _Held(lib.BN_CTX_new(), "BN_CTX_free")
    reached, d = _Held(lib.EC_POINT_new(group.at), "EC_POINT_free"), _number(private)
    _must(lib.EC_POINT_mul(group.at, reached.at, d.at, None, None, work.at), "public")
    out = ctypes.create_string_buffer(65)
    _must(lib.EC_POINT_point2oct(group.at, reached.at, 4, out, ctypes.c_size_t(65), work.at) // 65, "public")
    return out.raw[1:]


def _half(point: bytes) -> bytes:
    """x̄ = 2¹²⁷ + (x mod 2¹²⁷), as bytes."""
    x = int.from_bytes(point[:32], "big")
    return ((1 << 127) | (x & ((1 << 127) - 1))).to_bytes(16, "big")


def _point(group: _Held, work: _Held, raw: bytes) -> _Held | None:
    lib = _lib()
    made = _Held(lib.EC_POINT_new(group.at), "EC_POINT_free")
    good = len(raw) == 64 and lib.EC_POINT_oct2point(group.at, made.at, b"\x04" + raw, ctypes.c_size_t(65), work.at) == 1
    lib.ERR_clear_error()
    return made if good else None
