"""What the ledger keeps about itself."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyIntroduced(Event):
    """`key` 16 digits of the new public key's SM3; `public` and `before` 64 bytes in hexadecimal."""

    tag: ClassVar[str] = "ledger.key.introduced"
    kind: ClassVar[str] = "ledger-key"
    about: ClassVar[str] = "key"
    key: str
    public: str
    before: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LogTrusted(Event):
    """This node cosigns the heads of another's ledger from now on."""

    tag: ClassVar[str] = "ledger.log.trusted"
    kind: ClassVar[str] = "ledger-log"
    about: ClassVar[str] = "origin"
    origin: str
    public: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CeremonyHeld(Event):
    """The keystore got a new passphrase, in shares: who keeps one, how many open it. `keystore`: SM3 of the sealed file."""

    tag: ClassVar[str] = "ledger.ceremony.held"
    kind: ClassVar[str] = "keystore"
    about: ClassVar[str] = "keystore"
    keystore: str
    custodians: list[str]
    threshold: int
