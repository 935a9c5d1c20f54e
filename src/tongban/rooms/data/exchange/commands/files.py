"""文件交换: a file of the provider becomes a checked data package, signed like a batch; the consumer signs for it when it has come.

A file is read, checked and packed block by block, so that its size is the store's concern and not the memory's.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands.agreements import organ_key
from tongban.kernel.catalogue.queries import access
from tongban.kernel.catalogue.queries import resources as catalogue
from tongban.kernel.files import commands as files
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, columns, packages, sm
from tongban.lib.acts import command, record
from tongban.lib.bus import checks, filters
from tongban.lib.bus.contract import Contract
from tongban.lib.bus.envelope import Envelope, Receipt
from tongban.lib.errors import Conflict, Invalid, Refused, TooMany
from tongban.rooms.data.exchange import events
from tongban.rooms.data.exchange.commands import flows
from tongban.rooms.data.exchange.models import Batch, Flow, Upload
from tongban.rooms.data.exchange.queries import files as queries
from tongban.rooms.data.exchange.rules import flows as rules

if TYPE_CHECKING:
    from tongban.kernel.files.models import LargeFile


@dataclass(slots=True)
class Checked:
    """What a file came to. `marks`: of sound rows whose values were set aside before."""

    faults: list[checks.Fault] = field(default_factory=list)
    bad: int = 0
    rows: int = 0
    marks: set[str] = field(default_factory=set)


def send_file(actor: Actor, *, agreement: str, name: str, content: bytes, partly: bool = False) -> Batch:
    """A file that was handed over in one piece; see `send_stream`."""
    return send_stream(actor, agreement=agreement, name=name, stream=io.BytesIO(content), partly=partly)


def send_stream(actor: Actor, *, agreement: str, name: str, stream: BinaryIO, partly: bool = False, upload: str = "") -> Batch:
    """Check a file of the provider against the agreement and send its rows as a data package.

    With bad values nothing goes, unless `partly`: then the sound rows go and the bad ones become the provider's work. Raises Invalid
    with the first of them, TooMany where a border lets no more rows pass today. Not within a transaction: what was written before a
    fault is destroyed in one of its own.
    """
    one = access.agreement(actor, agreement)
    may_send(actor, one)
    flow = _flow(one)
    contract, titles = flows.contract(flow), _titles(one)
    with files.writing_large(actor, f"{agreement}.zip") as (kept, out):
        try:
            told = _pack(one, flow, contract, titles, name, stream, out, kept)
        except packages.CannotRead as fault:
            raise Invalid.at("file", _unreadable(str(fault))) from fault
        if told.faults and not partly:
            raise Invalid.at("file", _told(told, titles))
        if not told.rows:
            raise Invalid.at("file", _("File: no row is sound. %(why)s") % {"why": _told(told, titles)} if told.faults else _("File: there is no row in it."))
        _let_pass(flow, told.rows)
    return _keep(actor, one=one, kept=kept, told=told, upload=upload)


def may_send(actor: Actor, one: Any) -> None:
    """Raises Refused, Conflict."""
    if one.provider_id != actor.organ:
        raise Refused(_("The organ that provides the resource sends its files."))
    if "file" not in one.terms["granted"]["modes"]:
        raise Conflict(_("The agreement does not allow files."))
    if access.standing(one) != "in-force":
        raise Conflict(_("The agreement is not in force."))


def _flow(one: Any) -> Flow:
    """The agreement's flow, for files, as it is or will be. Raises Conflict where databases are connected."""
    found = Flow.objects.filter(agreement=one.number).first()
    if found and found.state != rules.FILES:
        raise Conflict(_("Databases are connected under this agreement: batches travel by themselves."))
    return found or Flow(
        agreement=one.number, title=one.terms["title"], provider=one.provider, consumer=one.consumer, state=rules.FILES, order_column=rules.FILE_ORDER,
        begun_at=clock.now(),
    )  # fmt: skip


def _titles(one: Any) -> dict[str, str]:
    return {i["key"]: i["name"] for i in catalogue.version_of(one.resource, one.terms["version"]).content["items"]}


def _pack(one: Any, flow: Flow, contract: Contract, titles: dict[str, str], name: str, stream: BinaryIO, out: Any, kept: LargeFile) -> Checked:
    """Read, check, filter for the border and write, block by block."""
    border = flows.at_the_border(flow)
    about = packages.About(
        f"{one.number}-{str(kept.id)[:8]}".lower(),
        one.terms["title"],
        one.terms["purpose"],
        one.terms["provider_name"],
        clock.now().isoformat(timespec="seconds"),
    )
    made = packages.Package(out, contract, titles, about, tuple(border.change) if border else ())
    told, seen, waiting = Checked(), Seen(), queries.waiting_marks(flow)
    for block in packages.blocks(name, stream, contract, titles):
        good = _check(block, contract, seen, told)
        if waiting:
            told.marks |= waiting & {columns.blind(f"exchange.{flow.agreement}", str(key)).hex() for key in good.column(contract.key).to_pylist()}
        if good.num_rows:
            made.add(filters.applied(good, border.change) if border else good)
    made.close()
    told.rows = made.rows
    return told


class Seen:
    """The keys of the blocks before, as 64-bit hashes: of ten million keys two different ones share a hash once in 370,000 files."""

    def __init__(self) -> None:
        self._blocks: list[np.ndarray] = []

    def repeated(self, keys: pa.ChunkedArray) -> np.ndarray:
        """Which of these were there before; from now on all of them are."""
        hashes = pl.Series(pl.from_arrow(keys)).cast(pl.String).hash().to_numpy()
        found = np.zeros(len(hashes), dtype=bool)
        for block in self._blocks:
            found |= block[np.minimum(np.searchsorted(block, hashes), len(block) - 1)] == hashes
        if len(hashes):
            self._blocks.append(np.sort(hashes))
            if len(self._blocks) > 8:
                self._blocks = [np.sort(np.concatenate(self._blocks))]
        return found


def _check(block: packages.Block, contract: Contract, seen: Seen, told: Checked) -> pa.Table:
    """The sound rows of a block; the others are counted."""
    table, faults = block.table, list(block.faults)
    keys, order = table.column(contract.key), table.column(contract.sequence).to_numpy()
    again = seen.repeated(keys) & keys.is_valid().to_numpy()
    faults += [
        checks.Fault(str(keys[n].as_py()), contract.key, "twice", str(keys[n].as_py())[: checks.SHOWN], int(order[n])) for n in np.flatnonzero(again).tolist()
    ]
    out = again | np.isin(order, [f.order for f in block.faults])
    good, more, bad = checks.check(table.filter(pa.array(~out)) if out.any() else table, contract, clock.today())
    told.faults += [*faults, *more][: flows.KEPT_ASIDE - len(told.faults)]
    told.bad += int(out.sum()) + bad.num_rows
    return good


def _unreadable(why: str) -> str:
    if why == "not-readable":
        return _("File: choose a CSV, XLSX or Parquet file.")
    if why == "empty":
        return _("File: there is no row in it.")
    if why == "too-large":
        return _("File: an XLSX file may have 20 MB. Save it as CSV or Parquet.")
    if why.startswith("cells "):
        return _("File: a row has more or fewer cells than the first one: %(row)s.") % {"row": why.removeprefix("cells ")}
    return _("File: these columns are missing: %(columns)s.") % {"columns": why}


def _told(told: Checked, titles: dict[str, str]) -> str:
    """The first faults in words, and how many rows are bad."""
    first = "；".join(f"{f.order}: {titles.get(f.column, f.column)} {checks.FAULTS[f.what]} {f.value[:20]}".strip() for f in told.faults[:5])
    return _("File: %(bad)s rows are not sound (row: item, reason, value): %(first)s") % {"bad": told.bad, "first": first}


def _let_pass(flow: Flow, rows: int) -> None:
    border = flows.at_the_border(flow)
    try:
        may_go = border is None or border.open_for(rows)
    except ValueError as fault:
        raise TooMany(_("The file has more rows than the border lets pass in a day: split it.")) from fault
    if not may_go:
        raise TooMany(_("What the border lets pass today is used up: send it tomorrow."))


@command("catalogue.request")
def _keep(actor: Actor, *, one: Any, kept: LargeFile, told: Checked, upload: str) -> Batch:
    """Number the package, sign for it, keep what was set aside and what is corrected."""
    made = _flow(one)
    made, _new = Flow.objects.select_for_update().get_or_create(
        agreement=one.number,
        defaults={n: getattr(made, n) for n in ("title", "provider", "consumer", "state", "order_column", "begun_at")},
    )  # fmt: skip
    number = (made.batches.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    if told.faults:
        flows.keep_aside(actor, agreement=one.number, batch=number, faults=told.faults, rows=told.bad)
    envelope = _envelope(one, made, number, told.rows, kept)
    flows.keep_sent(actor, envelope=envelope, signature=organ_key(one.provider.key).sign(envelope.canonical()).hex())
    made.batches.filter(number=number).update(file=str(kept.id))
    done = [a.id for a in made.aside.filter(state="open", batch__lt=number).only("id", "mark") if a.mark in told.marks] if told.marks else []
    if done:
        flows.keep_corrected(actor, agreement=one.number, aside=done)
    if upload:  # in the same transaction, so that a file that was sent is not sent again
        Upload.objects.filter(file=upload).update(state=Upload.State.SENT, batch=number, ended_at=clock.now())
        record(actor, events.UploadMoved(agreement=one.number, file=upload, move="sent", words=str(number)))
    return made.batches.get(number=number)


def _envelope(one: Any, flow: Flow, number: int, rows: int, kept: LargeFile) -> Envelope:
    before = flow.batches.filter(number=number - 1).first()
    previous = sm.sm3_hex(Envelope(**before.envelope).canonical()) if before and before.envelope else ""
    return Envelope(
        one.number, one.terms["resource"], one.provider.key, one.consumer.key, number, rows, 1, rows, kept.digest, previous,
        clock.now().isoformat(timespec="milliseconds"), "file",
    )  # fmt: skip


def sign_for(actor: Actor, *, agreement: str, batch: int, digest: str = "") -> bool:
    """The consumer has the package whole: its receipt is signed, once. The provider, who reads without one, signs nothing: False.

    `digest`: SM3 of what came, where the client has reckoned it. Raises Conflict where it is another.
    """
    flow, held = queries.package(actor, agreement, batch)
    envelope = Envelope(**(held.envelope or {}))
    if digest and digest.lower().removeprefix("sm3:") != envelope.digest:
        raise Conflict(_("What came is not what was sent: its digest is another. Fetch it again."))
    if actor.organ != flow.consumer_id:
        return False
    if not held.receipt:
        receipt = Receipt(agreement, batch, sm.sm3_hex(envelope.canonical()), envelope.rows, clock.now().isoformat(timespec="milliseconds"))
        flows.keep_taken(actor, receipt=receipt, signature=organ_key(flow.consumer.key).sign(receipt.canonical()).hex())
    return True
