"""The peer of `exchange`: dlt moves the same table, as its documentation advises for speed. Prints the seconds of the pipeline alone."""

import json
import sys
import time

import dlt
from dlt.sources.sql_database import sql_table

if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    pipeline = dlt.pipeline("peer", pipelines_dir=told["home"], destination=dlt.destinations.postgres(told["target"]), dataset_name="peer")
    began = time.monotonic()
    table = sql_table(credentials=told["source"], table="entity", backend="connectorx", backend_kwargs={"return_type": "arrow"}, reflection_level="minimal")
    pipeline.run(table, loader_file_format="csv", write_disposition="replace")
    print(time.monotonic() - began)
