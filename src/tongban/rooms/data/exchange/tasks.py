"""Stale data and late answers are told every morning, once each, to their owner and to those who supervise it; corrected values are dropped."""

from datetime import datetime

from tongban.kernel.catalogue.queries import access
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import DATA_STEWARD
from tongban.kernel.jobs.queue import task
from tongban.kernel.notices import commands as notices
from tongban.lib import clock
from tongban.lib.retention import purges
from tongban.lib.rooms import reference
from tongban.rooms.data.exchange.models import SetAside
from tongban.rooms.data.exchange.queries import flows as queries

PLATFORM = system("通办·交换")


@purges("exchange.aside")
def drop_corrected(before: datetime) -> int:
    """Values that were corrected: nobody works with them any more, and they may be personal."""
    return SetAside.objects.filter(state=SetAside.State.CORRECTED, found_at__lt=before).delete()[0]


@task("exchange.late", cron="31 8 * * *", lock="exchange.late")
def tell_late() -> None:
    """Applications whose answer is overdue."""
    tell_overdue()


@task("exchange.stale", cron="37 8 * * *", lock="exchange.stale")
def tell_stale() -> None:
    """Data older than their resource promises."""
    tell_providers()


def tell_providers() -> int:
    """How many notices went; the same lateness of a flow is told once to each steward of its provider."""
    flows, sent = list(queries.flows(PLATFORM)), 0
    since = queries.stale(flows)
    for one in flows:
        if one.id in since:
            values: dict[str, object] = {"title": one.title, "case": one.agreement, "due": since[one.id].isoformat()}
            sent += notices.send(
                PLATFORM, accounts=sorted(identity.accounts_with(DATA_STEWARD, one.provider_id)), key="flow-stale", subject=f"agreement:{one.agreement}",
                values=values, link=f"/exchange/flows/{one.agreement}/", cause=one.id * 100_000 + since[one.id].toordinal() % 100_000,
            )  # fmt: skip
    return sent


def tell_overdue() -> int:
    """How many notices went; the same application is told once to each person."""
    sent = 0
    for one in access.overdue(clock.today()):
        owner = one.version.resource.organ
        people = {*identity.accounts_with(DATA_STEWARD, owner.id), *identity.supervisors_of(owner.region_code)}
        values: dict[str, object] = {"who": owner.name, "title": one.version.title, "due": one.due.isoformat()}
        link, subject = reference("access-request", one.number), f"access-request:{one.number}"
        sent += notices.send(PLATFORM, accounts=sorted(people), key="access-late", subject=subject, values=values, link=link, cause=one.id)
    return sent
