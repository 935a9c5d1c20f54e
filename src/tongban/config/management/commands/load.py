"""`manage load`: everything that an installation needs, and in demo mode a province at work. Idempotent."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tongban.config import loading


class Command(BaseCommand):
    help = "装入地区、机构、日历、流程、事项；演示模式下再装入演示数据"

    def handle(self, *args: Any, **options: Any) -> None:
        for told in loading.load(settings.DATASETS, demo=settings.DEMO):
            self.stdout.write(f"          {told}")
            self.stdout.flush()
