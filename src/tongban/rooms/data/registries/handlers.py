"""What the registries answer to other offices, and what they learn from them."""

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min

from tongban.kernel.cases import queries as cases
from tongban.kernel.catalogue.supplies import Answers, supplies
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import DATA_STEWARD
from tongban.kernel.jobs import queue
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.kernel.orgs import queries as orgs
from tongban.lib.rooms import reference
from tongban.rooms.data.registries import rules, tasks
from tongban.rooms.data.registries.commands import comparisons, disputes
from tongban.rooms.data.registries.models import Correction, Finding
from tongban.rooms.data.registries.queries import linkages, masters, photos, private, work

PLATFORM = system("通办·基础库")


def _answers(name: str) -> Answers:
    """By citizen identity number or credit code, as the resource's registry has it."""

    def answers(keys: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        told = {key: rules.answer(name, held) for key, held in masters.contents(rules.SUPPLIED[name][0], keys).items()}
        return {key: row for key, row in told.items() if row is not None}

    return answers


def _photos(keys: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """The same with the picture itself, in Base64."""
    return {key: {**row, "photo": base64.b64encode(photos.content(row["photo"])).decode()} for key, row in _answers("population.photo")(keys).items()}


for supplied, (registry, _items) in rules.SUPPLIED.items():
    answering = _photos if supplied == "population.photo" else _answers(supplied)
    supplies(supplied, subject="person" if registry == rules.POPULATION else "legal-person")(answering)


@handles("hall.value.disputed")
def ask_the_source(event: Delivered) -> None:
    """What an applicant says is wrong becomes work of the organ that said it; what it should be stands in the case."""
    told = event.body
    registry, items = rules.SUPPLIED.get(told["resource"], ("", {}))
    if told["item"] not in items:
        return
    one = cases.case(PLATFORM, told["case"])
    key = one.legal_person.credit_code if told["whose"] == "enterprise" and one.legal_person else one.applicant.id_number
    claimed = str(one.data.get(told["field"], ""))
    account = next(iter(identity.accounts_of_person(one.person_id)), None)
    disputes.ask_correction(
        PLATFORM, registry=registry, key=key, attribute=items[told["item"]], claimed=claimed, reason=told["reason"], cause=one.number, account=account
    )


def _label(held: Correction) -> str:
    return rules.ATTRIBUTES[held.registry][held.attribute]


@handles("registries.correction.asked")
def tell_the_source(event: Delivered) -> None:
    """Its data stewards."""
    held = work.correction(PLATFORM, int(event.body["correction"]))
    people = identity.accounts_with(DATA_STEWARD, orgs.organ(held.organ_key).id)
    values: dict[str, object] = {"title": _label(held), "who": "申请人", "opinion": held.reason}
    link = reference("correction", str(held.id))
    notices.send(PLATFORM, accounts=people, key="correction-asked", subject=event.subject, values=values, link=link, cause=event.id)


@handles("registries.correction.answered")
def tell_who_asked(event: Delivered) -> None:
    """The applicant, in whose case the value was doubted."""
    held = work.correction(PLATFORM, int(event.body["correction"]))
    if held.account is None:
        return
    values: dict[str, object] = {"title": _label(held), "who": orgs.organ(held.organ_key).name, "what": held.get_state_display(), "opinion": held.answer}
    notices.send(PLATFORM, accounts=[held.account], key="correction-answered", subject=event.subject, values=values, link="", cause=event.id)


@handles("registries.comparison.run")
def tell_the_offices(event: Delivered) -> None:
    """Each office of what is new for it, in one notice for a run."""
    told = rules.COMPARISONS[event.body["comparison"]]
    if not event.body["new"]:
        return
    rows = Finding.objects.filter(comparison=event.body["comparison"], state="open", found_at__gte=event.at - timedelta(minutes=10), found_at__lte=event.at)
    for organ, number, due in rows.values_list("organ_key").annotate(Count("id"), Min("due")):
        values: dict[str, object] = {"title": told.title, "what": f"{number}条", "due": due.isoformat()}
        people = tasks.people_of(organ)
        notices.send(PLATFORM, accounts=people, key="findings-new", subject=event.subject, values=values, link="/registries/findings/", cause=event.id)


@handles("cases.case.concluded")
def settle(event: Delivered) -> None:
    """The office looked into a finding."""
    kind, _sep, key = event.body["cause"].partition(":")
    if kind == "finding":
        told = event.body
        comparisons.settle_finding(PLATFORM, finding=int(key), result=told["result"], words=told["opinion"], by=event.actor, at=event.at)


@handles("registries.linkage.asked")
def link_the_file(event: Delivered) -> None:
    """In the background: learning and comparing take seconds to minutes."""
    queue.defer("registries.link", key=f"linkage:{event.body['linkage']}", linkage=int(event.body["linkage"]))


@handles("registries.private.moved")
def follow_private(event: Delivered) -> None:
    """Who was asked hears of it; what both handed over is compared; both hear how it ended."""
    held, move = private.comparison(PLATFORM, int(event.body["comparison"])), event.body["move"]
    if move == "joined":
        queue.defer("registries.compare_private", key=f"private:{held.id}", comparison=held.id)
        return
    organs = [held.asked_key] if move == "asked" else [held.asking_key] if move == "refused" else [held.asking_key, held.asked_key]
    people = sorted({a for organ in organs for a in identity.accounts_with(DATA_STEWARD, orgs.organ(organ).id)})
    words = f"共有{len(held.pairs)}对" if move == "done" else held.words or held.get_state_display()
    values: dict[str, object] = {"title": held.title, "who": orgs.organ(held.asking_key).name, "opinion": words, "what": held.purpose}
    key = "private-asked" if move == "asked" else "private-moved"
    notices.send(PLATFORM, accounts=people, key=key, subject=event.subject, values=values, link=f"/registries/private/{held.id}/", cause=event.id)


@handles("registries.linkage.done")
def tell_who_uploaded(event: Delivered) -> None:
    """How many were found, and how many wait for a clerk."""
    held = linkages.linkage(PLATFORM, int(event.body["linkage"]))
    if held.account is None:
        return
    words = f"同一人{held.linked}，待人工比对{held.review}，未找到{held.rejected}"
    values: dict[str, object] = {"title": held.title, "opinion": words}
    notices.send(
        PLATFORM, accounts=[held.account], key="linkage-done", subject=event.subject, values=values, link=f"/registries/linkages/{held.id}/", cause=event.id
    )
