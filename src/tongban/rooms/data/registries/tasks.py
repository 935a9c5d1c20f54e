"""Comparisons run every night; limits are given to supervision."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import CLERK, DATA_STEWARD
from tongban.kernel.jobs.queue import task
from tongban.kernel.orgs import queries as orgs
from tongban.lib.deadlines import Deadline, watched
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import comparisons, linkages, private
from tongban.rooms.data.registries.models import Correction
from tongban.rooms.data.registries.queries import work

PLATFORM = system("通办·基础库")


@task("registries.compare", cron="17 2 * * *", lock="registries.compare")
def compare() -> None:
    """Every comparison."""
    for name in rules.COMPARISONS:
        comparisons.run_comparison(PLATFORM, comparison=name)


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


def _stewards(key: str) -> list[int]:
    return identity.accounts_with(DATA_STEWARD, orgs.organ(work.correction(PLATFORM, int(key)).organ_key).id)


@watched("correction", people=_stewards)
def uncorrected(day: date) -> Iterator[Deadline]:
    """Values that someone doubts; the limit is the one for checking doubts, from the day of asking."""
    for one in Correction.objects.filter(state=Correction.State.OPEN).order_by("id"):
        due = work.correct_by(one)
        if due <= day:
            yield from _of(one.organ_key, "correction", str(one.id), f"数据更正：{rules.ATTRIBUTES[one.registry][one.attribute]}", due)


def _of(organ_key: str, kind: str, key: str, title: str, due: date) -> Iterator[Deadline]:
    """Nothing where the office is none of ours."""
    with suppress(NotFound):
        office = orgs.organ(organ_key)
        yield Deadline(kind, key, title, office.id, office.name, office.region_code, due)
