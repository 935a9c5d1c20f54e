"""`manage personas`: who one can log in as in the demo."""

from typing import Any

from django.core.management.base import BaseCommand

from tongban.config.personas import DEMO_PASSWORD
from tongban.kernel.identity import queries as identity


class Command(BaseCommand):
    help = "演示账户"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"可登录的演示账户（密码均为 {DEMO_PASSWORD}）/ demo accounts, one password:")
        for account in identity.personas():
            self.stdout.write(f"  {account.username:<12} {account.person.name}　{account.demo_note}")
