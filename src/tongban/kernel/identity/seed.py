"""What is kept after a cancellation, as shipped."""

import csv
from datetime import date
from pathlib import Path

from tongban.kernel.identity.models import Retention


def load_retention(folder: Path) -> int:
    """Enter it once."""
    if Retention.objects.exists():
        return 0
    with (folder / "retention.csv").open(newline="") as file:
        rows = [
            Retention(
                what=r["what"],
                keeps=r["keeps"],
                document=r["document"],
                effective_from=date.fromisoformat(r["effective_from"]),
                verified=r["verified"] == "yes",
            )
            for r in csv.DictReader(file)
        ]
    return len(Retention.objects.bulk_create(rows))
