"""Procrastinate, on the records' own database: a job is kept or lost together with what caused it."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

F = TypeVar("F", bound=Callable[..., Any])
SCHEDULES: dict[str, str] = {}


def task(name: str, *, cron: str = "", lock: str | None = None) -> Callable[[F], F]:
    """Make a function a job. It must bear being run twice. `cron`: also on this schedule, without arguments.

    A failing job is tried again after 5, 25, 125 … seconds, six times, and then stands in the list as failed.
    """

    def wrap(function: F) -> F:
        made = app.task(
            name=name, lock=lock, pass_context=False,
            retry=RetryStrategy(max_attempts=6, exponential_wait=5),
        )(_without_timestamp(function) if cron else function)  # fmt: skip
        if cron:
            SCHEDULES[name] = cron
            app.periodic(cron=cron)(made)
        return function

    return wrap


def _without_timestamp(function: Callable[[], Any]) -> Callable[..., Any]:
    def run(timestamp: int = 0) -> Any:
        return function()

    run.__name__ = function.__name__
    run.__module__ = function.__module__
    return run


def defer(name: str, *, key: str | None = None, **arguments: Any) -> None:
    """Enqueue a job in the running transaction. `key`: not again while one with it waits."""
    try:
        with transaction.atomic():  # a savepoint: the refusal of a second one must not undo what the caller did
            app.configure_task(name, queueing_lock=key).defer(**arguments)
    except AlreadyEnqueued:
        return
