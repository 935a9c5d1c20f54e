"""Flows and batches: seen by both sides, and by those who watch over all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands.agreements import organ_key
from tongban.kernel.catalogue.commands.fetching import REASONS, refusal_sentence
from tongban.kernel.catalogue.queries import access
from tongban.kernel.catalogue.rules import access as access_rules
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import queries as ledger
from tongban.kernel.ledger.commands import signers
from tongban.lib import clock, sm
from tongban.lib.bus import proofs
from tongban.lib.bus.asking import ABSENT, FOUND, Answered, NotAnswered
from tongban.lib.bus.envelope import Envelope, Receipt
from tongban.lib.bus.gateway import gateway
from tongban.lib.errors import Invalid, NotFound, Refused, TongbanError, TooMany, Unavailable
from tongban.rooms.data.exchange.rules import flows as rules
from tongban.rooms.data.exchange.models import AnswerTable, Batch, Endpoint, Flow, SetAside, TableComparison


# Answers without a row that are no refusal: the day's visits are used up, nobody is there to answer.
UNANSWERED: dict[str, type[TongbanError]] = {"visits": TooMany, "away": Unavailable, "nobody-answers": Unavailable}


def _reach(actor: Actor) -> Q:
    actor.require("catalogue.search")
    if actor.is_system or actor.may("catalogue.watch"):
        return Q()
    return Q(provider_id=actor.organ) | Q(consumer_id=actor.organ)


def flows(actor: Actor, *, state: str = "") -> QuerySet[Flow]:
    """Flows of the own organ, or all for those who watch."""
    rows = Flow.objects.filter(_reach(actor)).select_related("provider", "consumer", "source", "target").order_by("-id")
    return rows.filter(state=state) if state else rows


def flow(actor: Actor, agreement: str) -> Flow:
    found = flows(actor).filter(agreement=agreement).first()
    if found is None:
        raise NotFound(_("There is no such flow of your organ."))
    return found


def endpoints(actor: Actor) -> QuerySet[Endpoint]:
    """Databases of the own organ."""
    actor.require("catalogue.edit")
    rows = Endpoint.objects.select_related("organ").order_by("key")
    return rows if actor.is_system else rows.filter(organ_id=actor.organ)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a flow has come."""

    sent: int
    taken: int
    rows_sent: int
    rows_taken: int
    aside: int
    late: bool

    @property
    def lag(self) -> int:
        """Batches that went and have not come."""
        return self.sent - self.taken


def stale(held: list[Flow]) -> dict[int, date]:
    """Flows that run or go by file, whose newest batch is older than the resource's cycle allows: by flow, since when."""
    alive = [f for f in held if f.state in (rules.RUNNING, rules.FILES)]
    last = dict(Batch.objects.filter(flow__in=alive, sent_at__isnull=False).values_list("flow_id").annotate(m=Max("sent_at")).order_by())
    cycles = access.cycles(f.agreement for f in alive)
    found = {f.id: rules.stale_since(cycles[f.agreement], timezone.localtime(last.get(f.id, f.begun_at)).date(), clock.today()) for f in alive}
    return {flow: day for flow, day in found.items() if day}


def standings(held: list[Flow]) -> dict[int, Standing]:
    """By flow, in three statements whatever their number."""
    rows = Batch.objects.filter(flow__in=held).values("flow_id").order_by()
    sent = {r["flow_id"]: r for r in rows.filter(sent_at__isnull=False).annotate(n=Count("id"), r=Sum("rows"))}
    taken = {r["flow_id"]: r for r in rows.filter(taken_at__isnull=False).annotate(n=Count("id"), r=Sum("rows"))}
    aside = dict(SetAside.objects.filter(flow__in=held, state="open").values_list("flow_id").annotate(n=Count("id")).order_by())
    edge = clock.now() - timedelta(seconds=rules.LAGGING)
    late = set(Batch.objects.filter(flow__in=held, taken_at=None, sent_at__lt=edge).values_list("flow_id", flat=True))
    nothing = {"n": 0, "r": 0}
    return {
        f.id: Standing(
            sent.get(f.id, nothing)["n"], taken.get(f.id, nothing)["n"], sent.get(f.id, nothing)["r"] or 0, taken.get(f.id, nothing)["r"] or 0,
            aside.get(f.id, 0), f.id in late,
        )
        for f in held
    }  # fmt: skip


def batches(one: Flow) -> QuerySet[Batch]:
    return one.batches.order_by("-number")


def batch(one: Flow, number: int) -> Batch:
    found = one.batches.filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no such batch."))
    return found


def signatures_good(one: Batch, provider: bytes, consumer: bytes) -> tuple[bool, bool | None]:
    """Whether envelope and receipt are good as they are kept; None where no receipt has come."""
    sent = one.envelope is not None and sm.verify(provider, Envelope(**one.envelope).canonical(), bytes.fromhex(one.signature))
    if not one.receipt:
        return sent, None
    return sent, sm.verify(consumer, Receipt(**one.receipt).canonical(), bytes.fromhex(one.receipt_signature))


def keys_of(one: Flow) -> tuple[bytes, bytes]:
    """The public keys that stand under the flow's agreement: provider, consumer."""
    signed = {s.organ_id: bytes.fromhex(s.public) for s, _good in access.signatures(access.agreement_numbered(one.agreement))}
    return signed[one.provider_id], signed[one.consumer_id]


def aside(one: Flow) -> QuerySet[SetAside]:
    """Values that wait for correction."""
    return one.aside.filter(state="open").order_by("-id")


def uncorrected(agreement: str) -> list[SetAside]:
    """What waits, for the platform to look whether it has come; the oldest first."""
    return list(SetAside.objects.filter(flow__agreement=agreement, state="open").order_by("id")[:1000])


def runnable() -> list[Flow]:
    """Flows for the platform to run: running, with an agreement in force."""
    return _running()


def _running(**which: str) -> list[Flow]:
    held = Flow.objects.filter(state=rules.RUNNING, **which).select_related("provider", "consumer", "source__organ", "target__organ")
    standing = access.standings([f.agreement for f in held])
    return [f for f in held if standing.get(f.agreement) == "in-force"]


def running(agreement: str) -> Flow | None:
    """One of them as it stands now; None where it does not run any more."""
    return next(iter(_running(agreement=agreement)), None)


def to_release() -> list[Flow]:
    """Flows whose agreement has ended while the provider's database still keeps its log for them."""
    held = Flow.objects.filter(slot=True).select_related("source__organ")
    return [f for f in held if access.standing(access.agreement_numbered(f.agreement)) in (access_rules.TERMINATED, access_rules.EXPIRED)]


def proof(actor: Actor, one: Flow, number: int) -> dict[str, Any]:
    """A proof file for a batch, to be checked offline. What the ledger has not sealed yet (a second or so) is left out."""
    held = batch(one, number)
    if not held.envelope:
        raise NotFound(_("This batch has not gone yet."))
    agreement = access.agreement_numbered(one.agreement)
    signed = {s.organ.key: (s.public, s.signature) for s, _good in access.signatures(agreement)}
    tags = ["exchange.batch.sent", *(["exchange.batch.taken"] if held.receipt else [])]
    kept = [ledger.proof(actor, subject=f"batch:{one.agreement}/{number}", keys=signers(), tag=tag) for tag in tags]
    taken = (Receipt(**held.receipt), held.receipt_signature) if held.receipt else None
    return proofs.make(agreement.terms, signed, (Envelope(**held.envelope), held.signature), taken, kept)


def comparisons(actor: Actor) -> QuerySet[TableComparison]:
    """Comparisons of the own organ's tables, the newest first."""
    actor.require("catalogue.edit")
    rows = TableComparison.objects.select_related("endpoint", "organ").order_by("-id")
    return rows if actor.is_system else rows.filter(organ_id=actor.organ)


def comparison(actor: Actor, identifier: int) -> TableComparison:
    """One of them; raises NotFound."""
    found = comparisons(actor).filter(id=identifier).first()
    if found is None:
        raise NotFound(_("There is no such comparison of your organ."))
    return found


@dataclass(frozen=True, slots=True)
class Answering:
    """A department's table as the single query reads it."""

    address: str
    table: str
    columns: tuple[str, ...]
    key: str


def answer_table(resource: int) -> Answering | None:
    """Where a resource's single queries are answered, by its identifier; None where its provider named no table."""
    held = AnswerTable.objects.select_related("endpoint__organ", "resource__published").filter(resource_id=resource).first()
    if held is None or held.resource.published is None:
        return None
    items = resource_rules.items(held.resource.published.content["items"])
    return Answering(held.endpoint.address, held.table, tuple(i.key for i in items), next(i.key for i in items if i.primary))


def signed_query(actor: Actor, number: str, *, key: str, purpose: str, items: tuple[str, ...] = ()) -> Answered:
    """Ask one question over the bus for the actor's organ: its key signs, the provider's answer is checked. The provider's end judges, counts and logs it.

    Raises Refused where the agreement does not allow it, TooMany beyond the day's visits, Unavailable where nobody answers.
    """
    one = access.agreement(actor, number)
    if one.consumer_id != actor.organ:
        raise Refused(_("Only the organ that uses the resource asks."))
    if not key.strip() or len(key) > 64:
        raise Invalid.at("key", _("Query key: fill it in, 64 characters at most."))
    signed = {s.organ_id: bytes.fromhex(s.public) for s, good in access.signatures(one) if good}
    if one.provider_id not in signed:
        raise Refused(refusal_sentence("state") % {"number": number})
    asking = gateway(Path(settings.DATA_DIR) / "broker")
    try:
        found = asking.ask(number, one.consumer.key, organ_key(one.consumer.key), signed[one.provider_id], key.strip(), purpose[:120], items)
    except NotAnswered as fault:
        raise Unavailable(_("No answer came from %(organ)s: try again in a minute.") % {"organ": one.provider.name}) from fault
    if found.answer.state in (FOUND, ABSENT):
        return found
    sentence = refusal_sentence(found.answer.state if found.answer.state in REASONS else "state") % {"number": number}
    raise UNANSWERED.get(found.answer.state, Refused)(sentence, code=f"agreement-{found.answer.state}")


def query_proof(number: str, one: Answered) -> dict[str, Any]:
    """The proof file of a query; only whoever asked has what it needs."""
    agreement = access.agreement_numbered(number)
    signed = {s.organ.key: (s.public, s.signature) for s, _good in access.signatures(agreement)}
    return proofs.of_query(agreement.terms, signed, one)


def rows_since(rows: Iterable[Flow], moment: datetime) -> dict[int, int]:
    """flow → rows that its consumer took since a moment."""
    held = Batch.objects.filter(flow__in=[f.id for f in rows], taken_at__gte=moment).values_list("flow").annotate(n=Sum("rows")).order_by()
    return dict(held)
