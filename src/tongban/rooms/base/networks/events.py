"""What the ledger keeps of networks."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionKept(Event):
    """`what`: connected, changed, ended, imported (`unit` then counts the rows)."""

    tag: ClassVar[str] = "networks.connection.kept"
    kind: ClassVar[str] = "connection"
    about: ClassVar[str] = "unit"
    unit: str
    network: str
    what: str
    bandwidth: int = 0
    case: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpecialNetworkKept(Event):
    """`what`: registered, decided, step, done."""

    tag: ClassVar[str] = "networks.special.kept"
    kind: ClassVar[str] = "special-network"
    about: ClassVar[str] = "network"
    network: str
    what: str
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressesAssigned(Event):
    """`what`: assigned or freed."""

    tag: ClassVar[str] = "networks.addresses.assigned"
    kind: ClassVar[str] = "address-block"
    about: ClassVar[str] = "block"
    block: str
    network: str
    what: str
    unit: str = ""
