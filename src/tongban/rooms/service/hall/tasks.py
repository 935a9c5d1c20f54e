"""Slow and scheduled work of the hall."""

from tongban.kernel.identity.actor import system
from tongban.kernel.jobs.queue import task
from tongban.lib import clock
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.commands import licences, ratings
from tongban.rooms.service.hall.models import Draft


@task("hall.make_licence")
def make_licence(case_number: str) -> None:
    """Typeset, sign and keep a licence."""
    licences.issue_licence(system("通办·制证"), case_number=case_number)


@task("hall.drop_old_drafts", cron="17 3 * * *")
def drop_old_drafts() -> None:
    """Drafts that nobody touched for thirty days go."""
    Draft.objects.filter(saved_at__lt=clock.now() - rules.DRAFT_LIFE, case_number="").delete()


@task("hall.default_ratings", cron="37 2 * * *")
def default_ratings() -> None:
    """Whoever did not rate within fourteen days leaves a flagged default."""
    while ratings.default_ratings(system("通办·好差评")):
        pass
