"""What happens to a case."""

from dataclasses import dataclass, field
from typing import ClassVar

from tongban.lib.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseEvent(Event):
    about: ClassVar[str] = "case"
    case: str
    matter: str
    organ: str
    region: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseSubmitted(CaseEvent):
    tag: ClassVar[str] = "cases.case.submitted"
    title: str
    data_digest: str
    materials: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepTaken(CaseEvent):
    """A work item was done; `effect` says what it did to the case."""

    tag: ClassVar[str] = "cases.step.taken"
    step: str
    action: str
    effect: str
    opinion: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseMoved(CaseEvent):
    """Base of the moves that others answer."""

    opinion: str = ""
    days: int = 0
    special: str = ""
    due: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionRequested(CaseMoved):
    tag: ClassVar[str] = "cases.case.correction-requested"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResubmitted(CaseMoved):
    tag: ClassVar[str] = "cases.case.resubmitted"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseAccepted(CaseMoved):
    tag: ClassVar[str] = "cases.case.accepted"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseNotAccepted(CaseMoved):
    tag: ClassVar[str] = "cases.case.not-accepted"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseSuspended(CaseMoved):
    tag: ClassVar[str] = "cases.case.suspended"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResumed(CaseMoved):
    tag: ClassVar[str] = "cases.case.resumed"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseExtended(CaseMoved):
    tag: ClassVar[str] = "cases.case.extended"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseGranted(CaseMoved):
    tag: ClassVar[str] = "cases.case.granted"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRefused(CaseMoved):
    tag: ClassVar[str] = "cases.case.refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseClosed(CaseMoved):
    tag: ClassVar[str] = "cases.case.closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseWithdrawn(CaseMoved):
    tag: ClassVar[str] = "cases.case.withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseLapsed(CaseMoved):
    tag: ClassVar[str] = "cases.case.lapsed"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseOpened(CaseEvent):
    """Nobody applied: an office looks into `cause`, "finding:42"."""

    tag: ClassVar[str] = "cases.case.opened"
    title: str
    cause: str
    data_digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseConcluded(CaseEvent):
    """The end of a case that nobody applied for; `result` is the key of the action, or "gone"."""

    tag: ClassVar[str] = "cases.case.concluded"
    cause: str
    result: str
    opinion: str = ""


MOVED: dict[str, type[CaseMoved]] = {
    "correct": CorrectionRequested, "resubmit": CaseResubmitted, "accept": CaseAccepted, "reject": CaseNotAccepted,
    "suspend": CaseSuspended, "resume": CaseResumed, "extend": CaseExtended, "grant": CaseGranted,
    "grant-at-once": CaseGranted, "refuse": CaseRefused, "deliver": CaseClosed, "withdraw": CaseWithdrawn,
    "lapse": CaseLapsed,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseEchoed(CaseMoved):
    """Of a copy: what happened at the case's home, `of` being the tag of the event there."""

    tag: ClassVar[str] = "cases.case.echoed"
    of: str
    step: str = ""
    action: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ActSent(CaseEvent):
    """Of a copy: the applicant did something, which goes to the case's home."""

    tag: ClassVar[str] = "cases.act.sent"
    act: str
    to: str
    opinion: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ActRefused(CaseEvent):
    """Of a copy: the case's home could not do what the applicant did."""

    tag: ClassVar[str] = "cases.act.refused"
    act: str
    opinion: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkItemMoved(CaseEvent):
    """Claimed, returned to the pool, or handed to a colleague."""

    tag: ClassVar[str] = "cases.item.moved"
    step: str
    how: str
    to: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessPublished(Event):
    tag: ClassVar[str] = "cases.process.published"
    kind: ClassVar[str] = "process"
    about: ClassVar[str] = "process"
    process: str
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessDrafted(Event):
    tag: ClassVar[str] = "cases.process.drafted"
    kind: ClassVar[str] = "process"
    about: ClassVar[str] = "process"
    process: str
    version: int
