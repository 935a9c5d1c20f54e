"""For whom one applies: a matter's service objects 服务对象 against what an applicant is."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.lib.errors import Conflict
from tongban.lib.terms import term
from tongban.rooms.service.hall import rules


@dataclass(frozen=True, slots=True)
class Choice:
    """The person, or an enterprise with a mandate; `fits` when the matter serves such an applicant."""

    legal_person: int | None
    name: str
    credit_code: str
    basis: str
    kind: str
    fits: bool
    now: bool


def choices(actor: Actor, content: dict[str, Any]) -> list[Choice]:
    """Everyone whom the actor may apply for, the actor first."""
    told = [Choice(None, actor.name, "", "", term(rules.SERVICE_OBJECTS["1"]), rules.may_apply(content, ""), actor.legal_person is None)]
    for m in identity.mandates(actor):
        kind = term(rules.SERVICE_OBJECTS[rules.applicant_kind(m.credit_code)])
        told.append(Choice(m.id, m.name, m.credit_code, m.basis, kind, rules.may_apply(content, m.credit_code), actor.legal_person == m.id))
    return told


def served(content: dict[str, Any]) -> str:
    """The service objects of a matter in words."""
    return _(",").join(term(rules.SERVICE_OBJECTS[c]) for c in content.get("service_object", []))


def check_applicant(name: str, content: dict[str, Any], credit_code: str) -> None:
    """Refuse an applicant whom the matter does not serve, saying whom it serves."""
    if rules.may_apply(content, credit_code):
        return
    told = {"name": name, "kinds": served(content), "kind": term(rules.SERVICE_OBJECTS[rules.applicant_kind(credit_code)])}
    raise Conflict(
        _("“%(name)s” is for %(kinds)s; you are applying as %(kind)s. Choose another applicant and apply again.") % told,
        code="wrong-applicant",
    )
