"""Changes of our own rooms' rows as the ledger tells them: a source like a department's table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection

from tongban.kernel.catalogue.rules import access as access_rules
from tongban.kernel.catalogue.supplies import CHANGES, SUPPLIES
from tongban.kernel.ledger import queries as ledger
from tongban.lib.bus.contract import GONE, Contract, typed
from tongban.lib.bus.source import Read

TOGETHER = 5_000  # rows a batch


@dataclass(frozen=True, slots=True)
class LedgerSource:
    """Rows of a supply, each as it stands when one of its entries has been sealed; what the room does not know any more is gone.

    The place of a change is the number of entries sealed. Rows outside the grant never leave; one that has left it stays as it was.
    """

    supply: str
    terms: Mapping[str, Any]
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def batches(self, contract: Contract, after: int) -> Iterator[Read]:
        """What changed behind the first `after` entries."""
        try:
            upto, subjects = ledger.subjects_since(CHANGES[self.supply].tags, after)
            keys = list(CHANGES[self.supply].keys(subjects))
            for first in range(0, len(keys), TOGETHER):
                last = upto if first + TOGETHER >= len(keys) else after  # all share a place: one cut between them goes again from where it began
                yield Read(self._rows(contract, keys[first : first + TOGETHER], upto), after, last)
        finally:
            connection.close()  # of the sender's thread

    def dangling(self, _batch: pa.Table, _contract: Contract) -> dict[str, np.ndarray]:
        """Rooms refer to what they hold."""
        return {}

    def _rows(self, contract: Contract, keys: list[str], place: int) -> pa.Table:
        found = SUPPLIES[self.supply].answers(keys)
        told = [(k, found.get(k)) for k in keys if k not in found or access_rules.row_allowed(self.terms, found[k])]
        columns = []
        for column in contract.columns:
            if column.name == contract.sequence:
                columns.append(pa.array([place] * len(told), pa.int64()))
            else:
                columns.append(typed([k if column.name == contract.key else _told(row and row.get(column.name)) for k, row in told], column.type))
        columns.append(pa.array([row is None for _k, row in told], pa.bool_()))
        return pa.table(columns, schema=pa.schema([f.with_nullable(True) for f in contract.schema() if f.name != GONE] + [pa.field(GONE, pa.bool_())]))


def _told(value: object) -> str | None:
    """As PostgreSQL would write it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(sep=" ")
    return None if value is None or value == "" else str(value)
