"""Stale data is told every morning, once each, to its owner; limits are given to supervision; corrected values are dropped."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.rules import resources as catalogue_rules
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import CATALOGUE_PUBLISHER, CATALOGUE_REVIEWER, DATA_STEWARD
from tongban.kernel.jobs.queue import task
from tongban.kernel.notices import commands as notices
from tongban.kernel.orgs import queries as orgs
from tongban.lib.deadlines import Deadline, watched
from tongban.lib.retention import purges
from tongban.rooms.data.exchange.commands import uploads
from tongban.rooms.data.exchange.models import Appeal, SetAside
from tongban.rooms.data.exchange.queries import evaluation
from tongban.rooms.data.exchange.queries import flows as queries

PLATFORM = system("通办·交换")
REVIEWERS = {catalogue_rules.REGISTRATION: CATALOGUE_REVIEWER, catalogue_rules.PUBLICATION: CATALOGUE_PUBLISHER}


@purges("exchange.aside")
def drop_corrected(before: datetime) -> int:
    """Values that were corrected: nobody works with them any more, and they may be personal."""
    return SetAside.objects.filter(state=SetAside.State.CORRECTED, found_at__lt=before).delete()[0]


@task("exchange.stale", cron="37 8 * * *", lock="exchange.stale")
def tell_stale() -> None:
    """Data older than their resource promises."""
    tell_providers()


@task("exchange.check_upload", lock="exchange.check_upload")
def check_upload(upload: str) -> None:
    """One large file after the other: each takes a core."""
    uploads.check_upload(upload)


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


@watched("access-request", people=lambda number: identity.accounts_with(DATA_STEWARD, access.request(PLATFORM, number).version.resource.organ_id))
def unanswered(day: date) -> Iterator[Deadline]:
    """Applications that their owner has not answered."""
    for one in access.unanswered(day):
        owner = one.version.resource.organ
        yield Deadline("access-request", one.number, f"资源使用申请：{one.version.title}", owner.id, owner.name, owner.region_code, one.due)


def _reviewers(state: str, region: str) -> list[int]:
    return sorted(identity.holding(REVIEWERS[state], region)) if state in REVIEWERS else []


def _office(kind: str, key: str, title: str, people: Sequence[int], due: date) -> Deadline | None:
    """A limit of those who review: the organ of the first of them must act. None where nobody is appointed."""
    office = identity.actor_of_account(people[0]) if people else None
    if office is None or office.organ is None:
        return None
    return Deadline(kind, key, title, office.organ, office.organ_name, orgs.organ(office.organ_key).region_code, due)


@watched("resource", people=lambda key: [a for v in resources.unreviewed(date.max, key) for a in _reviewers(v.state, v.resource.region_code)])
def unreviewed(day: date) -> Iterator[Deadline]:
    """Versions that wait for registration or publication."""
    for v in resources.unreviewed(day):
        made = _office("resource", v.resource.key, f"目录审核：{v.title}", _reviewers(v.state, v.resource.region_code), v.due or day)
        if made:
            yield made


def _deciders(one: Appeal) -> list[int]:
    both = {a for role in REVIEWERS.values() for a in identity.holding(role, one.evaluation.region_code)}
    return sorted(both - {one.evaluation.opened_by})


@watched("appeal", people=lambda number: _deciders(evaluation.appeal(number)))
def undecided(day: date) -> Iterator[Deadline]:
    """Appeals against an evaluation."""
    for one in evaluation.undecided(day):
        made = _office("appeal", one.number, f"共享评价申诉：{one.organ.name}", _deciders(one), one.due)
        if made:
            yield made
