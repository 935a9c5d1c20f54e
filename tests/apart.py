"""Loaded before the settings. Tests that run side by side have a server and a folder each: the ledger's sealing waits for every transaction of its server."""

import os
from pathlib import Path

worker = os.environ.get("PYTEST_XDIST_WORKER", "")
servers = os.environ.get("TONGBAN_TEST_SERVERS", "").split()
if worker and servers:
    os.environ["DATABASE_URL"] = servers[int(worker.removeprefix("gw"))]
    os.environ["TONGBAN_DATA"] = str(Path(os.environ["TONGBAN_DATA"]) / worker)
