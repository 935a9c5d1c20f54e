"""What happened, in the past tense. A room declares its events; the ledger keeps them; handlers answer."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Subclasses set `tag` ("hall.licence.issued") and `about`, the field that names the subject.

    Events of one subject are delivered in order. Fields are JSON values; none may hold an identity number.
    """

    tag: ClassVar[str]
    about: ClassVar[str]
    kind: ClassVar[str] = "case"

    @property
    def subject(self) -> str:
        """ "case:JN26-1124-00042": the kind and key of what the event is about."""
        return f"{self.kind}:{getattr(self, self.about)}"

    def payload(self) -> dict[str, Any]:
        """Its fields; they are read, not copied, since the payload is written at once."""
        return {name: getattr(self, name) for name in _names(type(self))}  # type: ignore[arg-type]  # a class is hashable


@cache
def _names(of: type[Event]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(of))
