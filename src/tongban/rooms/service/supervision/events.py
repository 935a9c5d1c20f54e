"""What supervision does."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class LightRaised(Event):
    tag: ClassVar[str] = "supervision.light.raised"
    about: ClassVar[str] = "case"
    case: str
    light: int
    level: str
    kind_of_breach: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LightMoved(Event):
    """Answered, appealed, judged, urged, replied to."""

    tag: ClassVar[str] = "supervision.light.moved"
    about: ClassVar[str] = "case"
    case: str
    light: int
    act: str
    words: str
    due: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseUrged(Event):
    tag: ClassVar[str] = "supervision.case.urged"
    about: ClassVar[str] = "case"
    case: str
    light: int
    words: str
    due: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UrgeAnswered(Event):
    tag: ClassVar[str] = "supervision.urge.answered"
    about: ClassVar[str] = "case"
    case: str
    light: int
    words: str
