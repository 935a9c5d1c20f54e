"""Zones and the borders between them: nothing crosses without a rule, and a rule says what, how much, and in which form. Pure.

内网 stands apart: what lies there is never exchanged online, only out of band.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

INTRANET, ADMINISTRATIVE, PUBLIC, INTERNET = "intranet", "administrative", "public", "internet"
ZONES = {INTRANET: "内网", ADMINISTRATIVE: "行政服务域", PUBLIC: "公共服务域", INTERNET: "互联网"}  # from the innermost outward
ONLINE = {k: v for k, v in ZONES.items() if k != INTRANET}
PROPOSED, IN_FORCE, REJECTED, ENDED = "proposed", "in-force", "rejected", "ended"
STATES = {PROPOSED: "待核准", IN_FORCE: "执行中", REJECTED: "未核准", ENDED: "已终止"}
MASK, TOKEN, DROP = "mask", "token", "drop"
FILTERS = {MASK: "掩码", TOKEN: "去标识化", DROP: "剔除"}
MOST_RATE, MOST_ROWS = 10_000_000, 1_000_000_000
LONGEST = 3 * 366  # days a rule holds at most

Token = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Passage:
    """A rule as it is applied: `items` may cross, some of them filtered; `rate` single queries and `rows` rows in bulk a day."""

    number: str
    items: tuple[str, ...]
    filters: Mapping[str, str]
    rate: int
    rows: int


def crossing(terms: Mapping[str, Any]) -> tuple[str, str] | None:
    """The border that an agreement's data pass, from the zone where they lie to the one where they are used; None within one zone."""
    told = terms.get("zone") or {}
    a, b = told.get("from", ADMINISTRATIVE), told.get("to", ADMINISTRATIVE)
    return None if a == b else (a, b)


def passing(one: Passage, wanted: Iterable[str]) -> tuple[str, ...]:
    """Those of the wanted items that may cross, in their order; dropped ones do not."""
    return tuple(i for i in wanted if i in one.items and one.filters.get(i) != DROP)


def filtered(one: Passage, row: Mapping[str, Any], checks: Mapping[str, str], token: Token) -> dict[str, Any]:
    """A row as it leaves: masked, replaced by tokens, dropped. `checks`: item → its check, which says how it is masked."""
    told = {}
    for key, value in row.items():
        how = one.filters.get(key, "")
        if key not in one.items or how == DROP:
            continue
        told[key] = value if value is None or not how else masked(str(value), checks.get(key, "")) if how == MASK else token(str(value))
    return told


def masked(value: str, check: str) -> str:
    """Identity numbers keep six and four, mobile numbers three and four; anything else its first character."""
    if check == "resident-id" and len(value) == 18:
        return value[:6] + "*" * 8 + value[-4:]
    if check == "mobile" and len(value) == 11:
        return value[:3] + "****" + value[-4:]
    return value[:1] + "*" * min(8, max(1, len(value) - 1)) if value else value


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposes to let through; dates are inclusive."""

    source: str
    target: str
    items: tuple[str, ...]
    filters: Mapping[str, str]
    rate: int
    rows: int
    begins: date
    ends: date
    reason: str


def faults(one: Proposal, known: Mapping[str, str], types: Mapping[str, str], today: date) -> dict[str, str]:
    """field → what is wrong: zones, items, filters, rate, rows, term, reason. `known`: item → sharing type of the published resource, `types`: item → its type."""
    found = {}
    if one.source not in ONLINE or one.target not in ONLINE or one.source == one.target:
        found["target"] = "zones"
    if not one.items or not set(one.items) <= set(known):
        found["items"] = "items"
    elif any(known[i] == "refused" for i in one.items):
        found["items"] = "not-shared"
    if not set(one.filters) <= set(one.items) or not set(one.filters.values()) <= set(FILTERS):
        found["filters"] = "filters"
    elif one.rows and any(how != DROP and types.get(i, "text") not in ("text", "memo") for i, how in one.filters.items()):
        found["filters"] = "no-text"  # in bulk a column keeps its type
    if not 0 <= one.rate <= MOST_RATE or not 0 <= one.rows <= MOST_ROWS or not one.rate + one.rows:
        found["rate"] = "rate"
    if not one.begins < one.ends or one.ends <= today or (one.ends - one.begins).days > LONGEST:
        found["ends"] = "term"
    if len(one.reason.strip()) < 4:
        found["reason"] = "reason"
    return found
