"""Packages that take long to load and that most processes never need are loaded when something of them is first asked for.

Every process of an installation, every command and every test that starts one pays for what is imported at its top: a third of that time
went to packages such as these. A module that uses one says so twice, so that types are still checked:

    if TYPE_CHECKING:
        import sqlalchemy
    else:
        sqlalchemy = late("sqlalchemy")
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """Stands for a module; what was asked for once is kept, and need not be looked for again."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by tools that look at every module; none of them needs this one
            raise AttributeError(name)
        found = getattr(import_module(self.__name__), name)
        setattr(self, name, found)
        return found


def late(name: str) -> Any:
    """The module of this name, loaded at its first use; a missing one raises ModuleNotFoundError then."""
    return _Late(name)
