"""What the account room keeps of systems that log people in here."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientChanged(Event):
    """`change`: requested, approved, refused, suspended, secret."""

    tag: ClassVar[str] = "account.client.changed"
    kind: ClassVar[str] = "client"
    about: ClassVar[str] = "client"
    client: str
    change: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyAsked(Event):
    """Someone asks why an official looked at the own data; the official's organ answers until `due`."""

    tag: ClassVar[str] = "account.question.asked"
    kind: ClassVar[str] = "question"
    about: ClassVar[str] = "question"
    question: int
    organ: int
    due: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyAnswered(Event):
    tag: ClassVar[str] = "account.question.answered"
    kind: ClassVar[str] = "question"
    about: ClassVar[str] = "question"
    question: int
    account: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentChanged(Event):
    """`change`: given, ended."""

    tag: ClassVar[str] = "account.consent.changed"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int
    client: str
    scopes: list[str]
    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenIssued(Event):
    """Someone was logged in at another system, or a system got a token of its own (account 0)."""

    tag: ClassVar[str] = "account.token.issued"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int
    client: str
    scope: str
    grant: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TokensRevoked(Event):
    """`why`: logout, revoked, reuse (a code or refresh token came twice: stolen)."""

    tag: ClassVar[str] = "account.token.revoked"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int
    client: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedOutThere(Event):
    """A session ended here in which a system had logged its user in: it is told at its back-channel address."""

    tag: ClassVar[str] = "account.client.logged-out"
    kind: ClassVar[str] = "client"
    about: ClassVar[str] = "client"
    client: str
    sub: str
    sid: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffProvisioned(Event):
    """A personnel system opened, changed or removed an official. `change`: opened, changed, removed."""

    tag: ClassVar[str] = "account.staff.provisioned"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int
    client: str
    change: str
