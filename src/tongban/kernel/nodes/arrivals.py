"""What rooms and kernel apps do with letters of other nodes, and what they tell a node that joins."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import rules

Handler = Callable[[Actor, "Arrived"], None]
Announcer = Callable[[], Iterator[tuple[str, dict[str, Any]]]]
HANDLERS: dict[str, Handler] = {}
ANNOUNCERS: dict[str, Announcer] = {}


class Unwelcome(Exception):
    """What a letter says is not its writer's to say, or cannot be true here; the words go to whoever looks after the line."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter, opened. `content(id)` gives a file that came with it; `files` names them: identifier → name."""

    origin: str
    origin_name: str
    regions: tuple[str, ...]
    kind: str
    key: str
    at: str
    body: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    content: Callable[[str], bytes] = field(default=lambda _id: b"", repr=False)

    def require_serves(self, region: str) -> None:
        """Raises Unwelcome unless the writer serves the region that it writes about."""
        if not rules.serves(self.regions, region):
            raise Unwelcome(f"{self.origin} does not serve {region}")


def arrives(kind: str) -> Callable[[Handler], Handler]:
    """Answer letters of a kind, within the transaction that takes them; must be a command, or call some."""

    def wrap(function: Handler) -> Handler:
        HANDLERS[kind] = function
        return function

    return wrap


def announces(kind: str) -> Callable[[Announcer], Announcer]:
    """Give (key, body) of everything of a kind that is this node's own, for a node that joins."""

    def wrap(function: Announcer) -> Announcer:
        ANNOUNCERS[kind] = function
        return function

    return wrap
