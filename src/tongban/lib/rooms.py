"""What an app declares of itself: permissions, pages that show a thing, entries in the menu."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import ClassVar

from django.apps import AppConfig

PERMISSIONS: dict[str, "Permission"] = {}
MENU: list["MenuEntry"] = []
_shows: dict[str, Callable[[str], str]] = {}


@dataclass(frozen=True, slots=True)
class Permission:
    """A thing that may be done; `roles` hold it from the start."""

    label: object
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One word of the officials' menu, shown to whoever holds `permission`."""

    label: object
    url_name: str
    permission: str
    order: int = 50


class RoomConfig(AppConfig):
    """Write `class HallConfig(rooms.RoomConfig)` in a file that imports `rooms`, not the class: Django takes
    every AppConfig in apps.py for a candidate.
    """

    permissions: ClassVar[dict[str, Permission]] = {}
    menu: ClassVar[tuple[MenuEntry, ...]] = ()

    def ready(self) -> None:
        PERMISSIONS.update(self.permissions)
        MENU.extend(self.menu)
        MENU.sort(key=lambda entry: entry.order)
        for part in ("handlers", "tasks"):
            if find_spec(f"{self.name}.{part}"):
                import_module(f"{self.name}.{part}")


def shows(kind: str) -> Callable[[Callable[[str], str]], Callable[[str], str]]:
    """Declare that the decorated function gives the address of the page for a `kind` ("case")."""

    def wrap(function: Callable[[str], str]) -> Callable[[str], str]:
        _shows[kind] = function
        return function

    return wrap


def reference(kind: str, key: str) -> str:
    """The address of another room's page for a thing, or "" where nobody shows it."""
    return _shows[kind](key) if kind in _shows else ""
