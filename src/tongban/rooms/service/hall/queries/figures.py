"""Public figures of the work done: counts only."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Avg, Count, F, Q, Sum
from django.db.models.functions import TruncDate

from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import system
from tongban.lib import clock
from tongban.rooms.service.hall.models import Saving

PLATFORM = system("通办·统计")
SPAN = 30


@dataclass(frozen=True, slots=True)
class WorkDone:
    """The last thirty days."""

    accepted: int
    decided: int
    mean_days: float
    on_time: float | None
    open: int


def _start(days: int) -> datetime:
    return datetime.combine(clock.today() - timedelta(days), time(), clock.CHINA)


def work_done(region: str = "") -> WorkDone:
    """Applications and decisions of the last thirty days, mean duration, share on time."""
    rows = cases.applied_for(PLATFORM).filter(region_code__startswith=region)
    decided = Q(decided_at__gte=_start(SPAN))
    told = rows.aggregate(
        accepted=Count("id", filter=Q(submitted_at__gte=_start(SPAN))), decided=Count("id", filter=decided),
        timely=Count("id", filter=decided & (Q(decided_at__date__lte=F("promise_due")) | Q(promise_due=None))),
        mean=Avg(F("decided_at") - F("submitted_at"), filter=decided), open=Count("id", filter=Q(closed_at=None)),
    )  # fmt: skip
    mean = round(told["mean"].total_seconds() / 86400, 1) if told["mean"] else 0.0
    share = round(100 * told["timely"] / told["decided"], 2) if told["decided"] else None
    return WorkDone(told["accepted"], told["decided"], mean, share, told["open"])


def work_of_organ(organ: int) -> WorkDone:
    """The same for one organ, briefly."""
    rows = cases.applied_for(PLATFORM).filter(organ_id=organ)
    decided = rows.filter(decided_at__gte=_start(SPAN)).count()
    return WorkDone(rows.filter(submitted_at__gte=_start(SPAN)).count(), decided, 0.0, None, rows.filter(closed_at=None).count())


def last_days(days: int) -> dict[str, list[object]]:
    """Received and decided a day, for the chart and its table."""
    rows = cases.applied_for(PLATFORM)
    received = dict(rows.filter(submitted_at__gte=_start(days)).values_list(TruncDate("submitted_at")).annotate(Count("id")))
    decided = dict(rows.filter(decided_at__gte=_start(days)).values_list(TruncDate("decided_at")).annotate(Count("id")))
    shown = [clock.today() - timedelta(d) for d in range(days - 1, -1, -1)]
    return {
        "days": [f"{d:%m-%d}" for d in shown], "accepted": [received.get(d, 0) for d in shown],
        "closed": [decided.get(d, 0) for d in shown],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Savings:
    """What applications did not have to ask for, all in all."""

    cases: int
    fields: int
    materials: int


def savings(region: str = "37") -> Savings:
    """Entries filled from registers and documents not handed in, of a region."""
    told = Saving.objects.filter(region_code__startswith=region).aggregate(n=Count("id"), fields=Sum("fields_known"), materials=Sum("materials_struck"))
    return Savings(told["n"], told["fields"] or 0, told["materials"] or 0)
