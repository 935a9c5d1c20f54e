"""The hall on several nodes: matters, applications, licences and ratings as letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import commands as cases
from tongban.kernel.cases import processes, schemas
from tongban.kernel.cases import queries as case_queries
from tongban.kernel.files import queries as file_queries
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import others
from tongban.kernel.nodes import commands as nodes
from tongban.kernel.nodes import queries as routes
from tongban.kernel.nodes.arrivals import Arrived, Unwelcome, announces, arrives
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.rooms.service.hall import events, rules
from tongban.rooms.service.hall.commands import ratings
from tongban.rooms.service.hall.commands.matters import index_matters
from tongban.rooms.service.hall.models import CatalogueItem, Licence, LicenceChange, Matter, MatterVersion, Rating, RatingInvitation
from tongban.rooms.service.hall.queries import licences, matters, search


MATTER, APPLICATION, LICENCE, RATING, REPLY = "hall.matter", "hall.application", "hall.licence", "hall.rating", "hall.rating-reply"
_ROW = ("code", "name", "organ_name", "region_code", "state", "process", "online", "audience", "overrides", "popularity", "ended_document", "profile")


def _told_item(item: CatalogueItem) -> dict[str, Any] | None:
    """An item with those of its implementations that this node keeps; None when it keeps none."""
    rows = Matter.objects.filter(item=item, version__origin="").exclude(organ=None).select_related("organ").defer("search").order_by("code")
    own = [m for m in rows if not routes.home_of(m.region_code)]
    if not own:
        return None
    version = own[0].version
    return {
        "item": {"key": item.key, "name": item.name, "task_type": item.task_type, "department": item.department, "source": item.source},
        "version": {
            "id": version.id, "number": version.number, "content": version.content, "document_number": version.document_number,
            "effective_on": version.effective_on.isoformat() if version.effective_on else None,
        },
        "processes": [case_queries.told_process(key) for key in sorted({m.process for m in own if m.process})],
        "rows": [{**{name: getattr(m, name) for name in _ROW}, "organ": m.organ.key if m.organ else ""} for m in own],
    }  # fmt: skip


@announces(MATTER)
def own_matters() -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, item) of every item that this node implements somewhere."""
    for item in CatalogueItem.objects.filter(imported=False).order_by("id"):
        told = _told_item(item)
        if told:
            yield item.key, told


@command("")
def announce_item(actor: Actor, *, key: str) -> None:
    """Tell all nodes how an item stands after it changed; the platform does it."""
    item = CatalogueItem.objects.filter(key=key, imported=False).first() if routes.neighbours() else None
    told = _told_item(item) if item else None
    if told is None:
        nothing_changed()
        return
    nodes.announce(actor, kind=MATTER, key=key, body=told)


@arrives(MATTER)
@command("")
def take_matters(actor: Actor, letter: Arrived) -> None:
    """Bring the implementations of a node to what it says; they are offered here like our own. The platform does it."""
    told, rows = letter.body, letter.body["rows"]
    for row in rows:
        letter.require_serves(str(row["region_code"]))
        if routes.home_of(str(row["region_code"])) != letter.origin:
            raise Unwelcome(f"{row['code']} is kept by another node than {letter.origin}")
    content = told["version"]["content"]
    wrong = schemas.schema_fault(rules.schema_of(content.get("form_fields", [])))
    if wrong:
        raise Unwelcome(f"the form of {letter.key} is no valid JSON Schema: {wrong}")
    item, _new = CatalogueItem.objects.get_or_create(key=told["item"]["key"], defaults={k: v for k, v in told["item"].items() if k != "key"})
    version = _their_version(item, letter.origin, told["version"])
    matters.sheet_of(version.id)  # raises where the content is not what pages and forms are made of
    keys = {p["key"]: processes.take_process(actor, node=letter.origin, told=p) for p in told["processes"]}
    known = dict(Matter.objects.filter(code__in=[row["code"] for row in rows]).values_list("code", "region_code"))
    strange = [row["code"] for row in rows if known.get(row["code"], row["region_code"]) != row["region_code"]]
    if strange:
        raise Unwelcome(f"{strange[0]} is known as a matter of another region")
    organs = {key: orgs.organ(key) for key in {str(row["organ"]) for row in rows}}
    fixed = {"item": item, "version": version}
    made = [Matter(**{n: row[n] for n in _ROW} | fixed | {"process": keys.get(row["process"], ""), "organ": organs[row["organ"]]}) for row in rows]
    changing = [*(name for name in _ROW if name != "code"), "organ", *fixed]
    Matter.objects.bulk_create(made, update_conflicts=True, unique_fields=["code"], update_fields=changing)
    index_matters(made)
    search.forget()
    record(actor, events.MattersTaken(matter=item.key, version=version.number, node=letter.origin, rows=len(rows)))


def _their_version(item: CatalogueItem, origin: str, told: dict[str, Any]) -> MatterVersion:
    """Another node's version, kept beside ours under its own numbers; a newer one supersedes those before."""
    held = MatterVersion.objects.filter(item=item, origin=origin, number=told["number"]).first()
    if held is None:
        held = MatterVersion.objects.create(
            item=item, origin=origin, origin_id=told["id"], number=told["number"], state="published", content=told["content"],
            document_number=told["document_number"], effective_on=date.fromisoformat(told["effective_on"]) if told["effective_on"] else None,
            published_at=clock.now(),
        )  # fmt: skip
        MatterVersion.objects.filter(item=item, origin=origin, state="published").exclude(id=held.id).update(state="superseded")
    return held


@command("")
def send_application(actor: Actor, *, number: str) -> None:
    """Hand an application in at the node that decides; the platform does it."""
    one = case_queries.case(actor, number)
    version = MatterVersion.objects.filter(id=one.matter_version).first()
    body = {
        "number": one.number, "matter": one.matter_code, "version": (version.origin_id if version else None) or 0, "title": one.title,
        "applicant": one.applicant_name, "who": identity.told_applicant(one.applicant.id, one.legal_person_id), "data": one.data, "materials": one.materials,
        "process": {"key": one.process.definition.key.removeprefix(f"{one.home}-"), "number": one.process.number}, "promised": one.promised_days,
        "statutory": one.statutory_days, "submitted_at": one.submitted_at.isoformat(), "bundle": one.bundle, "channel": one.channel,
    }  # fmt: skip
    nodes.write_letter(actor, to=one.home, kind=APPLICATION, key=one.number, body=body, files=cases.enclosed(one.materials))


@arrives(APPLICATION)
def take_application(actor: Actor, letter: Arrived) -> None:
    """Open the case: whatever is wrong with it is for the clerk to say, since the law lets nobody refuse an application unseen."""
    told = letter.body
    one = matters.matter(str(told["matter"]))
    if one.organ is None or routes.home_of(one.region_code):
        raise Unwelcome(f"{one.code} is not decided here")
    cases.keep_files(actor, letter, named=[str(m["file"]) for m in told["materials"]])
    person, firm = others.know_applicant(actor, told=told["who"])
    process = case_queries.process_numbered(one.process, int(told["process"]["number"]))
    cases.receive_case(actor, letter=letter, organ=one.organ, region=one.region_code, process=process, person=person, legal_person=firm)


@command("")
def send_licence(actor: Actor, *, number: str) -> None:
    """Send a licence to the node where its case was handed in, or what became of it and what took its place; the platform does it."""
    licence = Licence.objects.filter(number=number, home="").first()
    case_number = licence.case_number.split("/")[0] if licence else ""
    to = case_queries.filed_at(case_number)
    if licence is None or not to:
        nothing_changed()
        return
    _post_licence(actor, licence, to)
    heir = Licence.objects.filter(case_number__startswith=f"{case_number}/", id__gt=licence.id).order_by("-id").first()
    if licence.state == "replaced" and heir:
        _post_licence(actor, heir, to)


def _post_licence(actor: Actor, licence: Licence, to: str) -> None:
    text = licences.canonical(licence.content)
    body = {
        "number": licence.number, "code": licence.code, "case_number": licence.case_number, "name": licence.name, "holder_name": licence.holder_name,
        "organ": orgs.organ_by_id(licence.organ).key, "organ_name": licence.organ_name, "region_code": licence.region_code, "content": licence.content,
        "signature": licence.signature, "signer": licences.signer(text, bytes.fromhex(licence.signature)).hex(), "state": licence.state,
        "valid_from": licence.valid_from.isoformat(), "valid_to": licence.valid_to.isoformat() if licence.valid_to else None,
        "issued_at": licence.issued_at.isoformat(), "pdf": str(licence.pdf),
        "changes": [{"at": c.at.isoformat(), "kind": c.kind, "reason": c.reason, "by_name": c.by_name} for c in licence.changes.order_by("id")],
    }  # fmt: skip
    held = file_queries.file(actor, str(licence.pdf))
    enclosed = nodes.Attachment(str(licence.pdf), held.name, file_queries.content(held))
    nodes.write_letter(actor, to=to, kind=LICENCE, key=licence.case_number.split("/")[0], body=body, files=[enclosed])


@arrives(LICENCE)
@command("")
def take_licence(actor: Actor, letter: Arrived) -> None:
    """Keep a licence for its holder, who handed the case in here. The platform does it."""
    told = letter.body
    one = case_queries.case(actor, letter.key)
    if one.home != letter.origin or not str(told["case_number"]).startswith(one.number):
        raise Unwelcome(f"{letter.origin} does not decide {letter.key}")
    cases.keep_files(actor, letter, named=[str(told["pdf"])])
    pdf = str(file_queries.file(actor, str(told["pdf"])).document_id)
    fields = {name: told[name] for name in ("code", "case_number", "name", "holder_name", "organ_name", "region_code", "content", "signature", "signer", "state")} | {
        "person": one.person_id, "organ": orgs.organ(str(told["organ"])).id, "pdf": told["pdf"], "pdf_digest": pdf, "home": letter.origin,
        "valid_from": date.fromisoformat(told["valid_from"]), "valid_to": date.fromisoformat(told["valid_to"]) if told["valid_to"] else None,
        "issued_at": datetime.fromisoformat(told["issued_at"]),
    }  # fmt: skip
    held = Licence.objects.filter(number=told["number"]).first()
    if held and held.home != letter.origin:
        raise Unwelcome(f"{told['number']} is a licence of another node")
    licence, _new = Licence.objects.update_or_create(number=told["number"], defaults=fields)
    have = licence.changes.count()
    LicenceChange.objects.bulk_create(LicenceChange(licence=licence, **{**c, "at": datetime.fromisoformat(c["at"])}) for c in told["changes"][have:])
    record(actor, events.LicenceTaken(case=one.number, licence=licence.number, node=letter.origin, state=licence.state))


@command("")
def send_rating(actor: Actor, *, number: str) -> None:
    """Tell the node that decided how its service was rated where the case was handed in; the platform does it."""
    to = case_queries.home(number)
    given = Rating.objects.select_related("invitation").filter(invitation__case_number=number).first()
    if not to or given is None:
        nothing_changed()
        return
    body = {
        "level": given.level, "indicators": given.indicators, "words": given.words, "channel": given.channel, "by_default": given.by_default,
        "rated_at": given.rated_at.isoformat(),
    }  # fmt: skip
    nodes.write_letter(actor, to=to, kind=RATING, key=number, body=body)


@arrives(RATING)
@command("")
def take_rating(actor: Actor, letter: Arrived) -> None:
    """Count a rating that was given where the case was handed in; a bad one becomes work of whoever handled it. The platform does it."""
    one, told = case_queries.case(actor, letter.key), letter.body
    if one.filed_at != letter.origin:
        raise Unwelcome(f"{letter.key} was not handed in at {letter.origin}")
    if RatingInvitation.objects.filter(case_number=one.number).exists():
        nothing_changed()
        return
    level = int(told["level"])
    if level not in rules.LEVELS or any(i not in rules.INDICATORS for i in told["indicators"]):
        raise Unwelcome("this is no rating")
    bad, at = level >= rules.BAD, datetime.fromisoformat(told["rated_at"])
    invitation = ratings.keep_invitation(one, at, at)  # its link was given out at the other node
    due = calendar.due(one.region_code, clock.today(), rules.RECTIFY_DAYS) if bad else None
    Rating.objects.create(
        invitation=invitation, level=level, indicators=told["indicators"], words=str(told["words"])[:500], channel=str(told["channel"])[:10],
        by_default=bool(told["by_default"]), rated_at=at, rectify_due=due,
    )  # fmt: skip
    if told["by_default"]:
        record(actor, events.RatingDefaulted(case=one.number, level=level))
    else:
        record(actor, events.ServiceRated(case=one.number, level=level, organ=one.organ_id, region=one.region_code, due=due.isoformat() if due else ""))


@command("")
def send_reply(actor: Actor, *, number: str) -> None:
    """Tell the node where a case was handed in what was put right; the platform does it."""
    to = case_queries.filed_at(number)
    given = Rating.objects.filter(invitation__case_number=number).exclude(replied_at=None).first()
    if not to or given is None or given.replied_at is None:
        nothing_changed()
        return
    body = {"reply": given.reply, "at": given.replied_at.isoformat(), "by": given.replied_by_name}
    nodes.write_letter(actor, to=to, kind=REPLY, key=number, body=body)


@arrives(REPLY)
@command("")
def take_reply(actor: Actor, letter: Arrived) -> None:
    """What was put right, for whoever rated here. The platform does it."""
    if case_queries.home(letter.key) != letter.origin:
        raise Unwelcome(f"{letter.origin} does not decide {letter.key}")
    given = Rating.objects.select_for_update().filter(invitation__case_number=letter.key).first()
    if given is None or given.replied_at:
        nothing_changed()
        return
    given.reply, given.replied_at, given.replied_by_name = (
        str(letter.body["reply"])[:500],
        datetime.fromisoformat(letter.body["at"]),
        str(letter.body["by"])[:60],
    )
    given.save(update_fields=["reply", "replied_at", "replied_by_name"])
    record(actor, events.RatingAnswered(case=letter.key, reply=given.reply))
