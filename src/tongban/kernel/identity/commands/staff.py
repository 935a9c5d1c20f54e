"""Accounts as an administrator keeps them: opened for people who showed their identity card, appointed, closed."""

import secrets
from datetime import date, timedelta

from django.utils.translation import gettext as _

from tongban.kernel.identity import commands, events, queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.models import Account, ApiToken, Appointment, Factor, Person
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.lib.terms import term


def first_password() -> str:
    """A password that is shown once and changed by its owner."""
    return secrets.token_urlsafe(12)


@command("identity.manage_accounts")
def open_for(actor: Actor, *, username: str, name: str, id_number: str, mobile: str = "", region: str = "37", staff: bool = False) -> tuple[Account, str]:
    """Open an account for a person who was identified; returns it with its first password."""
    _within(actor, region)
    username, name, id_number = username.strip(), name.strip(), id_number.strip().upper()
    faults: dict[str, object] = {}
    if not username.isascii() or not username.replace("-", "").replace("_", "").replace(".", "").isalnum():
        faults["username"] = _("Account name: letters, digits, dots and dashes.")
    elif queries.account_named(username):
        faults["username"] = _("Account name: %(name)s is taken; choose another.") % {"name": username}
    if not name:
        faults["name"] = _("Name: fill it in.")
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)
    person = Person.objects.of_number(id_number).first()
    if person and Account.objects.filter(person=person).exists():
        raise Conflict(_("This person has an account already. Reset its password instead."))
    if person is None:
        person = commands.register_person(actor, id_number=id_number, name=name, mobile=mobile.strip(), region=region)
    elif person.name != name:
        sentence = _("Name: it differs from the register.")
        raise Invalid(sentence, fields={"name": sentence})
    password = first_password()
    account = commands.open_account(actor, username=username, person=person, encoded=commands.encode_password(password), staff=staff)
    return account, password


@command("identity.manage_accounts")
def appoint(actor: Actor, *, account: int, organ: str, role: str, region: str, until: date | None = None, clearance: int = 3) -> Appointment:
    """Give an official a role from today, until a day where it is bound in time, with a clearance for personal data."""
    _within(actor, region)
    if until is not None and until <= clock.today():
        raise Invalid.at("until", _("Until: a day that is still to come, or leave it empty."))
    if not rules.LEAST_CLEARANCE <= clearance <= rules.MOST_CLEARANCE:
        raise Invalid.at("clearance", _("Clearance: 1 to 4."))
    where = orgs.organ_known_as(organ)
    held = queries.managed_account(actor, account)
    # The actor of an account acts for one organ: a second one would be silently left out.
    posts = queries.posts(held)
    if any(p.organ_id != where.id for p in posts):
        raise Conflict(_("This official holds roles in another organ; end those first."))
    if held.id == actor.account:
        raise Refused(_("Nobody grants roles to the own account; ask another administrator."))
    clash = rules.clashes(role, {p.role for p in posts})
    if clash:
        raise Conflict(
            _("Nobody holds both “%(one)s” and “%(other)s”. Appoint another person.")
            % {"one": term(rules.ROLES.get(role, role)), "other": term(rules.ROLES[clash])}
        )
    if any(p.role == role and p.region_code == region for p in posts):
        raise Conflict(_("This official holds this role already."))
    return commands.grant_role(actor, account=held, organ=where, role=role, region=region, begun_on=clock.today(), ended_on=until, clearance=clearance)


@command("identity.manage_accounts")
def end_appointment(actor: Actor, *, appointment: int) -> None:
    """The role ends with yesterday."""
    held = queries.appointment(actor, appointment)
    held.ended_on = clock.today() - timedelta(days=1)
    held.save(update_fields=["ended_on"])
    record(actor, events.AccountChanged(account=held.account_id, what=f"role-ended:{held.role}"))


@command("identity.manage_accounts")
def close_account(actor: Actor, *, account: int) -> None:
    """Nobody logs in with it any more; what it did stays."""
    held = queries.managed_account(actor, account)
    if held.id == actor.account:
        raise Refused(_("Nobody closes the own account; ask another administrator."))
    held.is_active = False
    held.save(update_fields=["is_active"])
    ApiToken.objects.filter(account=held).delete()
    record(actor, events.AccountChanged(account=held.id, what="closed"))


@command("identity.manage_accounts")
def reopen_account(actor: Actor, *, account: int) -> None:
    """Whoever was let go and came back logs in again as before."""
    held = queries.managed_account(actor, account)
    held.is_active = True
    held.save(update_fields=["is_active"])
    record(actor, events.AccountChanged(account=held.id, what="reopened"))


@command("identity.manage_accounts")
def reset_password(actor: Actor, *, account: int) -> str:
    """A new first password for someone who was identified; the old one, its sessions and second proofs end, and the owner is told."""
    held = queries.managed_account(actor, account)
    password = first_password()
    held.password, held.failures, held.failed_at = commands.encode_password(password), 0, None
    held.save(update_fields=["password", "failures", "failed_at"])
    ApiToken.objects.filter(account=held).delete()
    Factor.objects.filter(account=held).delete()
    record(actor, events.AccountChanged(account=held.id, what="password-reset"))
    return password


def _within(actor: Actor, region: str) -> None:
    if not actor.reaches(region):
        raise Refused(_("%(region)s lies outside your region.") % {"region": orgs.full_name(region) or region})
