"""Applications and agreements: seen by both sides, and by those who watch over all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.catalogue.models import AccessRequest, Agreement, DailyUse, Limit, Resource, ResourceVersion, Signature
from tongban.kernel.catalogue.rules import access as rules
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, sm, statements
from tongban.lib.bus.envelope import canonical
from tongban.lib.errors import NotFound, Unavailable


def _reach(actor: Actor, provider: str, consumer: str) -> Q:
    actor.require("catalogue.search")
    if actor.is_system or actor.may("catalogue.watch"):
        return Q()
    return Q(**{provider: actor.organ}) | Q(**{consumer: actor.organ})


def requests(actor: Actor, *, state: str = "") -> QuerySet[AccessRequest]:
    """Applications of the own organ and for its resources, those due first on top."""
    rows = AccessRequest.objects.filter(_reach(actor, "version__resource__organ_id", "consumer_id"))
    rows = rows.filter(state=state) if state else rows
    return rows.select_related("version__resource__organ", "consumer", "agreement").defer("version__search").order_by("-id")


def to_answer(actor: Actor) -> QuerySet[AccessRequest]:
    """What the actor's organ must answer, the earliest due first."""
    return requests(actor, state=rules.SUBMITTED).filter(version__resource__organ_id=actor.organ).order_by("due", "id")


def request(actor: Actor, number: str) -> AccessRequest:
    found = requests(actor).filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no such application of your organ or for its resources."))
    return found


def unanswered(day: date) -> QuerySet[AccessRequest]:
    """Applications whose answer is due by a day; for the platform."""
    return AccessRequest.objects.filter(state=rules.SUBMITTED, due__lte=day).order_by("id").select_related("version__resource__organ", "consumer")


def agreements(actor: Actor, *, state: str = "") -> QuerySet[Agreement]:
    rows = Agreement.objects.filter(_reach(actor, "provider_id", "consumer_id")).select_related("provider", "consumer", "resource__published")
    today = clock.today()
    if state == rules.EXPIRED:
        rows = rows.filter(state__in=(rules.IN_FORCE, rules.SUSPENDED), ends__lt=today)
    elif state in (rules.IN_FORCE, rules.SUSPENDED):
        rows = rows.filter(state=state, ends__gte=today)
    elif state:
        rows = rows.filter(state=state)
    return rows.order_by("-id")


def agreement(actor: Actor, number: str) -> Agreement:
    found = agreements(actor).filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no such agreement of your organ."))
    return found


def agreement_between(resource: int, consumer: int) -> Agreement | None:
    """The agreement under which an organ uses a resource: the newest signed by both."""
    rows = Agreement.objects.filter(resource_id=resource, consumer_id=consumer).exclude(state__in=(rules.UNSIGNED, rules.TERMINATED))
    return rows.select_related("provider", "consumer", "resource").order_by(F("ends").desc(), "-id").first()


def standing(one: Agreement) -> str:
    """Its state today."""
    return rules.standing(one.state, one.terms, clock.today())


def standings(numbers: Sequence[str]) -> dict[str, str]:
    """Their states today by number; for the platform, which looks after many every second."""
    return {a.number: standing(a) for a in Agreement.objects.filter(number__in=numbers).only("number", "state", "terms")}


def signatures(one: Agreement) -> list[tuple[Signature, bool]]:
    """Each signature, and whether it is good for the terms as they are kept."""
    message = canonical(one.terms)
    rows = one.signatures.select_related("organ").order_by("id")
    return [(s, sm.verify(bytes.fromhex(s.public), message, bytes.fromhex(s.signature))) for s in rows]


def visits_today(one: Agreement, mode: str) -> int:
    return DailyUse.objects.filter(agreement=one, day=clock.today(), mode=mode).values_list("visits", flat=True).first() or 0


def use(one: Agreement) -> list[DailyUse]:
    """Day by day, the newest first."""
    return list(one.uses.order_by("-day", "mode")[:31])


def used_in_all(one: Agreement) -> tuple[int, int]:
    """(visits, rows)."""
    told = one.uses.aggregate(v=Sum("visits"), r=Sum("rows"))
    return told["v"] or 0, told["r"] or 0


@dataclass(frozen=True, slots=True)
class Used:
    """An agreement that was used in a span of days."""

    number: str
    resource: str
    title: str
    provider: int
    consumer: int
    visits: int
    rows: int


def used_between(first: date, last: date) -> list[Used]:
    """What agreements were used from one day to another, both inclusive; for the platform."""
    rows = DailyUse.objects.filter(day__range=(first, last)).values(
        "agreement__number", "agreement__resource__key", "agreement__terms__title", "agreement__provider_id", "agreement__consumer_id"
    )
    told = rows.annotate(v=Sum("visits"), r=Sum("rows")).order_by("agreement__number")
    return [
        Used(
            r["agreement__number"], r["agreement__resource__key"], r["agreement__terms__title"], r["agreement__provider_id"], r["agreement__consumer_id"],
            r["v"], r["r"],
        )
        for r in told
    ]  # fmt: skip


def due_between(first: date, last: date) -> QuerySet[AccessRequest]:
    """Applications whose answer was due in a span of days, withdrawn ones left out; for the platform."""
    rows = AccessRequest.objects.filter(due__range=(first, last)).exclude(state=rules.WITHDRAWN)
    return rows.select_related("version__resource", "consumer").defer("version__search").order_by("number")


def numbers_for(resource: Resource) -> list[str]:
    """The agreements that were ever made about a resource; for sums over all of them."""
    return list(Agreement.objects.filter(resource=resource).values_list("number", flat=True))


def cycles(numbers: Iterable[str]) -> dict[str, str]:
    """agreement → how often the version that it was signed for is renewed; for the platform."""
    held = list(Agreement.objects.filter(number__in=list(numbers)).values_list("number", "resource_id", "terms__version"))
    rows = ResourceVersion.objects.filter(resource_id__in={r for _n, r, _v in held}).values_list("resource_id", "number", "cycle")
    known = {(resource, version): cycle for resource, version, cycle in rows}
    return {number: known[resource, version] for number, resource, version in held}


def limit(step: str) -> Limit:
    """The limit in force for a step: check, register, publish, answer, correct."""
    today = clock.today()
    rows = Limit.objects.filter(step=step, effective_from__lte=today).filter(Q(effective_to=None) | Q(effective_to__gte=today))
    found = rows.order_by("-effective_from").first()
    if found is None:
        raise Unavailable(_("No limit is kept for this step. An administrator loads data/catalogue/limits.csv."))
    return found


def due(step: str, region: str) -> date:
    """The last day of a step that begins today."""
    return calendar.due(region, clock.today(), limit(step).days)


def agreement_numbered(number: str) -> Agreement:
    """For the platform, which has checked the scope of what it asks for."""
    return Agreement.objects.select_related("provider", "consumer", "resource").get(number=number)


@lru_cache(10_000)
def terms_of(number: str) -> Agreement:
    """An agreement for its terms and parties, which never change. Its state does: nobody may read it here."""
    found = agreement_numbered(number)
    found.state = ""
    return found


def public_keys(number: str) -> dict[str, bytes]:
    """organ key -> the SM2 key with which it signed an agreement."""
    rows = Signature.objects.filter(agreement__number=number).values_list("organ__key", "public")
    return {organ: bytes.fromhex(public) for organ, public in rows}


def asked_organs() -> set[str]:
    """Who provides something to query under an agreement in force; for the platform."""
    today = clock.today()
    rows = Agreement.objects.filter(state=rules.IN_FORCE, begins__lte=today, ends__gte=today, terms__granted__modes__contains=["query"])
    return set(rows.values_list("provider__key", flat=True).distinct())


def mark_in_force() -> str:
    """Changes whenever the agreements in force may have changed; cheap, for whoever looks every second."""
    [(mark,)] = statements.rows("SELECT md5(string_agg(id || state, ',' ORDER BY id)) FROM catalogue_agreement", {})
    return f"{clock.today()} {mark}"


def in_force(mode: str = "") -> list[Agreement]:
    """All agreements in force today, of one mode; for the platform, which makes the broker's accounts from them."""
    today = clock.today()
    rows = Agreement.objects.filter(state=rules.IN_FORCE, begins__lte=today, ends__gte=today).select_related("provider", "consumer").order_by("id")
    return [a for a in rows if not mode or mode in a.terms["granted"]["modes"]]
