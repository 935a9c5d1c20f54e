"""Commands are the only writers: permission → rule → row → ledger entry, in one transaction.

The port stands here, below the kernel, because identity writes too and the ledger stands above identity
(docs/adr/0002). `kernel.ledger` plugs its recorder in when it is ready.
"""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from django.db import transaction

from tongban.lib.events import Event

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A", bound="May")
COMMANDS: dict[str, str] = {}  # "tongban.rooms.….accept_case" -> permission, read by the tests of the house
_recorded: ContextVar[list[str] | None] = ContextVar("recorded", default=None)
_recorder: Callable[[Any, Event, str], None] | None = None


class May(Protocol):
    """Whoever acts: can say whether a permission is held, and refuses when it is not."""

    def require(self, permission: str) -> None: ...


class SilentWrite(RuntimeError):
    """A command ended without a ledger entry: a fault of the program, never of its user."""


def plug_recorder(recorder: Callable[[Any, Event, str], None]) -> None:
    """Called once by the ledger."""
    global _recorder
    _recorder = recorder


def record(actor: May, event: Event, *, authority: str = "") -> None:
    """Append `event` to the ledger in the running transaction; `authority` cites the article it rests on."""
    frame = _recorded.get()
    if frame is None:
        raise SilentWrite(f"{event.tag} recorded outside a command")
    if _recorder is None:
        raise SilentWrite("no ledger is installed")
    _recorder(actor, event, authority)
    frame.append(event.tag)


def recorded(tag: str) -> None:
    """Say that the statement which wrote the rows appended the entry too (the ledger's `ENTRY` columns)."""
    frame = _recorded.get()
    if frame is None:
        raise SilentWrite(f"{tag} recorded outside a command")
    frame.append(tag)


def nothing_changed() -> None:
    """Say that the running command found its work done already and wrote nothing."""
    frame = _recorded.get()
    if frame is not None:
        frame.append("")


def command(permission: str) -> Callable[[Callable[Concatenate[A, P], R]], Callable[Concatenate[A, P], R]]:
    """Make a function a command: refused without `permission` ("" asks for none: say why in the docstring)."""

    def wrap(function: Callable[Concatenate[A, P], R]) -> Callable[Concatenate[A, P], R]:
        name = f"{function.__module__}.{function.__name__}"
        COMMANDS[name] = permission

        @functools.wraps(function)
        def run(actor: A, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if permission:
                actor.require(permission)
            outer = _recorded.get()
            frame: list[str] = []
            token = _recorded.set(frame)
            try:
                # A command within a command shares its transaction: whatever fails, all of it is undone.
                with transaction.atomic(savepoint=outer is None):
                    result = function(actor, *args, **kwargs)
                    if not frame:
                        raise SilentWrite(f"{name} left no ledger entry")
            finally:
                _recorded.reset(token)
            if outer is not None:
                outer.extend(frame)
            return result

        return run

    return wrap
