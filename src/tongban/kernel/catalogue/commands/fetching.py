"""The single query: one person, one enterprise, under an agreement, its purpose recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.catalogue import events
from tongban.kernel.catalogue.commands import borders
from tongban.kernel.catalogue.models import Agreement, BorderRule, Resource
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.queries import borders as border_queries
from tongban.kernel.catalogue.rules import access as rules
from tongban.kernel.catalogue.rules import borders as border_rules
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.kernel.catalogue.supplies import supply_of
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, columns, statements
from tongban.lib.acts import command, record
from tongban.lib.errors import NotFound, Refused, TooMany, Unavailable


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back: values by item key (None: nobody is known by this key), from where and when."""

    values: dict[str, Any] | None
    labels: dict[str, str]
    source: str
    resource: str
    title: str
    agreement: str
    at: datetime


# Counts the visit in the statement that checks the quota, so that two calls at once never exceed it.
_COUNT = """
    INSERT INTO catalogue_dailyuse AS u (agreement_id, day, mode, visits, rows) VALUES (%(agreement)s, %(day)s, 'query', 1, %(rows)s)
    ON CONFLICT (agreement_id, day, mode) DO UPDATE SET visits = u.visits + 1, rows = u.rows + excluded.rows WHERE u.visits < %(most)s
    RETURNING visits"""


@command("")
def fetch(actor: Actor, *, name: str, purpose: str, key: str, organ: str = "", items: tuple[str, ...] = (), consent: str = "", partly: bool = False) -> Fetched:
    """Ask the resource bound to `name` about `key`, for the actor's organ, or for `organ` with the `consent` of whom it is about.

    Without `items` all that is granted is asked for; with `partly` those of `items` that are granted.
    No permission is asked but the agreement itself. Raises Refused without one that allows the call, TooMany beyond the
    day's visits, NotFound for an unknown resource, Unavailable where no room answers for it.
    """
    resource = resources.resource_supplied_by(name)
    if resource is None:
        raise NotFound(_("No published resource is bound to %(name)s.") % {"name": name})
    supply = supply_of(resource)
    if supply is None:
        raise Unavailable(_("Nobody answers for %(name)s here.") % {"name": name})
    consumer = _consumer(actor, organ, consent)
    one = access.agreement_between(resource.id, consumer)
    held = tuple(one.terms["granted"]["items"]) if one else ()
    wanted = (tuple(i for i in items if i in held) if partly else items) or held
    granted = _allowed(one, rules.Call("query", purpose, clock.today(), 0, wanted))
    border = borders.open_rule(granted)
    wanted = _crossing(border, wanted, explicit=bool(items) and not partly)
    found = supply.answers([key]).get(key)
    if found is not None and not rules.row_allowed(granted.terms, found):
        found = None  # outside the rows that are granted: not told apart from absent
    _count(granted, found is not None)
    if border:
        borders.count_crossing(border, crossings=1)
        found = found and borders.leaving(border, {k: found.get(k) for k in wanted}, resources.checks_of(resource, granted.terms["version"]))
    told = events.DataFetched(
        agreement=granted.number, resource=resource.key, consumer=granted.consumer.key, purpose=purpose[:120], items=list(wanted),
        subject_mark=columns.blind(f"catalogue.{name}", key).hex(), found=found is not None, consent=consent[:60],
        border=border.number if border else "",
    )  # fmt: skip
    record(actor, told, authority=granted.number)
    return _fetched(resource, granted, wanted, found)


def _crossing(border: BorderRule | None, wanted: tuple[str, ...], *, explicit: bool) -> tuple[str, ...]:
    """Those items that the border lets pass; one that was asked for by name and may not is a refusal."""
    if border is None:
        return wanted
    passing = border_rules.passing(border_queries.passage(border), wanted)
    if explicit and set(passing) != set(wanted):
        raise Refused(_("Rule %(number)s does not let all these items across the border.") % {"number": border.number}, code="border-items")
    return passing


def _consumer(actor: Actor, organ: str, consent: str) -> int:
    """The organ that asks. A citizen has data fetched for an office only by consenting."""
    if organ and (actor.is_system or consent):
        return orgs.organ(organ).id
    if actor.organ is None:
        raise Refused(_("Data is fetched for an organ, or with your consent."))
    return actor.organ


def _allowed(one: Agreement | None, call: rules.Call) -> Agreement:
    if one is None:
        raise Refused(_("No agreement allows this query. Apply for the resource in the catalogue."), code="no-agreement")
    why = rules.refusal(access.standing(one), one.terms, call)
    if why:
        raise Refused(refusal_sentence(why) % {"number": one.number}, code=f"agreement-{why}")
    return one


REASONS = (
    "state",
    "not-begun",
    "ended",
    "mode",
    "purpose",
    "items",
    "visits",
    "nobody-answers",
    "bad-question",
    "away",
    "border-closed",
    "border-items",
    "border-rate",
)


def refusal_sentence(why: str) -> str:
    """Why an agreement does not allow a call, and the remedy."""
    return {
        "state": _("Agreement %(number)s is not in force: see its page for the reason."),
        "not-begun": _("Agreement %(number)s has not begun."), "ended": _("Agreement %(number)s has ended: renew it."),
        "mode": _("Agreement %(number)s does not allow this way of exchange."),
        "purpose": _("Agreement %(number)s does not name this purpose."),
        "items": _("Agreement %(number)s does not grant all these items."),
        "visits": _("The visits that agreement %(number)s grants a day are used up."),
        "nobody-answers": _("Nobody answers single queries for the resource of agreement %(number)s."),
        "away": _("The department that answers under agreement %(number)s is away: try again in a minute."),
        "border-closed": _("No rule lets the data of agreement %(number)s pass to the zone where they are used: ask for one."),
        "border-items": _("The rule of the border does not let all items of agreement %(number)s pass."),
        "border-rate": _("What the rule of the border lets pass in a day is used up, for agreement %(number)s too."),
        "bad-question": _("The question under agreement %(number)s came too late: check the clock of this machine."),
    }[why]  # fmt: skip


def _count(one: Agreement, found: bool) -> None:
    most = int(one.terms["granted"]["visits"])
    rows = statements.rows(_COUNT, {"agreement": one.id, "day": clock.today(), "most": most, "rows": int(found)})
    if not rows:
        raise TooMany(refusal_sentence("visits") % {"number": one.number}, code="agreement-visits")


def _fetched(resource: Resource, one: Agreement, wanted: tuple[str, ...], found: Any) -> Fetched:
    version = resource.versions.get(number=one.terms["version"])  # what was agreed, not what is newest
    labels = {i.key: i.name for i in resource_rules.items(version.content["items"]) if i.key in wanted}
    values = None if found is None else {k: found.get(k) for k in wanted}
    return Fetched(values, labels, resource.organ.name, resource.code, version.title, one.number, clock.now())
