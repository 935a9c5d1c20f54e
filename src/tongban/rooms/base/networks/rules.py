"""Networks, coverage, migration, addresses. Pure."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

NETWORKS = {"inner": "政务内网", "outer": "政务外网", "internet": "互联网"}
BY_NAME = {word: key for key, word in NETWORKS.items()} | {"内网": "inner", "外网": "outer", "互联网出口": "internet"}
LEVELS = {"department": "省级部门", "city": "市", "county": "县（市、区）", "township": "乡镇（街道）"}
REACH = {"province": "省", "city": "市", "county": "县（市、区）", "township": "乡镇（街道）"}
DECISIONS = {"": "待定", "keep": "保留", "merge": "整合"}
STEPS = ("应用和终端摸底", "网络互通测试", "应用迁移", "终端切换", "线路停租")  # the usual order; a proposal
MOST_BANDWIDTH = 10_000_000
MATTER = "government-network-access@"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many units of a level are connected, of how many, against the goal."""

    level: str
    connected: int
    units: int
    goal: int

    @property
    def percent(self) -> int:
        """Whole percent, and never 100 while one is missing."""
        return int(100 * self.connected / self.units) if self.units else 0

    @property
    def reached(self) -> bool:
        return self.connected >= self.goal


def goal_of(units: int, fixed: int | None, share: float) -> int:
    """How many units a goal means: a fixed number of them or all, times its share, rounded up."""
    whole = units if fixed is None else fixed
    return -int(-whole * share // 1)


def shade(percent: int) -> int:
    """The shade of a map, 1 (fewest) to 5 (all)."""
    return 1 + sum(percent >= edge for edge in (25, 50, 75, 100))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a merge has come."""

    done: int
    steps: int
    late: int
    next_due: date | None

    @property
    def percent(self) -> int:
        return int(100 * self.done / self.steps) if self.steps else 0


def progress(steps: Iterable[tuple[date, date | None]], today: date) -> Progress:
    """`steps`: (due, done on) in their order."""
    held = list(steps)
    waiting = [due for due, done in held if done is None]
    return Progress(len(held) - len(waiting), len(held), sum(due < today for due in waiting), min(waiting, default=None))


class BadBlock(ValueError):
    """The text is no block of addresses; the words say what is wrong: form, host-bits, size."""


def block(told: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A block as typed: "10.37.8.0/24", "2001:db8:37::/48"; raises BadBlock."""
    try:
        held = ipaddress.ip_network(told.strip(), strict=False)
    except ValueError as fault:
        raise BadBlock("form") from fault
    if "/" not in told:
        raise BadBlock("form")
    if str(ipaddress.ip_interface(told.strip()).ip) != str(held.network_address):
        raise BadBlock("host-bits")
    if held.prefixlen < (8 if held.version == 4 else 16):
        raise BadBlock("size")
    return held


def free_block(pool: str, taken: Iterable[str], prefix: int) -> str:
    """The first block of `prefix` bits in `pool` that touches none of `taken`; "" when the pool is full or too small.

    Jumps from one taken block to the next, so that a large IPv6 pool costs no more than what is taken of it.
    """
    whole = ipaddress.ip_network(pool)
    if not whole.prefixlen <= prefix <= whole.max_prefixlen:
        return ""
    size = 1 << (whole.max_prefixlen - prefix)
    spans = sorted((int(n.network_address), int(n.broadcast_address)) for n in map(ipaddress.ip_network, taken) if n.version == whole.version)
    place, end = int(whole.network_address), int(whole.broadcast_address)
    for first, last in spans:
        if first > place + size - 1:
            break
        if last >= place:
            place = -(-(last + 1) // size) * size
    if place + size - 1 > end:
        return ""
    address = ipaddress.ip_address(place) if whole.version == 4 else ipaddress.IPv6Address(place)
    return f"{address}/{prefix}"


# Rows of an import ------------------------------------------------------------------------------------------------------

COLUMNS = ("单位", "网络", "带宽", "接入点", "接入日期", "等级", "运营商", "IPv6")
NEEDED = ("单位", "网络", "带宽", "接入日期")
TEMPLATE = ("370102", "政务外网", "100", "历下区机房", "2026-11-01", "3", "电信", "是")


@dataclass(frozen=True, slots=True)
class Line:
    """A connection as a row of a file gives it."""

    unit: str
    network: str
    bandwidth: int
    connected_on: date
    access_point: str = ""
    protection_level: int | None = None
    carrier: str = ""
    ipv6: bool = False


def read_row(row: Mapping[str, str], today: date) -> tuple[Line | None, list[tuple[str, str]]]:
    """A row as a line, or (column, what is wrong) for each fault: empty, network, bandwidth, date, future, level."""
    faults = [(c, "empty") for c in NEEDED if not row.get(c, "").strip()]
    network = BY_NAME.get(row.get("网络", "").strip(), row.get("网络", "").strip())
    if network not in NETWORKS and ("网络", "empty") not in faults:
        faults.append(("网络", "network"))
    bandwidth = _whole(row.get("带宽", ""))
    if not 1 <= bandwidth <= MOST_BANDWIDTH and ("带宽", "empty") not in faults:
        faults.append(("带宽", "bandwidth"))
    on = _day(row.get("接入日期", ""))
    if on is None and ("接入日期", "empty") not in faults:
        faults.append(("接入日期", "date"))
    elif on is not None and on > today:
        faults.append(("接入日期", "future"))
    level = row.get("等级", "").strip()
    if level and level not in ("1", "2", "3", "4", "5"):
        faults.append(("等级", "level"))
    if faults or on is None:
        return None, faults
    return Line(
        row["单位"].strip()[:120], network, bandwidth, on, row.get("接入点", "").strip()[:120], int(level) if level else None, row.get("运营商", "").strip()[:20],
        row.get("IPv6", "").strip().lower() in ("是", "有", "yes", "1", "true"),
    ), []  # fmt: skip


def _whole(told: str) -> int:
    """A whole number, also as spreadsheets write it (100.0); 0 where it is none."""
    digits = told.strip().removesuffix(".0").replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 0


def _day(told: str) -> date | None:
    """A day, also as spreadsheets write it (2026-11-01 00:00:00, 2026/11/1)."""
    parts = told.strip().split(" ")[0].replace("/", "-").replace(".", "-").split("-")
    try:
        year, month, day = (int(p) for p in parts)
        return date(year, month, day)
    except ValueError:
        return None
