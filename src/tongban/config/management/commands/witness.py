"""`manage witness`: which other ledgers this node cosigns, and how far it has seen them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands, queries
from tongban.lib.errors import TongbanError


class Command(BaseCommand):
    help = "见证：trust 登记另一节点的账本，list 列出已见证的签名根"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["trust", "list"])
        parser.add_argument("origin", nargs="?", default="")
        parser.add_argument("public", nargs="?", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = system("manage witness")
        if options["what"] == "trust":
            try:
                commands.trust_log(actor, origin=options["origin"], public=options["public"])
            except TongbanError as refused:
                raise CommandError(str(refused)) from refused
            self.stdout.write(f"从现在起见证 {options['origin']}")
        for origin, size, seen_at in queries.witnessed(actor):
            self.stdout.write(f"{origin}  {size}条  {seen_at or '尚未收到'}")
