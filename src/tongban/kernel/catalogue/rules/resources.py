"""Information resources 政务信息资源: elements, states, faults, differences. Pure.

Elements and codings follow 《政务信息资源目录编制指南（试行）》（发改高技〔2017〕1272号）; choices are kept as readable slugs and
exported as the guide's digits and letters.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tongban.kernel.catalogue.rules import borders

UNCONDITIONAL, CONDITIONAL, REFUSED = "unconditional", "conditional", "refused"
SHARING = {UNCONDITIONAL: "无条件共享", CONDITIONAL: "有条件共享", REFUSED: "不予共享"}
FORMATS = {
    "document": "电子文件", "spreadsheet": "电子表格", "database": "数据库", "image": "图形图像", "media": "流媒体", "self-describing": "自描述格式",
    "service": "服务接口",
}  # fmt: skip
WAYS = {"database": "数据库", "file": "文件", "service": "服务接口"}  # 共享方式
MODES = {"query": "即时查询", "stream": "实时推送", "batch": "批量交换", "file": "文件交换"}  # how data flows here
CYCLES = {"realtime": "实时", "daily": "每日", "weekly": "每周", "monthly": "每月", "quarterly": "每季度", "yearly": "每年"}
TYPES = {
    "text": ("C", "字符型"), "number": ("N", "数值型"), "money": ("Y", "货币型"), "date": ("D", "日期型"), "datetime": ("T", "日期时间型"),
    "boolean": ("L", "逻辑型"), "memo": ("M", "备注型"), "general": ("G", "通用型"), "double": ("B", "双精度型"), "integer": ("I", "整型"),
    "float": ("F", "浮点型"),
}  # fmt: skip
CHECKS = {
    "": "—",
    "resident-id": "公民身份号码校验",
    "credit-code": "统一社会信用代码校验",
    "region": "行政区划代码",
    "mobile": "手机号码",
    "ahead": "可为将来日期",
}
MOST_ITEMS = 500

DRAFT, REGISTRATION, REGISTERED, PUBLICATION = "draft", "registration-review", "registered", "publication-review"
PUBLISHED, SUPERSEDED, RECALLED = "published", "superseded", "recalled"
STATES = {
    DRAFT: "草稿", REGISTRATION: "待登记审核", REGISTERED: "已登记", PUBLICATION: "待发布审核", PUBLISHED: "已发布", SUPERSEDED: "已被替代",
    RECALLED: "已撤回",
}  # fmt: skip
# state × move → state
MOVES = {
    (DRAFT, "submit"): REGISTRATION,
    (REGISTRATION, "register"): REGISTERED,
    (REGISTRATION, "return"): DRAFT,
    (REGISTERED, "offer"): PUBLICATION,
    (REGISTERED, "return"): DRAFT,
    (PUBLICATION, "publish"): PUBLISHED,
    (PUBLICATION, "return"): DRAFT,
    (PUBLISHED, "recall"): RECALLED,
}
MOVE_NAMES = {
    "submit": "提交登记", "register": "登记通过", "offer": "申请发布", "publish": "发布", "return": "退回修改", "recall": "撤回", "supersede": "被新版替代",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """信息项: one element of a resource. `sharing` may be narrower than the resource's, never wider."""

    key: str  # the column
    name: str
    type: str = "text"
    length: int = 0  # characters at most, 0 for no limit
    sharing: str = UNCONDITIONAL
    condition: str = ""  # or the legal basis, where it is not shared
    check: str = ""
    required: bool = False
    primary: bool = False
    codes: tuple[str, ...] = ()  # allowed values

    def told(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {**asdict(self), "codes": list(self.codes)}


_ITEM_FIELDS = {f.name for f in fields(Item)}


def item(told: Mapping[str, Any]) -> Item:
    """An item as JSON keeps it."""
    known: dict[str, Any] = {k: tuple(v) if k == "codes" else v for k, v in told.items() if k in _ITEM_FIELDS}
    return Item(**known)


def items(told: Iterable[Mapping[str, Any]]) -> list[Item]:
    return [item(one) for one in told]


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps a resource from being submitted: the field, and a slug for its sentence."""

    field: str
    what: str
    which: str = ""


_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")


def faults(told: Mapping[str, Any]) -> list[Fault]:
    """All that a resource still lacks, by the guide: 有条件 names its condition, 不予 its legal basis, open ones their condition."""
    found = [Fault(name, "empty") for name in ("title", "abstract", "class_code") if not str(told.get(name, "")).strip()]
    found += [
        Fault(name, "choice") for name, known in (("format", FORMATS), ("sharing", SHARING), ("cycle", CYCLES), ("way", WAYS)) if told.get(name) not in known
    ]
    if told.get("zone", "") not in ("", *borders.ZONES):
        found.append(Fault("zone", "choice"))
    if told.get("sharing") == CONDITIONAL and not str(told.get("condition", "")).strip():
        found.append(Fault("condition", "condition"))
    if told.get("sharing") == REFUSED and not _names_law(str(told.get("basis", ""))):
        found.append(Fault("basis", "basis"))
    if told.get("opening") and not str(told.get("opening_condition", "")).strip():
        found.append(Fault("opening_condition", "opening"))
    return found + _item_faults(items(told.get("items", [])), str(told.get("sharing", "")))


def _names_law(words: str) -> bool:
    return any(c in words for c in "法条例规定办法〔《")


def _item_faults(held: list[Item], sharing: str) -> list[Fault]:
    if not held:
        return [Fault("items", "no-items")]
    if len(held) > MOST_ITEMS:
        return [Fault("items", "too-many")]
    found = []
    order = list(SHARING)
    for one in held:
        if not _KEY.fullmatch(one.key):
            found.append(Fault("items", "item-key", one.key))
        if not one.name.strip():
            found.append(Fault("items", "item-name", one.key))
        if one.type not in TYPES or one.sharing not in SHARING or one.check not in CHECKS:
            found.append(Fault("items", "item-choice", one.name))
        elif sharing in SHARING and order.index(one.sharing) < order.index(sharing):
            found.append(Fault("items", "item-wider", one.name))
        elif one.sharing == CONDITIONAL and sharing != CONDITIONAL and not one.condition.strip():
            found.append(Fault("items", "item-condition", one.name))
        elif one.sharing == REFUSED and sharing != REFUSED and not _names_law(one.condition):
            found.append(Fault("items", "item-basis", one.name))
    keys = [one.key for one in held]
    found += [Fault("items", "item-twice", key) for key in sorted({k for k in keys if keys.count(k) > 1})]
    if not any(one.primary for one in held):
        found.append(Fault("items", "no-primary"))
    return found


def code(class_code: str, sequence: int) -> str:
    """信息资源代码: the class, "/", the running number in it ("30037001/000012")."""
    return f"{class_code}/{sequence:06d}"


def class_level(class_code: str) -> str:
    """类 one digit, 项 two, 目 three, 细目 what follows."""
    return {1: "类", 3: "项", 6: "目"}.get(len(class_code), "细目")


# What a new version changes ---------------------------------------------------------------------------------------------

_COMPARED = (
    "title", "abstract", "class_code", "format", "sharing", "condition", "basis", "way", "opening", "opening_condition", "cycle", "themes",
    "zone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of two versions: `field` or the item's key, before, after."""

    field: str
    before: object
    after: object
    item: bool = False


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs, fields first, then items by key."""
    found = [Change(name, before.get(name), after.get(name)) for name in _COMPARED if before.get(name) != after.get(name)]
    old, new = ({one.key: one for one in items(v.get("items", []))} for v in (before, after))
    for key in [*old, *(k for k in new if k not in old)]:
        if old.get(key) != new.get(key):
            found.append(Change(key, _words(old.get(key)), _words(new.get(key)), item=True))
    return found


def breaking(found: Iterable[Change]) -> bool:
    """Whether a consumer must act: an item went away, changed its type, or is shared less."""
    return any(c.item and c.before and (not c.after or c.before != c.after) for c in found)


def _words(one: Item | None) -> str:
    if one is None:
        return ""
    return "，".join(part for part in (one.name, TYPES.get(one.type, ("", one.type))[1], SHARING.get(one.sharing, one.sharing), one.condition) if part)


def alike(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    """How alike two resources are, 0 to 1: the share of item names in common (Jaccard), for finding duplicates."""
    left, right = ({one.name.strip() for one in items(v.get("items", []))} for v in (a, b))
    return len(left & right) / len(left | right) if left | right else 0.0
