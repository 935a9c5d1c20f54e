"""The worker: seals the ledger, delivers events, runs jobs."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

import django
from django.db import close_old_connections, connection

django.setup()

from procrastinate.contrib.django import app  # noqa: E402 - apps must be ready first
from procrastinate.contrib.django.django_connector import DjangoConnector  # noqa: E402

from tongban.kernel.ledger.commands import seal_entries  # noqa: E402
from tongban.kernel.ledger.delivery import deliver_all  # noqa: E402


def run() -> int:
    """Until a signal ends it."""
    stop = threading.Event()
    for name, work in (("sealer", seal_entries), ("delivery", deliver_all)):
        threading.Thread(target=_loop, args=(name, work, stop), daemon=True).start()
    asyncio.run(_jobs())
    stop.set()
    return 0


def _loop(name: str, work: Callable[[], int], stop: threading.Event) -> None:
    """Poll; a database that is away for a while is waited for."""
    pause = 0.02
    while not stop.is_set():
        try:
            pause = 0.02 if work() else min(pause * 1.5, 0.25)
        except Exception:
            logging.getLogger("tongban.worker").exception("%s failed; trying again", name)
            connection.close()
            pause = 2
        close_old_connections()
        time.sleep(pause)


async def _jobs() -> None:
    if not isinstance(app.connector, DjangoConnector):
        raise TypeError("the queue is not on the records' database")
    with app.replace_connector(app.connector.get_worker_connector()) as working:
        async with working.open_async():
            await working.run_worker_async(concurrency=2, fetch_job_polling_interval=1, delete_jobs="never")
