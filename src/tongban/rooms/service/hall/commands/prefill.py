"""What government holds is fetched with the applicant's consent, under the office's agreements; what it proves is not asked for."""

import base64
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands import fetching
from tongban.kernel.cases import schemas
from tongban.kernel.files import commands as files
from tongban.kernel.files import rules as file_rules
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, masking, statements
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, TongbanError
from tongban.rooms.service.hall import events, rules
from tongban.rooms.service.hall.models import Draft, Licence, Matter, Saving
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import matters, one_thing

Paper = matters.Guide | one_thing.Joined


@command("hall.apply")
def answer_consent(actor: Actor, *, draft: str, agreed: bool) -> Draft:
    """Fetch what other departments know for a draft, or go on without. Answered again, it is fetched again."""
    held = drafts.draft(actor, draft)
    if held.case_number:
        raise Conflict(_("This application was submitted already as %(number)s.") % {"number": held.case_number})
    paper = one_thing.paper(held)
    fetched = fetch_known(actor, paper, consent=str(held.id)) if agreed else {}
    before = {n: t["value"] for n, t in (held.fetched or {}).get("fields", {}).items()}
    held.consent, held.fetched, held.saved_at = "given" if agreed else "withheld", fetched, clock.now()
    values = {n: t["value"] for n, t in fetched.get("fields", {}).items()}
    known = {n: k.value for n, k in drafts.known_values(actor, paper.form).items()}
    kept = {n: v for n, v in held.data.items() if v != before.get(n)}  # what was typed stays, what was fetched earlier goes
    held.data = {**known, **values, **kept}
    destroy_fetched(actor, held.materials)
    held.materials = [*fetched.get("photos", []), *(m for m in held.materials if not m.get("fetched"))]
    held.save()
    asked = sorted({name for name, _whose in rules.wanted(paper.form, [*paper.known, *paper.provided])}) if agreed else []
    record(actor, events.ConsentAnswered(draft=str(held.id), matter=held.matter.code, agreed=agreed, resources=asked, fetched=len(values)))
    return held


@command("hall.apply")
def fetch_once(actor: Actor, *, matter_code: str, consent: str) -> dict[str, Any]:
    """The same without a draft, for programs: values, what is proved, what could not be had. `consent`: the caller's own word for it."""
    guide = matters.guide(matter_code)
    fetched = fetch_known(actor, guide, consent=f"api:{consent}"[:60])
    asked = sorted({name for name, _whose in rules.wanted(guide.form, [*guide.known, *guide.provided])})
    told = events.ConsentAnswered(draft=f"api:{actor.account}", matter=matter_code, agreed=True, resources=asked, fetched=len(fetched["fields"]))
    record(actor, told)
    return fetched


def fetch_known(actor: Actor, paper: Paper, *, consent: str) -> dict[str, Any]:
    """{fields: {field: {value, source, title, at, agreement, resource, item, whose}}, proved: {material: resource's title}, failed: {title: why}, photos}."""
    holders = statements.ask(identity.holders(actor))
    keys = {"person": identity.held(holders, "person", "id_number"), "enterprise": identity.held(holders, "enterprise", "credit_code")}
    got: dict[tuple[str, str], fetching.Fetched] = {}
    failed: dict[str, str] = {}
    for (name, whose), items in rules.wanted(paper.form, [*paper.known, *paper.provided]).items():
        if keys[whose]:
            found = _fetch(actor, paper, name, keys[whose], items, consent)
            if isinstance(found, fetching.Fetched):
                got[name, whose] = found
            elif name != rules.PHOTO:  # a picture that nobody gives is among the documents to provide
                failed[name] = found
    photos = _photos(actor, paper, got)
    proved = _proved(actor, paper, got) | {p["material"]: p["fetched"] for p in photos}
    return {"fields": _fields(paper.form, got), "proved": proved, "failed": failed, "photos": photos}


def _photos(actor: Actor, paper: Paper, got: dict[tuple[str, str], fetching.Fetched]) -> list[dict[str, str]]:
    """Pictures that a department holds, sealed and kept as the applicant's documents: [{material, file, name, fetched: by whom}]."""
    made = []
    for material in paper.provided:
        name, item, whose = rules.FETCHED.get(material.get("photo", ""), ("", "", ""))
        found = got.get((name, whose))
        told = (found.values or {}).get(item) if found else None
        if found is None or not told:
            continue
        content = base64.b64decode(told)
        ending = file_rules.picture_ending(content[:16])
        if not ending:
            continue  # what is no picture is not shown as one: the applicant provides it
        kept = files.keep_made(actor, name=f"{found.title}.{ending}", content=content, own=True)
        made.append({"material": material["name"], "file": str(kept.id), "name": kept.name, "fetched": f"{found.source}·{found.title}"})
    return made


def _fetch(actor: Actor, paper: Paper, name: str, key: str, items: tuple[str, ...], consent: str) -> fetching.Fetched | str:
    """From the first office of the paper that may have it; else why not."""
    why = _("nobody answers for it")
    for guide in paper.guides if isinstance(paper, one_thing.Joined) else [paper]:
        if guide.matter.organ is None:
            continue
        purpose = rules.purpose_of(guide.content, name)
        try:
            with transaction.atomic():  # a refusal undoes this fetch alone
                found = fetching.fetch(actor, name=name, purpose=purpose, key=key, organ=guide.matter.organ.key, items=items, consent=consent, partly=True)
        except TongbanError as refused:
            why = str(refused)
            continue
        if found.values is not None:
            return found
        why = _("%(source)s knows nothing under this number") % {"source": found.source}
    return why


def _fields(form: dict[str, Any], got: dict[tuple[str, str], fetching.Fetched]) -> dict[str, dict[str, Any]]:
    """Values that fit their field; one that the form would refuse is left for the applicant to fill in."""
    made = {}
    for field, told in form.get("properties", {}).items():
        if told.get("x-source") not in rules.FETCHED:
            continue
        name, item, whose = rules.FETCHED[told["x-source"]]
        found = got.get((name, whose))
        value = (found.values or {}).get(item) if found else None
        if found is None or value in (None, "") or schemas.check({"type": "object", "properties": {field: told}}, {field: value}):
            continue
        made[field] = {
            "value": value, "source": found.source, "title": found.title, "at": found.at.isoformat(), "agreement": found.agreement, "resource": name,
            "item": item, "whose": whose,
        }  # fmt: skip
    return made


def _proved(actor: Actor, paper: Paper, got: dict[tuple[str, str], fetching.Fetched]) -> dict[str, str]:
    """Materials that need not be handed in: a department's data prove them, or a licence that the applicant holds."""
    made = {}
    for material in paper.known:
        found = got.get(rules.PROVES.get(material.get("base_registry") or "", ("", "")))
        if found:
            made[material["name"]] = f"{found.source}·{found.title}"
    held = Licence.objects.filter(person=actor.person, holder_name=actor.legal_person_name or actor.name, state=Licence.State.VALID)
    numbers = {one.name: one.number for one in held}
    for material in [*paper.known, *paper.provided]:
        number = numbers.get(material.get("licence") or material["name"])
        if number:
            made.setdefault(material["name"], _("licence %(number)s") % {"number": number})
    return made


def destroy_fetched(actor: Actor, materials: list[dict[str, str]]) -> None:
    """用后即删: pictures that a department gave go once they are used, or not wanted. Within a command."""
    for one in materials:
        if one.get("fetched"):
            files.destroy_file(actor, file=one["file"], words="用后即删")


def keep_saving(actor: Actor, held: Draft, number: str) -> None:
    """How much the application did not ask for; and what the applicant says is wrong, for whoever said it. Within a command."""
    paper, fetched = one_thing.paper(held), held.fetched or {}
    fields = fetched.get("fields", {})
    matter: Matter = held.matter
    if matter.organ_id is None:
        nothing_changed()
        return
    known = set(fields) | set(drafts.known_values(actor, paper.form))
    Saving.objects.create(
        case_number=number, matter_code=matter.code, organ_id=matter.organ_id, region_code=matter.region_code, day=clock.today(),
        fields=len(paper.form["properties"]), fields_known=len(known & set(paper.form["properties"])), materials=len(paper.provided) + len(paper.known),
        materials_struck=len(fetched.get("proved", {})),
    )  # fmt: skip
    for name in rules.unlike(fields, held.data):
        told = fields[name]
        record(
            actor,
            events.ValueDisputed(
                case=number,
                field=name,
                resource=told["resource"],
                item=told["item"],
                whose=told["whose"],
                reason=masking.mask_text(str((held.reasons or {}).get(name, "")))[:300],
            ),
        )
