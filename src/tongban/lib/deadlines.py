"""What somebody waits for within a limit and is no case: its room says what runs out, supervision watches it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

Found = Callable[[date], Iterable["Deadline"]]
People = Callable[[str], Iterable[int]]
_watched: dict[str, tuple[Found, People]] = {}


@dataclass(frozen=True, slots=True)
class Deadline:
    """`kind` and `key` name the thing as `rooms.reference` does; `organ` (its id) must act by the end of `due`."""

    kind: str
    key: str
    title: str
    organ: int
    organ_name: str
    region: str
    due: date


def watched(kind: str, *, people: People) -> Callable[[Found], Found]:
    """Declare that the decorated function gives what is open of a kind and due by a day. `people`: accounts to be told, by key."""

    def wrap(function: Found) -> Found:
        _watched[kind] = (function, people)
        return function

    return wrap


def by(day: date) -> Iterator[Deadline]:
    """Everything open that is due by a day, of every kind."""
    for found, _people in _watched.values():
        yield from found(day)


def people(kind: str, key: str) -> set[int]:
    """Who is told of a lateness; nobody where the kind is not watched any more."""
    return set(_watched[kind][1](key)) if kind in _watched else set()
