"""Objects sealed before they leave: compressed, then an SM4-GCM envelope bound to the object's own name."""

import zlib
from collections.abc import Callable, Iterator

from tongban.lib.offsite.targets import Target
from tongban.lib.sm import keystore

PIECE = 4 * 1024 * 1024


class Vault:
    """A target behind a key. An object moved to another name, or one changed bit, does not open."""

    def __init__(self, target: Target, key: keystore.Key, find: Callable[[str], keystore.Key]) -> None:
        self.target, self._key, self._find = target, key, find

    def put(self, name: str, content: bytes) -> int:
        """Seal and store; the bytes that went out."""
        closed = keystore.close(self._key, zlib.compress(content, 1), bound_to=name.encode())
        self.target.put(name, closed)
        return len(closed)

    def get(self, name: str) -> bytes:
        """Raises KeyError, sm.Tampered."""
        opened = keystore.open_envelope(self._find, self.target.get(name), bound_to=name.encode())
        return zlib.decompress(opened)

    def pieces(self, prefix: str) -> Iterator[bytes]:
        """The content of numbered objects below a prefix, one after the other."""
        for name in self.target.names(prefix):
            yield self.get(name)
