"""Lists of main business information, evaluations announced and made final, appeals."""

import re
from dataclasses import asdict
from datetime import date

from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands.access import numbered
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.data.exchange import events
from tongban.rooms.data.exchange.models import Appeal, Evaluation, MainInformation, Score
from tongban.rooms.data.exchange.queries import evaluation as queries
from tongban.rooms.data.exchange.queries import measuring
from tongban.rooms.data.exchange.rules import evaluation as rules

MOST = 2000  # lines of one department's list


@command("catalogue.edit")
def list_information(actor: Actor, *, name: str, system: str = "", resource: str = "", organ: str = "") -> MainInformation:
    """Enter a line of the own department's list, or name the resource by which a known line is in the catalogue."""
    owner = orgs.organ(organ) if actor.is_system else orgs.organ_by_id(actor.organ or 0)
    name = name.strip()
    if not 2 <= len(name) <= 120:
        raise Invalid.at("name", _("Name of the information: 2 to 120 characters."))
    if resource and resources.version(actor, resource).resource.organ_id != owner.id:
        raise Invalid.at("resource", _("Resource: choose one of your own organ."))
    known = MainInformation.objects.select_for_update().filter(organ=owner, name=name, until=None).first()
    if known is None and MainInformation.objects.filter(organ=owner, until=None).count() >= MOST:
        raise Conflict(_("The list is full: %(most)s lines.") % {"most": MOST})
    made = known or MainInformation(organ=owner, name=name, since=clock.today())
    made.system, made.resource = system.strip()[:120], resource
    made.save()
    record(actor, events.InformationListed(organ=owner.key, name=name, move="linked" if known else "listed", resource=resource))
    return made


@command("catalogue.edit")
def end_information(actor: Actor, *, identifier: int) -> None:
    """A line that is no longer main business; past evaluations keep it."""
    one = queries.information(actor).filter(id=identifier).first()
    if one is None:
        raise NotFound(_("There is no such line on your organ's list."))
    one.until = clock.today()
    one.save(update_fields=["until"])
    record(actor, events.InformationListed(organ=one.organ.key, name=one.name, move="ended"))


@command("exchange.evaluate")
def announce_evaluation(actor: Actor, *, key: str, title: str, begins: date, ends: date, appeals_until: date, region: str = "37") -> Evaluation:
    """Measure every department of a region's level over a period and announce the values; the weights are those in force on its last day."""
    actor.require_region(region)
    faults = {}
    if not re.fullmatch(r"[0-9a-z-]{4,20}", key):
        faults["key"] = _("Key: 4 to 20 digits, small letters or hyphens, like 2026-h2.")
    elif Evaluation.objects.filter(key=key).exists():
        faults["key"] = _("Key: there is such an evaluation already.")
    if not 2 <= len(title.strip()) <= 120:
        faults["title"] = _("Title: 2 to 120 characters.")
    if not begins < ends or (ends - begins).days > 366:
        faults["ends"] = _("Period: it ends after it begins, a year later at most.")
    if begins > clock.today():
        faults["begins"] = _("Period: it has not begun.")
    if appeals_until <= clock.today():
        faults["appeals_until"] = _("Appeals until: choose a day after today.")
    if faults:
        raise Invalid(_("Some fields need another look."), fields=faults)
    held = queries.indicators_in_force(min(ends, clock.today()))
    made = Evaluation.objects.create(
        key=key, title=title.strip(), region_code=region, begins=begins, ends=ends, appeals_until=appeals_until, indicators=[asdict(i) for i in held],
        state=rules.ANNOUNCED, opened_by=actor.account or 0, opened_at=clock.now(),
    )  # fmt: skip
    organs = queries.evaluated_organs(region, min(ends, clock.today()))
    found = measuring.measured(organs, begins, ends)
    rows = []
    for organ in organs:
        for i in held:
            one = found.get(i.key, {}).get(organ)
            part, whole, evidence = (one.part, one.whole, one.rows) if one else (0.0, 0.0, [])
            rows.append(
                Score(
                    evaluation=made, organ_id=organ, indicator=i.key, part=part, whole=whole, value=measuring.value(i.key, one), evidence=evidence,
                )
            )  # fmt: skip
    Score.objects.bulk_create(rows, batch_size=1000)
    record(actor, events.EvaluationMoved(evaluation=key, move=rules.ANNOUNCED, scores=queries.digest(made)))
    return made


@command("exchange.evaluate")
def close_evaluation(actor: Actor, *, key: str) -> Evaluation:
    """Make the values final: the days for appeals are over and every appeal is answered."""
    one = _open(key)
    actor.require_region(one.region_code)
    if clock.today() <= one.appeals_until:
        raise Conflict(_("Departments may appeal until %(day)s.") % {"day": one.appeals_until.isoformat()})
    if one.appeals.filter(state=rules.PENDING).exists():
        raise Conflict(_("Answer the appeals first."))
    one.state, one.closed_at = rules.FINAL, clock.now()
    one.save(update_fields=["state", "closed_at"])
    record(actor, events.EvaluationMoved(evaluation=key, move=rules.FINAL, scores=queries.digest(one)))
    return one


def _open(key: str) -> Evaluation:
    one = Evaluation.objects.select_for_update().filter(key=key).first()
    if one is None:
        raise NotFound(_("There is no such evaluation. Choose one from the list."))
    if one.state != rules.ANNOUNCED:
        raise Conflict(_("The evaluation is final."))
    return one


@command("catalogue.edit")
def file_appeal(actor: Actor, *, key: str, indicator: str, words: str) -> Appeal:
    """Contest a value of the own department, once at a time for each indicator."""
    one = _open(key)
    if clock.today() > one.appeals_until:
        raise Conflict(_("The days for appeals are over since %(day)s.") % {"day": one.appeals_until.isoformat()})
    if not 5 <= len(words.strip()) <= 500:
        raise Invalid.at("words", _("Reason: 5 to 500 characters; name the rows that were counted wrongly."))
    organ = orgs.organ_by_id(actor.organ or 0)
    if indicator not in queries.scores(one, organ.id):
        raise Invalid.at("indicator", _("Indicator: choose one from the list."))
    if one.appeals.filter(organ=organ, indicator=indicator, state=rules.PENDING).exists():
        raise Conflict(_("Your appeal against this value waits for its answer."))
    made = Appeal.objects.create(
        number=numbered("SS", Appeal), evaluation=one, organ=organ, indicator=indicator, words=words.strip(), state=rules.PENDING,
        due=access.due("appeal", one.region_code), by=actor.name, at=clock.now(),
    )  # fmt: skip
    _tell(actor, made)
    return made


@command("exchange.evaluate")
def answer_appeal(actor: Actor, *, number: str, uphold: bool, answer: str, value: float | None = None) -> Appeal:
    """Uphold with the right value, or reject with the reason. Whoever announced the evaluation does not judge it."""
    held = Appeal.objects.filter(number=number).values_list("evaluation__key", flat=True).first()
    if held is None:
        raise NotFound(_("There is no such appeal."))
    one = _open(held)
    actor.require_region(one.region_code)
    made = Appeal.objects.select_for_update(of=("self",)).select_related("organ").get(number=number)
    if one.opened_by == actor.account and not actor.is_system:
        raise Refused(_("Somebody else than who announced the evaluation answers appeals."))
    if made.state != rules.PENDING:
        raise Conflict(_("This appeal is answered."))
    if len(answer.strip()) < 2:
        raise Invalid.at("answer", _("Answer: fill it in."))
    if uphold:
        top = next(i for i in queries.indicators(one) if i.key == made.indicator)
        if value is None or not 0 <= value <= (1 if top.unit == "share" else 1_000_000):
            raise Invalid.at("value", _("Right value: a share from 0 to 1, or a count."))
        Score.objects.filter(evaluation=one, organ=made.organ, indicator=made.indicator).update(corrected=value)
    made.state, made.answer = rules.UPHELD if uphold else rules.REJECTED, answer.strip()[:300]
    made.answered_by, made.answered_at = actor.name, clock.now()
    made.save()
    _tell(actor, made)
    return made


def _tell(actor: Actor, one: Appeal) -> None:
    told = events.AppealMoved(
        evaluation=one.evaluation.key, number=one.number, organ=one.organ.key, indicator=one.indicator, move=one.state, words=one.answer or one.words,
    )  # fmt: skip
    record(actor, told)
