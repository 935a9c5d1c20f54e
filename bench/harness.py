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

    from tongban.config import loading

    loading.load_base(settings.DATASETS)


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
