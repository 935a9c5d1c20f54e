"""How often one address or one account may ask. Beyond it the answer is 429 and says when to come again.

Counted in each web process on its own (two by default): the true ceiling is the number of processes times what stands here. What
guards a single secret, the backoff after wrong passwords, is counted in the database and exact (`identity.rules.locked_until`).
Limits by address are wide, for a whole hall of citizens may sit behind one.
"""

from dataclasses import dataclass

from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

_counter = SlidingWindowCounterRateLimiter(MemoryStorage())


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests whose path begins so (and that write, where `writes`), for one address or one account."""

    path: str
    per_address: RateLimitItem | None = None
    per_account: RateLimitItem | None = None
    writes: bool = False


RATES = (
    Rate("/account/login/", per_address=parse("60/minute"), writes=True),
    Rate("/account/sms/", per_address=parse("30/minute"), writes=True),
    Rate("/account/certificate/", per_address=parse("60/minute"), writes=True),
    Rate("/account/prove/", per_account=parse("20/minute"), writes=True),
    Rate("/api/account/tokens", per_address=parse("60/minute"), writes=True),
    Rate("/oauth/", per_address=parse("600/minute"), writes=True),
    Rate("/account/proof/", per_address=parse("60/minute"), writes=True),
    Rate("/api/ledger/", per_address=parse("600/minute")),
    Rate("/api/security/events", per_account=parse("600/minute"), writes=True),
)
EVERYTHING = Rate("/", per_address=parse("6000/minute"), per_account=parse("1200/minute"))


def exceeded(path: str, *, writes: bool, address: str, account: int | None) -> bool:
    """Count this request; whether it is one too many."""
    if not settings.RATE_LIMITS:
        return False
    mine = [r for r in RATES if path.startswith(r.path) and (writes or not r.writes)]
    counted = [_over(rate, address, account) for rate in (*mine, EVERYTHING)]
    return any(counted)


def _over(rate: Rate, address: str, account: int | None) -> bool:
    over = rate.per_address is not None and not _counter.hit(rate.per_address, rate.path, "address", address)
    return (rate.per_account is not None and account is not None and not _counter.hit(rate.per_account, rate.path, "account", str(account))) or over


def forget() -> None:
    """Begin counting anew: between tests."""
    _counter.storage.reset()
