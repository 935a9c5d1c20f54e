"""Carrying notices out, every minute."""

from tongban.kernel.jobs.queue import task
from tongban.kernel.notices import commands


@task("notices.deliver", cron="* * * * *")
def deliver() -> None:
    """Send what is due."""
    commands.deliver_due()
