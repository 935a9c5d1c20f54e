"""The time, passed in: `now()` everywhere, `at(moment)` in tests, seeds and simulations."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
_fixed: ContextVar[datetime | None] = ContextVar("fixed", default=None)


def now() -> datetime:
    """The moment, aware, in China's zone: limits are counted in China's days."""
    return _fixed.get() or datetime.now(CHINA)


def today() -> date:
    return now().astimezone(CHINA).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block it is `moment`."""
    token = _fixed.set(moment.astimezone(CHINA) if moment.tzinfo else moment.replace(tzinfo=CHINA))
    try:
        yield
    finally:
        _fixed.reset(token)
