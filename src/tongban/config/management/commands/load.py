"""`manage load`: everything that an installation needs, and in demo mode a province at work. Idempotent."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from tongban.config import loading


class Command(BaseCommand):
    help = "装入地区、机构、日历、流程、事项；演示模式下再装入演示数据"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="先更新数据表")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["migrate"]:
            call_command("migrate", verbosity=0)
        for told in loading.load(settings.DATASETS, demo=settings.DEMO, people=settings.DEMO_PEOPLE):
            self.stdout.write(f"          {told}")
            self.stdout.flush()
