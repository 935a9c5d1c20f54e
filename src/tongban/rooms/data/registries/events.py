"""What the ledger keeps of the registries: who read a person and why, what was loaded, who decided. Never an identity itself."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordsKept(Event):
    """`origin`: the file, batch or case that brought them."""

    tag: ClassVar[str] = "registries.records.kept"
    kind: ClassVar[str] = "registry"
    about: ClassVar[str] = "registry"
    registry: str
    organ: str
    origin: str
    rows: int
    new: int
    same: int
    conflicts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectRead(Event):
    """An official opened a master record; `subject_mark` is the blind index of whom it is about."""

    tag: ClassVar[str] = "registries.subject.read"
    kind: ClassVar[str] = "registry"
    about: ClassVar[str] = "registry"
    registry: str
    subject_mark: str
    reason: str
    found: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictDecided(Event):
    tag: ClassVar[str] = "registries.conflict.decided"
    kind: ClassVar[str] = "registry"
    about: ClassVar[str] = "registry"
    registry: str
    record: int
    attribute: str
    organ: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionAsked(Event):
    tag: ClassVar[str] = "registries.correction.asked"
    kind: ClassVar[str] = "correction"
    about: ClassVar[str] = "correction"
    correction: str
    registry: str
    attribute: str
    organ: str
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionAnswered(Event):
    """`state`: accepted, refused."""

    tag: ClassVar[str] = "registries.correction.answered"
    kind: ClassVar[str] = "correction"
    about: ClassVar[str] = "correction"
    correction: str
    registry: str
    attribute: str
    organ: str
    state: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonRun(Event):
    """`gone`: findings that no longer hold."""

    tag: ClassVar[str] = "registries.comparison.run"
    kind: ClassVar[str] = "comparison"
    about: ClassVar[str] = "comparison"
    comparison: str
    found: int
    new: int
    gone: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingAnswered(Event):
    """`state`: confirmed, refuted."""

    tag: ClassVar[str] = "registries.finding.answered"
    kind: ClassVar[str] = "finding"
    about: ClassVar[str] = "finding"
    finding: str
    comparison: str
    organ: str
    state: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkageAsked(Event):
    tag: ClassVar[str] = "registries.linkage.asked"
    kind: ClassVar[str] = "linkage"
    about: ClassVar[str] = "linkage"
    linkage: str
    organ: str
    purpose: str
    agreement: str
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkageDone(Event):
    tag: ClassVar[str] = "registries.linkage.done"
    kind: ClassVar[str] = "linkage"
    about: ClassVar[str] = "linkage"
    linkage: str
    linked: int
    review: int
    rejected: int
    learned: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkDecided(Event):
    """A clerk saw both records and the evidence. `same`: one person."""

    tag: ClassVar[str] = "registries.link.decided"
    kind: ClassVar[str] = "linkage"
    about: ClassVar[str] = "linkage"
    linkage: str
    row: int
    same: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateMoved(Event):
    """`move`: asked, joined, refused, done, failed. `digest`: SM3 of the encoded file that came with it."""

    tag: ClassVar[str] = "registries.private.moved"
    kind: ClassVar[str] = "private-comparison"
    about: ClassVar[str] = "comparison"
    comparison: str
    asking: str
    asked: str
    move: str
    purpose: str
    rows: int = 0
    pairs: int = 0
    digest: str = ""
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseKept(Event):
    """Figures of one publication came in; `revised`: those that an earlier release gave otherwise."""

    tag: ClassVar[str] = "registries.release.kept"
    kind: ClassVar[str] = "release"
    about: ClassVar[str] = "release"
    release: str
    indicator: str
    figures: int
    revised: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacesKept(Event):
    """Named points came in or changed."""

    tag: ClassVar[str] = "registries.places.kept"
    kind: ClassVar[str] = "registry"
    about: ClassVar[str] = "registry"
    registry: str
    organ: str
    new: int
    changed: int
