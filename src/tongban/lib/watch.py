"""What is worth a guard's attention and is no act: a refused request, a hostile file, a probed address.

Any storey may notice; who keeps it plugs itself in. Within a request, what is noticed waits for the request's end, so that a
rolled-back transaction does not take the notice with it. A keeper that fails never breaks the request.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Noticed:
    """`kind` is a slug of the security room's vocabulary; the request adds who and from where."""

    kind: str
    subject: str = ""
    words: str = ""
    account: int | None = None
    name: str = ""
    address: str = ""
    host: str = ""
    organ: int | None = None
    detail: dict[str, object] = field(default_factory=dict)


Keeper = Callable[[list[Noticed]], None]
_waiting: ContextVar[list[Noticed] | None] = ContextVar("waiting", default=None)
_keeper: Keeper | None = None


def plug_keeper(keeper: Keeper) -> None:
    """Called once by the room that keeps what is noticed."""
    global _keeper
    _keeper = keeper


def notice(kind: str, *, subject: str = "", words: str = "", **detail: object) -> None:
    """Say what was noticed; kept at the end of the request, or at once outside one."""
    one = Noticed(kind, subject=subject[:120], words=words[:300], detail=detail)
    waiting = _waiting.get()
    if waiting is None:
        keep([one])
    else:
        waiting.append(one)


@contextmanager
def watching(who: Callable[[Noticed], Noticed]) -> Iterator[None]:
    """Hold what is noticed until the end, then let `who` add the requester and keep it."""
    held: list[Noticed] = []
    token = _waiting.set(held)
    try:
        yield
    finally:
        _waiting.reset(token)
        if held:
            keep([who(one) for one in held])


def keep(noticed: list[Noticed]) -> None:
    """Hand over to the keeper."""
    if _keeper is None:
        return
    try:
        _keeper(noticed)
    except Exception:
        log.exception("what was noticed could not be kept", kinds=[n.kind for n in noticed])


def from_request(one: Noticed, *, account: int | None, name: str, address: str, organ: int | None) -> Noticed:
    """The same notice with its requester."""
    return replace(one, account=account, name=name[:60], address=address[:45], organ=organ)
