"""Border rules proposed, approved by another person, ended; crossings counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.catalogue import events
from tongban.kernel.catalogue.commands.access import numbered
from tongban.kernel.catalogue.models import Agreement, BorderCount, BorderRule
from tongban.kernel.catalogue.queries import borders as queries
from tongban.kernel.catalogue.queries import resources
from tongban.kernel.catalogue.rules import borders as rules
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, columns, statements
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, Refused, TooMany

# Counts in the statement that checks, so that two calls at once never exceed a day's limit; no row comes back beyond it.
_COUNT = """
    INSERT INTO catalogue_bordercount AS c (rule_id, day, crossings, rows) SELECT %(rule)s, %(day)s, %(crossings)s, 0 WHERE %(crossings)s <= %(rate)s
    ON CONFLICT (rule_id, day) DO UPDATE SET crossings = c.crossings + excluded.crossings WHERE c.crossings + excluded.crossings <= %(rate)s RETURNING 1"""

_COUNT_BULK = """
    INSERT INTO catalogue_bordercount AS c (rule_id, day, crossings, rows) VALUES (%(rule)s, %(day)s, 0, %(rows)s)
    ON CONFLICT (rule_id, day) DO UPDATE SET rows = c.rows + excluded.rows"""


@command("catalogue.border")
def propose_rule(actor: Actor, *, resource: str, proposal: rules.Proposal) -> BorderRule:
    """Propose what of a published resource may cross; nothing crosses before somebody else approves."""
    version = resources.version(actor, resource)
    actor.require_region(version.resource.region_code)
    if version.state != resource_rules.PUBLISHED:
        raise Conflict(_("Only published resources cross a border."))
    items = resource_rules.items(version.content["items"])
    found = rules.faults(proposal, {i.key: i.sharing for i in items}, {i.key: i.type for i in items}, clock.today())
    if found:
        raise Invalid(_("Some fields need another look."), fields={f: fault_sentence(w) for f, w in found.items()})
    made = BorderRule.objects.create(
        number=numbered("BJ", BorderRule), resource=version.resource, source=proposal.source, target=proposal.target, items=list(proposal.items),
        filters=dict(proposal.filters), rate=proposal.rate, rows=proposal.rows, begins=proposal.begins, ends=proposal.ends, reason=proposal.reason.strip()[:300],
        state=rules.PROPOSED, proposed_by=actor.account or 0, proposed_name=actor.name, proposed_at=clock.now(),
    )  # fmt: skip
    _tell(actor, made, made.reason)
    return made


def fault_sentence(what: str) -> str:
    """What is wrong with a proposal, and the remedy."""
    return {
        "zones": _("Zones: choose two different ones; what lies in the inner network goes out of band only."),
        "items": _("Choose at least one item."), "not-shared": _("Items: one that is not shared crosses no border."),
        "filters": _("Filters: mask, token or drop, for items that cross."),
        "no-text": _("Filters: in bulk only text is masked or replaced; drop numbers and days."),
        "rate": _("Limits: say how many single queries or rows may cross a day."),
        "term": _("Term: at most three years, ending in the future."), "reason": _("Reason: say why, in at least four characters."),
    }[what]  # fmt: skip


@command("catalogue.border")
def decide_rule(actor: Actor, *, number: str, approve: bool, words: str = "") -> BorderRule:
    """Approve or reject; whoever proposed does not decide. A rule for the same border ends when the new one begins."""
    one = _locked(number)
    actor.require_region(one.resource.region_code)
    if one.state != rules.PROPOSED:
        raise Conflict(_("This rule is decided."))
    if one.proposed_by == actor.account and not actor.is_system:
        raise Refused(_("Somebody else than who proposed a rule approves it."))
    if not approve and len(words.strip()) < 4:
        raise Invalid.at("words", _("Words: say why, in at least four characters."))
    if approve:
        for held in BorderRule.objects.select_for_update().filter(resource=one.resource, source=one.source, target=one.target, state=rules.IN_FORCE):
            _move(actor, held, rules.ENDED, f"由{one.number}替代")
    return _move(actor, one, rules.IN_FORCE if approve else rules.REJECTED, words.strip()[:300])


@command("catalogue.border")
def end_rule(actor: Actor, *, number: str, words: str) -> BorderRule:
    """Close the border again, at once; one person suffices to close."""
    one = _locked(number)
    actor.require_region(one.resource.region_code)
    if one.state != rules.IN_FORCE:
        raise Conflict(_("Only a rule in force is ended."))
    if len(words.strip()) < 4:
        raise Invalid.at("words", _("Words: say why, in at least four characters."))
    return _move(actor, one, rules.ENDED, words.strip()[:300])


def _locked(number: str) -> BorderRule:
    one = BorderRule.objects.select_for_update(of=("self",)).select_related("resource").filter(number=number).first()
    if one is None:
        raise Conflict(_("There is no such border rule."))
    return one


def _move(actor: Actor, one: BorderRule, state: str, words: str) -> BorderRule:
    one.state, one.words, one.decided_name, one.decided_at = state, words, actor.name, clock.now()
    one.save(update_fields=["state", "words", "decided_name", "decided_at"])
    _tell(actor, one, words)
    return one


def _tell(actor: Actor, one: BorderRule, words: str) -> None:
    told = events.BorderMoved(border=one.number, resource=one.resource.key, source=one.source, target=one.target, move=one.state, words=words)
    record(actor, told, authority="统一接入平台边界规则")


# At the border ---------------------------------------------------------------------------------------------------------------


def open_rule(agreement: Agreement) -> BorderRule | None:
    """The rule that lets an agreement's data pass; None where they pass no border. Raises Refused where no rule does: closed is the default."""
    way = rules.crossing(agreement.terms)
    if way is None:
        return None
    found = queries.rule_for(agreement)
    if found is None:
        raise Refused(closed_sentence(agreement), code="border-closed")
    return found


def closed_sentence(agreement: Agreement) -> str:
    """Why nothing passes, and whom to ask."""
    source, target = rules.crossing(agreement.terms) or ("", "")
    told = {"number": agreement.number, "source": rules.ZONES.get(source, source), "target": rules.ZONES.get(target, target)}
    return _("No rule lets the data of agreement %(number)s pass from %(source)s to %(target)s: ask for one.") % told


def token(rule: BorderRule) -> rules.Token:
    """Equal values become equal tokens under one rule, and under no other; nobody computes them without the platform's key."""
    return lambda value: columns.blind(f"border.{rule.number}", value).hex()


def count_crossing(rule: BorderRule, *, crossings: int) -> None:
    """Count single queries that cross, within the day's limits; for commands that have judged the call. Raises TooMany beyond them."""
    values = {"rule": rule.id, "day": clock.today(), "crossings": crossings, "rate": rule.rate}
    if not statements.rows(_COUNT, values):
        raise TooMany(_("What rule %(number)s lets across the border in a day is used up.") % {"number": rule.number}, code="border-rate")


def leaving(rule: BorderRule, row: Mapping[str, Any], checks: Mapping[str, str]) -> dict[str, Any]:
    """A row as it crosses."""
    return rules.filtered(queries.passage(rule), row, checks, token(rule))


@dataclass(frozen=True, slots=True)
class Bulk:
    """How the rows of an agreement cross in bulk: what each changed column becomes, and how many rows a day."""

    rule: int
    passage: rules.Passage
    change: Mapping[str, Callable[[str], str]]

    def open_for(self, rows: int) -> bool:
        """Whether so many rows may still cross today. Raises ValueError for a batch that no day would let pass."""
        if rows > self.passage.rows:
            raise ValueError(f"a batch of {rows} rows is more than rule {self.passage.number} lets pass in a day ({self.passage.rows})")
        gone = BorderCount.objects.filter(rule_id=self.rule, day=clock.today()).values_list("rows", flat=True).first() or 0
        return gone + rows <= self.passage.rows


def bulk(agreement: Agreement) -> Bulk | None:
    """What applies to an agreement's rows at the border; None within one zone. Raises Refused where no rule lets them pass."""
    rule = open_rule(agreement)
    if rule is None:
        return None
    checks = resources.checks_of(agreement.resource, agreement.terms["version"])
    made = {n: token(rule) if how == rules.TOKEN else partial(rules.masked, check=checks.get(n, "")) for n, how in rule.filters.items() if how != rules.DROP}
    return Bulk(rule.id, queries.passage(rule), made)


def count_bulk(one: Bulk, rows: int) -> None:
    """Count rows that crossed, for the command that keeps their batch."""
    statements.run(_COUNT_BULK, {"rule": one.rule, "day": clock.today(), "rows": rows})
