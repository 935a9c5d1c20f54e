"""From a first click to a number."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from tongban.kernel.cases import commands as cases
from tongban.kernel.cases import queries as case_queries
from tongban.kernel.cases import schemas
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as file_queries
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, statements
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Gone, Invalid
from tongban.rooms.service.hall import events, rules
from tongban.rooms.service.hall.commands import prefill
from tongban.rooms.service.hall.models import Draft, Matter
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import applicants, matters, one_thing

if TYPE_CHECKING:
    from tongban.kernel.cases.models import Case

FILES_PER_DRAFT = 40


def check_open(one: Matter) -> None:
    """Refuse an application to a matter that is not offered, naming what replaces it."""
    if one.state != "in-force":
        instead = one.replaced_by
        if instead:
            raise Gone(
                _("“%(name)s” was cancelled (%(document)s). Apply for “%(instead)s” instead.")
                % {"name": one.name, "document": one.ended_document, "instead": f"{instead.organ_name}·{instead.name}"},
                instead=matters.matter_address(instead.code),
            )
        raise Gone(_("“%(name)s” was cancelled (%(document)s) and is no longer needed.") % {"name": one.name, "document": one.ended_document})
    if not one.online or one.organ is None:
        raise Conflict(_("This matter cannot be applied for online; go to the window named in its guide."))


@command("hall.apply")
def begin_draft(actor: Actor, *, matter_code: str) -> Draft:
    """Open a draft, or go on with the one that is open, filled with what government knows."""
    guide = matters.guide(matter_code)
    check_open(guide.matter)
    return _begin(actor, guide.matter, guide, [])


@command("hall.apply")
def begin_bundle(actor: Actor, *, codes: list[str]) -> Draft:
    """The same for several matters that share one form 一件事."""
    together = one_thing.joined(codes)
    for guide in together.guides:
        check_open(guide.matter)
    bundle = [{"code": g.matter.code, "version": g.matter.version_id} for g in together.guides]
    return _begin(actor, together.guides[0].matter, together, bundle)


def _begin(actor: Actor, matter: Matter, paper: matters.Guide | one_thing.Joined, bundle: list[dict[str, Any]]) -> Draft:
    open_ones = Draft.objects.filter(account=actor.account, legal_person=actor.legal_person, matter=matter, case_number="")
    held = next((d for d in open_ones.order_by("-saved_at") if [b["code"] for b in d.bundle] == [b["code"] for b in bundle]), None)
    if held:
        nothing_changed()
        return held
    known = {name: k.value for name, k in drafts.known_values(actor, paper.form).items()}
    now = clock.now()
    made = Draft.objects.create(
        account=actor.account, legal_person=actor.legal_person, matter=matter, version=matter.version, bundle=bundle,
        data=known, created_at=now, saved_at=now,
    )  # fmt: skip
    record(actor, events.DraftSaved(draft=str(made.id), matter=matter.code))
    return made


@command("hall.apply")
def save_draft(actor: Actor, *, draft: str, data: dict[str, Any], reasons: dict[str, str] | None = None) -> Draft:
    """Keep what was typed, right or wrong; a draft is not an act, so the ledger is left alone.

    The form that was shown is that of the guide in force, so the draft follows it.
    """
    held = drafts.draft(actor, draft)
    if held.case_number:
        raise Conflict(_("This application was submitted already as %(number)s.") % {"number": held.case_number})
    held.data, held.saved_at = data, clock.now()
    if reasons is not None:
        held.reasons = reasons
    held.version = held.matter.version
    held.bundle = [{**b, "version": matters.matter(b["code"]).version_id} for b in held.bundle]
    held.save(update_fields=["data", "reasons", "saved_at", "version", "bundle"])
    nothing_changed()
    return held


@command("hall.apply")
def add_material(actor: Actor, *, draft: str, material: str, name: str, stream: files.Readable, size: int) -> Draft:
    """Attach an upload to a draft."""
    held = drafts.draft(actor, draft)
    if len(held.materials) >= FILES_PER_DRAFT:
        raise Invalid(_("An application may carry %(n)s files. Join some of them.") % {"n": FILES_PER_DRAFT})
    kept = files.keep_file(actor, name=name, stream=stream, size=size)
    held.materials = [*held.materials, {"material": material, "file": str(kept.id), "name": kept.name}]
    held.saved_at = clock.now()
    held.save(update_fields=["materials", "saved_at"])
    return held


@command("hall.apply")
def drop_material(actor: Actor, *, draft: str, file: str) -> Draft:
    """Take an upload off a draft."""
    held = drafts.draft(actor, draft)
    dropped: dict[str, str] = next((m for m in held.materials if m["file"] == file), {})
    held.materials = [m for m in held.materials if m["file"] != file]
    if dropped.get("fetched") and held.fetched:  # the applicant provides another one
        held.fetched = {**held.fetched, "proved": {n: by for n, by in held.fetched.get("proved", {}).items() if n != dropped["material"]}}
    held.save(update_fields=["materials", "fetched"])
    prefill.destroy_fetched(actor, [dropped])
    nothing_changed()
    return held


def missing_materials(provided: list[dict[str, Any]], attached: list[dict[str, str]]) -> list[str]:
    """Required materials that nobody attached."""
    have = {m["material"] for m in attached}
    return [m["name"] for m in provided if m.get("required") and m["name"] not in have]


def _require_materials(provided: list[dict[str, Any]], attached: list[dict[str, str]]) -> None:
    missing = missing_materials(provided, attached)
    if missing:
        told = {f"material-{i}": _("%(name)s: please upload") % {"name": name} for i, name in enumerate(missing)}
        raise Invalid(_("%(n)s required materials are missing.") % {"n": len(missing)}, fields=told)


@command("hall.apply", one_statement=True)
def submit_application(
    actor: Actor, *, matter_code: str, data: dict[str, Any], materials: list[dict[str, str]], bundle: str = "",
    channel: str = "online", acting_for: str = "", struck: frozenset[str] = frozenset(),
) -> str:  # fmt: skip
    """Check everything and open the case; returns its number. `acting_for`: the credit code of an enterprise; `struck`: materials proved without paper."""
    offer, holders, _own = statements.together(
        matters.offer(matter_code), identity.holders(actor, acting_for), file_queries.all_own(actor, [m["file"] for m in materials])
    )
    if acting_for:
        actor = actor.for_legal_person(holders["enterprise"]["id"], holders["enterprise"]["name"])
    if offer.state != "in-force" or not offer.online or not offer.organ:
        check_open(matters.matter(matter_code))
    sheet = offer.sheet
    applicants.check_applicant(offer.name, sheet.content, holders["enterprise"].get("credit_code", ""))
    if not sheet.validator.is_valid(data):
        schemas.require(sheet.form, data)
    _check_identity(holders, sheet, data)
    _check_divisions(sheet.form, data)
    _require_materials([m for m in sheet.provided if m["name"] not in struck], materials)
    return cases.open_case(
        actor, matter_code=matter_code, matter_version=offer.version, title=offer.name, organ=offer.organ,
        organ_key=offer.organ_key, region=offer.region, process=case_queries.published_process(offer.process),
        promised_days=offer.promised, statutory_days=offer.statutory, data=data, materials=materials, bundle=bundle,
        channel=channel,
    )  # fmt: skip


def _check_identity(holders: identity.Holders, sheet: matters.Sheet, data: dict[str, Any]) -> None:
    """What the registers say for sure cannot be typed over: a forged submission is refused."""
    for name, holder, column, register in sheet.sure:
        typed = data.get(name)
        if typed is not None and identity.held(holders, holder, column) not in ("", typed):
            sentence = _("%(label)s: this differs from the register (%(source)s). Use “wrong?” beside it to have it corrected.") % {
                "label": sheet.form["properties"][name]["title"],
                "source": register,
            }
            raise Invalid(sentence, fields={name: sentence})


def _check_divisions(form: dict[str, Any], data: dict[str, Any]) -> None:
    """A code of a county or township must be one in force."""
    for name, told in form["properties"].items():
        if told.get("x-kind") == "division" and data.get(name) and not orgs.division_name(data[name]):
            sentence = _("%(label)s: there is no division %(code)s in force. Choose one from the list.") % {
                "label": told["title"], "code": data[name],
            }  # fmt: skip
            raise Invalid(sentence, fields={name: sentence})


@command("hall.apply")
def submit_draft(actor: Actor, *, draft: str) -> str:
    """Submit a draft once: a second press of the button gets the same number."""
    held = Draft.objects.select_for_update().filter(id=drafts.draft(actor, draft).id).get()
    if held.case_number:
        nothing_changed()
        return held.case_number
    if held.legal_person != actor.legal_person:
        raise Conflict(_("This draft was begun for another applicant. Switch to that applicant, or begin anew."), code="wrong-applicant")
    _require_reasons(held)
    if _outdated(held):
        raise Conflict(_("The guide changed while you were filling in. Your entries are kept: check them against the new version and submit again."))
    if held.bundle:
        _key, numbers = submit_bundle(actor, codes=[b["code"] for b in held.bundle], data=held.data, materials=held.materials, struck=struck(held))
        number = numbers[0]
    else:
        number = submit_application(actor, matter_code=held.matter.code, data=held.data, materials=held.materials, struck=struck(held))
    held.case_number = number
    held.save(update_fields=["case_number"])
    prefill.keep_saving(actor, held, number)
    return number


def _require_reasons(held: Draft) -> None:
    """A value that a department gave may be typed over, with the reason: it becomes work for that department."""
    faults = missing_reasons(held, held.data, held.reasons or {})
    if faults:
        raise Invalid(_("%(n)s entries need a change.") % {"n": len(faults)}, fields=faults)


def missing_reasons(held: Draft, data: dict[str, Any], reasons: dict[str, str]) -> dict[str, str]:
    """Field -> sentence, of fetched values that were typed over without a reason."""
    fields = (held.fetched or {}).get("fields", {})
    told = _("this differs from what %(source)s gave: say why")
    return {n: told % {"source": fields[n]["source"]} for n in rules.unlike(fields, data) if not reasons.get(n, "").strip()}


def struck(held: Draft) -> frozenset[str]:
    """Materials that a department's data or a licence proved for a draft."""
    return frozenset((held.fetched or {}).get("proved", {}))


def _outdated(held: Draft) -> bool:
    """Whether a guide that the draft fills in was replaced since it was begun."""
    pinned = {b["code"]: b["version"] for b in held.bundle} or {held.matter.code: held.version_id}
    return any(matters.matter(code).version_id != version for code, version in pinned.items())


@command("hall.apply")
def correct_application(actor: Actor, *, number: str, data: dict[str, Any], materials: list[dict[str, str]], note: str = "") -> Case:
    """Send what the correction notice asked for; the receipt clock runs again."""
    one = case_queries.case(actor, number)
    item = case_queries.doable(actor, one)
    if item is None or item.stage != "correction":
        raise Conflict(_("This case is not waiting for a correction."))
    guide = matters.guide(one.matter_code)
    schemas.require(guide.form, data)
    known = {m["file"] for m in one.materials}
    statements.ask(file_queries.all_own(actor, [m["file"] for m in materials if m["file"] not in known]))
    prefill.destroy_fetched(actor, [m for m in one.materials if m["file"] not in {kept["file"] for kept in materials}])
    return cases.complete_item(actor, item=item.id, action="resubmit", opinion=note, data=data, materials=materials)


@command("hall.apply")
def submit_once(actor: Actor, *, once: str, matter_code: str, data: dict[str, Any], materials: list[dict[str, str]]) -> str:
    """Submit under a key of the caller's: sent again, it gets the same number."""
    guide = matters.guide(matter_code)
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"tongban:{actor.account}:{once}")
    now = clock.now()
    Draft.objects.get_or_create(
        id=key,
        defaults={
            "account": actor.account, "legal_person": actor.legal_person, "matter": guide.matter,
            "version": guide.matter.version, "data": data, "materials": materials, "created_at": now, "saved_at": now,
        },
    )  # fmt: skip
    return submit_draft(actor, draft=str(key))


@command("hall.apply")
def submit_bundle(
    actor: Actor, *, codes: list[str], data: dict[str, Any], materials: list[dict[str, str]], struck: frozenset[str] = frozenset()
) -> tuple[str, list[str]]:
    """一件事: submit several matters from one form, all or none; returns the bundle's key and the numbers."""
    together = one_thing.joined(codes)
    holder = statements.ask(identity.holders(actor))["enterprise"]
    applicants.check_applicant(together.name, together.content, holder.get("credit_code", ""))
    schemas.require(together.form, data)
    _require_materials([m for m in together.provided if m["name"] not in struck], materials)
    bundle, numbers = secrets.token_hex(10), []
    for guide in together.guides:
        wanted = {m["name"] for m in guide.provided}
        numbers.append(
            submit_application(
                actor, matter_code=guide.matter.code, data={k: v for k, v in data.items() if k in guide.form["properties"]},
                materials=[m for m in materials if m["material"] in wanted], bundle=bundle, struck=struck,
            )
        )  # fmt: skip
    return bundle, numbers
