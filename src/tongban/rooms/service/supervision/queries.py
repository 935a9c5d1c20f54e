"""The board, the lights, the efficiency table: within the regions and organ of whoever looks."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import NotFound
from tongban.rooms.service.supervision.models import Light, WatchRule


def rules_in_force(on: date) -> list[WatchRule]:
    """The rules of a day."""
    rows = WatchRule.objects.filter(effective_from__lte=on)
    return list(rows.filter(Q(effective_to=None) | Q(effective_to__gte=on)).order_by("id"))


def lights(actor: Actor, *, level: str = "", state: str = "", region: str = "") -> QuerySet[Light]:
    """Lights in scope: a supervisor's regions, or an official's own organ."""
    rows = Light.objects.select_related("rule").order_by("-id")
    if not actor.is_system:
        if actor.may("supervision.read_board"):
            scope = Q()
            for code in actor.regions:
                scope |= Q(region_code__startswith=code)
            rows = rows.filter(scope)
        else:
            rows = rows.filter(organ=actor.organ)
    if level:
        rows = rows.filter(level=level)
    if state:
        rows = rows.filter(state=state)
    return rows.filter(region_code__startswith=region) if region else rows


def light(actor: Actor, light_id: int) -> Light:
    found = lights(actor).filter(id=light_id).first()
    if found is None:
        raise NotFound(_("There is no such light within your view."))
    return found


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One region on the board; `on_time` is a percentage, None without decided cases."""

    code: str
    name: str
    open: int
    soon: int
    yellow: int
    red: int
    paused: int
    decided: int
    on_time: float | None


def board(actor: Actor, *, region: str, since: date) -> list[RegionRow]:
    """A row for each region directly below `region`; on-time rate of what was decided since a day."""
    today = clock.today()
    soon = calendar.due("37", today, 1)
    below = orgs.places(region)
    length = len(below[0].code) if below else len(region)
    rows = cases.visible(actor).filter(region_code__startswith=region)
    live = Q(closed_at=None, decided_at=None)
    counted = rows.values(part=Left("region_code", length)).annotate(
        open=Count("id", filter=Q(closed_at=None)),
        soon=Count("id", filter=live & Q(paused="", promise_due__gte=today, promise_due__lte=soon)),
        yellow=Count("id", filter=live & Q(paused="", promise_due__lt=today, statutory_due__gte=today)),
        red=Count("id", filter=live & Q(paused="", statutory_due__lt=today)),
        paused=Count("id", filter=live & ~Q(paused="")),
        decided=Count("id", filter=Q(decided_at__date__gte=since)),
        timely=Count("id", filter=Q(decided_at__date__gte=since, decided_at__date__lte=F("promise_due"))),
    )
    found = {r["part"]: r for r in counted}
    places = below or [orgs.place(region)]
    made = []
    for place in places:
        r: Any = found.get(place.code, {})
        decided = r.get("decided", 0)
        made.append(
            RegionRow(
                place.code, place.name, r.get("open", 0), r.get("soon", 0), r.get("yellow", 0), r.get("red", 0),
                r.get("paused", 0), decided, round(100 * r["timely"] / decided, 2) if decided else None,
            )
        )  # fmt: skip
    return made


@dataclass(frozen=True, slots=True)
class Totals:
    open: int
    soon: int
    yellow: int
    red: int
    paused: int
    on_time: float | None


def totals(rows: list[RegionRow]) -> Totals:
    """The sums of the board."""
    decided = sum(r.decided for r in rows)
    timely = sum(r.decided * (r.on_time or 0) / 100 for r in rows)
    return Totals(
        sum(r.open for r in rows), sum(r.soon for r in rows), sum(r.yellow for r in rows), sum(r.red for r in rows),
        sum(r.paused for r in rows), round(100 * timely / decided, 2) if decided else None,
    )  # fmt: skip


def trend(actor: Actor, *, region: str, days: int = 14) -> dict[str, list[object]]:
    """Lights raised a day, yellow and red, over the last days that are worked."""
    working, day = calendar.working_days("37"), clock.today()
    shown: list[date] = []
    while len(shown) < days:
        if working.works(day):
            shown.append(day)
        day -= timedelta(1)
    shown.reverse()
    counted: dict[tuple[date, str], int] = {}
    for raised, level in lights(actor, region=region).filter(raised_at__date__gte=shown[0]).values_list("raised_at", "level"):
        key = (raised.astimezone(clock.CHINA).date(), level)
        counted[key] = counted.get(key, 0) + 1
    return {
        "days": [f"{d:%m-%d}" for d in shown],
        "yellow": [counted.get((d, "yellow"), 0) for d in shown],
        "red": [counted.get((d, "red"), 0) for d in shown],
    }


@dataclass(frozen=True, slots=True)
class Efficiency:
    """An organ's month."""

    organ: str
    decided: int
    on_time: int
    early: int
    used_share: float
    corrections: float
    refused: int

    @property
    def on_time_share(self) -> float:
        return 100 * self.on_time / self.decided if self.decided else 0.0

    @property
    def refusal_rate(self) -> float:
        return 100 * self.refused / self.decided if self.decided else 0.0


def efficiency(actor: Actor, *, region: str, month: date) -> list[Efficiency]:
    """The monthly table: on time, early, share of the promise used, corrections per case, refusal rate, by organ."""
    actor.require("supervision.read_board")
    end = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    rows = cases.visible(actor).filter(region_code__startswith=region, decided_at__date__gte=month, decided_at__date__lt=end, promise_due__isnull=False)
    per: dict[str, list[tuple[int, int, bool, int, bool]]] = {}
    values: Any = rows.values_list("organ__name", "region_code", "accepted_on", "decided_at", "promise_due", "promised_days", "corrections", "result")
    for organ, code, accepted, decided, due, promised, corrections, result in values:
        on = decided.astimezone(clock.CHINA).date()
        used = calendar.working_days(code).between(accepted, on) if accepted else 0
        per.setdefault(organ, []).append((used, promised, on <= due, corrections, result == "refused"))
    return [_summed(organ, told) for organ, told in sorted(per.items())]


def _summed(organ: str, told: list[tuple[int, int, bool, int, bool]]) -> Efficiency:
    shares = [used / promised for used, promised, *_rest in told if promised]
    return Efficiency(
        organ=organ, decided=len(told), on_time=sum(t[2] for t in told), early=sum(t[0] < t[1] for t in told),
        used_share=round(100 * sum(shares) / len(shares), 1) if shares else 0.0,
        corrections=round(sum(t[3] for t in told) / len(told), 2), refused=sum(t[4] for t in told),
    )  # fmt: skip
