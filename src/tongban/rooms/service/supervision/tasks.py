"""Looking at every open case: by schedule, and on the clock's events."""

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import Actor, system
from tongban.kernel.jobs.queue import task
from tongban.lib import clock
from tongban.rooms.service.supervision import commands, queries, rules
from tongban.rooms.service.supervision.models import Light

PLATFORM = system("通办·监察")


@task("supervision.evaluate", cron="*/5 * * * *", lock="supervision.evaluate")
def evaluate() -> None:
    """Every five minutes: a limit passes at midnight, but a worker may have slept."""
    evaluate_all(PLATFORM)


def evaluate_all(actor: Actor) -> int:
    """Raise the lights that are due; returns how many."""
    today = clock.today()
    near = calendar.due("37", today, 1)
    return sum(evaluate_case(actor, number) for number in cases.watchable(near))


def evaluate_case(actor: Actor, number: str) -> int:
    """Raise the lights that one case deserves today and does not have."""
    one = cases.case(actor, number)
    if one.decided_at or one.closed_at:
        return 0
    today = clock.today()
    items = [i for i in cases.items_of(one) if i.state == "open" and i.role != "citizen"]
    item = min((i for i in items if i.step_due), key=lambda i: i.step_due or today, default=None)
    held = {light.kind: light for light in Light.objects.filter(case_number=number)}
    waiting = [x.answer_due for x in held.values() if x.level == "yellow" and x.state == "open" and x.answer_due]
    watched = rules.Watched(
        receipt_due=one.receipt_due, promise_due=one.promise_due, statutory_due=one.statutory_due,
        step_due=item.step_due if item else None, step=item.name if item else "", paused=bool(one.paused),
        yellow_answer_due=min(waiting) if waiting else None,
    )  # fmt: skip
    in_force = [rules.Rule(r.id, r.key, r.level, r.days) for r in queries.rules_in_force(today)]
    raised = rules.judge(watched, in_force, today, calendar.working_days(one.region_code))
    fresh = [r for r in raised if r.kind not in held]
    for light in fresh:
        commands.raise_light(actor, case_number=number, raised=light)
    return len(fresh)
