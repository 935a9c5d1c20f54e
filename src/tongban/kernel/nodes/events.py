"""What happens between nodes."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeEvent(Event):
    kind: ClassVar[str] = "node"
    about: ClassVar[str] = "node"
    node: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeInvited(NodeEvent):
    tag: ClassVar[str] = "nodes.node.invited"
    name: str
    regions: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeJoined(NodeEvent):
    """`public`: the key under which it is known from now on."""

    tag: ClassVar[str] = "nodes.node.joined"
    name: str
    regions: list[str]
    public: str
    via: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeEnded(NodeEvent):
    tag: ClassVar[str] = "nodes.node.ended"
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LettersPosted(NodeEvent):
    """Letters were put on a line, numbers `first` to `last`; the chain covers each of them."""

    tag: ClassVar[str] = "nodes.letters.posted"
    first: int
    last: int
    chain: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterTaken(NodeEvent):
    """A neighbour's letter was taken; `held`: it waits, for the reason that stands in the table of held letters."""

    tag: ClassVar[str] = "nodes.letter.taken"
    number: int
    chain: str
    letter: str
    what: str
    held: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LettersReceipted(NodeEvent):
    tag: ClassVar[str] = "nodes.letters.receipted"
    number: int
    chain: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldLetterDone(NodeEvent):
    """A letter that had been held was taken, or dropped by a person."""

    tag: ClassVar[str] = "nodes.letter.done"
    letter: str
    how: str
    words: str = ""
