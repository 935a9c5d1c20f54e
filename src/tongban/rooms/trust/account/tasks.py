"""Telling other systems that a session ended (OpenID Connect Back-Channel Logout 1.0); ending roles that a review did not confirm."""

import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime

from tongban.kernel.identity.actor import system
from tongban.kernel.identity.commands import powers
from tongban.kernel.jobs.queue import task
from tongban.lib import outward
from tongban.lib.errors import Unavailable
from tongban.rooms.trust.account.commands.signing import issuer, signed
from tongban.lib.retention import purges
from tongban.rooms.trust.account.models import Client, Code, Device, Token

PATIENCE, LIFE = 5, 120  # seconds
EVENT = "http://schemas.openid.net/event/backchannel-logout"


PLATFORM = system("通办·账户")


@task("account.lapse_reviews", cron="13 1 * * *", lock="account.lapse_reviews")
def lapse_reviews() -> None:
    """Every night: what nobody confirmed by a review's day ends."""
    powers.lapse_reviews(PLATFORM)


def tell_logged_out(client: Client, *, sub: str, sid: str, event: int) -> None:
    """Post a logout token; raises Unavailable when the system does not take it, so that it is tried again."""
    now = int(time.time())
    claims = {"iss": issuer(), "aud": client.client_id, "iat": now, "exp": now + LIFE, "jti": f"logout-{event}", "sub": sub, "sid": sid, "events": {EVENT: {}}}
    body = urllib.parse.urlencode({"logout_token": signed(claims, "logout+jwt")}).encode()
    asked = urllib.request.Request(client.backchannel_uri, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})  # noqa: S310 - https, checked when registered
    try:
        with outward.call(asked, timeout=PATIENCE):
            return
    except (OSError, ValueError) as fault:
        raise Unavailable(f"{client.name}: {fault}") from fault


@purges("account.tokens")
def drop_tokens(before: datetime) -> int:
    """Codes, device codes and tokens that ran out; refresh tokens end later than their access tokens and count."""
    gone = Code.objects.filter(expires_at__lt=before).delete()[0] + Device.objects.filter(expires_at__lt=before).delete()[0]
    return gone + Token.objects.filter(access_expires_at__lt=before).exclude(refresh_expires_at__gte=before).delete()[0]
