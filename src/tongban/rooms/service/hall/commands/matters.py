"""The life of a matter: drafted, reviewed by a second person, published, changed, delegated, cancelled."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from tongban.kernel.cases import schemas
from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import queries as nodes
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, NotFound
from tongban.lib.terms import term
from tongban.rooms.service.hall import events, rules
from tongban.rooms.service.hall.models import CatalogueItem, Matter, MatterVersion
from tongban.rooms.service.hall.queries import matters, search


def _locked(version: int) -> MatterVersion:
    held = MatterVersion.objects.select_for_update().select_related("item").filter(id=version).first()
    if held is None:
        raise NotFound(_("There is no such version."))
    return held


def _move(held: MatterVersion, act: str) -> None:
    state = rules.VERSION_MOVES.get((held.state, act))
    if state is None:
        raise Conflict(_("A version that is “%(state)s” cannot be moved so. Reload the page.") % {"state": term(held.get_state_display())})
    held.state = state


def content_faults(content: dict[str, Any]) -> dict[str, str]:
    """Field -> sentence: what keeps a content from being reviewed."""
    faults = {}
    if not str(content.get("name", "")).strip():
        faults["name"] = _("Name: please fill in")
    promised = (content.get("limits", {}).get("promised") or {}).get("value")
    statutory = (content.get("limits", {}).get("statutory") or {}).get("value")
    if not isinstance(statutory, int) or not 0 <= statutory <= 365:
        faults["statutory"] = _("Statutory limit: whole working days, 0 to 365")
    if not isinstance(promised, int) or not 0 <= promised <= 365:
        faults["promised"] = _("Promised limit: whole working days, 0 to 365")
    elif isinstance(statutory, int) and promised > statutory:
        faults["promised"] = _("Promised limit: may not exceed the statutory one")
    if not content.get("legal_basis"):
        faults["legal_basis"] = _("Legal basis: name at least one law and article")
    wrong = schemas.schema_fault(rules.schema_of(content.get("form_fields", [])))
    if wrong:
        faults["form_fields"] = _("Form: not a valid JSON Schema: %(fault)s") % {"fault": wrong}
    return faults


@command("hall.edit_matter")
def save_version(actor: Actor, *, item: str, content: dict[str, Any], note: str = "") -> MatterVersion:
    """Keep a draft of the next version; a published version is copied, never touched."""
    held = CatalogueItem.objects.select_for_update().filter(key=item).first()
    if held is None:
        raise NotFound(_("There is no item %(key)s in the catalogue.") % {"key": item})
    if not content.get("name"):
        raise Invalid(_("Name: please fill in"), fields={"name": _("Name: please fill in")})
    draft = held.versions.filter(state="draft").first()
    if draft is None:
        last = held.versions.aggregate(n=Max("number"))["n"] or 0
        draft = MatterVersion(item=held, number=last + 1)
    draft.content, draft.note = content, note[:300]
    draft.drafted_by, draft.drafted_by_name = actor.account, actor.name
    draft.save()
    record(actor, events.MatterDrafted(matter=item, version=draft.number, note=note))
    return draft


@command("hall.edit_matter")
def submit_version(actor: Actor, *, version: int) -> MatterVersion:
    """Hand a draft to the reviewer; what is incomplete stays with the editor."""
    held = _locked(version)
    faults = content_faults(held.content)
    if faults:
        raise Invalid(_("%(n)s entries need a change.") % {"n": len(faults)}, fields=faults)
    _move(held, "submit")
    held.save(update_fields=["state"])
    record(actor, events.MatterDrafted(matter=held.item.key, version=held.number, note="提交审核"))
    return held


@command("hall.review_matter")
def review_version(actor: Actor, *, version: int, approve: bool, note: str = "") -> MatterVersion:
    """Approve a version or send it back; never by whoever drafted it."""
    held = _locked(version)
    if held.drafted_by == actor.account:
        raise Conflict(_("Whoever drafted a version may not review it; a second person must."))
    if not approve and len(note.strip()) < 2:
        raise Invalid(_("Opinion: say what is to be changed."), fields={"note": _("Opinion: say what is to be changed.")})
    _move(held, "approve" if approve else "reject")
    held.reviewed_by, held.reviewed_by_name, held.note = actor.account, actor.name, note[:300] or held.note
    held.save()
    record(actor, events.MatterReviewed(matter=held.item.key, version=held.number, note="通过" if approve else note))
    return held


@command("hall.publish_matter")
def publish_version(actor: Actor, *, version: int, document: str, effective_on: date) -> MatterVersion:
    """Put a version in force: every implementation of the item on this node follows it; running cases keep theirs."""
    held = _locked(version)
    if len(document.strip()) < 3:
        sentence = _("Document number: please fill in, e.g. 鲁政办字〔2026〕1号")
        raise Invalid(sentence, fields={"document": sentence})
    _move(held, "publish")
    held.document_number, held.effective_on, held.published_at = document.strip(), effective_on, clock.now()
    MatterVersion.objects.filter(item=held.item, origin="", state="published").exclude(id=held.id).update(state="superseded")
    held.save()
    Matter.objects.filter(item=held.item, version__origin="").update(version=held, name=held.content["name"])
    record(actor, events.MatterPublished(matter=held.item.key, version=held.number, document=document))
    search.forget()
    return held


@command("hall.publish_matter")
def cancel_matter(actor: Actor, *, code: str, document: str, replaced_by: str = "") -> Matter:
    """Cancel an implementation, naming what replaces it; running cases go on."""
    one = matters.matter(code)
    _check_scope(actor, one)
    if len(document.strip()) < 3:
        sentence = _("Document number: please fill in, e.g. 鲁政办字〔2026〕1号")
        raise Invalid(sentence, fields={"document": sentence})
    heir = matters.matter(replaced_by) if replaced_by else None
    if heir and (heir.id == one.id or heir.state != "in-force"):
        sentence = _("Replacement: choose another matter that is in force")
        raise Invalid(sentence, fields={"replaced_by": sentence})
    one.state, one.ended_document, one.replaced_by = "cancelled", document.strip(), heir
    one.save()
    record(actor, events.MatterCancelled(matter=code, document=document, note=heir.code if heir else ""))
    return one


@command("hall.publish_matter")
def delegate_matter(actor: Actor, *, code: str, regions: list[str], document: str) -> list[Matter]:
    """Hand a matter down to lower regions: each gets its own row, and this one ends, pointing at the first."""
    one = matters.matter(code)
    _check_scope(actor, one)
    wrong = [r for r in regions if not r.startswith(one.region_code) or len(r) <= len(one.region_code)]
    if wrong or not regions:
        sentence = _("Regions: choose regions below this one")
        raise Invalid(sentence, fields={"regions": sentence})
    made = []
    for region in regions:
        _require_home(region)
        organ = orgs.organs(region, exact=True).filter(function=one.organ.function if one.organ else "").first()
        if organ is None:
            raise Conflict(_("%(region)s has no organ for this matter.") % {"region": orgs.full_name(region)})
        row, _new = Matter.objects.update_or_create(
            code=f"{one.item.key}@{region}",
            defaults={
                "item": one.item, "version": one.version, "name": one.name, "organ": organ, "organ_name": organ.name,
                "region_code": region, "state": "in-force", "process": one.process, "online": one.online,
                "audience": one.audience, "overrides": one.overrides,
            },
        )  # fmt: skip
        index_matter(row)
        made.append(row)
    one.state, one.ended_document, one.replaced_by = "delegated", document.strip(), made[0]
    one.save()
    record(actor, events.MatterDelegated(matter=code, document=document, to="、".join(m.code for m in made)))
    return made


def _check_scope(actor: Actor, one: Matter) -> None:
    if not actor.reaches(one.region_code):
        raise NotFound(_("This matter lies outside your region."))
    _require_home(one.region_code)


def _require_home(region: str) -> None:
    """What another node keeps is changed there."""
    home = nodes.home_of(region)
    if home:
        raise Conflict(
            _("Matters of %(region)s are kept by the node %(node)s; they are changed there.") % {"region": orgs.full_name(region), "node": nodes.name_of(home)}
        )


def index_matter(one: Matter) -> None:
    """Write the words that a matter is found by."""
    index_matters([one])


def index_matters(many: Sequence[Matter]) -> None:
    """The same for several, in one round."""
    told = []
    for one in many:
        content = one.version.content
        told.append((search.vector_of(one, [*content.get("search_phrases", []), *content.get("life_events", [])]), one.code))
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE hall_matter SET search = %s::tsvector WHERE code = %s", told)
