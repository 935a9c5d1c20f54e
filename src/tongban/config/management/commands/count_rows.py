"""`manage count_rows`: rows of every table as JSON, to compare a copy with its origin."""

import json
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "各表行数（JSON）"

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {m._meta.db_table: m._base_manager.count() for m in apps.get_models() if m._meta.managed and not m._meta.proxy}
        self.stdout.write(json.dumps(counts))
