"""`manage ceremony`: the key ceremony. A fresh passphrase in shares, one for each custodian; some of them together open it again."""

import getpass
import hashlib
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands as ledger
from tongban.lib import clock, keys
from tongban.lib.sm import Tampered, sm3_hex
from tongban.lib.sm.keystore import Keystore, WrongPassphrase

BITS, ASKED, FEWEST, MOST = 128, 3, 2, 9
CLEAR = "\033[2J\033[3J\033[H"


class Command(BaseCommand):
    help = "密钥仪式：生成新口令并拆为若干份（SLIP-39），每位保管人一份，凑足门限份数才能打开；--combine 由保管人凑份"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--custodian", action="append", default=[], metavar="姓名", help="保管人，按顺序，重复给出 / a custodian, repeated")
        parser.add_argument("--threshold", type=int, default=0, help="打开所需份数 / shares needed")
        parser.add_argument("--record", type=Path, help="仪式记录写到此文件 / where the minutes go")
        parser.add_argument("--combine", action="store_true", help="凑份 / put shares together")
        parser.add_argument("--into", type=Path, help="口令写到此文件（建议放在内存文件系统）/ where the passphrase goes")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["combine"]:
            self._combine(options["into"])
        else:
            self._hold([n.strip() for n in options["custodian"]], options["threshold"], options["record"])

    def _hold(self, names: list[str], threshold: int, record: Path | None) -> None:
        if len(set(names)) != len(names) or not all(names) or not FEWEST <= threshold <= len(names) <= MOST:
            raise CommandError(f"请给出{FEWEST}至{MOST}位不同的保管人（--custodian），门限（--threshold）在{FEWEST}与人数之间。没有改动。")
        if record is None or record.exists():
            raise CommandError("请用 --record 给出一个尚不存在的文件，用于写仪式记录。没有改动。")
        secret = secrets.token_bytes(BITS // 8)
        [shares] = generate_mnemonics(1, [(threshold, len(names))], secret)
        for number, (name, share) in enumerate(zip(names, shares, strict=True), 1):
            self._show(number, name, share.split())
        if combine_mnemonics(shares[:threshold]) != secret or combine_mnemonics(shares[-threshold:]) != secret:
            raise CommandError("试拼失败，没有改动。")
        keys.keystore().change_passphrase(secret.hex().encode())
        minutes = self._minutes(names, threshold)
        ledger.record_ceremony(system("密钥仪式"), custodians=names, threshold=threshold, keystore=minutes["keystore_sm3"])
        record.write_text(json.dumps(minutes, ensure_ascii=False, indent=2) + "\n")
        (keys.folder() / "passphrase").unlink(missing_ok=True)
        self.stdout.write(f"{CLEAR}完成。记录：{record}，请打印、各方签字后存档。\n启动前用 manage ceremony --combine --into 文件 凑份。")

    def _show(self, number: int, name: str, words: list[str]) -> None:
        """One share, seen by its custodian alone, and three words of it asked back."""
        input(f"{CLEAR}第{number}份：请 {name} 单独面对屏幕，其他人离开。准备好后按回车。")
        rows = [words[i : i + 5] for i in range(0, len(words), 5)]
        self.stdout.write("\n".join("  ".join(f"{5 * r + c + 1:2}. {w:<10}" for c, w in enumerate(row)) for r, row in enumerate(rows)))
        input("\n请用笔抄写，不要拍照。抄好后按回车，屏幕将清空。")
        self.stdout.write(CLEAR)
        for place in sorted(secrets.SystemRandom().sample(range(len(words)), ASKED)):
            if input(f"请输入第{place + 1}个词：").strip().lower() != words[place]:
                raise CommandError("与所示不符。仪式中止，没有改动，请重新开始。")

    def _minutes(self, names: list[str], threshold: int) -> dict[str, Any]:
        """What may be read by everyone: who, when, fingerprints. No secret."""
        return {
            "ceremony": "密钥库口令更换", "at": clock.now().isoformat(timespec="seconds"), "custodians": names, "threshold": threshold,
            "scheme": "SLIP-39, Shamir secret sharing, 128 bits", "log": ledger.origin(), "ledger_keys_sm3": [sm3_hex(k) for k in ledger.publics()],
            "keystore_sm3": sm3_hex((keys.folder() / "keystore.json").read_bytes()), "random_source": f"{sys.platform} getrandom",
            "program_sha256": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(), "signatures": dict.fromkeys(names, "（签字）"),
        }  # fmt: skip

    def _combine(self, into: Path | None) -> None:
        if into is None or into.exists():
            raise CommandError("请用 --into 给出一个尚不存在的文件。")
        shares: list[str] = []
        while True:
            told = getpass.getpass(f"第{len(shares) + 1}位保管人的一份（各词以空格分隔，空行放弃）：")
            if not told.strip():
                raise CommandError("已放弃，没有写出口令。")
            shares.append(" ".join(told.lower().split()))
            try:
                secret = combine_mnemonics(shares)
            except MnemonicError as fault:
                if "nsufficient" in str(fault) or "Wrong number" in str(fault):
                    continue
                shares.pop()
                self.stderr.write(f"这一份不对，请重新输入：{fault}")
                continue
            break
        self._write(into, secret.hex())

    def _write(self, into: Path, passphrase: str) -> None:
        try:
            Keystore.open(Path(settings.DATA_DIR) / "keys" / "keystore.json", passphrase.encode())
        except (WrongPassphrase, Tampered) as fault:
            raise CommandError("凑出的口令打不开这个密钥库：这些份属于另一次仪式。") from fault
        handle = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(passphrase)
        self.stdout.write(f"已写到 {into}。启动：TONGBAN_KEY_PASSPHRASE_FILE={into} ./tongban up；启动后删除该文件。")
