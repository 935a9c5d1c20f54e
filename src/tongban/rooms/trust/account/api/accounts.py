"""Tokens and one's own account over the API."""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries, rules
from tongban.kernel.identity.commands import factors
from tongban.lib.errors import NotLoggedIn
from tongban.ui.access import LOGGED_IN, OPEN, actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class Credentials(Schema):
    username: str
    password: str
    code: str = Field("", max_length=30, description="one-time or recovery code, for accounts that have a second proof")


class Token(Schema):
    token: str
    expires_in: int


class Enterprise(Schema):
    id: int
    name: str
    credit_code: str


class Me(Schema):
    name: str
    organ: str
    roles: list[str]
    enterprises: list[Enterprise]


@router.post("/tokens", response={200: Token, **PROBLEMS})
@allows(OPEN)
def make_token(request: HttpRequest, body: Credentials) -> Token:
    """A bearer token for eight hours."""
    account = identity.log_in(actor_of(request), username=body.username[:60], password=body.password[:200])
    life = int(identity.TOKEN_LIFE.total_seconds())
    level = rules.ONE_PROOF
    if queries.second_proofs(account):
        if not body.code:
            raise NotLoggedIn(_("This account has a second proof: send its one-time code too."), code="second-proof-needed")
        factors.check_code(actor_of(request), account=account, code=body.code)
        level = rules.TWO_PROOFS
    return Token(token=identity.issue_token(actor_of(request), account=account, level=level), expires_in=life)


@router.get("/me", response={200: Me, **PROBLEMS})
@allows(LOGGED_IN)
def me(request: HttpRequest) -> Me:
    """Who the token belongs to."""
    actor = actor_of(request)
    held = [Enterprise(id=m.id, name=m.name, credit_code=m.credit_code) for m in queries.mandates(actor)]
    return Me(name=actor.name, organ=actor.organ_name, roles=sorted(actor.roles), enterprises=held)
