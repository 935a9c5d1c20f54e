"""What people change of their own account, and whom they let act for their enterprise."""

from datetime import date, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from tongban.kernel.identity import events, queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.models import Account, ApiToken, Mandate, Person
from tongban.lib import clock, codes
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused


@command("identity.use_account")
def change_contact(actor: Actor, *, mobile: str, email: str) -> None:
    """Where notices reach the actor; both may be empty."""
    set_contact(actor.account or 0, mobile=mobile, email=email)
    record(actor, events.AccountChanged(account=actor.account or 0, what="contact"))


def set_contact(account_id: int, *, mobile: str, email: str) -> None:
    """Store where notices reach someone; raises Invalid. Only for commands."""
    mobile, email = mobile.strip(), email.strip()
    faults: dict[str, object] = {}
    if mobile and codes.mobile_fault(mobile):
        faults["mobile"] = _("Mobile number: eleven digits, beginning with 1.")
    if email:
        try:
            validate_email(email)
        except ValidationError:
            faults["email"] = _("E-mail: write it as name@example.cn.")
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)
    account = Account.objects.select_related("person").get(id=account_id)
    account.email, account.person.mobile = email, mobile
    account.person.save(update_fields=["mobile"])
    account.save(update_fields=["email"])


@command("identity.use_account")
def change_password(actor: Actor, *, old: str, new: str) -> None:
    """A new password for the one that is known; other sessions end with it."""
    account = Account.objects.select_for_update().get(id=actor.account)
    if not check_password(old, account.password):
        sentence = _("Present password: this is wrong.")
        raise Invalid(sentence, fields={"old": sentence})
    set_password(account, new)
    record(actor, events.AccountChanged(account=account.id, what="password"))


def set_password(account: Account, new: str) -> None:
    """Store a password that holds against guessing; raises Invalid and says what it lacks. Only for commands."""
    try:
        validate_password(new, account)
    except ValidationError as fault:
        sentence = _("New password: %(why)s") % {"why": "".join(fault.messages)}
        raise Invalid(sentence, fields={"new": sentence}) from fault
    account.password = make_password(new)
    account.failures, account.failed_at = 0, None
    account.save(update_fields=["password", "failures", "failed_at"])
    ApiToken.objects.filter(account=account).delete()


@command("identity.use_account")
def give_mandate(actor: Actor, *, legal_person: int, name: str, id_number: str, ended_on: date) -> Mandate:
    """Let someone act for the enterprise that the actor represents, until a day within a year."""
    if not queries.represents(actor, legal_person):
        raise Refused(_("Only the legal representative gives mandates."))
    today = clock.today()
    if not today <= ended_on <= today + rules.LONGEST_MANDATE:
        sentence = _("Until: a day within one year from today.")
        raise Invalid(sentence, fields={"ended_on": sentence})
    # One answer for a wrong number and a wrong name: nobody learns from it who has an account.
    person = Person.objects.of_number(id_number).filter(name=name.strip(), account__is_active=True).first()
    if person is None:
        sentence = _("Name and identity number: no account fits both. The person opens an account first.")
        raise Invalid(sentence, fields={"id_number": sentence})
    if queries.mandate_between(person.id, legal_person):
        raise Conflict(_("%(name)s holds a mandate for this enterprise already.") % {"name": person.name})
    made = Mandate.objects.create(person=person, legal_person_id=legal_person, basis=rules.AGENT, begun_on=today, ended_on=ended_on)
    record(actor, events.MandateChanged(mandate=made.id, legal_person=legal_person, person=person.id, change="given"))
    return made


@command("identity.use_account")
def end_mandate(actor: Actor, *, mandate: int) -> None:
    """Take a mandate back, or lay down one's own; what was done under it stays done."""
    held = Mandate.objects.select_for_update().filter(id=mandate, basis=rules.AGENT).first()
    if held is None or not (held.person_id == actor.person or queries.represents(actor, held.legal_person_id)):
        raise NotFound(_("There is no such mandate."))
    held.ended_on = clock.today() - timedelta(days=1)
    held.save(update_fields=["ended_on"])
    record(actor, events.MandateChanged(mandate=held.id, legal_person=held.legal_person_id, person=held.person_id, change="ended"))
