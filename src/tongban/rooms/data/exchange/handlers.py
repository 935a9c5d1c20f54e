"""Whoever must act or is affected is told: owners of applications, applicants of answers, signers, reviewers, users of a changed resource."""

from collections.abc import Mapping, Sequence

import psycopg
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.supplies import Bound, Row, Supply, answers_otherwise
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import CATALOGUE_PUBLISHER, CATALOGUE_REVIEWER, DATA_STEWARD
from tongban.kernel.jobs import queue
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.lib.bus import lookup
from tongban.lib.errors import Unavailable
from tongban.lib.rooms import reference
from tongban.rooms.data.exchange.queries import evaluation, flows as queries
from tongban.rooms.data.exchange.queries import files as file_queries
from tongban.rooms.data.exchange.rules import evaluation as evaluation_rules

PLATFORM = system("通办·交换")


@answers_otherwise
def _from_the_provider(resource: Bound) -> Supply | None:
    """A department's own table answers where no room does."""
    held = queries.answer_table(resource.id)
    if held is None:
        return None

    def answers(keys: Sequence[str]) -> Mapping[str, Row]:
        try:
            return lookup.rows(held.address, held.table, held.columns, held.key, keys)
        except psycopg.Error as fault:
            raise Unavailable(_("The department's database does not answer: try again in a minute.")) from fault

    return Supply(resource.supply, "", answers)


def _tell(event: Delivered, people: set[int], key: str, link: str, **values: object) -> None:
    if people:
        notices.send(PLATFORM, accounts=sorted(people), key=key, subject=event.subject, values=values, link=link, cause=event.id)


def _stewards(*organs: int) -> set[int]:
    return {a for organ in organs for a in identity.accounts_with(DATA_STEWARD, organ)}


@handles("catalogue.access.requested")
def tell_owner(event: Delivered) -> None:
    one = access.request(PLATFORM, event.body["number"])
    link = reference("access-request", one.number)
    values = {"who": one.consumer.name, "title": one.version.title, "due": event.body["due"]}
    _tell(event, _stewards(one.version.resource.organ_id), "access-requested", link, **values)


@handles("catalogue.access.answered")
def tell_applicant(event: Delivered) -> None:
    one = access.request(PLATFORM, event.body["number"])
    if one.state == "withdrawn":
        return
    told = f"已同意{'，条件：' + one.condition if one.condition else ''}" if one.state == "granted" else f"不同意，理由：{one.answer}"
    _tell(event, _stewards(one.consumer_id), "access-answered", reference("access-request", one.number), title=one.version.title, opinion=told)


@handles("catalogue.agreement.signed")
def tell_other_side(event: Delivered) -> None:
    """The other organ signs next; when both have, both hear that data may flow."""
    one = access.agreement_numbered(event.body["agreement"])
    link = reference("agreement", one.number)
    if event.body["in_force"]:
        _tell(event, _stewards(one.provider_id, one.consumer_id), "agreement-in-force", link, title=one.terms["title"], case=one.number)
        return
    other = one.consumer if one.provider.key == event.body["organ"] else one.provider
    _tell(event, _stewards(other.id), "agreement-to-sign", link, title=one.terms["title"], case=one.number)


@handles("catalogue.agreement.moved")
def tell_both_sides(event: Delivered) -> None:
    one = access.agreement_numbered(event.body["agreement"])
    done = {"suspend": "暂停", "resume": "恢复", "terminate": "终止"}[event.body["move"]]
    values = {"title": one.terms["title"], "case": one.number, "what": done, "opinion": event.body["words"]}
    _tell(event, _stewards(one.provider_id, one.consumer_id), "agreement-moved", reference("agreement", one.number), **values)


@handles("catalogue.resource.moved")
def tell_of_resource(event: Delivered) -> None:
    """Reviewers of what waits for them, the owner of what came back, users and subscribers of what changed."""
    move, number = event.body["move"], event.body["version"]
    one = resources.version(PLATFORM, event.body["resource"], number)
    link = f"{reference('resource', one.resource.key)}?version={number}"
    if move in ("submit", "offer"):
        role = CATALOGUE_REVIEWER if move == "submit" else CATALOGUE_PUBLISHER
        _tell(event, set(identity.holding(role, one.resource.region_code)), "resource-to-review", link, title=one.title, who=one.resource.organ.name)
    elif move in ("return", "register"):
        told = f"退回，意见：{event.body['words']}" if move == "return" else "登记通过，可以申请发布"
        _tell(event, _stewards(one.resource.organ_id), "resource-moved", link, title=one.title, opinion=told)
    elif move == "recall" or (move == "publish" and number > 1):
        people = set(resources.subscribers(one.resource.key)) | _stewards(*resources.consumers(one.resource))
        told = "已撤回" if move == "recall" else f"发布了第{number}版；已签协议沿用原版本，续签时采用新版本"
        _tell(event, people, "resource-changed", link, title=one.title, opinion=told)


@handles("exchange.evaluation.moved")
def tell_of_evaluation(event: Delivered) -> None:
    """Every department that was measured hears when the values are announced, and when they are final."""
    one = evaluation.evaluation(PLATFORM, event.body["evaluation"])
    key = "evaluation-announced" if event.body["move"] == evaluation_rules.ANNOUNCED else "evaluation-final"
    values = {"title": one.title, "due": one.appeals_until.isoformat()}
    _tell(event, _stewards(*evaluation.measured_organs(one)), key, f"/exchange/evaluations/{one.key}/", **values)


@handles("exchange.appeal.moved")
def tell_of_appeal(event: Delivered) -> None:
    """An appeal goes to those who evaluate, but for whoever announced; its answer to the department."""
    one = evaluation.appeal(event.body["number"])
    held = one.evaluation
    what = next(i.name for i in evaluation.indicators(held) if i.key == one.indicator)
    link = f"/exchange/evaluations/{held.key}/{one.organ.key}/"
    if one.state == evaluation_rules.PENDING:
        people = {a for role in (CATALOGUE_REVIEWER, CATALOGUE_PUBLISHER) for a in identity.holding(role, held.region_code)} - {held.opened_by}
        _tell(event, people, "appeal-filed", link, title=held.title, who=one.organ.name, what=what, due=one.due.isoformat(), opinion=one.words)
        return
    told = f"{evaluation_rules.APPEAL_STATES[one.state]}：{one.answer}"
    _tell(event, _stewards(one.organ_id), "appeal-answered", link, title=held.title, what=what, opinion=told)


@handles("exchange.upload.moved")
def follow_upload(event: Delivered) -> None:
    """A file whose parts have all come is checked in the background; whoever uploaded it hears what became of it."""
    told = event.body
    if told["move"] == "checking":
        queue.defer("exchange.check_upload", key=f"upload:{told['file']}", upload=told["file"])
    elif told["move"] in ("sent", "refused"):
        one = file_queries.upload_of(told["file"])
        words = f"已作为第{told['words']}批发送" if told["move"] == "sent" else f"未发送：{told['words']}"
        _tell(event, {one.account}, "upload-done", f"/exchange/flows/{one.agreement}/", title=one.name, opinion=words)


@handles("exchange.flow.moved")
def tell_of_trouble(event: Delivered) -> None:
    """A flow that stopped is a matter for both sides; values set aside for the provider."""
    if event.body["move"] not in ("failed", "aside"):
        return
    one = queries.flow(PLATFORM, event.body["agreement"])
    link = f"/exchange/flows/{one.agreement}/"
    if event.body["move"] == "failed":
        _tell(event, _stewards(one.provider_id, one.consumer_id), "flow-failed", link, title=one.title, opinion=event.body["words"])
    else:
        _tell(event, _stewards(one.provider_id), "flow-aside", link, title=one.title, opinion=event.body["words"])
