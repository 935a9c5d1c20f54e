"""SM4 (GB/T 32907-2016) by `cryptography`: GCM for what is stored, CBC and CTR for peers that ask for them."""

import os
import threading

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_NONCE, _TAG, _BLOCK = 12, 16, 16
_SEALED = b"SM4-GCM\x01"
_HEAD = len(_SEALED) + _NONCE + _TAG
_KEPT = 8 << 20
_scratch = threading.local()


class Tampered(ValueError):
    """What was sealed does not open: changed, cut short, or sealed with another key."""


def seal(key: bytes, plain: bytes, *, bound_to: bytes = b"") -> bytes:
    """SM4-GCM under a 16-byte key; `bound_to` must be given again to open. Marker ‖ nonce ‖ tag ‖ text."""
    nonce = os.urandom(_NONCE)
    machine = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
    machine.authenticate_additional_data(bound_to)
    room = _room(_HEAD + len(plain) + _BLOCK)
    size = machine.update_into(plain, room[_HEAD:])
    machine.finalize()
    room[:_HEAD] = _SEALED + nonce + machine.tag
    return bytes(room[: _HEAD + size])


def _room(size: int) -> memoryview:
    """A buffer of this thread, used again: making a fresh one costs a tenth of sealing. It holds sealed text only."""
    held = getattr(_scratch, "room", None)
    if held is None or len(held) < size:
        held = bytearray(size)
        if size <= _KEPT:
            _scratch.room = held
    return memoryview(held)


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


def cbc_close(key: bytes, plain: bytes) -> bytes:
    """Initial vector ‖ SM4-CBC with PKCS#7 padding. Carries no proof: sign or seal what must not change."""
    vector = os.urandom(_BLOCK)
    pad = padding.PKCS7(128).padder()
    machine = Cipher(algorithms.SM4(key), modes.CBC(vector)).encryptor()
    return vector + machine.update(pad.update(plain) + pad.finalize()) + machine.finalize()


def cbc_open(key: bytes, closed: bytes) -> bytes:
    """The text that `cbc_close` closed; raises Tampered when it cannot be one."""
    try:
        machine = Cipher(algorithms.SM4(key), modes.CBC(closed[:_BLOCK])).decryptor()
        padded = machine.update(closed[_BLOCK:]) + machine.finalize()
        pad = padding.PKCS7(128).unpadder()
        return pad.update(padded) + pad.finalize()
    except ValueError as fault:
        raise Tampered("this was not closed with this key") from fault


def ctr(key: bytes, counter: bytes, text: bytes) -> bytes:
    """SM4-CTR from a 16-byte first counter; the same call opens. Never the same counter twice under one key."""
    machine = Cipher(algorithms.SM4(key), modes.CTR(counter)).encryptor()
    return machine.update(text) + machine.finalize()
