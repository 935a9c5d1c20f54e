"""Flows run, batches and receipts kept, tables compared."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands import borders
from tongban.kernel.catalogue.queries import access
from tongban.kernel.catalogue.queries import resources as catalogue
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, columns, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.bus import comparison
from tongban.lib.bus.checks import Fault
from tongban.lib.bus.contract import Contract
from tongban.lib.bus.envelope import Envelope, Receipt
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.data.exchange import events
from tongban.rooms.data.exchange.models import Batch, Flow, SetAside, TableComparison
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.rooms.data.exchange.rules import flows as rules

KEPT_ASIDE = 10_000  # values of one batch; more than that is a broken source, not work for a person


@command("catalogue.request")
def move_flow(actor: Actor, *, agreement: str, move: str) -> Flow:
    """Run or pause. Both sides may; nothing is lost by pausing, since the broker keeps what went."""
    queries.flow(actor, agreement)
    flow = Flow.objects.select_for_update().get(agreement=agreement)
    if move == "run" and not rules.may_run(flow.state, source=has_source(flow), target=flow.target_id is not None):
        raise Conflict(_("Both organs name their end first."))
    if (flow.state, move) not in rules.MOVES or (move == "reload" and flow.follows != rules.LOG):
        raise Conflict(_("The flow has moved on. Reload the page."))
    if move != "pause":
        contract(flow)
    if move == "reload":
        flow.slot = flow.loaded = False
    flow.state, flow.fault = rules.MOVES[flow.state, move], ""
    flow.save(update_fields=["state", "fault", "slot", "loaded"])
    record(actor, events.FlowMoved(agreement=agreement, move=move if move == "reload" else flow.state))
    return flow


def has_source(flow: Flow) -> bool:
    """Whether the provider has named its end."""
    return flow.source_id is not None or flow.follows == rules.LEDGER


def contract(flow: Flow) -> Contract:
    """What the flow's agreement grants, as the data plane takes it. Raises Conflict where it lacks the key."""
    one = access.agreement_numbered(flow.agreement)
    version = catalogue.version_of(one.resource, one.terms["version"])
    border = borders.bulk(one)
    passage = border.passage if border else None
    try:
        items = resource_rules.items(version.content["items"])
        return rules.contract_of(flow.agreement, items, one.terms["granted"], flow.order_column, passage, follows=flow.follows)
    except ValueError as fault:
        raise Conflict(_("The granted items lack the key, so that rows cannot be told apart. Ask for it too.")) from fault


def at_the_border(flow: Flow) -> borders.Bulk | None:
    """How a flow's rows cross to another zone; None within one zone. Raises Refused where no rule lets them pass."""
    return borders.bulk(access.agreement_numbered(flow.agreement))


@command("catalogue.request")
def fail_flow(actor: Actor, *, agreement: str, words: str) -> None:
    """The platform found that a flow cannot go on; it waits for a person."""
    flow = Flow.objects.select_for_update().get(agreement=agreement)
    if flow.state == rules.FAILED and flow.fault == words[:300]:
        nothing_changed()
        return
    flow.state, flow.fault = rules.FAILED, words[:300]
    flow.save(update_fields=["state", "fault"])
    record(actor, events.FlowMoved(agreement=agreement, move="failed", words=words[:300]))


@command("catalogue.request")
def keep_loaded(actor: Actor, *, agreement: str) -> None:
    """The first load has come whole."""
    flow = Flow.objects.select_for_update().get(agreement=agreement)
    if flow.loaded:
        nothing_changed()
        return
    flow.loaded = True
    flow.save(update_fields=["loaded"])
    record(actor, events.FlowMoved(agreement=agreement, move="loaded"))


@command("catalogue.request")
def keep_slot(actor: Actor, *, agreement: str, held: bool) -> None:
    """The provider's database keeps its log for this flow from now on, or no longer."""
    flow = Flow.objects.select_for_update().get(agreement=agreement)
    if flow.slot == held:
        nothing_changed()
        return
    flow.slot = held
    flow.save(update_fields=["slot"])
    record(actor, events.FlowMoved(agreement=agreement, move="slot", words="held" if held else "released"))


@command("catalogue.request")
def keep_sent(actor: Actor, *, envelope: Envelope, signature: str) -> None:
    """A batch went. Told again after a crash it changes nothing."""
    flow = Flow.objects.get(agreement=envelope.agreement)
    made, _new = Batch.objects.select_for_update().get_or_create(flow=flow, number=envelope.batch, defaults={"rows": envelope.rows})
    if made.envelope:
        nothing_changed()
        return
    made.envelope, made.signature, made.rows, made.sent_at = _fields(envelope), signature, envelope.rows, clock.now()
    made.save()
    Flow.objects.filter(id=flow.id).update(moved_at=clock.now())
    try:
        border, crossed = at_the_border(flow), ""
    except Refused:  # the border was closed between its going and this: it has crossed all the same
        border, crossed = None, "closed"
    if border:
        borders.count_bulk(border, made.rows)
        crossed = border.passage.number
    told = events.BatchSent(
        place=f"{flow.agreement}/{envelope.batch}",
        agreement=flow.agreement,
        batch=envelope.batch,
        rows=envelope.rows,
        aside=made.aside,
        envelope=sm.sm3_hex(envelope.canonical()),
        signature=signature,
        border=crossed,
    )
    record(actor, told, authority=flow.agreement)


def _fields(one: Envelope | Receipt) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


@command("catalogue.request")
def keep_taken(actor: Actor, *, receipt: Receipt, signature: str) -> None:
    """A receipt came. Told again it changes nothing."""
    flow = Flow.objects.get(agreement=receipt.agreement)
    made, _new = Batch.objects.select_for_update().get_or_create(flow=flow, number=receipt.batch, defaults={"rows": receipt.rows})
    if made.receipt:
        nothing_changed()
        return
    made.receipt, made.receipt_signature, made.taken_at = _fields(receipt), signature, clock.now()
    made.save()
    Flow.objects.filter(id=flow.id).update(moved_at=clock.now())
    told = events.BatchTaken(
        place=f"{flow.agreement}/{receipt.batch}",
        agreement=flow.agreement,
        batch=receipt.batch,
        rows=receipt.rows,
        receipt=sm.sm3_hex(receipt.canonical()),
        signature=signature,
    )
    record(actor, told, authority=flow.agreement)


@command("catalogue.request")
def keep_aside(actor: Actor, *, agreement: str, batch: int, faults: Sequence[Fault], rows: int) -> None:
    """Values that broke the contract become the provider's work. Told again after a crash they are the same."""
    flow = Flow.objects.select_related("provider").get(agreement=agreement)
    made, _new = Batch.objects.select_for_update().get_or_create(flow=flow, number=batch, defaults={"rows": 0})
    made.aside = rows
    made.save(update_fields=["aside"])
    now = clock.now()
    SetAside.objects.bulk_create(
        [
            SetAside(
                flow=flow,
                batch=batch,
                key=f.key,
                mark=columns.blind(f"exchange.{agreement}", f.key).hex(),
                order=f.order,
                column=f.column,
                what=f.what,
                value=f.value,
                found_at=now,
            )
            for f in faults[:KEPT_ASIDE]
        ],
        ignore_conflicts=True,
    )
    record(actor, events.FlowMoved(agreement=agreement, move="aside", words=f"{batch}: {rows}"))


@command("catalogue.request")
def keep_corrected(actor: Actor, *, agreement: str, aside: list[int]) -> None:
    """Values whose row came again, good this time."""
    done = SetAside.objects.filter(flow__agreement=agreement, id__in=aside, state="open").update(state="corrected")
    if not done:
        nothing_changed()
        return
    record(actor, events.FlowMoved(agreement=agreement, move="corrected", words=str(done)))


@command("catalogue.request")
def compare_tables(actor: Actor, *, endpoint: str, left: str, right: str, key: str, columns: Sequence[str], purpose: str) -> TableComparison:
    """Compare two tables of the own organ's database by key; the findings stay beside them.

    A table that a flow fills is compared only if its agreement is in force and names comparison 比对 among its purposes. Raises Refused
    otherwise, Invalid for names that the database does not know.
    """
    faults = {n: _("Please fill in.") for n, v in (("left", left), ("right", right), ("key", key), ("purpose", purpose)) if not v.strip()}
    if faults:
        raise Invalid(_("%(n)s entries need a change.") % {"n": len(faults)}, fields=faults)
    held = queries.endpoints(actor).filter(key=endpoint).first()
    if held is None:
        raise Invalid.at("endpoint", _("Choose a database of your organ."))
    flows = Flow.objects.filter(target=held, target_table__in=(left, right))
    for one in flows:
        agreed = access.agreement(actor, one.agreement)
        if access.standing(agreed) != "in-force" or "比对" not in " ".join([agreed.terms["purpose"], *agreed.terms["purposes"]]):
            raise Refused(_("Agreement %(number)s does not allow comparison: its purposes must name it.") % {"number": one.agreement})
    found = comparison.compare(held.address, left.strip(), right.strip(), key=key.strip(), columns=[c for c in columns if c])
    numbers = sorted(one.agreement for one in flows)
    made = TableComparison.objects.create(
        organ_id=held.organ_id, endpoint=held, left=left.strip(), right=right.strip(), key=key.strip(), columns=[c for c in columns if c], purpose=purpose.strip()[:120],
        agreements=numbers, findings=found.table, agree=found.agree, differ=found.differ, only_left=found.only_left, only_right=found.only_right,
        ran_by=actor.name, ran_at=clock.now(),
    )  # fmt: skip
    told = events.TablesCompared(
        endpoint=held.key, left=made.left, right=made.right, purpose=made.purpose, agreements=numbers, agree=made.agree, differ=made.differ,
        only_left=made.only_left, only_right=made.only_right,
    )  # fmt: skip
    record(actor, told)
    return made
