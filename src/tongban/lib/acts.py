"""Commands are the only writers: permission → rule → row → ledger entry, in one transaction.

The port stands here, below the kernel, because identity writes too and the ledger stands above identity
(docs/adr/0002). `kernel.ledger` plugs its recorder in when it is ready.
"""

import functools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from django.db import transaction

from tongban.lib.events import Event

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A", bound="May")
COMMANDS: dict[str, str] = {}  # "tongban.rooms.….accept_case" -> permission, read by the tests of the house
_running: ContextVar["Frame | None"] = ContextVar("running", default=None)
_recorder: Callable[[Any, Sequence[Event], str], None] | None = None


@dataclass(slots=True)
class Frame:
    """What the running command has recorded so far."""

    one_statement: bool = False
    tags: list[str] = field(default_factory=list)


class May(Protocol):
    """Whoever acts: can say whether a permission is held, and refuses when it is not."""

    def require(self, permission: str) -> None: ...


class SilentWrite(RuntimeError):
    """A command ended without a ledger entry: a fault of the program, never of its user."""


def plug_recorder(recorder: Callable[[Any, Sequence[Event], str], None]) -> None:
    """Called once by the ledger."""
    global _recorder
    _recorder = recorder


def record(actor: May, *events: Event, authority: str = "") -> None:
    """Append events to the ledger in the running transaction, in one statement; `authority` cites the article they rest on."""
    frame = _running.get()
    for event in events:
        if frame is None:
            raise SilentWrite(f"{event.tag} recorded outside a command")
        if frame.one_statement:
            raise SilentWrite(f"{event.tag}: a command of one statement appends its entry in that statement")
        frame.tags.append(event.tag)
    if _recorder is None:
        raise SilentWrite("no ledger is installed")
    if events:
        _recorder(actor, events, authority)


def recorded(tag: str) -> None:
    """Say that the statement which wrote the rows appended the entry too (the ledger's columns)."""
    frame = _running.get()
    if frame is None:
        raise SilentWrite(f"{tag} recorded outside a command")
    frame.tags.append(tag)


def nothing_changed() -> None:
    """Say that the running command found its work done already and wrote nothing."""
    frame = _running.get()
    if frame is not None:
        frame.tags.append("")


def command(permission: str, *, one_statement: bool = False) -> Callable[[Callable[Concatenate[A, P], R]], Callable[Concatenate[A, P], R]]:
    """Make a function a command: refused without `permission` ("" asks for none: say why in the docstring).

    `one_statement`: all it writes, entry included, is one SQL statement, which is a transaction of its own; BEGIN and
    COMMIT, two round trips, fall away. Within another command it shares that command's transaction like any other.
    """

    def wrap(function: Callable[Concatenate[A, P], R]) -> Callable[Concatenate[A, P], R]:
        name = f"{function.__module__}.{function.__name__}"
        COMMANDS[name] = permission

        @functools.wraps(function)
        def run(actor: A, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if permission:
                actor.require(permission)
            outer = _running.get()
            alone = one_statement and (outer is None or outer.one_statement)
            frame = Frame(one_statement=alone)
            token = _running.set(frame)
            try:
                # A command within a command shares its transaction: whatever fails, all of it is undone.
                with nullcontext() if alone else transaction.atomic(savepoint=outer is None):
                    result = function(actor, *args, **kwargs)
                    if not frame.tags:
                        raise SilentWrite(f"{name} left no ledger entry")
            finally:
                _running.reset(token)
            if outer is not None:
                outer.tags.extend(frame.tags)
            return result

        return run

    return wrap
