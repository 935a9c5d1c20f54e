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


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsExpired(Event):
    """Rows of a kind went because their time was over; `before`: what is older than this moment."""

    tag: ClassVar[str] = "continuity.rows.expired"
    kind: ClassVar[str] = "retention"
    about: ClassVar[str] = "key"
    key: str
    before: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DestructionDecided(Event):
    """`change`: asked, refused, agreed, done; `keys` are named once they are gone."""

    tag: ClassVar[str] = "continuity.destruction.decided"
    kind: ClassVar[str] = "destruction"
    about: ClassVar[str] = "cohort"
    cohort: str
    change: str
    words: str
    keys: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortsRenewed(Event):
    """Cohorts of a class seal under new keys from now on; what lay sealed opens as before."""

    tag: ClassVar[str] = "continuity.cohorts.renewed"
    kind: ClassVar[str] = "retention"
    about: ClassVar[str] = "key"
    key: str
    count: int
