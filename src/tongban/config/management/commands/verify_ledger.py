"""`manage verify_ledger`: read the whole ledger again and compare."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tongban.kernel.ledger import commands, queries
from tongban.lib import watch


class Command(BaseCommand):
    help = "核验账本：逐条重算，核对链与库外检查点"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--processes", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        verdict = queries.verify(processes=options["processes"], publics=commands.publics())
        self.stdout.write(
            f"{verdict.entries}条记录、{verdict.blocks}个区块、{verdict.checkpoints}个库外检查点，"
            f"另有{verdict.unsealed}条待封存，用时{time.monotonic() - began:.2f}秒"
        )
        for fault in verdict.faults:
            self.stdout.write(f"  异常 / fault: {fault}")
            watch.notice("tamper", subject="ledger", words=fault)
        if verdict.faults:
            sys.exit(1)
        self.stdout.write("账本完好 / the ledger is intact")
