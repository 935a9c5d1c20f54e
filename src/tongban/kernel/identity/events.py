"""What the ledger keeps of accounts and logins."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedIn(Event):
    tag: ClassVar[str] = "identity.account.logged-in"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int
    way: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginFailed(Event):
    tag: ClassVar[str] = "identity.account.login-failed"
    kind: ClassVar[str] = "login"
    about: ClassVar[str] = "name"
    name: str
    failures: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountOpened(Event):
    tag: ClassVar[str] = "identity.account.opened"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleGranted(Event):
    tag: ClassVar[str] = "identity.role.granted"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int
    role: str
    organ: str
    region: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonalDataSeen(Event):
    """An official saw a person's data: `fields` what, `purpose` for what, `case` while handling which."""

    tag: ClassVar[str] = "identity.person.seen"
    kind: ClassVar[str] = "person"
    about: ClassVar[str] = "person"
    person: int
    fields: list[str]
    purpose: str
    case: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountChanged(Event):
    """`what`: contact, password, password-reset, closed, role-ended, factor-added, factor-removed, session-ended, cancelled."""

    tag: ClassVar[str] = "identity.account.changed"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MandateChanged(Event):
    """`change`: given or ended."""

    tag: ClassVar[str] = "identity.mandate.changed"
    kind: ClassVar[str] = "mandate"
    about: ClassVar[str] = "mandate"
    mandate: int
    legal_person: int
    person: int
    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleLent(Event):
    """`what`: delegation, break-glass, ended, proper, improper."""

    tag: ClassVar[str] = "identity.role.lent"
    kind: ClassVar[str] = "account"
    about: ClassVar[str] = "account"
    account: int
    role: str
    what: str
    lent: int
    reason: str = ""
    until: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RolesReviewed(Event):
    """`what`: begun, keep, end, lapse, closed."""

    tag: ClassVar[str] = "identity.roles.reviewed"
    kind: ClassVar[str] = "review"
    about: ClassVar[str] = "review"
    review: int
    what: str
    account: int | None = None
    role: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProxyChanged(Event):
    """`change`: given, asked, active, refused, ended."""

    tag: ClassVar[str] = "identity.proxy.changed"
    kind: ClassVar[str] = "proxy"
    about: ClassVar[str] = "proxy"
    proxy: int
    person: int
    helper: int
    change: str
