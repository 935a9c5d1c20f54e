"""What comparisons find, as statements over the masters and their ties; and the findings as work."""

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries.models import Finding

# Each gives (entity, person or null, region): set-based, over the whole province at once.
STATEMENTS = {
    "dead-representative": """
        SELECT e.id, p.id, e.region_code FROM registries_link l
        JOIN registries_entity e ON e.id = l.entity_id AND e.state = '存续'
        JOIN registries_person p ON p.id = l.person_id AND p.state = '死亡'
        WHERE l.kind = 'representative' AND l.until IS NULL""",
    "insured-at-cancelled": """
        SELECT DISTINCT e.id, NULL::bigint, e.region_code FROM registries_link l
        JOIN registries_entity e ON e.id = l.entity_id AND e.state IN ('注销', '吊销')
        WHERE l.kind = 'insured' AND l.until IS NULL""",
    "taxed-unregistered": """
        SELECT e.id, NULL::bigint, e.region_code FROM registries_entity e
        WHERE e.state = '未登记' AND EXISTS (SELECT 1 FROM registries_record r WHERE r.registry = 'entities' AND r.subject = e.id AND r.organ_key = 'sd-tax')""",
}


def findings(actor: Actor, *, comparison: str = "", state: str = "open", case: str = "") -> QuerySet[Finding]:
    """Findings of the own office; of a province's department those of its county offices; all for whoever watches."""
    actor.require("registries.check")
    rows = Finding.objects.select_related("entity", "person").order_by("due", "id")
    if not actor.is_system and not actor.may("registries.watch"):
        rows = rows.filter(Q(organ_key=actor.organ_key) | Q(organ_key__endswith="-" + _kind(actor.organ_key), region_code__startswith=_region(actor)))
    if comparison:
        rows = rows.filter(comparison=comparison)
    if case:
        rows = rows.filter(case_number=case.upper())
    return rows.filter(state=state) if state else rows


def _kind(organ: str) -> str:
    """What a county office of the same kind is called: sd-samr stands over the market offices."""
    last = organ.split("-", 1)[-1]
    return {"samr": "market"}.get(last, last) or "none"


def _region(actor: Actor) -> str:
    return actor.regions[0] if actor.regions else "none"


def case_of(identifier: int) -> str:
    """The case in which a finding is looked into; raises NotFound."""
    found = Finding.objects.filter(id=identifier).values_list("case_number", flat=True).first()
    if found is None:
        raise NotFound(_("There is no such finding of your office."))
    return found


def without_case(comparison: str) -> list[Finding]:
    """Open findings that no office looks into yet; for the platform."""
    rows = Finding.objects.filter(comparison=comparison, state=Finding.State.OPEN, case_number="").order_by("id")
    return list(rows.select_related("entity", "person"))


def counts(actor: Actor) -> dict[str, int]:
    """comparison -> how many are open."""
    return dict(findings(actor).order_by().values_list("comparison").annotate(Count("id")))
