"""Slow and scheduled work of the hall."""

from datetime import datetime

from tongban.kernel.identity.actor import system
from tongban.kernel.jobs.queue import task
from tongban.lib.retention import purges
from tongban.rooms.service.hall.commands import licences, prefill, ratings
from tongban.rooms.service.hall.models import Draft

PLATFORM = system("通办·政务服务")


@task("hall.make_licence")
def make_licence(case_number: str) -> None:
    """Typeset, sign and keep a licence."""
    licences.issue_licence(system("通办·制证"), case_number=case_number)


@purges("hall.drafts")
def drop_old_drafts(before: datetime) -> int:
    """Drafts that were never submitted and that nobody touched, with the pictures that were fetched for them."""
    for one in Draft.objects.filter(saved_at__lt=before, case_number="").only("materials"):
        prefill.destroy_fetched(PLATFORM, one.materials)
    return Draft.objects.filter(saved_at__lt=before, case_number="").delete()[0]


@task("hall.default_ratings", cron="37 2 * * *")
def default_ratings() -> None:
    """Whoever did not rate within fourteen days leaves a flagged default."""
    while ratings.default_ratings(system("通办·好差评")):
        pass
