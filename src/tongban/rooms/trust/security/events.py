"""What the ledger keeps of the security room's acts."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertRaised(Event):
    tag: ClassVar[str] = "security.alert.raised"
    kind: ClassVar[str] = "alert"
    about: ClassVar[str] = "alert"
    alert: int
    rule: str
    severity: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertMoved(Event):
    tag: ClassVar[str] = "security.alert.moved"
    kind: ClassVar[str] = "alert"
    about: ClassVar[str] = "alert"
    alert: int
    act: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentOpened(Event):
    tag: ClassVar[str] = "security.incident.opened"
    kind: ClassVar[str] = "incident"
    about: ClassVar[str] = "incident"
    incident: str
    level: int
    organ: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentMoved(Event):
    tag: ClassVar[str] = "security.incident.moved"
    kind: ClassVar[str] = "incident"
    about: ClassVar[str] = "incident"
    incident: str
    act: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningIssued(Event):
    tag: ClassVar[str] = "security.warning.issued"
    kind: ClassVar[str] = "warning"
    about: ClassVar[str] = "warning"
    warning: str
    colour: str
    organs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningMoved(Event):
    """`act`: receive, answer, verify, return."""

    tag: ClassVar[str] = "security.warning.moved"
    kind: ClassVar[str] = "warning"
    about: ClassVar[str] = "warning"
    warning: str
    organ: str
    act: str
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProtectionRecorded(Event):
    """`what`: registered, a step, finding, mended, closed."""

    tag: ClassVar[str] = "security.protection.recorded"
    kind: ClassVar[str] = "classified-system"
    about: ClassVar[str] = "system"
    system: str
    what: str
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HoneyLaid(Event):
    """`what`: laid or lifted."""

    tag: ClassVar[str] = "security.honey.laid"
    kind: ClassVar[str] = "honey"
    about: ClassVar[str] = "honey"
    honey: int
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LatenessTold(Event):
    """`what`: alert, report, receipt, feedback, or a word of the protection cycle; `about`: whose."""

    tag: ClassVar[str] = "security.lateness.told"
    kind: ClassVar[str] = "security-duty"
    about: ClassVar[str] = "duty"
    duty: str
    what: str
    title: str
    region: str
    organ: int | None
    link: str
