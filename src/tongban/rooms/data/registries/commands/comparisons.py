"""信息比对: run over the whole province; what cannot be becomes work of the office concerned."""

from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, statements
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid
from tongban.rooms.data.registries import events, rules
from tongban.rooms.data.registries.models import Finding
from tongban.rooms.data.registries.queries import findings

_KEEP = """
    WITH found AS MATERIALIZED ({statement}),
    kept AS (
        INSERT INTO registries_finding (comparison, entity_id, person_id, organ_key, region_code, state, found_at, due, answer, answered_by)
        SELECT %(comparison)s, f.entity, f.person, left(f.region, 6) || '-' || %(office)s, f.region, 'open', %(now)s, %(due)s, '', ''
        FROM found f (entity, person, region)
        ON CONFLICT (comparison, entity_id, person_id) DO UPDATE SET state = 'open', found_at = excluded.found_at, due = excluded.due
            WHERE registries_finding.state = 'gone'
        RETURNING id),
    ended AS (
        UPDATE registries_finding o SET state = 'gone'
        WHERE o.comparison = %(comparison)s AND o.state = 'open'
          AND NOT EXISTS (SELECT 1 FROM found f (entity, person, region) WHERE f.entity = o.entity_id AND f.person IS NOT DISTINCT FROM o.person_id)
        RETURNING id)
    SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM kept), (SELECT count(*) FROM ended)"""


@command("registries.compare")
def run_comparison(actor: Actor, *, comparison: str) -> tuple[int, int, int]:
    """One statement over the registers: (found, new or again, gone). What was confirmed or refuted stays answered."""
    told = rules.COMPARISONS.get(comparison)
    if told is None:
        raise Invalid(_("There is no comparison %(name)s.") % {"name": comparison})
    values = {"comparison": comparison, "office": told.office, "now": clock.now(), "due": calendar.due("37", clock.today(), told.days)}
    [(found, new, gone)] = statements.rows(_KEEP.format(statement=findings.STATEMENTS[comparison]), values)
    record(actor, events.ComparisonRun(comparison=comparison, found=found, new=new, gone=gone))
    return int(found), int(new), int(gone)


@command("registries.check")
def answer_finding(actor: Actor, *, finding: int, confirmed: bool, words: str) -> Finding:
    """The office says what is so: confirmed and dealt with, or refuted, with what was found."""
    if not words.strip():
        raise Invalid(_("Say what you found."), fields={"words": _("Say what you found.")})
    held = Finding.objects.select_for_update().get(id=findings.finding(actor, finding).id)
    if held.state != Finding.State.OPEN:
        raise Conflict(_("This finding is no longer open."))
    held.state = Finding.State.CONFIRMED if confirmed else Finding.State.REFUTED
    held.answer, held.answered_by, held.answered_at = words.strip()[:300], actor.name, clock.now()
    held.save()
    told = events.FindingAnswered(finding=str(held.id), comparison=held.comparison, organ=held.organ_key, state=held.state, words=held.answer)
    record(actor, told)
    return held
