"""What supervision does."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class OfLight(Event):
    """About a light: `case` is the number of the case, or the key of another `thing` with a limit."""

    about: ClassVar[str] = "case"
    case: str
    light: int
    thing: str = "case"

    @property
    def subject(self) -> str:
        return f"{self.thing}:{self.case}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LightRaised(OfLight):
    tag: ClassVar[str] = "supervision.light.raised"
    level: str
    kind_of_breach: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LightMoved(OfLight):
    """Answered, appealed, judged, urged, replied to."""

    tag: ClassVar[str] = "supervision.light.moved"
    act: str
    words: str
    due: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseUrged(OfLight):
    tag: ClassVar[str] = "supervision.case.urged"
    words: str
    due: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UrgeAnswered(OfLight):
    tag: ClassVar[str] = "supervision.urge.answered"
    words: str
