"""What happens to organs."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class OrgansTaken(Event):
    """The organs of a region as another node tells them."""

    tag: ClassVar[str] = "orgs.organs.taken"
    kind: ClassVar[str] = "region"
    about: ClassVar[str] = "region"
    region: str
    organs: int
    changed: int
