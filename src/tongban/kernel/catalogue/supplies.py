"""Where a room says how it answers queries for a resource: the port through which data travels between rooms."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Row = Mapping[str, Any]
Answers = Callable[[Sequence[str]], Mapping[str, Row]]
SUPPLIES: dict[str, "Supply"] = {}
_OTHERWISE: list[Callable[["Bound"], "Supply | None"]] = []


class Bound(Protocol):
    """A resource as far as its answering goes."""

    id: int
    supply: str


@dataclass(frozen=True, slots=True)
class Supply:
    """`answers(keys)` gives rows by key, each by item key; an unknown key is left out. `subject` says whose data it is: person, legal-person, or "" for neither."""

    name: str
    subject: str
    answers: Answers


def supplies(name: str, *, subject: str = "") -> Callable[[Answers], Answers]:
    """Declare that the decorated function answers queries for the resource bound to `name` ("population.person")."""

    def wrap(function: Answers) -> Answers:
        SUPPLIES[name] = Supply(name, subject, function)
        return function

    return wrap


def answers_otherwise(function: Callable[[Bound], Supply | None]) -> Callable[[Bound], Supply | None]:
    """Declare who answers for a resource that no room answers for: a department's own database."""
    _OTHERWISE.append(function)
    return function


@dataclass(frozen=True, slots=True)
class Changes:
    """`tags` of the ledger's entries that change rows of a supply, `keys(subjects)` those rows' keys."""

    tags: tuple[str, ...]
    keys: Callable[[Sequence[str]], Sequence[str]]


CHANGES: dict[str, Changes] = {}


def changed_by(name: str, *tags: str) -> Callable[[Callable[[Sequence[str]], Sequence[str]]], Callable[[Sequence[str]], Sequence[str]]]:
    """Declare that entries of these tags change the supply's rows, every one of which has such an entry; the decorated function gives the keys of subjects."""

    def wrap(function: Callable[[Sequence[str]], Sequence[str]]) -> Callable[[Sequence[str]], Sequence[str]]:
        CHANGES[name] = Changes(tags, function)
        return function

    return wrap


@dataclass(frozen=True, slots=True)
class Use:
    """Something that draws on a supply: what it is called, which items it takes, where it is shown."""

    title: str
    items: tuple[str, ...]
    address: str


_USERS: list[Callable[[str], Sequence[Use]]] = []


def draws_on(function: Callable[[str], Sequence[Use]]) -> Callable[[str], Sequence[Use]]:
    """Declare that the decorated function tells which forms of its room draw on a supply."""
    _USERS.append(function)
    return function


def users_of(supply: str) -> list[Use]:
    """The forms that draw on a supply, of all rooms."""
    return [use for function in _USERS for use in function(supply)] if supply else []


def supply_of(resource: Bound) -> Supply | None:
    """Who answers for a resource."""
    if resource.supply in SUPPLIES:
        return SUPPLIES[resource.supply]
    return next((found for function in _OTHERWISE if (found := function(resource))), None)
