"""What happens to notices."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeSent(Event):
    tag: ClassVar[str] = "notices.notice.sent"
    kind: ClassVar[str] = "notice"
    about: ClassVar[str] = "notice"
    notice: int
    to: int
    key: str
    on: str
