"""`manage load_holidays 2027`: take a year's holidays from the calendar package."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tongban.kernel.calendar import commands
from tongban.kernel.identity.actor import system
from tongban.lib.errors import TongbanError


class Command(BaseCommand):
    help = "装入某年的节假日与调休"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            days = commands.load_year(system("通办·日历"), year=options["year"])
        except TongbanError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"{options['year']}: {days}")
