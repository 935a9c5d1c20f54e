"""Second proofs: one-time codes, passkeys, recovery codes. Failures count like wrong passwords."""

import os
import secrets
from typing import Any

import pyotp
from django.utils.translation import gettext as _

from tongban.kernel.identity import events, queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import note_failure
from tongban.kernel.identity.models import Account, Factor
from tongban.lib import clock, keys, passkeys, sm
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, NotFound, NotLoggedIn, TooMany
from tongban.lib.sm import keystore

STEP = 30  # seconds of one code
MOST = 20
ISSUER = "通办"


def _key() -> keystore.Key:
    return keys.current("factors", "SM4", lambda: os.urandom(16))


def _seed(factor: Factor) -> str:
    store = keys.keystore()
    return keystore.open_envelope(store.by_id, bytes(factor.secret), bound_to=f"totp:{factor.account_id}".encode()).decode()


@command("identity.use_account")
def begin_totp(actor: Actor) -> tuple[str, str]:
    """A new seed, not yet in force: (base32, otpauth address for a QR code)."""
    account = queries.own_account(actor)
    seed = pyotp.random_base32()
    Factor.objects.filter(account=account, kind="totp", ready=False).delete()
    closed = keystore.close(_key(), seed.encode(), bound_to=f"totp:{account.id}".encode())
    Factor.objects.create(account=account, kind="totp", secret=closed, ready=False, made_at=clock.now())
    nothing_changed()
    return seed, pyotp.TOTP(seed).provisioning_uri(name=account.username, issuer_name=ISSUER)


@command("identity.use_account")
def confirm_totp(actor: Actor, *, code: str) -> list[str]:
    """Put the new seed in force once a code of it is typed; gives recovery codes when there are none yet."""
    account = queries.own_account(actor)
    fresh = Factor.objects.select_for_update().filter(account=account, kind="totp", ready=False).first()
    if fresh is None or not _code_fits(fresh, code):
        sentence = _("Code: this is not the one that the app shows now. Check the clock of the phone.")
        raise Invalid(sentence, fields={"code": sentence})
    Factor.objects.filter(account=account, kind="totp", ready=True).delete()
    fresh.ready = True
    fresh.save()
    record(actor, events.AccountChanged(account=account.id, what="factor-added:totp"), authority=AUTHORITY)
    return _recovery_codes(account) if not Factor.objects.filter(account=account, kind="recovery").exists() else []


AUTHORITY = "GB/T 22239-2019 8.1.4.1 身份鉴别"


@command("identity.use_account")
def new_recovery_codes(actor: Actor) -> list[str]:
    """Ten codes, each good once; earlier ones end. Shown once."""
    account = queries.own_account(actor)
    made = _recovery_codes(account)
    record(actor, events.AccountChanged(account=account.id, what="factor-added:recovery"), authority=AUTHORITY)
    return made


def _recovery_codes(account: Account) -> list[str]:
    Factor.objects.filter(account=account, kind="recovery").delete()
    made = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _n in range(rules.RECOVERY_CODES)]
    # A code is 64 random bits: a fast digest suffices, as for tokens.
    Factor.objects.bulk_create(Factor(account=account, kind="recovery", secret=sm.sm3(code.encode()), made_at=clock.now()) for code in made)
    return made


@command("identity.use_account")
def begin_passkey(actor: Actor, *, host: str) -> tuple[dict[str, Any], Any]:
    """Options for the browser, and the state to keep in the session."""
    account = queries.own_account(actor)
    held = Factor.objects.filter(account=account, kind="passkey")
    if held.count() >= MOST:
        raise Conflict(_("Twenty passkeys are enough: remove one first."))
    nothing_changed()
    handle = f"account:{account.id}".encode()
    return passkeys.ask_new(host, handle=handle, username=account.username, shown=actor.name, held=[bytes(f.secret) for f in held])


@command("identity.use_account")
def add_passkey(actor: Actor, *, host: str, state: Any, answer: dict[str, Any], name: str) -> Factor:
    """Keep a new passkey; raises Invalid when the browser's answer does not hold."""
    try:
        credential, public = passkeys.take_new(host, state, answer)
    except passkeys.NotProved as fault:
        raise Invalid(_("The passkey could not be set up. Try again."), code="passkey") from fault
    if Factor.objects.filter(kind="passkey", credential=credential).exists():
        raise Conflict(_("This passkey is registered already."))
    account = queries.own_account(actor)
    made = Factor.objects.create(
        account=account, kind="passkey", name=name.strip()[:60] or _("Passkey"), secret=public, credential=credential, made_at=clock.now()
    )
    record(actor, events.AccountChanged(account=account.id, what="factor-added:passkey"), authority=AUTHORITY)
    return made


@command("identity.use_account")
def remove_factor(actor: Actor, *, factor: int) -> None:
    """End one of one's own factors; with the last one the recovery codes go too."""
    found = Factor.objects.filter(id=factor, account_id=actor.account, kind__in=["totp", "passkey", "x509"]).first()
    if found is None:
        raise NotFound(_("There is no such proof. Reload the page."))
    found.delete()
    if not Factor.objects.filter(account_id=actor.account, kind__in=["totp", "passkey"], ready=True).exists():
        Factor.objects.filter(account_id=actor.account).exclude(kind="x509").delete()
    record(actor, events.AccountChanged(account=actor.account or 0, what=f"factor-removed:{found.kind}"), authority=AUTHORITY)


def check_code(stranger: Actor, *, account: Account, code: str) -> str:
    """A one-time code or a recovery code after the password: "totp" or "recovery". Counts failures, waits like for passwords."""
    until = rules.locked_until(account.failures, account.failed_at)
    if until and until > clock.now():
        minutes = int((until - clock.now()).total_seconds() // 60) + 1
        raise TooMany(_("Too many wrong passwords. Try again in %(n)s min, or recover the password.") % {"n": minutes})
    kind = _use_code(stranger, account=account, code=code.strip().replace(" ", "").lower())
    if not kind:
        note_failure(stranger, username=account.username, account=account)
        raise NotLoggedIn(_("Code: this is not the one that the app shows now. Check the clock of the phone."), code="wrong-code")
    return kind


@command("")
def _use_code(stranger: Actor, *, account: Account, code: str) -> str:
    """Use up a code; a stranger does it, having proved the password."""
    nothing_changed()
    factor = Factor.objects.select_for_update().filter(account=account, kind="totp", ready=True).first()
    if factor and code.isdigit() and _code_fits(factor, code):
        factor.used_at = clock.now()
        factor.save()
        return "totp"
    digest = sm.sm3(code.encode())
    gone, _kinds = Factor.objects.filter(account=account, kind="recovery", secret=digest).delete()
    return "recovery" if gone else ""


def _code_fits(factor: Factor, code: str) -> bool:
    """Whether a code is that of this step or a neighbour, later than the last one used: a code works once."""
    totp, now = pyotp.TOTP(_seed(factor)), int(clock.now().timestamp())
    for step in (now // STEP, now // STEP - 1, now // STEP + 1):
        if step > factor.counter and secrets.compare_digest(totp.at(step * STEP).encode(), code.strip().encode()):
            factor.counter = step
            return True
    return False


@command("")
def use_passkey(stranger: Actor, *, host: str, state: Any, answer: dict[str, Any]) -> Account:
    """The account whose passkey answered; a stranger does it. Raises NotLoggedIn."""
    nothing_changed()
    refused = NotLoggedIn(_("This passkey is not known here, or its answer is wrong. Log in with the password."), code="passkey")
    try:
        credential = passkeys.identifier(answer)
        factor = Factor.objects.select_for_update(of=("self",)).select_related("account").get(kind="passkey", credential=credential)
        counter = passkeys.take_proof(host, state, answer, bytes(factor.secret))
    except (passkeys.NotProved, Factor.DoesNotExist) as fault:
        raise refused from fault
    # A counter that stands still means a copy of the key, unless the authenticator never counts (always 0).
    if not factor.account.is_active or (counter and counter <= factor.counter):
        raise refused
    factor.counter, factor.used_at = counter, clock.now()
    factor.save(update_fields=["counter", "used_at"])
    return factor.account
