"""Each department's values, with the rows behind them. Everything is read in a fixed number of statements, however many departments there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.rules import resources as catalogue
from tongban.kernel.identity.actor import system
from tongban.lib import clock
from tongban.lib.rooms import reference
from tongban.rooms.data.exchange.models import Batch, Flow, MainInformation
from tongban.rooms.data.exchange.rules import evaluation as rules
from tongban.rooms.data.exchange.rules import flows as flow_rules

PLATFORM = system("通办·共享评价")
MOST = 200  # rows kept as evidence of one value; the sums count all
SHARED = (catalogue.UNCONDITIONAL, catalogue.CONDITIONAL)


@dataclass(slots=True)
class Measured:
    """`part` of `whole`; `rows`: words, whether it counts, address."""

    part: float = 0.0
    whole: float = 0.0
    rows: list[tuple[str, bool, str]] = field(default_factory=list)

    def add(self, words: str, part: float, whole: float, address: str = "") -> None:
        self.part, self.whole = self.part + part, self.whole + whole
        if len(self.rows) < MOST:
            self.rows.append((words[:200], part >= whole, address))


Found = Mapping[str, Mapping[int, Measured]]  # indicator → organ → what was measured


def measured(organs: Iterable[int], first: date, last: date) -> Found:
    """All indicators of all departments over a span of days, both inclusive; what lies in the future is not due yet."""
    last = min(last, clock.today())
    held = _newest()
    found: dict[str, dict[int, Measured]] = defaultdict(lambda: defaultdict(Measured))
    _main_information(found, held, last)
    _resources(found, held, first, last)
    _flows(found, first, last)
    _answers(found, first, last)
    wanted = set(organs)
    return {key: {organ: one for organ, one in told.items() if organ in wanted} for key, told in found.items()}


def value(key: str, one: Measured | None) -> float | None:
    """A share, or a count; None where nothing was there to measure. No list and no resource at all is no excuse: it measures 0."""
    if one is None or not one.whole:
        return None if key in ("timely", "quality", "answered") else 0.0
    return one.part if key == "uses" else round(one.part / one.whole, 6)


@dataclass(frozen=True, slots=True)
class _Resource:
    organ: int
    title: str
    published: bool
    shared: bool


def _newest() -> dict[str, _Resource]:
    """Every resource of the catalogue by its published version, else by its newest; recalled ones are gone."""
    rows = resources.visible(PLATFORM).exclude(state__in=(catalogue.SUPERSEDED, catalogue.RECALLED)).order_by("resource_id", "number")
    found: dict[str, _Resource] = {}
    for v in rows:
        known = found.get(v.resource.key)
        if known is None or not known.published:
            found[v.resource.key] = _Resource(v.resource.organ_id, v.title, v.state == catalogue.PUBLISHED, v.sharing in SHARED)
    return found


def _address(key: str) -> str:
    return reference("resource", key) or ""


def _main_information(found: dict[str, dict[int, Measured]], held: Mapping[str, _Resource], last: date) -> None:
    for one in MainInformation.objects.filter(Q(until=None) | Q(until__gt=last), since__lte=last).order_by("organ_id", "name"):
        known = held.get(one.resource)
        known = known if known and known.organ == one.organ_id else None
        address = _address(one.resource) if known else ""
        found["catalogued"][one.organ_id].add(one.name, float(known is not None), 1, address)
        found["shared"][one.organ_id].add(one.name, float(known is not None and known.published and known.shared), 1, address)


def _resources(found: dict[str, dict[int, Measured]], held: Mapping[str, _Resource], first: date, last: date) -> None:
    uses = access.used_between(first, last)
    used = {u.resource for u in uses if u.provider != u.consumer}
    for key, one in sorted(held.items()):
        found["published"][one.organ].add(one.title, float(one.published), 1, _address(key))
        if one.published and one.shared:
            found["used"][one.organ].add(one.title, float(key in used), 1, _address(key))
    for u in uses:
        found["uses"][u.consumer].add(f"{u.number} {u.title}", 1, 1, reference("agreement", u.number) or "")


def _flows(found: dict[str, dict[int, Measured]], first: date, last: date) -> None:
    """Whether data came as often as the resource promises, and how much of it was sound."""
    rows = Batch.objects.filter(sent_at__date__range=(first, last)).order_by()
    quick = Q(taken_at__lte=F("sent_at") + timedelta(seconds=flow_rules.LAGGING))
    summed = {r["flow_id"]: r for r in rows.values("flow_id").annotate(n=Count("id"), quick=Count("id", filter=quick), r=Sum("rows"), bad=Sum("aside"))}
    days: dict[int, set[date]] = defaultdict(set)
    for sender, at in rows.values_list("flow_id", "sent_at__date").distinct():
        days[sender].add(at)
    flows = list(Flow.objects.filter(begun_at__date__lte=last).order_by("agreement"))
    cycles = access.cycles(f.agreement for f in flows)
    for flow in flows:
        cycle = cycles[flow.agreement]
        told = summed.get(flow.id) or {"n": 0, "quick": 0, "r": 0, "bad": 0}
        begun = timezone.localtime(flow.begun_at).date()
        kept, due = (told["quick"], told["n"]) if cycle == "realtime" else rules.kept_spans(cycle, max(first, begun), last, days[flow.id])
        address = f"/exchange/flows/{flow.agreement}/"
        if due:
            found["timely"][flow.provider_id].add(f"{flow.agreement} {flow.title}：{kept}/{due}", kept, due, address)
        read = (told["r"] or 0) + (told["bad"] or 0)
        if read:
            found["quality"][flow.provider_id].add(f"{flow.agreement} {flow.title}：{told['r']:,}/{read:,}", told["r"], read, address)


def _answers(found: dict[str, dict[int, Measured]], first: date, last: date) -> None:
    today = clock.today()
    for one in access.due_between(first, last):
        late = one.due < today if one.answered_at is None else timezone.localtime(one.answered_at).date() > one.due
        if one.answered_at is None and not late:
            continue  # there is still time
        words = f"{one.number} {one.version.title}（{one.consumer.short_name}）"
        found["answered"][one.version.resource.organ_id].add(words, float(not late), 1, reference("access-request", one.number) or "")


@dataclass(frozen=True, slots=True)
class Month:
    """How sound a resource's data was in one month, over all its flows."""

    month: date
    rows: int
    aside: int

    @property
    def score(self) -> float:
        """0 to 100."""
        return round(100 * self.rows / (self.rows + self.aside), 2) if self.rows + self.aside else 0.0


def quality_history(agreements: Iterable[str]) -> list[Month]:
    """Month by month, the newest first: rows that went and rows set aside, under the agreements of a resource."""
    months: dict[date, list[int]] = {}
    held = Batch.objects.filter(flow__agreement__in=list(agreements), sent_at__isnull=False)
    for day, rows, aside in held.values_list("sent_at__date").annotate(r=Sum("rows"), a=Sum("aside")).order_by().values_list("sent_at__date", "r", "a"):
        one = months.setdefault(day.replace(day=1), [0, 0])
        one[0] += rows or 0
        one[1] += aside or 0
    return [Month(m, r, a) for m, (r, a) in sorted(months.items(), reverse=True)[:24]]
