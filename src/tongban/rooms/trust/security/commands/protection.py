"""The cycle of classified protection: register, grade, file, assess, mend."""

from datetime import date, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.trust.security import events, queries
from tongban.rooms.trust.security.models import Finding, ProtectedSystem, ProtectionStep
from tongban.rooms.trust.security.rules import protection

AUTHORITY = "信息安全等级保护管理办法（公通字〔2007〕43号）"
MEND_WITHIN = 90


@command("security.handle")
def register_system(
    actor: Actor, *, key: str, name: str, organ: str, regime: str, business_grade: int, service_grade: int, extensions: list[str]
) -> ProtectedSystem:
    """Enter a system with its two grades; its level is the higher one. Raises Invalid, Conflict, Refused."""
    if not name.strip():
        raise Invalid.at("name", _("Name: write the system's name."))
    if not key.isascii() or not key.replace("-", "").replace("_", "").isalnum() or len(key) > 60:
        raise Invalid.at("key", _("Key: letters, digits and hyphens."))
    if regime not in protection.REGIMES:
        raise Invalid.at("regime", _("Regime: choose one of the list."))
    if not (1 <= business_grade <= 5 and 1 <= service_grade <= 5):
        raise Invalid.at("grade", _("Grades: 1 to 5."))
    owner = orgs.organ_known_as(organ)
    if not actor.reaches(owner.region_code):
        raise Refused(_("The organ lies outside your regions."))
    if ProtectedSystem.objects.filter(key=key).exists():
        raise Conflict(_("There is a system with this key. Choose another key."))
    made = ProtectedSystem.objects.create(
        key=key, name=name.strip()[:120], organ=owner, region_code=owner.region_code, regime=regime, business_grade=business_grade, service_grade=service_grade,
        level=max(business_grade, service_grade), extensions=[e for e in extensions if e in protection.EXTENSIONS], registered_at=clock.now(),
    )  # fmt: skip
    record(actor, events.ProtectionRecorded(system=key, what="registered", words=f"S{business_grade}A{service_grade}"), authority=AUTHORITY)
    return made


@command("security.handle")
def record_step(
    actor: Actor, *, system: str, kind: str, on: date, outcome: str = "", score: float | None = None, reference: str = "", words: str = "",
    file: UUID | None = None, file_name: str = "",
) -> ProtectionStep:  # fmt: skip
    """Put down a step of the cycle with its document. Raises Conflict when it cannot follow."""
    one = queries.system(actor, system)
    if kind not in protection.next_steps(one.steps.values_list("kind", flat=True)):
        raise Conflict(_("This step cannot follow yet: grading, review and filing come first."))
    if on > clock.today():
        raise Invalid.at("on", _("Day: today or earlier."))
    if kind in ("assessment", "reassessment"):
        if outcome not in protection.OUTCOMES:
            raise Invalid.at("outcome", _("Outcome: choose one."))
        if score is not None and not 0 <= score <= 100:
            raise Invalid.at("score", _("Score: 0 to 100."))
    if kind == "filing" and not reference.strip():
        raise Invalid.at("reference", _("Number: the filing certificate has one."))
    made = ProtectionStep.objects.create(
        system=one, kind=kind, on=on, outcome=outcome, score=score, reference=reference.strip()[:60], words=words.strip()[:500], file=file,
        file_name=file_name[:160], by_name=actor.name, at=clock.now(),
    )  # fmt: skip
    record(actor, events.ProtectionRecorded(system=one.key, what=kind, words=f"{on:%Y-%m-%d} {outcome} {reference}".strip()), authority=AUTHORITY)
    return made


@command("security.handle")
def add_finding(actor: Actor, *, system: str, control: str, risk: str, words: str, due: date | None = None) -> Finding:
    """What the last assessment found wanting at a control point."""
    one = queries.system(actor, system)
    step = one.steps.filter(kind__in=["assessment", "reassessment"]).order_by("on", "id").last()
    if step is None:
        raise Conflict(_("Record the assessment first; findings belong to it."))
    point = next((c for c in queries.controls(one.regime, one.level) if c.code == control), None)
    if point is None:
        raise Invalid.at("control", _("Control point: choose one of this level's."))
    if risk not in protection.RISKS or len(words.strip()) < 2:
        raise Invalid.at("words", _("Risk and words: say how grave it is and what is wanting."))
    days = queries.periods().get((one.regime, one.level), {}).get("rectification", MEND_WITHIN)
    made = Finding.objects.create(
        system=one, step=step, control=control, control_name=point.name, risk=risk, words=words.strip()[:300], due=due or clock.today() + timedelta(days=days)
    )
    record(actor, events.ProtectionRecorded(system=one.key, what="finding", words=f"{control} {made.words}"), authority=AUTHORITY)
    return made


@command("security.handle")
def move_finding(actor: Actor, *, system: str, finding: int, words: str = "") -> Finding:
    """An open finding becomes mended (words say how), a mended one closed by someone who looked."""
    one = queries.system(actor, system)
    held = Finding.objects.select_for_update().filter(system=one, id=finding).first()
    if held is None or held.state == "closed":
        raise Conflict(_("This finding was dealt with already. Reload the page."))
    if held.state == "open":
        if len(words.strip()) < 2:
            raise Invalid.at("words", _("Words: say how it was mended."))
        held.state, held.mended_on, held.mending = "mended", clock.today(), words.strip()[:300]
    else:
        held.state, held.closed_on = "closed", clock.today()
    held.save()
    record(actor, events.ProtectionRecorded(system=one.key, what=held.state, words=f"{held.control} {words.strip()}"[:500]), authority=AUTHORITY)
    return held


@command("")
def note_told(actor: Actor, *, system: int, standing: list[str]) -> list[str]:
    """What is newly late with a system since its officers were told; the platform's own task asks."""
    one = ProtectedSystem.objects.select_for_update().get(id=system)
    wrong = [w for w in standing if w in protection.LATE]
    fresh = [w for w in wrong if w not in one.told]
    if one.told != wrong:
        one.told = wrong
        one.save(update_fields=["told"])
    for what in fresh:
        event = events.LatenessTold(
            duty=f"system-{one.key}", what=what, title=one.name, region=one.region_code, organ=one.organ_id, link=f"/security/systems/{one.key}/"
        )
        record(actor, event, authority=AUTHORITY)
    if not fresh:
        nothing_changed()
    return fresh
