"""Looking at every protected system."""

from tongban.kernel.identity.actor import system
from tongban.kernel.jobs.queue import task
from tongban.rooms.base.continuity import commands, queries

PLATFORM = system("通办·灾备")


@task("continuity.watch", cron="7 * * * *", lock="continuity.watch")
def watch() -> None:
    """Every hour; each lateness is told once until it is mended."""
    watch_all()


def watch_all() -> int:
    """How many latenesses are new."""
    rows = queries.judged(queries.systems(PLATFORM))
    return sum(len(commands.note_told(PLATFORM, system=row.system.id, standing=row.standing)) for row in rows)
