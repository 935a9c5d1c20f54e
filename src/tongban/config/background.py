"""The worker: seals the ledger, delivers events, runs jobs."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

import django
from django.conf import settings
from django.db import close_old_connections, connection

django.setup()

from procrastinate.contrib.django import app  # noqa: E402 - apps must be ready first
from procrastinate.contrib.django.django_connector import DjangoConnector  # noqa: E402

from tongban.kernel.ledger.commands import seal_entries  # noqa: E402
from tongban.kernel.ledger.delivery import deliver_all  # noqa: E402
from tongban.kernel.ledger.tasks import ask_witnesses  # noqa: E402
from tongban.config.collector import Collector  # noqa: E402
from tongban.rooms.trust.security.tasks import correlate  # noqa: E402


def run() -> int:
    """Until a signal ends it."""
    stop = threading.Event()
    # The sealer waits its second even while there is work: a head for each second that has entries, not for each entry.
    for name, work, least, most in (("sealer", seal_entries, 1.0, 1.0), ("delivery", deliver_all, 0.02, 0.25), ("witnesses", ask_witnesses, 1.0, 5.0),
                                    ("correlation", correlate, 2.0, 2.0)):  # fmt: skip
        threading.Thread(target=_loop, args=(name, work, least, most, stop), daemon=True).start()
    if settings.SYSLOG:
        host, _colon, port = settings.SYSLOG.rpartition(":")
        Collector(host.strip("[]") or "127.0.0.1", int(port)).start()
    asyncio.run(_jobs())
    stop.set()
    return 0


def _loop(name: str, work: Callable[[], int], least: float, most: float, stop: threading.Event) -> None:
    """Poll, `least` seconds apart while there is work, up to `most` while there is none; a database that is away is waited for."""
    pause = least
    while not stop.is_set():
        try:
            pause = least if work() else min(pause * 1.5, most)
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
