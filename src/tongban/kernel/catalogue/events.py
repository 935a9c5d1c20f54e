"""What the ledger keeps of the catalogue and of agreements."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceTold(Event):
    """Another node told of a published version of its resource; 0: of none any more."""

    tag: ClassVar[str] = "catalogue.resource.told"
    kind: ClassVar[str] = "resource"
    about: ClassVar[str] = "resource"
    resource: str
    node: str
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceMoved(Event):
    """A version went from state to state; `move`: draft, submit, register, offer, publish, return, recall."""

    tag: ClassVar[str] = "catalogue.resource.moved"
    kind: ClassVar[str] = "resource"
    about: ClassVar[str] = "resource"
    resource: str
    version: int
    move: str
    state: str
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessRequested(Event):
    tag: ClassVar[str] = "catalogue.access.requested"
    kind: ClassVar[str] = "access-request"
    about: ClassVar[str] = "number"
    number: str
    resource: str
    provider: str
    consumer: str
    due: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessAnswered(Event):
    """`state`: granted, refused, withdrawn."""

    tag: ClassVar[str] = "catalogue.access.answered"
    kind: ClassVar[str] = "access-request"
    about: ClassVar[str] = "number"
    number: str
    resource: str
    state: str
    agreement: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreementSigned(Event):
    """`digest` is SM3 of the terms; `in_force` when both have signed."""

    tag: ClassVar[str] = "catalogue.agreement.signed"
    kind: ClassVar[str] = "agreement"
    about: ClassVar[str] = "agreement"
    agreement: str
    organ: str
    digest: str
    public: str
    in_force: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreementMoved(Event):
    """`move`: suspend, resume, terminate."""

    tag: ClassVar[str] = "catalogue.agreement.moved"
    kind: ClassVar[str] = "agreement"
    about: ClassVar[str] = "agreement"
    agreement: str
    move: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFetched(Event):
    """Data of one subject went out; `subject_mark` is a keyed digest, never the identity itself. Over the bus `question` and `answer` are the SM3 of the signed documents."""

    tag: ClassVar[str] = "catalogue.data.fetched"
    kind: ClassVar[str] = "agreement"
    about: ClassVar[str] = "agreement"
    agreement: str
    resource: str
    consumer: str
    purpose: str
    items: list[str]
    subject_mark: str
    found: bool
    consent: str = ""
    question: str = ""
    answer: str = ""
    border: str = ""  # the rule under which it crossed to another zone


@dataclass(frozen=True, kw_only=True, slots=True)
class QueriesRefused(Event):
    """Questions over the bus that the agreement does not allow; `why` as in the rules of access."""

    tag: ClassVar[str] = "catalogue.queries.refused"
    kind: ClassVar[str] = "agreement"
    about: ClassVar[str] = "agreement"
    agreement: str
    why: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribed(Event):
    tag: ClassVar[str] = "catalogue.resource.subscribed"
    kind: ClassVar[str] = "resource"
    about: ClassVar[str] = "resource"
    resource: str
    wanted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BorderMoved(Event):
    """`move`: proposed, in-force, rejected, ended."""

    tag: ClassVar[str] = "catalogue.border.moved"
    kind: ClassVar[str] = "border"
    about: ClassVar[str] = "border"
    border: str
    resource: str
    source: str
    target: str
    move: str
    words: str
