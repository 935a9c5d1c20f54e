"""Looking at every protected system."""

from tongban.kernel.identity.actor import system
from tongban.kernel.jobs.queue import task
from tongban.rooms.base.continuity import commands, queries
from tongban.rooms.base.continuity.models import RetentionRule

PLATFORM = system("通办·灾备")


@task("continuity.watch", cron="7 * * * *", lock="continuity.watch")
def watch() -> None:
    """Every hour; each lateness is told once until it is mended."""
    watch_all()


def watch_all() -> int:
    """How many latenesses are new."""
    rows = queries.judged(queries.systems(PLATFORM))
    return sum(len(commands.note_told(PLATFORM, system=row.system.id, standing=row.standing)) for row in rows)


@task("continuity.retain", cron="29 3 * * *", lock="continuity.retain")
def retain() -> None:
    """Every night: what need be kept no longer goes."""
    for rule in queries.retention_rules():
        if rule.way == RetentionRule.Way.DELETE:
            commands.expire(PLATFORM, rule=rule.id)


@task("continuity.destroy", lock="continuity.destroy")
def destroy(destruction: int) -> None:
    """The keys that two people agreed on."""
    commands.destroy_agreed(PLATFORM, destruction=destruction)
