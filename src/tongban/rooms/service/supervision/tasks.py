"""Looking at every open case and every other limit: by schedule, and on the clock's events."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import islice

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import Actor, system
from tongban.kernel.jobs.queue import task
from tongban.lib import clock, deadlines
from tongban.rooms.service.supervision import commands, queries, rules
from tongban.rooms.service.supervision.models import Light

PLATFORM = system("通办·监察")
TOGETHER = 500  # limits whose lights are looked up in one statement


@task("supervision.evaluate", cron="*/5 * * * *", lock="supervision.evaluate")
def evaluate() -> None:
    """Every five minutes: a limit passes at midnight, but a worker may have slept."""
    evaluate_all(PLATFORM)


def evaluate_all(actor: Actor) -> int:
    """Raise the lights that are due; returns how many."""
    today = clock.today()
    near = calendar.due("37", today, 1)
    return sum(evaluate_case(actor, number) for number in cases.watchable(near)) + evaluate_deadlines(actor, near)


def evaluate_case(actor: Actor, number: str) -> int:
    """Raise the lights that one case deserves today and does not have."""
    one = cases.case(actor, number)
    if one.decided_at or one.closed_at:
        return 0
    today = clock.today()
    items = [i for i in cases.items_of(one) if i.state == "open" and i.role != "citizen"]
    item = min((i for i in items if i.step_due), key=lambda i: i.step_due or today, default=None)
    held = {light.kind: light for light in Light.objects.filter(thing="case", case_number=number)}
    watched = rules.Watched(
        receipt_due=one.receipt_due, promise_due=one.promise_due, statutory_due=one.statutory_due,
        step_due=item.step_due if item else None, step=item.name if item else "", paused=bool(one.paused),
        yellow_answer_due=_yellow_due(held.values()),
    )  # fmt: skip
    raised = rules.judge(watched, _rules(), today, calendar.working_days(one.region_code))
    fresh = [r for r in raised if r.kind not in held]
    for light in fresh:
        commands.raise_light(actor, case_number=number, raised=light)
    return len(fresh)


def evaluate_deadlines(actor: Actor, near: date) -> int:
    """Raise the lights that other things with a limit deserve today and do not have; returns how many."""
    today, in_force, raised = clock.today(), _rules(), 0
    found = deadlines.by(near)
    while some := list(islice(found, TOGETHER)):
        held: dict[tuple[str, str], dict[str, Light]] = defaultdict(dict)
        for light in Light.objects.filter(thing__in={d.kind for d in some}, case_number__in={d.key for d in some}):
            held[light.thing, light.case_number + light.term][light.kind] = light
        for one in some:
            has = held[one.kind, one.key + one.due.isoformat()]
            watched = rules.Watched(answer_due=one.due, yellow_answer_due=_yellow_due(has.values()))
            fresh = [r for r in rules.judge(watched, in_force, today, calendar.working_days(one.region)) if r.kind not in has]
            for breach in fresh:
                commands.raise_deadline(actor, late=one, raised=breach)
            raised += len(fresh)
    return raised


def _rules() -> list[rules.Rule]:
    return [rules.Rule(r.id, r.key, r.level, r.days) for r in queries.rules_in_force(clock.today())]


def _yellow_due(held: Iterable[Light]) -> date | None:
    """By when the yellow lights that wait must be answered."""
    return min((x.answer_due for x in held if x.level == "yellow" and x.state == "open" and x.answer_due), default=None)
