"""Opening accounts, logging in, granting roles."""

import secrets
from datetime import date, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.utils.translation import gettext as _

from tongban.kernel.identity import events, queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.models import Account, ApiToken, Appointment, LegalPerson, Mandate, Person
from tongban.kernel.orgs import queries as orgs
from tongban.kernel.orgs.models import Organ
from tongban.lib import clock, codes, sm, watch
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Invalid, NotLoggedIn, Refused, TooMany

TOKEN_LIFE = timedelta(hours=8)
_NOBODY = make_password("no such account")


@command("identity.manage_accounts")
def register_person(actor: Actor, *, id_number: str, name: str, mobile: str = "", address: str = "", region: str = "", synthetic: bool = False) -> Person:
    """Enter a natural person; the identity number is checked against GB 11643 and the region history."""
    fault = codes.resident_id_fault(id_number, today=clock.today(), region_known=orgs.region_known)
    if fault:
        raise Invalid(id_fault_sentence(fault), fields={"id_number": id_fault_sentence(fault)})
    person = Person.objects.create(id_number=id_number, name=name, mobile=mobile, address=address, region_code=region, synthetic=synthetic)
    nothing_changed()  # recorded with the account that is opened for the person
    return person


def id_fault_sentence(fault: str) -> str:
    """Why an identity number is wrong, and what to do."""
    return {
        "length": _("The identity number has 18 characters; check for missing ones."),
        "digits": _("The identity number has digits only; the last may be X."),
        "region": _("The first six digits of the identity number are no region code."),
        "birth-date": _("Digits 7 to 14 of the identity number are no date of birth."),
        "check-digit": _("The last character of the identity number does not fit; one of the digits is mistyped."),
    }[fault]


@command("identity.manage_accounts")
def register_enterprise(
    actor: Actor, *, credit_code: str, name: str, entity_type: str, address: str, region: str, representative: Person,
    registered_on: date, business_scope: str = "", synthetic: bool = False,
) -> LegalPerson:  # fmt: skip
    """Enter a legal person; its representative gets a mandate."""
    if codes.credit_code_fault(credit_code):
        sentence = _("The unified social credit code is wrong: 18 characters, the last a check digit.")
        raise Invalid(sentence, fields={"credit_code": sentence})
    made = LegalPerson.objects.create(
        credit_code=credit_code, name=name, entity_type=entity_type, address=address, region_code=region,
        representative=representative, registered_on=registered_on, business_scope=business_scope, synthetic=synthetic,
    )  # fmt: skip
    Mandate.objects.create(person=representative, legal_person=made, basis=rules.REPRESENTATIVE, begun_on=registered_on)
    nothing_changed()
    return made


@command("identity.manage_accounts")
def open_account(
    actor: Actor, *, username: str, person: Person, encoded: str, staff: bool = False, demo_order: int | None = None,
    demo_note: str = "",
) -> Account:  # fmt: skip
    """Open an account; `encoded` is the Argon2id hash of its password (`encode_password`)."""
    account = Account(username=username, person=person, is_staff=staff, demo_order=demo_order, demo_note=demo_note, password=encoded)
    account.save()
    record(actor, events.AccountOpened(account=account.id))
    return account


@command("identity.manage_accounts")
def grant_role(
    actor: Actor, *, account: Account, organ: Organ, role: str, region: str, begun_on: date, ended_on: date | None = None, clearance: int = 3
) -> Appointment:
    """Appoint an official to a role within an organ and a region, until a day where it is bound in time."""
    if role not in rules.OFFICIALS:
        raise Invalid(_("There is no role %(role)s.") % {"role": role})
    made = Appointment.objects.create(account=account, organ=organ, role=role, region_code=region, begun_on=begun_on, ended_on=ended_on, clearance=clearance)
    record(actor, events.RoleGranted(account=account.id, role=role, organ=organ.key, region=region))
    return made


def encode_password(password: str) -> str:
    """The Argon2id hash of a password."""
    return make_password(password)


def log_in(stranger: Actor, *, username: str, password: str) -> Account:
    """Check a password. Wrong ones are counted, and from the fifth on each doubles the wait.

    Not one command but two: a failure must be kept, so it may not roll back with the refusal. An account with a second
    proof is not logged in yet: the caller asks for that first and then notes the login.
    """
    account = queries.account_named(username)
    until = rules.locked_until(account.failures, account.failed_at) if account else None
    if until and until > clock.now():
        minutes = int((until - clock.now()).total_seconds() // 60) + 1
        raise TooMany(_("Too many wrong passwords. Try again in %(n)s min, or recover the password.") % {"n": minutes})
    good = check_password(password, account.password if account and account.is_active else _NOBODY)
    if account is None or not good:
        note_failure(stranger, username=username, account=account)
        raise NotLoggedIn(_("Account or password is wrong."), code="wrong-password")
    if not queries.second_proofs(account):
        note_login(stranger, account=account, way="password")
    return account


@command("")
def note_failure(stranger: Actor, *, username: str, account: Account | None) -> None:
    """Count a failed login; a stranger does it, so no permission is asked."""
    if account:
        Account.objects.filter(id=account.id).update(failures=account.failures + 1, failed_at=clock.now())
    record(stranger, events.LoginFailed(name=username[:60], failures=account.failures + 1 if account else 0))


@command("")
def note_login(stranger: Actor, *, account: Account, way: str) -> None:
    """Keep a login; the caller has proved who it is."""
    Account.objects.filter(id=account.id).update(failures=0, failed_at=None, last_login=clock.now())
    record(queries.actor_of_account(account.id, origin=stranger.origin), events.LoggedIn(account=account.id, way=way))


@command("")
def issue_token(stranger: Actor, *, account: Account, level: int = rules.ONE_PROOF) -> str:
    """A bearer token for eight hours; the caller has just logged the account in."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    ApiToken.objects.create(digest=sm.sm3_hex(token.encode()), account=account, created_at=now, expires_at=now + TOKEN_LIFE, level=level)
    record(queries.actor_of_account(account.id, origin=stranger.origin), events.LoggedIn(account=account.id, way="token"))
    return token


@command("identity.use_account")
def reveal_person(actor: Actor, *, person: int, fields: list[str], purpose: str, case: str = "") -> dict[str, str]:
    """Unmasked personal data, for a purpose that is kept. The caller has checked that the person is in scope."""
    if len(purpose.strip()) < 2:
        sentence = _("Say for what purpose you need the data.")
        raise Invalid(sentence, fields={"purpose": sentence})
    above = [f for f in fields if rules.sensitivity(f) > actor.clearance] if person != actor.person and not actor.is_system else []
    if above:
        watch.notice("denied", subject=f"person:{person}", words="、".join(above))
        raise Refused(_("These data need a higher clearance than your post has: ask your organ's administrator."))
    found = Person.objects.get(id=person)
    record(actor, events.PersonalDataSeen(person=person, fields=fields, purpose=purpose.strip(), case=case))
    return {field: str(getattr(found, field)) for field in fields if field in ("id_number", "mobile", "address")}


@command("identity.use_account")
def note_access(actor: Actor, *, person: int, what: str, purpose: str, case: str = "") -> None:
    """Keep that someone else's data were looked at: the person reads it under 数据查看记录."""
    record(actor, events.PersonalDataSeen(person=person, fields=[what], purpose=purpose, case=case))
