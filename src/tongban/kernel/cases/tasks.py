"""What the law does by itself when a day has passed."""

from tongban.kernel.cases import commands, queries
from tongban.kernel.identity.actor import system
from tongban.kernel.jobs.queue import task

PLATFORM = system("通办·时限")


@task("cases.past_days", cron="13 0 * * *", lock="cases.past_days")
def past_days() -> None:
    """Every night: unanswered applications count as accepted, corrections that never came are returned."""
    run()


def run() -> int:
    """Returns how many cases were moved."""
    unanswered, uncorrected = queries.past_receipt(), queries.past_correction()
    for number in unanswered:
        commands.deem_accepted(PLATFORM, number=number)
    for number in uncorrected:
        commands.lapse_correction(PLATFORM, number=number)
    return len(unanswered) + len(uncorrected)
