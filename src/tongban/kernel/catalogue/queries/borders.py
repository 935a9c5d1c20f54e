"""Border rules: seen by those who watch over the borders, applied for everybody."""

from datetime import date

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.models import Agreement, BorderCount, BorderRule
from tongban.kernel.catalogue.rules import borders as rules
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.errors import NotFound


def border_rules(actor: Actor, *, state: str = "") -> QuerySet[BorderRule]:
    """The newest first."""
    actor.require("catalogue.border")
    rows = BorderRule.objects.select_related("resource__organ", "resource__published").defer("resource__published__search").order_by("-id")
    return rows.filter(state=state) if state else rows


def border_rule(actor: Actor, number: str) -> BorderRule:
    found = border_rules(actor).filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no such border rule."))
    return found


def rule_for(agreement: Agreement) -> BorderRule | None:
    """The rule in force today for the border that an agreement's data pass. Only for agreements that pass one."""
    source, target = rules.crossing(agreement.terms) or ("", "")
    today = clock.today()
    rows = BorderRule.objects.filter(resource_id=agreement.resource_id, source=source, target=target, state=rules.IN_FORCE, begins__lte=today, ends__gte=today)
    return rows.first()


def passage(one: BorderRule) -> rules.Passage:
    return rules.Passage(one.number, tuple(one.items), dict(one.filters), one.rate, one.rows)


def counts(one: BorderRule) -> list[BorderCount]:
    """Day by day, the newest first."""
    return list(one.counts.order_by("-day")[:31])


def matrix(actor: Actor, day: date) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(from, to) → rules in force, single queries and rows that crossed on a day."""
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    for rule in border_rules(actor, state=rules.IN_FORCE):
        a, b, c = found.get((rule.source, rule.target), (0, 0, 0))
        found[rule.source, rule.target] = (a + 1, b, c)
    told = BorderCount.objects.filter(day=day).values_list("rule__source", "rule__target").annotate(c=Sum("crossings"), r=Sum("rows")).order_by()
    for source, target, crossings, rows in told.values_list("rule__source", "rule__target", "c", "r"):
        found[source, target] = (found.get((source, target), (0, 0, 0))[0], crossings, rows)
    return found


def closed(actor: Actor) -> list[Agreement]:
    """Agreements in force whose border no rule opens: nothing passes."""
    actor.require("catalogue.border")
    today = clock.today()
    rows = Agreement.objects.filter(state="in-force", begins__lte=today, ends__gte=today, terms__has_key="zone").select_related(
        "provider", "consumer", "resource"
    )
    return [a for a in rows.order_by("id") if rules.crossing(a.terms) and rule_for(a) is None]
