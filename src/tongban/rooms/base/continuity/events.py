"""What the centre keeps of systems, backups and drills."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class SystemRegistered(Event):
    tag: ClassVar[str] = "continuity.system.registered"
    kind: ClassVar[str] = "protected-system"
    about: ClassVar[str] = "system"
    system: str
    tier: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupReported(Event):
    tag: ClassVar[str] = "continuity.backup.reported"
    kind: ClassVar[str] = "protected-system"
    about: ClassVar[str] = "system"
    system: str
    report: int
    good: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillPlanned(Event):
    tag: ClassVar[str] = "continuity.drill.planned"
    kind: ClassVar[str] = "protected-system"
    about: ClassVar[str] = "system"
    system: str
    plan: int
    day: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillRecorded(Event):
    tag: ClassVar[str] = "continuity.drill.recorded"
    kind: ClassVar[str] = "protected-system"
    about: ClassVar[str] = "system"
    system: str
    drill: int
    passed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LatenessTold(Event):
    """`what`: late-backup, failed-backup, late-drill, missed-target."""

    tag: ClassVar[str] = "continuity.lateness.told"
    kind: ClassVar[str] = "protected-system"
    about: ClassVar[str] = "system"
    system: str
    what: str
