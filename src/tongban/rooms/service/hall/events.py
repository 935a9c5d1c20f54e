"""What happens in the hall, beyond the life of a case."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class MatterEvent(Event):
    kind: ClassVar[str] = "matter"
    about: ClassVar[str] = "matter"
    matter: str
    version: int = 0
    document: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatterDrafted(MatterEvent):
    tag: ClassVar[str] = "hall.matter.drafted"


@dataclass(frozen=True, kw_only=True, slots=True)
class MatterReviewed(MatterEvent):
    tag: ClassVar[str] = "hall.matter.reviewed"


@dataclass(frozen=True, kw_only=True, slots=True)
class MatterPublished(MatterEvent):
    tag: ClassVar[str] = "hall.matter.published"


@dataclass(frozen=True, kw_only=True, slots=True)
class MatterCancelled(MatterEvent):
    tag: ClassVar[str] = "hall.matter.cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class MatterDelegated(MatterEvent):
    tag: ClassVar[str] = "hall.matter.delegated"
    to: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MattersTaken(MatterEvent):
    """An item with its implementations as another node tells them."""

    tag: ClassVar[str] = "hall.matter.taken"
    node: str
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MattersLoaded(Event):
    tag: ClassVar[str] = "hall.matters.loaded"
    kind: ClassVar[str] = "load"
    about: ClassVar[str] = "source"
    source: str
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftSaved(Event):
    tag: ClassVar[str] = "hall.draft.begun"
    kind: ClassVar[str] = "draft"
    about: ClassVar[str] = "draft"
    draft: str
    matter: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LicenceIssued(Event):
    tag: ClassVar[str] = "hall.licence.issued"
    about: ClassVar[str] = "case"
    case: str
    licence: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LicenceChanged(Event):
    tag: ClassVar[str] = "hall.licence.changed"
    kind: ClassVar[str] = "licence"
    about: ClassVar[str] = "licence"
    licence: str
    change: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LicenceTaken(Event):
    """A licence that another node issued for a case handed in here, or what became of it."""

    tag: ClassVar[str] = "hall.licence.taken"
    about: ClassVar[str] = "case"
    case: str
    licence: str
    node: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RatingInvited(Event):
    tag: ClassVar[str] = "hall.rating.invited"
    about: ClassVar[str] = "case"
    case: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceRated(Event):
    tag: ClassVar[str] = "hall.service.rated"
    about: ClassVar[str] = "case"
    case: str
    level: int
    organ: int
    region: str
    due: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RatingDefaulted(Event):
    tag: ClassVar[str] = "hall.rating.defaulted"
    about: ClassVar[str] = "case"
    case: str
    level: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RatingAnswered(Event):
    tag: ClassVar[str] = "hall.rating.answered"
    about: ClassVar[str] = "case"
    case: str
    reply: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentAnswered(Event):
    """An applicant let government fetch what it holds, or not; the resources that were asked, by name."""

    tag: ClassVar[str] = "hall.consent.answered"
    kind: ClassVar[str] = "draft"
    about: ClassVar[str] = "draft"
    draft: str
    matter: str
    agreed: bool
    resources: list[str]
    fetched: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueDisputed(Event):
    """An applicant says that a fetched value is wrong; what it should be stands in the case, sealed."""

    tag: ClassVar[str] = "hall.value.disputed"
    kind: ClassVar[str] = "case"
    about: ClassVar[str] = "case"
    case: str
    field: str
    resource: str
    item: str
    whose: str  # person, enterprise
    reason: str
