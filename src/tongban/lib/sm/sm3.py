"""SM3 digests (GB/T 32905-2016) and the key derivation built on them (GB/T 32918.3-2016, 5.4.3)."""

import hashlib
from typing import Any


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


def derive(secret: bytes, size: int) -> bytes:
    """The key derivation function: SM3(secret ‖ 1) ‖ SM3(secret ‖ 2) …, cut to `size` bytes."""
    made = b"".join(sm3(secret, n.to_bytes(4, "big")) for n in range(1, -(-size // 32) + 1))
    return made[:size]
