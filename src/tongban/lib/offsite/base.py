"""A base backup in a vault: pieces of one tar stream, the manifest its last member."""

import tarfile
from collections.abc import Iterator
from typing import IO, cast

from tongban.lib.offsite import manifest, wal
from tongban.lib.offsite.vault import Vault

_READ = 4 * 1024 * 1024


class NoManifest(ValueError):
    """The base backup has no manifest."""


class Pieces:
    """Sealed pieces as one stream that tarfile reads."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        parts, wanted = [], size
        while wanted:
            if not self._rest:
                self._rest = next(self._pieces, b"")
                if not self._rest:
                    break
            part = self._rest[:wanted]
            self._rest = self._rest[len(part) :]
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)


def opened(vault: Vault, label: str) -> tarfile.TarFile:
    """The archive of a base backup, to be read once from its beginning."""
    stream = cast("IO[bytes]", Pieces(vault.pieces(f"base/{label}/data")))  # of a stream, tarfile only reads
    return tarfile.open(fileobj=stream, mode="r|", bufsize=_READ)


def log_start(vault: Vault, label: str) -> tuple[int, int]:
    """Timeline and position from which a base needs the log; raises NoManifest."""
    with opened(vault, label) as members:
        for member in members:
            held = members.extractfile(member) if member.name == "backup_manifest" else None
            if held:
                timeline, start, _end = manifest.start_position(held.read())
                return timeline, wal.position(start)
    raise NoManifest(label)
