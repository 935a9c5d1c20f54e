"""文件交换: a file of the provider becomes a checked data package, signed like a batch; the consumer signs for it when it takes it."""

from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands.agreements import organ_key
from tongban.kernel.catalogue.queries import access
from tongban.kernel.catalogue.queries import resources as catalogue
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as kept_files
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, columns, packages, sm
from tongban.lib.acts import command, nothing_changed
from tongban.lib.bus import checks, filters
from tongban.lib.bus.contract import Contract
from tongban.lib.bus.envelope import Envelope, Receipt
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused, TooMany
from tongban.rooms.data.exchange.commands import flows
from tongban.rooms.data.exchange.models import Batch, Flow
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.rooms.data.exchange.rules import flows as rules


@command("catalogue.request")
def send_file(actor: Actor, *, agreement: str, name: str, content: bytes, partly: bool = False) -> Batch:
    """Check a file of the provider against the agreement and send its rows as a data package.

    With bad values nothing goes, unless `partly`: then the sound rows go and the bad ones become the provider's work. Raises Invalid
    with the first of them, TooMany where a border lets no more rows pass today.
    """
    one = access.agreement(actor, agreement)
    _may_send(actor, one)
    flow = _flow(one)
    contract, titles = flows.contract(flow), _titles(one)
    table, faults, bad = _checked(name, content, contract, titles)
    if faults and not partly:
        raise Invalid.at("file", _told(faults, titles, bad))
    if not table.num_rows:
        raise Invalid.at("file", _("File: no row is sound. %(why)s") % {"why": _told(faults, titles, bad)} if faults else _("File: there is no row in it."))
    number = (flow.batches.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    if faults:
        flows.keep_aside(actor, agreement=agreement, batch=number, faults=faults, rows=bad)
    body = _package(one, flow, contract, titles, table, number)
    key = organ_key(one.provider.key)
    envelope = _envelope(one, flow, number, table.num_rows, body)
    flows.keep_sent(actor, envelope=envelope, signature=key.sign(envelope.canonical()).hex())
    kept = files.keep_made(actor, name=f"{agreement}-{number}.zip", content=body)
    flow.batches.filter(number=number).update(file=str(kept.id))
    _correct(actor, flow, contract, table, number)
    return flow.batches.get(number=number)


def _correct(actor: Actor, flow: Flow, contract: Contract, table: pa.Table, number: int) -> None:
    """Values of earlier files that were set aside are corrected when a sound row comes under their key."""
    waiting = flow.aside.filter(state="open", batch__lt=number)
    if not waiting.exists():
        return
    marks = {columns.blind(f"exchange.{flow.agreement}", str(key)).hex() for key in table.column(contract.key).to_pylist()}
    done = [a.id for a in waiting.only("id", "mark") if a.mark in marks]
    if done:
        flows.keep_corrected(actor, agreement=flow.agreement, aside=done)


def _may_send(actor: Actor, one: Any) -> None:
    if one.provider_id != actor.organ:
        raise Refused(_("The organ that provides the resource sends its files."))
    if "file" not in one.terms["granted"]["modes"]:
        raise Conflict(_("The agreement does not allow files."))
    if access.standing(one) != "in-force":
        raise Conflict(_("The agreement is not in force."))


def _flow(one: Any) -> Flow:
    """The agreement's flow, for files; locked, so that two files at once get two numbers. Raises Conflict where databases are connected."""
    made, _new = Flow.objects.select_for_update().get_or_create(
        agreement=one.number,
        defaults={
            "title": one.terms["title"], "provider": one.provider, "consumer": one.consumer, "state": rules.FILES, "order_column": rules.FILE_ORDER,
            "begun_at": clock.now(),
        },
    )  # fmt: skip
    if made.state != rules.FILES:
        raise Conflict(_("Databases are connected under this agreement: batches travel by themselves."))
    return made


def _titles(one: Any) -> dict[str, str]:
    return {i["key"]: i["name"] for i in catalogue.version_of(one.resource, one.terms["version"]).content["items"]}


def _checked(name: str, content: bytes, contract: Contract, titles: dict[str, str]) -> tuple[pa.Table, list[checks.Fault], int]:
    """(sound rows, faults, how many rows are bad)."""
    try:
        table, wrong = packages.rows(name, content, contract, titles)
    except packages.CannotRead as fault:
        if str(fault) == "not-readable":
            raise Invalid.at("file", _("File: choose a CSV, XLSX or Parquet file.")) from fault
        if str(fault) == "empty":
            raise Invalid.at("file", _("File: there is no row in it.")) from fault
        raise Invalid.at("file", _("File: these columns are missing: %(columns)s.") % {"columns": str(fault)}) from fault
    mistyped = {f.order for f in wrong}
    rest = table.filter(pa.array([n not in mistyped for n in table.column(contract.sequence).to_pylist()])) if mistyped else table
    good, faults, bad = checks.check(rest, contract, clock.today())
    return good, [*wrong, *faults], len(mistyped) + bad.num_rows


def _told(faults: list[checks.Fault], titles: dict[str, str], bad: int) -> str:
    """The first faults in words, and how many rows are bad."""
    first = "；".join(f"{f.order}: {titles.get(f.column, f.column)} {checks.FAULTS[f.what]} {f.value[:20]}".strip() for f in faults[:5])
    return _("File: %(bad)s rows are not sound (row: item, reason, value): %(first)s") % {"bad": bad, "first": first}


def _package(one: Any, flow: Flow, contract: Contract, titles: dict[str, str], table: pa.Table, number: int) -> bytes:
    """The bytes that are signed; filtered where they cross a border."""
    border = flows.at_the_border(flow)
    if border:
        try:
            may_go = border.open_for(table.num_rows)
        except ValueError as fault:
            raise TooMany(_("The file has more rows than the border lets pass in a day: split it.")) from fault
        if not may_go:
            raise TooMany(_("What the border lets pass today is used up: send it tomorrow."))
        table = filters.applied(table, border.change)
    about = packages.About(
        f"{one.number}-{number}".lower(), one.terms["title"], one.terms["purpose"], one.terms["provider_name"], clock.now().isoformat(timespec="seconds")
    )
    return packages.made(table, contract, titles, about, tuple(border.change) if border else ())


def _envelope(one: Any, flow: Flow, number: int, rows: int, body: bytes) -> Envelope:
    before = flow.batches.filter(number=number - 1).first()
    previous = sm.sm3_hex(Envelope(**before.envelope).canonical()) if before and before.envelope else ""
    return Envelope(
        one.number, one.terms["resource"], one.provider.key, one.consumer.key, number, rows, 1, rows, sm.sm3_hex(body), previous,
        clock.now().isoformat(timespec="milliseconds"), "file",
    )  # fmt: skip


@command("catalogue.request")
def take_file(actor: Actor, *, agreement: str, batch: int) -> tuple[str, bytes]:
    """(name, bytes) of a data package. The consumer's first taking signs the receipt; the provider reads without one."""
    flow = queries.flow(actor, agreement)
    held = queries.batch(flow, batch)
    if not held.file or not held.envelope:
        raise NotFound(_("This batch is no file."))
    if actor.organ not in (flow.provider_id, flow.consumer_id):
        raise Refused(_("Only the two organs of an agreement take its files."))
    one = kept_files.file(actor, held.file, entitled=True)
    body = kept_files.content(one)
    if actor.organ == flow.consumer_id and not held.receipt:
        envelope = Envelope(**held.envelope)
        receipt = Receipt(agreement, batch, sm.sm3_hex(envelope.canonical()), envelope.rows, clock.now().isoformat(timespec="milliseconds"))
        flows.keep_taken(actor, receipt=receipt, signature=organ_key(flow.consumer.key).sign(receipt.canonical()).hex())
    else:
        nothing_changed()
    return one.name, body
