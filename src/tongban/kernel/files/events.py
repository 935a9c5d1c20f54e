"""What happens to files."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class FileKept(Event):
    tag: ClassVar[str] = "files.file.kept"
    kind: ClassVar[str] = "file"
    about: ClassVar[str] = "file"
    file: str
    digest: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FileDestroyed(Event):
    """Its purpose is over; `words` say which."""

    tag: ClassVar[str] = "files.file.destroyed"
    kind: ClassVar[str] = "file"
    about: ClassVar[str] = "file"
    file: str
    digest: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyRotated(Event):
    tag: ClassVar[str] = "files.key.rotated"
    kind: ClassVar[str] = "key"
    about: ClassVar[str] = "key"
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesRewrapped(Event):
    """`files`: how many documents were brought under the key."""

    tag: ClassVar[str] = "files.key.rewrapped"
    kind: ClassVar[str] = "key"
    about: ClassVar[str] = "key"
    key: str
    files: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FileQuarantined(Event):
    """`what`: held, released, destroyed."""

    tag: ClassVar[str] = "files.file.quarantined"
    kind: ClassVar[str] = "quarantine"
    about: ClassVar[str] = "digest"
    digest: str
    what: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LargeFileMoved(Event):
    """`what`: begun, whole, destroyed."""

    tag: ClassVar[str] = "files.large.moved"
    kind: ClassVar[str] = "large-file"
    about: ClassVar[str] = "file"
    file: str
    what: str
    size: int
    digest: str = ""
    words: str = ""
