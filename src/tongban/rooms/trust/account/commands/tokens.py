"""Consents, codes, tokens, devices: each use is one transaction, and what comes twice ends its whole family."""

import uuid
from dataclasses import dataclass

from django.db.models import F

from tongban.kernel.identity.actor import Actor, system
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.rooms.trust.account import events, queries, rules
from tongban.rooms.trust.account.models import Client, Code, Consent, Device, Token

AUTHORITY = "个人信息保护法第十三条、第十四条"
PLATFORM = system("通办·统一认证")


@dataclass(frozen=True, slots=True)
class Login:
    """How and when the person at the browser logged in."""

    auth_time: int
    level: int
    way: str
    session: str


@command("identity.use_account")
def give_consent(actor: Actor, *, client: Client, scopes: list[str]) -> None:
    """Let a system learn what these scopes tell, until it is taken back."""
    Consent.objects.filter(account=actor.account, client=client, ended_at=None).update(ended_at=clock.now())
    Consent.objects.create(account=actor.account or 0, client=client, scopes=scopes, given_at=clock.now())
    record(actor, events.ConsentChanged(account=actor.account or 0, client=client.client_id, scopes=scopes, change="given"), authority=AUTHORITY)


@command("identity.use_account")
def end_consent(actor: Actor, *, client: str) -> None:
    """Take a consent back; the system's tokens for this person end with it."""
    Consent.objects.filter(account=actor.account, client__client_id=client, ended_at=None).update(ended_at=clock.now())
    Token.objects.filter(account=actor.account, client__client_id=client, revoked_at=None).update(revoked_at=clock.now())
    record(actor, events.ConsentChanged(account=actor.account or 0, client=client, scopes=[], change="ended"), authority=AUTHORITY)


@command("identity.use_account")
def issue_code(actor: Actor, *, client: Client, code: str, redirect_uri: str, scope: str, nonce: str, challenge: str, login: Login) -> None:
    """Keep a code for its sixty seconds; the token that comes of it is what the ledger names."""
    Code.objects.create(
        digest=queries.digest(code), client=client, family=uuid.uuid4(), account=actor.account or 0, redirect_uri=redirect_uri, scope=scope,
        nonce=nonce[:300], challenge=challenge, auth_time=login.auth_time, level=login.level, way=login.way, session=login.session,
        expires_at=clock.now() + rules.CODE_LIFE,
    )  # fmt: skip
    nothing_changed()


@command("")
def take_code(actor: Actor, *, code: str, client: Client) -> Code | None:
    """The code, used up; a second use ends all that came of the first (RFC 6749 section 4.1.2)."""
    found = Code.objects.select_for_update().filter(digest=queries.digest(code), client=client).first()
    if found is None or found.expires_at < clock.now():
        nothing_changed()
        return None
    if found.used_at:
        _end_family(found.family, "reuse")
        return None
    found.used_at = clock.now()
    found.save(update_fields=["used_at"])
    nothing_changed()
    return found


@command("")
def issue_token(
    actor: Actor, *, client: Client, access: str, refresh: str | None, scope: str, grant: str, account: int | None, source: Code | Token | None
) -> Token:
    """Keep an access token and its refresh token."""
    now = clock.now()
    made = Token.objects.create(
        access_digest=queries.digest(access), refresh_digest=queries.digest(refresh) if refresh else None, client=client,
        family=source.family if source else uuid.uuid4(), account=account, scope=scope, issued_at=now, access_expires_at=now + rules.ACCESS_LIFE,
        refresh_expires_at=now + rules.REFRESH_LIFE if refresh else None, auth_time=source.auth_time if source else 0,
        level=source.level if source else 1, way=source.way if source else "", session=source.session if source else "",
    )  # fmt: skip
    record(PLATFORM, events.TokenIssued(account=account or 0, client=client.client_id, scope=scope, grant=grant), authority=AUTHORITY)
    return made


@command("")
def take_refresh(actor: Actor, *, refresh: str) -> Token | None:
    """The token behind a refresh token, used up; one that comes twice was stolen, and its family ends."""
    found = Token.objects.select_for_update(of=("self",)).select_related("client").filter(refresh_digest=queries.digest(refresh)).first()
    if found is None or found.revoked_at or (found.refresh_expires_at and found.refresh_expires_at < clock.now()):
        nothing_changed()
        return None
    if found.refreshed_at:
        _end_family(found.family, "reuse")
        return None
    found.refreshed_at = found.access_expires_at = clock.now()
    found.save(update_fields=["refreshed_at", "access_expires_at"])
    nothing_changed()
    return found


@command("")
def revoke(actor: Actor, *, token: Token) -> None:
    """End a token with all that came of the same authorisation."""
    _end_family(token.family, "revoked")


def _end_family(family: uuid.UUID, why: str) -> None:
    found = Token.objects.filter(family=family).select_related("client").first()
    Token.objects.filter(family=family, revoked_at=None).update(revoked_at=clock.now())
    if found is None:
        nothing_changed()
    else:
        record(PLATFORM, events.TokensRevoked(account=found.account or 0, client=found.client.client_id, why=why), authority=AUTHORITY)


@command("")
def end_there(actor: Actor, *, session: str) -> int:
    """A browser's session ended: its tokens end, and systems with a back-channel address are told. Returns how many systems."""
    live = Token.objects.filter(session=session, revoked_at=None).exclude(session="").select_related("client")
    told = {t.client_id: t for t in live}
    live.update(revoked_at=clock.now())
    for one in told.values():
        if one.client.backchannel_uri and one.account:
            sub = queries.subject(one.client, one.account)
            record(PLATFORM, events.LoggedOutThere(client=one.client.client_id, sub=sub, sid=queries.sid(session)))
    nothing_changed()
    return len(told)


@command("")
def end_account(actor: Actor, *, account: int) -> int:
    """An account was cancelled: whatever it allowed and whatever was issued for it ends. Returns how many authorisations."""
    families = set(Token.objects.filter(account=account, revoked_at=None).values_list("family", flat=True))
    for family in families:
        _end_family(family, "account cancelled")
    Consent.objects.filter(account=account, ended_at=None).update(ended_at=clock.now())
    nothing_changed()
    return len(families)


@command("")
def begin_device(actor: Actor, *, client: Client, device_code: str, user_code: str, scope: str) -> None:
    """A terminal shows its code and waits."""
    Device.objects.filter(expires_at__lt=clock.now()).delete()
    Device.objects.create(digest=queries.digest(device_code), user_code=user_code, client=client, scope=scope, expires_at=clock.now() + rules.DEVICE_LIFE)
    nothing_changed()


@command("identity.use_account")
def answer_device(actor: Actor, *, device: Device, allowed: bool) -> None:
    """The person who holds the code allows the terminal, or not."""
    Device.objects.filter(id=device.id, allowed=None).update(allowed=allowed, account=actor.account)
    scopes = device.scope.split()
    change = "given" if allowed else "refused"
    record(actor, events.ConsentChanged(account=actor.account or 0, client=device.client.client_id, scopes=scopes, change=change), authority=AUTHORITY)


@command("")
def poll_device(actor: Actor, *, device: Device) -> bool:
    """Whether the terminal asks again too soon."""
    soon = device.polled_at is not None and (clock.now() - device.polled_at).total_seconds() < rules.POLL_EVERY
    Device.objects.filter(id=device.id).update(polled_at=clock.now())
    nothing_changed()
    return soon


@command("")
def use_device(actor: Actor, *, device: Device) -> bool:
    """Use up an answered device code; False when it was used before."""
    nothing_changed()
    return bool(Device.objects.filter(id=device.id, used_at=None).exclude(allowed=None).update(used_at=clock.now(), expires_at=F("expires_at")))
