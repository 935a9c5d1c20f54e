"""`manage record_drill`: put a drill of the platform's own backup down in the recovery centre."""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tongban.kernel.identity.actor import system
from tongban.rooms.base.continuity import commands


class Command(BaseCommand):
    help = "登记一次平台自身的灾备演练（由 drill 调用）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("result", help="JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        told, actor = json.loads(options["result"]), system("通办·灾备")
        commands.own_system(actor)
        fault = told.pop("fault", "")
        at = datetime.fromisoformat(told["at"])
        passed = not fault
        commands.record_drill(
            actor, system=commands.OWN, at=at, rpo_s=told["rpo_s"], rto_s=told["rto_s"], passed=passed, words=fault or told["ledger"], detail=told
        )
        if passed:
            report = {"at": at.isoformat(), "kind": "restored", "bytes": told["bytes"], "good": True, "words": told["base"]}
            commands.report_backup(actor, system=commands.OWN, tool="tongban", told=report)
