"""Systems ask to log people in here; another person approves."""

import secrets

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.trust.account import events, queries, rules
from tongban.rooms.trust.account.models import Client, Token

AUTHORITY = "山东省十三五电子政务规划 统一身份认证"
_MOVES = {("requested", "approved"), ("requested", "refused"), ("approved", "suspended"), ("suspended", "approved")}


def _refuse(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})


@command("account.request_client")
def request_client(
    actor: Actor, *, name: str, purpose: str, kind: str, redirect_uris: list[str], scopes: list[str], post_logout_uris: list[str],
    backchannel_uri: str = "", least_level: int = 1,
) -> Client:  # fmt: skip
    """Ask for a system of the actor's own organ; raises Invalid."""
    if actor.organ is None:
        raise Refused(_("Only an official asks, for the own organ."))
    if not name.strip() or len(purpose.strip()) < 2:
        raise _refuse("purpose", _("Name and purpose: say what the system is and why it needs to know its users."))
    if kind not in Client.Kind.values:
        raise _refuse("kind", _("Kind: choose one of the list."))
    interactive = kind in ("web", "native")
    if interactive != bool(redirect_uris) or any(rules.uri_fault(u, native=kind == "native") for u in redirect_uris):
        raise _refuse(
            "redirect_uris", _("Return addresses: https ones without “#” or “*”, one a line; http on this machine only. Machines and devices have none.")
        )
    if any(rules.uri_fault(u) for u in [*post_logout_uris, *([backchannel_uri] if backchannel_uri else [])]):
        raise _refuse("backchannel_uri", _("Logout addresses: https ones without “#” or “*”."))
    offered = set(rules.SCOPES) - (set() if kind == "machine" else set(rules.MACHINE_SCOPES))
    if not set(scopes) <= offered or (interactive and "openid" not in scopes):
        raise _refuse("scopes", _("What it learns: choose from the list; logging people in needs “openid”."))
    made = Client.objects.create(
        client_id=secrets.token_hex(12), name=name.strip()[:80], purpose=purpose.strip()[:300], organ=orgs.organ_by_id(actor.organ),
        region_code=orgs.organ_by_id(actor.organ).region_code, kind=kind, redirect_uris=redirect_uris[:20], post_logout_uris=post_logout_uris[:20],
        backchannel_uri=backchannel_uri[:300], scopes=[s for s in rules.SCOPES if s in scopes], least_level=2 if least_level == rules.LEVEL_OF_SCOPE["identity"] else 1,
        requested_by=actor.account or 0, requested_at=clock.now(),
    )  # fmt: skip
    record(actor, events.ClientChanged(client=made.client_id, change="requested", reason=made.purpose), authority=AUTHORITY)
    return made


@command("account.approve_client")
def decide_client(actor: Actor, *, client: str, state: str, reason: str = "") -> Client:
    """Approve, refuse, suspend or allow again; whoever asked does not decide."""
    one = Client.objects.select_for_update(of=("self",)).get(id=queries.client(actor, client).id)
    if one.requested_by == actor.account:
        raise Refused(_("Whoever asked does not decide. Let another person look at it."))
    if (one.state, state) not in _MOVES:
        raise Conflict(_("This system has been decided on meanwhile. Reload the page."))
    if state in ("refused", "suspended") and len(reason.strip()) < 2:
        raise _refuse("reason", _("Reason: say why."))
    one.state, one.decided_by, one.decided_at, one.reason = state, actor.account, clock.now(), reason.strip()[:300]
    one.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    if state == "suspended":
        Token.objects.filter(client=one, revoked_at=None).update(revoked_at=clock.now())
    record(actor, events.ClientChanged(client=one.client_id, change=state, reason=one.reason), authority=AUTHORITY)
    return one


@command("account.request_client")
def new_secret(actor: Actor, *, client: str) -> str:
    """A new secret, shown once; the one before ends. For systems of the actor's own organ."""
    one = queries.client(actor, client)
    if one.organ_id != actor.organ or one.state != "approved" or one.kind not in ("web", "machine"):
        raise Conflict(_("Only an approved web or machine system of your own organ has a secret."))
    secret = secrets.token_urlsafe(32)
    Client.objects.filter(id=one.id).update(secret_digest=queries.digest(secret))
    record(actor, events.ClientChanged(client=one.client_id, change="secret"), authority=AUTHORITY)
    return secret
