"""Carrying notices out, every minute."""

from datetime import datetime

from tongban.kernel.jobs.queue import task
from tongban.kernel.notices import commands
from tongban.kernel.notices.models import Delivery
from tongban.lib.retention import purges


@task("notices.deliver", cron="* * * * *")
def deliver() -> None:
    """Send what is due."""
    commands.deliver_due()


@purges("notices.deliveries")
def drop_deliveries(before: datetime) -> int:
    """What was sent, or failed for good."""
    return Delivery.objects.filter(next_try__lt=before).exclude(state=Delivery.State.WAITING).delete()[0]
