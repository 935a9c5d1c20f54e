"""The ends of flows: departments' databases, how changes are found in them, tables that are filled, tables that answer."""

from typing import Any

import psycopg
import structlog
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.queries import access
from tongban.kernel.catalogue.queries import resources as catalogue
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.kernel.catalogue.supplies import CHANGES
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.bus import horizon, lookup, replica
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.data.exchange import events
from tongban.rooms.data.exchange.models import AnswerTable, Endpoint, Flow
from tongban.rooms.data.exchange.rules import flows as rules

log = structlog.get_logger(__name__)


@command("catalogue.edit")
def keep_endpoint(actor: Actor, *, key: str, name: str, address: str, organ: str = "") -> Endpoint:
    """Enter a database of the own organ; it must answer. The address is never shown again."""
    owner = orgs.organ(organ) if actor.is_system else orgs.organ_by_id(actor.organ or 0)
    if not address.startswith(("postgresql://", "postgres://")):
        raise Invalid.at("address", _("Address: write it like postgresql://user:password@host:5432/database."))
    try:
        psycopg.connect(address, connect_timeout=5).close()
    except psycopg.Error as fault:
        raise Invalid.at("address", _("Address: the database does not answer, or refuses the user.")) from fault
    made, _new = Endpoint.objects.get_or_create(key=key, defaults={"organ": owner, "name": name[:120], "kept_at": clock.now()})
    if made.organ_id != owner.id:
        raise Refused(_("This name belongs to another organ."))
    made.name, made.address = name[:120], address
    made.save()
    record(actor, events.EndpointKept(endpoint=key, organ=owner.key))
    return made


@command("catalogue.edit")
def set_answering(actor: Actor, *, resource: str, endpoint: str, table: str) -> AnswerTable:
    """Name the table that answers single queries about a resource of the own organ; it must hold the published items and is asked once to see."""
    version = catalogue.version(actor, resource)
    held = version.resource
    if not (actor.is_system or held.organ_id == actor.organ) or version.state != resource_rules.PUBLISHED:
        raise Refused(_("Only the provider of a published resource names where its queries are answered."))
    end = Endpoint.objects.select_related("organ").filter(key=endpoint, organ_id=held.organ_id).first()
    if end is None:
        raise Invalid.at("endpoint", _("Choose a database of your organ."))
    items = resource_rules.items(version.content["items"])
    key = next((i.key for i in items if i.primary), "")
    if not key:
        raise Conflict(_("The resource names no key, so that nobody can ask for one row."))
    try:
        lookup.rows(end.address, table.strip(), [i.key for i in items], key, [""])
    except psycopg.Error as fault:
        raise Invalid.at(
            "table", _("Table: the database does not answer, or the table lacks an item: %(why)s") % {"why": str(fault).splitlines()[0][:200]}
        ) from fault
    made, _new = AnswerTable.objects.update_or_create(resource=held, defaults={"endpoint": end, "table": table.strip()[:120], "kept_at": clock.now()})
    record(actor, events.AnsweringSet(resource=held.key, endpoint=end.key, table=made.table))
    return made


@command("catalogue.request")
def set_end(actor: Actor, *, agreement: str, endpoint: str, table: str, order: str = "", references: str = "", follows: str = rules.ORDER) -> Flow:
    """Name the own end of a flow: the provider its table and how changes are found in it, the consumer the table to fill. Begins the flow at the first.

    `order`: the number that grows, or the time stamp. `references`, of the provider: lines like `credit_code = public.enterprise.credit_code`, for values that
    must stand elsewhere in its database. A provider whose resource our own rooms keep follows the ledger, without a database.
    """
    one = access.agreement(actor, agreement)
    if not {"batch", "stream"} & set(one.terms["granted"]["modes"]):
        raise Conflict(_("The agreement does not allow batches or streams."))
    if follows not in rules.FOLLOWS or (follows in rules.TELL_DELETIONS and "stream" not in one.terms["granted"]["modes"]):
        raise Invalid.at("follows", _("How changes are found: choose a way that the agreement allows; log and ledger need a stream."))
    end = _own_end(actor, one, endpoint, ledger=follows == rules.LEDGER)
    if end is not None and not table.strip():
        raise Invalid.at("table", _("Table: name it as schema.table."))
    flow, _new = Flow.objects.select_for_update().get_or_create(
        agreement=agreement,
        defaults={"title": one.terms["title"], "provider": one.provider, "consumer": one.consumer, "state": rules.PREPARING, "begun_at": clock.now()},
    )
    if flow.state == rules.RUNNING:
        raise Conflict(_("Pause the flow first."))
    if end is not None and end.organ_id != one.provider_id:
        flow.target, flow.target_table = end, table.strip()[:120]
    else:
        _set_source(flow, one, end, table.strip()[:120], order.strip()[:60], references, follows)
    flow.save()
    provides = end is None or end.organ_id == one.provider_id
    record(actor, events.FlowMoved(agreement=agreement, move="source" if provides else "target", words=table[:120] or follows))
    return flow


def _own_end(actor: Actor, one: Any, endpoint: str, *, ledger: bool) -> Endpoint | None:
    """The database that the actor's organ names; None for the ledger, which only the provider follows."""
    if ledger:
        if not (actor.is_system or actor.organ == one.provider_id) or one.resource.supply not in CHANGES:
            raise Refused(_("Only the provider of what our own rooms keep follows the ledger."))
        return None
    end = Endpoint.objects.select_related("organ").filter(key=endpoint).first()
    if end is None or end.organ_id not in (one.provider_id, one.consumer_id) or not (actor.is_system or end.organ_id == actor.organ):
        raise Refused(_("Choose a database of your own organ."))
    return end


def _set_source(flow: Flow, one: Any, end: Endpoint | None, table: str, order: str, references: str, follows: str) -> None:
    begun = flow.batches.filter(sent_at__isnull=False).exists()
    if begun and (flow.follows != follows or (follows in (rules.ORDER, rules.STAMP) and flow.order_column != order)):
        raise Conflict(_("Batches have gone already: how changes are found stays as it is. For another way end this agreement and make a new one."))
    if end is None:
        flow.source, flow.source_table, flow.order_column, flow.follows = None, "", "", follows
        return
    if follows in (rules.ORDER, rules.STAMP) and not order:
        raise Invalid.at("order", _("Order: name the column that grows with every change."))
    flow.references = _references(end, references)
    if follows == rules.STAMP:
        _try_stamp(end, table, order)
    if follows == rules.LOG:
        _try_log(flow, one, end, table)
        _let_go(flow, end)
        order, flow.slot, flow.loaded = "", False, False
    flow.source, flow.source_table, flow.order_column, flow.follows = end, table, order, follows


def _let_go(flow: Flow, end: Endpoint) -> None:
    """Another database is followed from now on: the one before need no longer keep its log. One that does not answer is told of in the program's log."""
    if flow.slot and flow.source and flow.source_id != end.id:
        try:
            replica.release(flow.source.address, flow.agreement)
        except psycopg.Error:
            log.warning("the database that was followed before keeps its log still", endpoint=flow.source.key, agreement=flow.agreement)


def _try_stamp(end: Endpoint, table: str, column: str) -> None:
    """It must be a time stamp that every row has: a row without one would never travel."""
    try:
        horizon.settled_time(end.address, table, column)
        missing = lookup.without(end.address, table, column)
    except (ValueError, psycopg.Error) as fault:
        raise Invalid.at("order", _("Time stamp: name a column of this table with date and time.")) from fault
    if missing:
        raise Invalid.at("order", _("Time stamp: rows without one would never travel; give it NOT NULL and a default."))


def _try_log(flow: Flow, one: Any, end: Endpoint, table: str) -> None:
    items = resource_rules.items(catalogue.version_of(one.resource, one.terms["version"]).content["items"])
    try:
        replica.prepare(end.address, table, flow.agreement, next((i.key for i in items if i.primary), ""), list(one.terms["granted"]["rows"]))
    except replica.Unusable as fault:
        raise Invalid.at("table" if fault.why == "table" else "follows", log_sentence(fault.why)) from fault
    except psycopg.Error as fault:
        raise Invalid.at("endpoint", _("Address: the database does not answer, or refuses the user.")) from fault


def log_sentence(why: str) -> str:
    """What a database lacks for its log to be followed, and the remedy."""
    return {
        "table": _("Table: only a table has a log; a view has none."),
        "level": _("The database writes no logical log: set wal_level = logical and start it again."),
        "role": _("The user may not replicate: ALTER ROLE … REPLICATION."),
        "owner": _("The user does not own the table, which publishing its changes needs."),
        "identity": _("The log would not say which rows are gone: give the table the primary key of the resource, or REPLICA IDENTITY FULL where only some rows are granted."),
        "lost": _("The database no longer keeps its log for this flow: load anew. Rows that are gone meanwhile go at the consumer too."),
    }[why]  # fmt: skip


def _references(end: Endpoint, told: str) -> dict[str, list[str]]:
    """As they are kept; each is tried on the database. Raises Invalid."""
    try:
        found = rules.references(told)
        lookup.columns(end.address, list(found.values()))
    except (ValueError, psycopg.Error) as fault:
        sentence = _("References: write a line each, like credit_code = public.enterprise.credit_code; the database must know table and column.")
        raise Invalid.at("references", sentence) from fault
    return {column: list(place) for column, place in found.items()}
