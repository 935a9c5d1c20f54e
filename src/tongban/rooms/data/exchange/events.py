"""What the ledger keeps of exchange: each batch when it went and when it came, with the digests that were signed."""

from dataclasses import dataclass
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointKept(Event):
    tag: ClassVar[str] = "exchange.endpoint.kept"
    kind: ClassVar[str] = "endpoint"
    about: ClassVar[str] = "endpoint"
    endpoint: str
    organ: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowMoved(Event):
    """`move`: begun, source, target, running, paused, failed, reload, slot, loaded, aside, corrected."""

    tag: ClassVar[str] = "exchange.flow.moved"
    kind: ClassVar[str] = "agreement"
    about: ClassVar[str] = "agreement"
    agreement: str
    move: str
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadMoved(Event):
    """A large file on its way in. `move`: begun, checking, sent, refused."""

    tag: ClassVar[str] = "exchange.upload.moved"
    kind: ClassVar[str] = "agreement"
    about: ClassVar[str] = "agreement"
    agreement: str
    file: str
    move: str
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchSent(Event):
    """`envelope` is the SM3 of the canonical envelope, `signature` the provider's under it."""

    tag: ClassVar[str] = "exchange.batch.sent"
    kind: ClassVar[str] = "batch"
    about: ClassVar[str] = "place"
    place: str  # agreement/batch
    agreement: str
    batch: int
    rows: int
    aside: int
    envelope: str
    signature: str
    border: str = ""  # the rule under which it crossed to another zone


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchTaken(Event):
    """`receipt` is the SM3 of the canonical receipt, `signature` the consumer's under it."""

    tag: ClassVar[str] = "exchange.batch.taken"
    kind: ClassVar[str] = "batch"
    about: ClassVar[str] = "place"
    place: str  # agreement/batch
    agreement: str
    batch: int
    rows: int
    receipt: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TablesCompared(Event):
    """`agreements`: under which the compared tables were filled."""

    tag: ClassVar[str] = "exchange.tables.compared"
    kind: ClassVar[str] = "endpoint"
    about: ClassVar[str] = "endpoint"
    endpoint: str
    left: str
    right: str
    purpose: str
    agreements: list[str]
    agree: int
    differ: int
    only_left: int
    only_right: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AnsweringSet(Event):
    """Where single queries about a resource are answered from now on."""

    tag: ClassVar[str] = "exchange.answering.set"
    kind: ClassVar[str] = "resource"
    about: ClassVar[str] = "resource"
    resource: str
    endpoint: str
    table: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InformationListed(Event):
    """A department entered or ended a line of its list of main business information; `move`: listed, linked, ended."""

    tag: ClassVar[str] = "exchange.information.listed"
    kind: ClassVar[str] = "organ"
    about: ClassVar[str] = "organ"
    organ: str
    name: str
    move: str
    resource: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationMoved(Event):
    """`scores` is the SM3 of all values in their canonical form; `move`: announced, final."""

    tag: ClassVar[str] = "exchange.evaluation.moved"
    kind: ClassVar[str] = "evaluation"
    about: ClassVar[str] = "evaluation"
    evaluation: str
    move: str
    scores: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AppealMoved(Event):
    """`move`: pending, upheld, rejected."""

    tag: ClassVar[str] = "exchange.appeal.moved"
    kind: ClassVar[str] = "evaluation"
    about: ClassVar[str] = "evaluation"
    evaluation: str
    number: str
    organ: str
    indicator: str
    move: str
    words: str
