"""Two more ways in: a code by text message, and a certificate that the balancer checked (mutual TLS)."""

import secrets
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext as _

from tongban.kernel.identity import events, queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import note_failure
from tongban.kernel.identity.models import Account, Factor
from tongban.lib import clock, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, NotLoggedIn, TooMany

GOOD_FOR, AGAIN_AFTER, TRIES = timedelta(minutes=5), timedelta(minutes=1), 5
AUTHORITY = "GB/T 22239-2019 8.1.4.1 身份鉴别"
LONGEST = 16 * 1024


@command("")
def begin_sms(stranger: Actor, *, username: str) -> tuple[str, str] | None:
    """A code for an account's registered mobile: (mobile, code), to be sent by the caller; None where nothing is to be sent.

    A stranger asks. The caller answers the same whether there is such an account or not.
    """
    nothing_changed()
    account = queries.account_named(username)
    if account is None or not account.is_active or not account.person.mobile:
        return None
    last = Factor.objects.select_for_update().filter(account=account, kind="sms").first()
    if last and clock.now() - last.made_at < AGAIN_AFTER:
        return None
    code = f"{secrets.randbelow(10**6):06d}"
    Factor.objects.filter(account=account, kind="sms").delete()
    Factor.objects.create(account=account, kind="sms", secret=_sealed(account.id, code), ready=False, made_at=clock.now())
    return account.person.mobile, code


def _sealed(account: int, code: str) -> bytes:
    """Six digits are guessed in a second: what is kept binds the account and a random salt, and dies after five minutes or tries."""
    salt = secrets.token_bytes(16)
    return salt + sm.sm3(salt + f"{account}:{code}".encode())


def finish_sms(stranger: Actor, *, username: str, code: str) -> Account:
    """The account whose code was typed. Wrong ones count like wrong passwords; the fifth ends the code. Raises NotLoggedIn, TooMany."""
    account = queries.account_named(username)
    until = rules.locked_until(account.failures, account.failed_at) if account else None
    if until and until > clock.now():
        minutes = int((until - clock.now()).total_seconds() // 60) + 1
        raise TooMany(_("Too many wrong passwords. Try again in %(n)s min, or recover the password.") % {"n": minutes})
    if account is None or not _use_sms(stranger, account=account, code=code.strip()):
        note_failure(stranger, username=username, account=account)
        raise NotLoggedIn(_("Code: wrong or too old. Ask for a new one."), code="wrong-code")
    return account


@command("")
def _use_sms(stranger: Actor, *, account: Account, code: str) -> bool:
    nothing_changed()
    held = Factor.objects.select_for_update().filter(account=account, kind="sms").first()
    if held is None or not account.is_active:
        return False
    secret = bytes(held.secret)
    fits = secrets.compare_digest(secret[16:], sm.sm3(secret[:16] + f"{account.id}:{code}".encode()))
    good = fits and clock.now() - held.made_at <= GOOD_FOR
    held.counter += 1
    if good or held.counter >= TRIES:
        held.delete()
    else:
        held.save(update_fields=["counter"])
    return good


def read_certificate(pem: str) -> x509.Certificate:
    """A certificate as a balancer hands it on; raises Invalid. Any key, SM2 too: the balancer has checked the proof of it."""
    try:
        return x509.load_pem_x509_certificate(pem[:LONGEST].encode())
    except (ValueError, UnicodeError) as fault:
        raise Invalid(_("The certificate cannot be read. Insert the key again, or log in another way.")) from fault


def _der(held: x509.Certificate) -> bytes:
    return held.public_bytes(Encoding.DER)


def _in_time(held: x509.Certificate) -> bool:
    return held.not_valid_before_utc <= clock.now() <= held.not_valid_after_utc


@command("identity.use_account")
def add_certificate(actor: Actor, *, pem: str) -> Factor:
    """Register the certificate of this connection for one's own account. Raises Invalid, Conflict."""
    held = read_certificate(pem)
    if not _in_time(held):
        raise Invalid(_("The certificate is not valid today."))
    der = _der(held)
    mark = sm.sm3(der)
    if Factor.objects.filter(kind="x509", credential=mark).exists():
        raise Conflict(_("This certificate is registered already."))
    account = queries.own_account(actor)
    names = held.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value)[:60] if names else mark.hex()[:16]
    made = Factor.objects.create(account=account, kind="x509", name=name, secret=der, credential=mark, made_at=clock.now())
    record(actor, events.AccountChanged(account=account.id, what="factor-added:certificate"), authority=AUTHORITY)
    return made


@command("")
def use_certificate(stranger: Actor, *, pem: str) -> Account:
    """The account that registered this certificate; a stranger asks. Raises Invalid, NotLoggedIn."""
    nothing_changed()
    held = read_certificate(pem)
    found = Factor.objects.select_related("account").filter(kind="x509", credential=sm.sm3(_der(held))).first()
    if found is None or not found.account.is_active or not _in_time(held):
        raise NotLoggedIn(
            _("This certificate is not registered here, or not valid today. Log in another way and register it under Login and security."), code="certificate"
        )
    found.used_at = clock.now()
    found.save(update_fields=["used_at"])
    return found.account
