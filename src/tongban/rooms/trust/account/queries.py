"""Clients, consents and tokens as pages and endpoints read them."""

import hmac
import os
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, keys, sm
from tongban.lib.errors import NotFound
from tongban.rooms.trust.account import rules
from tongban.rooms.trust.account.models import Client, Consent, Provisioned, Question, Token


def digest(secret: str) -> str:
    """Secrets and tokens are random, 256 bits: a fast digest suffices."""
    return sm.sm3_hex(secret.encode())


def client_of(client_id: str) -> Client | None:
    """An approved client."""
    return Client.objects.filter(client_id=client_id, state="approved").first()


def clients(actor: Actor) -> QuerySet[Client]:
    """Clients of the actor's regions; those of the own organ for who may only request."""
    rows = Client.objects.select_related("organ").order_by("-id")
    if actor.is_system:
        return rows
    scope = Q(organ=actor.organ)
    if actor.may("account.approve_client"):
        for code in actor.regions:
            scope |= Q(region_code__startswith=code)
    return rows.filter(scope)


def client(actor: Actor, client_id: str) -> Client:
    found = clients(actor).filter(client_id=client_id).first()
    if found is None:
        raise NotFound(_("There is no such system within your view."))
    return found


def consented(actor: Actor, one: Client, scopes: list[str]) -> bool:
    """Whether the actor allowed all these scopes before."""
    given = Consent.objects.filter(account=actor.account, client=one, ended_at=None).first()
    return given is not None and set(scopes) <= set(given.scopes)


def consents(actor: Actor) -> QuerySet[Consent]:
    """What the actor allows today."""
    return Consent.objects.filter(account=actor.account, ended_at=None).select_related("client", "client__organ").order_by("-given_at")


def subject(one: Client, account: int) -> str:
    """The pairwise subject: two systems of different hosts cannot compare whom they know."""
    key = keys.current("pairwise", "HMAC-SM3", lambda: os.urandom(32)).material
    told = f"{rules.sector(one.redirect_uris, one.client_id)}|{account}"
    return hmac.new(key, told.encode(), "sm3").hexdigest()


def sid(session: str) -> str:
    """A session's name for other systems."""
    return sm.sm3_hex(b"sid|" + session.encode())[:32]


def live_token(access: str) -> Token | None:
    """The token behind an access token that still holds."""
    found = Token.objects.select_related("client").filter(access_digest=digest(access), revoked_at=None, access_expires_at__gt=clock.now()).first()
    return found if found and found.client.state == "approved" else None


def claims(token: Token) -> dict[str, Any]:
    """What the scopes of a token tell of its person, and no more."""
    if token.account is None:
        return {"sub": token.client.client_id}
    actor = identity.actor_of_account(token.account, level=token.level)
    scopes = token.scope.split()
    person = identity.own_account(actor).person
    known: dict[str, Any] = {
        "sub": subject(token.client, token.account), "name": person.name, "phone_number": person.mobile, "phone_number_verified": False,
        "organ": actor.organ_key, "organ_name": actor.organ_name, "roles": sorted(actor.roles), "id_number": person.id_number,
        "enterprises": [{"name": m.name, "credit_code": m.credit_code} for m in identity.mandates(actor)],
    }  # fmt: skip
    wanted = [c for s in scopes if rules.LEVEL_OF_SCOPE.get(s, 1) <= token.level for c in rules.CLAIMS.get(s, ())]
    return {name: known[name] for name in wanted if known[name] not in ("", None)}


def questions(actor: Actor) -> QuerySet[Question]:
    """Questions about looks of the actor's organ, unanswered ones first; the platform sees all."""
    rows = Question.objects.order_by(F("answered_at").desc(nulls_first=True), "due")
    return rows if actor.is_system else rows.filter(organ=actor.organ)


def question(actor: Actor, question_id: int) -> Question:
    found = questions(actor).filter(id=question_id).first()
    if found is None:
        raise NotFound(_("There is no such question to your organ."))
    return found


def own_questions(actor: Actor) -> dict[int, Question]:
    """What the actor asked, by the ledger entry it is about."""
    return {q.entry: q for q in Question.objects.filter(account=actor.account)}


def all_provisioned(client: Client) -> list[Provisioned]:
    """The officials whom the client's organ keeps by a personnel system, in the order of their coming."""
    return list(Provisioned.objects.select_related("organ").filter(organ_id=client.organ_id, gone_at=None).order_by("id"))


def provisioned(client: Client, key: str) -> Provisioned:
    """One of them; raises NotFound."""
    rows = Provisioned.objects.select_related("organ").filter(organ_id=client.organ_id, gone_at=None)
    found = rows.filter(id=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
    if found is None:
        raise NotFound(_("There is no such official in your organ."))
    return found


def id_number_of(row: Provisioned) -> str:
    """The identity number behind a provisioned official; for comparing, never for telling."""
    return str(identity.account_of(row.account).person.id_number)
