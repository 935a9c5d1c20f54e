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
