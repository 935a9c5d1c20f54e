"""The same rows by dlt with connectorx, as its documentation loads PostgreSQL into PostgreSQL: no checks, no signatures, no proof."""

import sys
import time

import dlt
from dlt.sources.sql_database import sql_table


def run(source: str, target: str) -> float:
    """Seconds for one load into a fresh table."""
    pipeline = dlt.pipeline("bench", destination=dlt.destinations.postgres(target), dataset_name="peer", progress=None, dev_mode=True)
    rows = sql_table(source, table="entity", backend="connectorx", backend_kwargs={"conn": source, "return_type": "arrow"}, chunk_size=100_000)
    began = time.monotonic()
    pipeline.run(rows, loader_file_format="csv")
    return time.monotonic() - began


if __name__ == "__main__":
    print(run(sys.argv[1], sys.argv[2]))
