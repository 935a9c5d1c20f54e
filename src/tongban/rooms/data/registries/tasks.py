"""Comparisons run every night; what is late is told once."""

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import CLERK, DATA_STEWARD
from tongban.kernel.jobs.queue import task
from tongban.kernel.notices import commands as notices
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import comparisons, linkages, private
from tongban.rooms.data.registries.models import Finding

PLATFORM = system("通办·基础库")


@task("registries.compare", cron="17 2 * * *", lock="registries.compare")
def compare() -> None:
    """Every comparison, then whoever is late."""
    for name in rules.COMPARISONS:
        comparisons.run_comparison(PLATFORM, comparison=name)
    tell_late()


@task("registries.link", lock="registries.link")
def link(linkage: int) -> None:
    """One file after the other: each takes a core and the whole register."""
    linkages.run_linkage(PLATFORM, linkage=linkage)


@task("registries.compare_private", lock="registries.link")
def compare_private(comparison: int) -> None:
    """Every row with every other: one comparison after the other."""
    private.run_private(PLATFORM, comparison=comparison)


def people_of(organ_key: str) -> list[int]:
    """Who works on an office's findings."""
    try:
        organ = orgs.organ(organ_key).id
    except NotFound:
        return []
    return sorted({*identity.accounts_with(DATA_STEWARD, organ), *identity.accounts_with(CLERK, organ)})


def tell_late() -> int:
    """Offices whose findings are overdue, once for each finding; how many notices went."""
    sent = 0
    for one in Finding.objects.filter(state=Finding.State.OPEN, due__lt=clock.today()).select_related("entity"):
        values: dict[str, object] = {"title": f"{rules.COMPARISONS[one.comparison].title}：{one.entity.name}", "due": one.due.isoformat()}
        sent += notices.send(
            PLATFORM,
            accounts=people_of(one.organ_key),
            key="finding-late",
            subject=f"finding:{one.id}",
            values=values,
            link="/registries/findings/",
            cause=one.id,
        )
    return sent
