"""What every benchmark stands on: a database of its own with fsync on, Django set up, one printed result."""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tongban.config.embedded import EmbeddedPostgres


@contextmanager
def installation(*, migrate: bool = True) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL in a temporary folder, durable as in use; tables made."""
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        postgres = EmbeddedPostgres(home)
        os.environ |= {"DATABASE_URL": postgres.start(), "TONGBAN_DATA": str(home / "data"), "TONGBAN_DEMO": "1"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "tongban.config.settings"
        try:
            import django

            django.setup()
            if migrate:
                from django.core.management import call_command

                call_command("migrate", verbosity=0)
            yield postgres
        finally:
            from django.db import connections

            connections.close_all()
            postgres.stop()


def load_base() -> None:
    """Regions, organs, calendar, processes, matters, personas; no cases."""
    from django.conf import settings

    from tongban.config import loading, province
    from tongban.kernel.calendar import commands as calendar
    from tongban.kernel.notices import seed as notices
    from tongban.kernel.orgs import seed as orgs
    from tongban.rooms.service.hall import seed as hall
    from tongban.rooms.service.supervision import seed as supervision

    data = settings.DATASETS
    orgs.load_regions(data / "orgs")
    orgs.load_organs(data / "orgs")
    for year in range(2024, 2027):
        calendar.load_year(loading.LOADER, year=year)
    loading.load_provisional(data / "calendar" / "provisional.csv")
    notices.load_templates()
    supervision.load_rules()
    hall.load_processes(loading.LOADER, data / "processes")
    hall.load_matters(data / "hall")
    province.load_people(loading.LOADER, loading.DEMO_PASSWORD)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main(name: str, measure: Callable[[Callable[[str], None]], dict[str, Any]]) -> None:
    """Run `measure`; with --json the last line is one object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    def say(line: str) -> None:
        print(line, file=sys.stderr if options.json else sys.stdout, flush=True)

    result = {"name": name, **measure(say)}
    result["detail"] |= {"cores": os.cpu_count(), "python": platform.python_version()}
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for key, value in result.items():
            say(f"{key}: {value}")
