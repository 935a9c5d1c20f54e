"""信息比对: run over the whole province; what cannot be becomes a case of the office concerned."""

from datetime import datetime

from django.utils.translation import gettext as _

from typing import Any

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import commands as cases
from tongban.kernel.cases import queries as case_queries
from tongban.kernel.cases.commands import official
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, statements
from tongban.kernel.orgs import queries as orgs
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Invalid, NotFound
from tongban.rooms.data.registries import events, rules
from tongban.rooms.data.registries.models import Finding
from tongban.rooms.data.registries.queries import findings

PROCESS = "finding-check"
_KEEP = """
    WITH found AS MATERIALIZED ({statement}),
    kept AS (
        INSERT INTO registries_finding (comparison, entity_id, person_id, organ_key, region_code, state, found_at, due, answer, answered_by)
        SELECT %(comparison)s, f.entity, f.person, left(f.region, 6) || '-' || %(office)s, f.region, 'open', %(now)s, %(due)s, '', ''
        FROM found f (entity, person, region)
        ON CONFLICT (comparison, entity_id, person_id) DO UPDATE SET state = 'open', case_number = '', found_at = excluded.found_at, due = excluded.due
            WHERE registries_finding.state = 'gone'
        RETURNING id),
    ended AS (
        UPDATE registries_finding o SET state = 'gone'
        WHERE o.comparison = %(comparison)s AND o.state = 'open'
          AND NOT EXISTS (SELECT 1 FROM found f (entity, person, region) WHERE f.entity = o.entity_id AND f.person IS NOT DISTINCT FROM o.person_id)
        RETURNING case_number)
    SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM kept), (SELECT coalesce(array_agg(case_number), '{{}}') FROM ended)"""


@command("registries.compare")
def run_comparison(actor: Actor, *, comparison: str) -> tuple[int, int, int]:
    """One statement over the registers: (found, new or again, gone). What was confirmed or refuted stays answered."""
    told = rules.COMPARISONS.get(comparison)
    if told is None:
        raise Invalid(_("There is no comparison %(name)s.") % {"name": comparison})
    values = {"comparison": comparison, "office": told.office, "now": clock.now(), "due": calendar.due("37", clock.today(), told.days)}
    [(found, new, gone)] = statements.rows(_KEEP.format(statement=findings.STATEMENTS[comparison]), values)
    _open_cases(actor, comparison, told)
    for number in filter(None, gone):
        cases.end_official(actor, number=number, words="比对不再命中，已自行消除")
    record(actor, events.ComparisonRun(comparison=comparison, found=found, new=new, gone=len(gone)))
    return int(found), int(new), len(gone)


def _open_cases(actor: Actor, comparison: str, told: rules.Comparison) -> None:
    """One for each finding that has none, with what is known of it."""
    waiting = findings.without_case(comparison)
    if not waiting:
        return
    offices = {key: _office(key, told) for key in {f.organ_key for f in waiting}}
    found = [
        official.Found(f"finding:{f.id}", told.title, f.entity.name, offices[f.organ_key], f.region_code, rules.evidence(told, f.entity, f.person))
        for f in waiting
    ]
    numbers = cases.open_official(actor, found=found, process=case_queries.published_process(PROCESS), days=told.days)
    for held, number in zip(waiting, numbers, strict=True):
        held.case_number, held.organ_key = number, offices[held.organ_key].key
    Finding.objects.bulk_update(waiting, ["case_number", "organ_key"], batch_size=1000)


def _office(key: str, told: rules.Comparison) -> Any:
    """The county's office; where it has none the province's department."""
    try:
        return orgs.organ(key)
    except NotFound:
        return orgs.organ(told.department)


@command("")
def settle_finding(actor: Actor, *, finding: int, result: str, words: str, by: str, at: datetime) -> None:
    """What the case came to: the platform writes it down when the case is concluded. A second time changes nothing."""
    held = Finding.objects.select_for_update().filter(id=finding, state=Finding.State.OPEN).first()
    if held is None or result not in (Finding.State.CONFIRMED, Finding.State.REFUTED):
        nothing_changed()
        return
    held.state, held.answer, held.answered_by, held.answered_at = result, words[:300], by[:60], at
    held.save()
    told = events.FindingAnswered(finding=str(held.id), comparison=held.comparison, organ=held.organ_key, state=held.state, words=held.answer)
    record(actor, told)
