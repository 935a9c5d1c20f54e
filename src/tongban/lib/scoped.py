"""A manager that refuses a query outside a scope: forgetting the scope is an error, not a leak."""

from typing import Any, Generic, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class UnscopedQuery(RuntimeError):
    """A query was written without an actor."""


class ScopedManager(models.Manager[M], Generic[M]):
    """`objects.unscoped("why")` is the only way in; queries.py calls it where it applies the scope."""

    def get_queryset(self) -> Any:
        raise UnscopedQuery(f"{self.model.__name__}: take the actor's scope from queries.py")

    def unscoped(self, why: str) -> "models.QuerySet[M]":
        """All rows; `why` says what limits them, for the reader."""
        if not why:
            raise UnscopedQuery("say why")
        return super().get_queryset()
