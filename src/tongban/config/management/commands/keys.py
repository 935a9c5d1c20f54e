"""`manage keys`: what keys there are; a new one for documents; documents under it; another passphrase."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tongban.kernel.files import commands as files
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands as ledger
from tongban.lib import keys
from tongban.rooms.base.continuity import commands as continuity
from tongban.lib.sm import certificates, module, provider, sm3_hex

SHORTEST = 12


class Command(BaseCommand):
    help = "密钥：list 列出，rotate 更换文件密钥，rotate-ledger 更换账本签名密钥，rotate-columns 更换一类记录的列密钥，rewrap 将已有文件移到新密钥下，passphrase 更换口令，module 将密钥库移入密码机，request 为账本签名密钥生成证书请求"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["list", "rotate", "rotate-ledger", "rotate-columns", "rewrap", "passphrase", "module", "request"])
        parser.add_argument("--kind", default="persons", help="rotate-columns：记录种类，如 persons、cases / class of record")
        parser.add_argument("--token", default="tongban", help="module：密码机中的令牌标签 / label of the token")
        parser.add_argument("--name", default="", help="request：证书主体名称 / common name of the request")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = system("manage keys")
        if options["what"] == "rotate":
            self.stdout.write(f"新的文件密钥：{files.rotate_key(actor)}")
        elif options["what"] == "rotate-ledger":
            fresh = ledger.introduce_key(actor, reason="manage keys rotate-ledger")
            self.stdout.write(f"新的账本签名公钥：{fresh.public.hex()}\n指纹：{sm3_hex(fresh.public)}\n请将指纹另行保存并告知见证节点。")
        elif options["what"] == "rotate-columns":
            self.stdout.write(f"已更换列密钥的批次：{continuity.renew_cohorts(actor, kind=options['kind'])}；已有内容仍可打开。")
        elif options["what"] == "rewrap":
            self.stdout.write(f"已移到当前密钥下的文件：{files.rewrap_files(actor)}")
        elif options["what"] == "passphrase":
            self._passphrase()
        elif options["what"] == "module":
            self._module(options["token"])
        elif options["what"] == "request":
            self.stdout.write(certificates.request(ledger.ledger_key(), common_name=options["name"].strip() or ledger.origin()))
        else:
            self._list()

    def _list(self) -> None:
        self.stdout.write(f"国密实现：{provider()}")
        for key in keys.keystore().held():
            self.stdout.write(f"{key.id}  {key.use:<8} {key.algorithm:<4} {key.state:<8} {key.created}")

    def _module(self, token: str) -> None:
        """The module's key takes the passphrase's place; the PIN is given at each start where the passphrase was."""
        try:
            label = keys.keystore().move_to_module(getpass.getpass("密码机用户口令（PIN）：").encode(), token=token)
        except (module.Unavailable, module.Refused) as fault:
            raise CommandError(f"没有改动：{fault}") from fault
        (keys.folder() / "passphrase").unlink(missing_ok=True)
        self.stdout.write(f"密钥库已由密码机中的密钥 {label} 封存。以后启动时以 TONGBAN_KEY_PASSPHRASE 提供 PIN，并设置 TONGBAN_PKCS11_MODULE。")

    def _passphrase(self) -> None:
        """Typed by each custodian in turn, so that none knows the whole; an empty line ends."""
        parts: list[str] = []
        while part := getpass.getpass(f"第{len(parts) + 1}位保管人的口令（空行结束）："):
            if len(part) < SHORTEST:
                raise CommandError(f"口令至少{SHORTEST}个字符，没有改动。")
            if getpass.getpass("再输入一次：") != part:
                raise CommandError("两次输入不一致，没有改动。")
            parts.append(part)
        if not parts:
            raise CommandError("没有输入口令，没有改动。")
        keys.keystore().change_passphrase("\n".join(parts).encode())
        if not keys.told_passphrase():
            (keys.folder() / "passphrase").unlink(missing_ok=True)
        self.stdout.write("口令已更换。以后启动时用环境变量 TONGBAN_KEY_PASSPHRASE 提供，各部分依次以换行连接。")
