"""Applicants of other installations: known here once a case of theirs comes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import register_enterprise, register_person
from tongban.kernel.identity.models import LegalPerson, Person
from tongban.lib.acts import command, nothing_changed


@command("identity.manage_accounts")
def know_applicant(actor: Actor, *, told: Mapping[str, Any]) -> tuple[Person, LegalPerson | None]:
    """The person, and the enterprise, of an application that came from another node; who is known already stays as it is.

    Recorded with the case that brings them. Raises Invalid for numbers that cannot be.
    """
    nothing_changed()
    person = _known(actor, told["person"])
    firm = told.get("enterprise")
    if not firm:
        return person, None
    held = LegalPerson.objects.filter(credit_code=firm["credit_code"]).first()
    if held is None:
        held = register_enterprise(
            actor, credit_code=firm["credit_code"], name=firm["name"], entity_type=firm["entity_type"], address=firm["address"], region=firm["region"],
            representative=_known(actor, firm["representative"]), registered_on=date.fromisoformat(firm["registered_on"]),
            business_scope=firm["business_scope"], synthetic=bool(firm["synthetic"]),
        )  # fmt: skip
    return person, held


def _known(actor: Actor, told: Mapping[str, Any]) -> Person:
    held = Person.objects.of_number(str(told["id_number"])).first()
    return held or register_person(
        actor, id_number=str(told["id_number"]).upper(), name=str(told["name"]), mobile=str(told["mobile"]), address=str(told["address"]),
        region=str(told["region"]), synthetic=bool(told["synthetic"]),
    )  # fmt: skip
