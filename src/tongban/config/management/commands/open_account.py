"""`manage open_account`: the first administrator of an installation; further accounts are opened on the accounts page."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tongban.kernel.identity.actor import system
from tongban.kernel.identity.commands import staff
from tongban.kernel.identity.rules import ADMINISTRATOR, OFFICIALS
from tongban.lib.errors import TongbanError


class Command(BaseCommand):
    help = "开通账户并任命角色；初始密码只显示一次"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="账户名")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument("--id-number", required=True, help="公民身份号码")
        parser.add_argument("--organ", default="sd-bigdata", help="机构标识，如370102-market")
        parser.add_argument("--role", default=ADMINISTRATOR, choices=OFFICIALS, help="角色")
        parser.add_argument("--region", default="37", help="管辖区划代码，如370102")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = system("manage open_account")
        try:
            account, password = staff.open_for(
                actor, username=options["username"], name=options["name"], id_number=options["id_number"],
                region=options["region"], staff=options["role"] == ADMINISTRATOR,
            )  # fmt: skip
            staff.appoint(actor, account=account.id, organ=options["organ"], role=options["role"], region=options["region"])
        except TongbanError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"账户 {account.username} 已开通，初始密码：{password}")
