"""Where a room says how it answers single queries for a resource: the port through which data travels between rooms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SUPPLIES: dict[str, "Supply"] = {}


@dataclass(frozen=True, slots=True)
class Supply:
    """`answer(key)` gives a row by item key, or None; `subject` says whose data it is: person, legal-person, or "" for neither."""

    name: str
    subject: str
    answer: Callable[[str], Mapping[str, Any] | None]


def supplies(name: str, *, subject: str = "") -> Callable[[Callable[[str], Mapping[str, Any] | None]], Callable[[str], Mapping[str, Any] | None]]:
    """Declare that the decorated function answers queries for the resource bound to `name` ("population.person")."""

    def wrap(function: Callable[[str], Mapping[str, Any] | None]) -> Callable[[str], Mapping[str, Any] | None]:
        SUPPLIES[name] = Supply(name, subject, function)
        return function

    return wrap
