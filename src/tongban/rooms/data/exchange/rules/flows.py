"""From an agreement to a contract; states of a flow. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from tongban.kernel.catalogue.rules.borders import MASK, Passage, passing
from tongban.kernel.catalogue.rules.resources import CONDITIONAL, UNCONDITIONAL, Item
from tongban.lib import codes
from tongban.lib.bus.contract import SEQUENCE, Column, Contract
from tongban.lib.probing import Probed

PREPARING, RUNNING, PAUSED, FAILED, FILES = "preparing", "running", "paused", "failed", "files"
STATES = {PREPARING: "待接通", RUNNING: "运行中", PAUSED: "已暂停", FAILED: "故障", FILES: "文件交换"}
FILE_ORDER = "tongban_seq"  # rows of a file are numbered in it; it does not travel
MOVES = {
    (PREPARING, "run"): RUNNING, (RUNNING, "pause"): PAUSED, (PAUSED, "run"): RUNNING, (FAILED, "run"): RUNNING, (FAILED, "pause"): PAUSED,
    (PAUSED, "reload"): RUNNING, (FAILED, "reload"): RUNNING,
}  # fmt: skip
# How changes are found at the source: a number that grows, a time stamp, the database's log, our own ledger.
ORDER, STAMP, LOG, LEDGER = "order", "stamp", "log", "ledger"
FOLLOWS = {ORDER: "按变更序号", STAMP: "按更新时间戳", LOG: "按数据库日志（逻辑复制）", LEDGER: "按平台账本"}
TELL_DELETIONS = (LOG, LEDGER)
LAGGING = 300  # seconds without a receipt from which on a batch is late; a proposal


def contract_of(number: str, items: Iterable[Item], granted: Mapping[str, Any], order: str, border: Passage | None = None, *, follows: str = ORDER) -> Contract:
    """The contract of an agreement: its granted items with their checks, and the place in the order of changes; less what a border does not let pass.

    Raises ValueError without a key.
    """
    held = [i for i in items if i.key in (passing(border, granted["items"]) if border else granted["items"])]
    key = next((i.key for i in held if i.primary), "")
    if not key or (border and border.filters.get(key) == MASK):  # masked keys would make one row of many
        raise ValueError("the items that were granted lack the key")
    columns = [
        Column(i.key, i.type, i.required or i.primary, i.check, i.length if i.type in ("text", "memo") else 0, i.codes)
        for i in held
        if follows != ORDER or i.key != order
    ]
    place = order if follows == ORDER else SEQUENCE
    return Contract(number, (*columns, Column(place, "integer", required=True)), key, place, follows in TELL_DELETIONS)


DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}
GRACE = 1  # days beyond a cycle before data are called stale; a proposal


def stale_since(cycle: str, last: date, today: date) -> date | None:
    """The day from which on data are older than their resource promises; None while they are fresh, and for realtime, whose lateness shows in receipts."""
    if cycle not in DAYS:
        return None
    edge = last + timedelta(days=DAYS[cycle] + GRACE)
    return edge if today >= edge else None


_REFERENCE = re.compile(r"([a-z][a-z0-9_]{0,59})\s*[=＝]\s*([^\s=]{1,120})\.([^\s.=]{1,60})")


def references(told: str) -> dict[str, tuple[str, str]]:
    """column → (table, column) from lines like `credit_code = public.enterprise.credit_code`. Raises ValueError for a line that is none."""
    found = {}
    for line in filter(None, map(str.strip, told.splitlines()[:50])):
        held = _REFERENCE.fullmatch(line)
        if held is None:
            raise ValueError(line)
        found[held[1]] = (held[2], held[3])
    return found


def may_run(state: str, *, source: bool, target: bool) -> bool:
    """Both ends must be named."""
    return source and target and (state, "run") in MOVES


# Items proposed from a table or file ---------------------------------------------------------------------------------------

KNOWN = {
    "credit_code": "统一社会信用代码", "id_number": "公民身份号码", "name": "名称", "address": "住所", "region_code": "行政区划", "mobile": "联系电话", "phone": "联系电话",
    "status": "状态", "created_at": "创建时间", "updated_at": "更新时间", "email": "电子邮箱", "sex": "性别", "born_on": "出生日期", "amount": "金额",
}  # fmt: skip
ENOUGH = 0.9  # share of the values that must be sound for a check to be proposed
PERSONAL_CHECKS = ("resident-id", "mobile")
PERSONAL_NAMES = ("姓名", "身份", "手机", "电话", "住址", "病历", "指纹", "相片", "照片", "邮箱", "账号", "id_number", "mobile", "email", "phone")
FEW = 12  # different values that are taken for a list of codes


def _sound(check: str, today: date) -> Callable[[str], bool]:
    return {
        "resident-id": lambda v: not codes.resident_id_fault(v, today=today), "credit-code": lambda v: not codes.credit_code_fault(v),
        "mobile": lambda v: not codes.mobile_fault(v), "region": lambda v: bool(re.fullmatch(r"37\d{4}(\d{3})?", v, re.ASCII)),
    }[check]  # fmt: skip


def propose(columns: Iterable[Probed], today: date, condition: str) -> tuple[list[Item], list[str]]:
    """(items, names of those that look like personal data). The steward confirms: what is personal is proposed on condition."""
    made, personal = [], []
    for number, column in enumerate(columns, 1):
        key = re.sub(r"[^a-z0-9_]+", "_", column.name.lower()).strip("_")
        key = key if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key) else f"item_{number}"
        name = column.comment or KNOWN.get(key, "") or column.name
        check = _check(column.samples, today)
        guarded = check in PERSONAL_CHECKS or any(word in name or word in key for word in PERSONAL_NAMES)
        if guarded:
            personal.append(name)
        made.append(
            Item(
                key, name[:60], column.type, column.length if column.type == "text" else 0, CONDITIONAL if guarded else UNCONDITIONAL,
                condition if guarded else "", check, column.required, column.primary, _codes(column, check),
            )
        )  # fmt: skip
    if made and not any(i.primary for i in made):
        first = next((n for n, i in enumerate(made) if i.check in ("credit-code", "resident-id")), None)
        made = [i if n != first else Item(**{**i.told(), "codes": i.codes, "primary": True, "required": True}) for n, i in enumerate(made)]
    return made, personal


def _check(samples: tuple[str, ...], today: date) -> str:
    """The check that most of the values pass, "" for none."""
    for check in ("resident-id", "credit-code", "mobile", "region"):
        if samples and sum(map(_sound(check, today), samples)) >= ENOUGH * len(samples):
            return check
    return ""


def _codes(column: Probed, check: str) -> tuple[str, ...]:
    """A list of codes, where few values come again and again."""
    known = sorted(set(column.samples))
    repeated = len(column.samples) >= 5 * len(known)
    return tuple(known) if column.type == "text" and not check and known and len(known) <= FEW and repeated and max(map(len, known)) <= 20 else ()
