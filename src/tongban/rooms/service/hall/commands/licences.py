"""Making licences, and what becomes of them."""

from __future__ import annotations

import io
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from tongban.kernel.cases import queries as cases
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as file_queries
from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import commands as ledger
from tongban.lib import clock, typesetting
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid
from tongban.lib.terms import term
from tongban.rooms.service.hall import events, rules
from tongban.rooms.service.hall.models import Licence, LicenceChange
from tongban.rooms.service.hall.queries import licences, matters

if TYPE_CHECKING:
    from tongban.kernel.cases.models import Case

TEMPLATE = Path(__file__).parents[1] / "templates" / "hall" / "licence.typ"


@command("")
def issue_licence(actor: Actor, *, case_number: str) -> Licence:
    """Make the licence of a granted case: content, signature, PDF. The platform does it; a second call changes nothing."""
    held = Licence.objects.filter(case_number=case_number).first()
    if held:
        nothing_changed()
        return held
    one = cases.case(actor, case_number)
    if one.result != "granted":
        raise Conflict(_("Only a granted case leads to a licence."))
    guide = matters.guide(one.matter_code)
    today = clock.today()
    result = guide.content["result"]
    licence = Licence(
        number=_number(one), code=secrets.token_urlsafe(16), case_number=one.number, name=result["name"][:80],
        holder_name=one.applicant_name, person=one.person_id, organ=one.organ_id, organ_name=one.organ.name,
        region_code=one.region_code, valid_from=today, valid_to=rules.validity_end(result.get("validity") or "", today),
        issued_at=clock.now(),
    )  # fmt: skip
    licence.content = _content(licence, one, guide)
    _sign_and_print(actor, licence, guide, _photo(actor, one))
    record(
        actor, events.LicenceIssued(case=one.number, licence=licence.number, digest="sm3:" + licence.pdf_digest),
        authority="行政许可法第三十九条、第四十四条",
    )  # fmt: skip
    return licence


def _photo(actor: Actor, one: Case) -> str:
    """The holder's picture as SVG, where the case has one as image; "" else."""
    for held in one.materials:
        if "照" in held["material"] or held.get("fetched"):
            found = file_queries.file(actor, held["file"], entitled=True)
            if found.document.media_type in ("image/png", "image/jpeg"):
                return typesetting.picture_svg(file_queries.content(found), found.document.media_type)
    return ""


def _sign_and_print(actor: Actor, licence: Licence, guide: matters.Guide, photo: str = "") -> None:
    licence.signature = ledger.ledger_key().sign(licences.canonical(licence.content)).hex()
    body = typesetting.pdf(TEMPLATE, {**_printed(licence, guide), "photo": photo})
    kept = files.keep_file(actor, name=f"{licence.number}.pdf", stream=io.BytesIO(body), size=len(body), own=False)
    licence.pdf, licence.pdf_digest = kept.id, kept.document_id
    licence.save()


@command("hall.change_licence")
def reissue_licence(actor: Actor, *, number: str, items: dict[str, str], reason: str) -> Licence:
    """Change what a licence says: a new one with its own number takes the old one's place, which stays as replaced."""
    old = Licence.objects.select_for_update().get(id=licences.licence(actor, number).id)
    if old.organ != actor.organ:
        raise Conflict(_("Only the issuing organ changes a licence."))
    if rules.LICENCE_MOVES.get((old.state, "replace")) is None:
        raise Conflict(_("A licence that is “%(state)s” cannot be changed so.") % {"state": term(old.get_state_display())})
    unknown = [name for name in items if name not in old.content["items"]]
    if unknown or not items:
        sentence = _("Entries: choose those that the licence shows")
        raise Invalid(sentence, fields={"items": sentence})
    one = cases.case(actor, old.case_number)
    serial = Licence.objects.filter(case_number__startswith=one.number).count()
    new = Licence(
        number=f"{old.number.split('-')[0]}-{serial}", code=secrets.token_urlsafe(16), case_number=f"{one.number}/{serial}",
        name=old.name, holder_name=old.holder_name, person=old.person, organ=old.organ, organ_name=old.organ_name,
        region_code=old.region_code, valid_from=old.valid_from, valid_to=old.valid_to, issued_at=clock.now(),
    )  # fmt: skip
    new.content = {**old.content, "number": new.number, "items": {**old.content["items"], **items}, "replaces": old.number,
                   "issued_at": new.issued_at.isoformat()}  # fmt: skip
    _sign_and_print(actor, new, matters.guide(one.matter_code))
    old.state = "replaced"
    old.save(update_fields=["state"])
    LicenceChange.objects.create(licence=old, at=clock.now(), kind="replace", reason=reason.strip()[:300], by_name=actor.name)
    record(actor, events.LicenceChanged(licence=old.number, change="replace", reason=reason.strip()), authority="行政许可法第四十九条")
    return new


def _number(one: Case) -> str:
    """Region, year and the case's serial: traceable, unique, without personal data."""
    return f"{one.region_code}{clock.today():%Y}{one.number.rsplit('-', 1)[-1]}{one.id % 97:02d}"


_SHOWN = ("org_name", "credit_code", "legal_rep_name", "business_place_address", "business_category", "business_items", "name")


def _content(licence: Licence, one: Case, guide: matters.Guide) -> dict[str, Any]:
    shown = {
        told["title"]: "、".join(map(str, one.data[name])) if isinstance(one.data[name], list) else one.data[name]
        for name, told in guide.form["properties"].items()
        if name in _SHOWN and name in one.data
    }
    return {
        "number": licence.number, "name": licence.name, "holder": licence.holder_name, "items": shown,
        "matter": guide.matter.name, "organ": licence.organ_name, "valid_from": licence.valid_from.isoformat(),
        "valid_to": licence.valid_to.isoformat() if licence.valid_to else "长期", "issued_at": licence.issued_at.isoformat(),
        "case": one.number, "algorithm": "SM2-SM3", "synthetic": bool(settings.DEMO),
    }  # fmt: skip


def verification_address(licence: Licence) -> str:
    return f"{settings.PUBLIC_ADDRESS}/hall/verify/{licence.code}/"


def _printed(licence: Licence, guide: matters.Guide) -> dict[str, Any]:
    items = [[k, str(v)] for k, v in licence.content["items"].items()]
    return {
        **licence.content, "rows": items, "qr": typesetting.qr_svg(verification_address(licence)),
        "signature": licence.signature[:64], "basis": [f"《{b['law']}》{b['article']}" for b in guide.content["legal_basis"][:2]],
    }  # fmt: skip


@command("hall.change_licence")
def change_licence(actor: Actor, *, number: str, change: str, reason: str) -> Licence:
    """Suspend, resume or revoke a licence of one's own organ, with a reason."""
    licence = Licence.objects.select_for_update().get(id=licences.licence(actor, number).id)
    if licence.organ != actor.organ:
        raise Conflict(_("Only the issuing organ changes a licence."))
    if len(reason.strip()) < 2:
        sentence = _("Reason: please write it; the holder is told.")
        raise Invalid(sentence, fields={"reason": sentence})
    state = rules.LICENCE_MOVES.get((licence.state, change))
    if state is None:
        raise Conflict(_("A licence that is “%(state)s” cannot be changed so.") % {"state": term(licence.get_state_display())})
    licence.state = state
    licence.save(update_fields=["state"])
    LicenceChange.objects.create(licence=licence, at=clock.now(), kind=change, reason=reason.strip()[:300], by_name=actor.name)
    record(
        actor, events.LicenceChanged(licence=number, change=change, reason=reason.strip()),
        authority="行政许可法第六十九条、第七十条",
    )  # fmt: skip
    return licence


def signed_document(licence: Licence) -> dict[str, Any]:
    """The licence as signed JSON, checkable with the public key alone."""
    text, signature = licences.canonical(licence.content), bytes.fromhex(licence.signature)
    return {
        "content": licence.content, "signature": licence.signature, "algorithm": "SM2-SM3",
        "public_key": licences.signer(text, signature, licence).hex(), "pdf": "sm3:" + licence.pdf_digest,
    }  # fmt: skip
