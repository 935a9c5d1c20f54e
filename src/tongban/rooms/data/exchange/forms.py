"""What the pages send, as the kernel takes it."""

from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.catalogue.rules.borders import ADMINISTRATIVE, Proposal
from tongban.lib import clock
from tongban.lib.errors import Invalid

ITEM_FIELDS = ("key", "name", "type", "length", "sharing", "condition", "check", "codes")
ROWS = 200


def content(post: QueryDict) -> dict[str, Any]:
    """The elements of a resource as typed; empty rows of items fall away."""
    words = (
        "title", "abstract", "class_code", "format", "sharing", "condition", "basis", "way", "opening_condition", "cycle", "base", "zone",
    )  # fmt: skip
    return {
        **{n: post.get(n, "") for n in words}, "opening": post.get("opening") == "yes", "themes": post.getlist("themes"),
        "related": [c for c in post.get("related", "").replace("，", ",").replace(" ", ",").split(",") if c], "items": _items(post),
    }  # fmt: skip


def _items(post: QueryDict) -> list[dict[str, Any]]:
    columns = {n: post.getlist(f"item_{n}") for n in ITEM_FIELDS}
    primary, required = set(post.getlist("item_primary")), set(post.getlist("item_required"))
    made = []
    for n in range(min(len(columns["key"]), ROWS)):
        row = {f: (values[n].strip() if n < len(values) else "") for f, values in columns.items()}
        if not (row["key"] or row["name"]):
            continue
        made.append({
            **row, "key": row["key"][:60], "name": row["name"][:60], "condition": row["condition"][:300], "length": _whole(row["length"]),
            "codes": tuple(c for c in row["codes"].replace("，", "、").replace(",", "、").split("、") if c)[:200],
            "primary": str(n) in primary, "required": str(n) in required or str(n) in primary,
        })  # fmt: skip
    return made


def _whole(told: str) -> int:
    return int(told) if told.isascii() and told.isdigit() and len(told) <= 9 else 0


def asked(post: QueryDict, rows_item: str = "region_code") -> Asked:
    """What is asked for or granted. Raises Invalid for a day that is none."""
    within = post.get("within", "").strip()[:9]
    return Asked(
        tuple(post.getlist("items"))[:500], tuple(post.getlist("modes"))[:10], _whole(post.get("visits", "").replace(",", "")), day(post, "begins"),
        day(post, "ends"), {rows_item: within} if within else {}, post.get("zone", "") or ADMINISTRATIVE,
    )  # fmt: skip


def day(post: QueryDict, name: str) -> date:
    """A day as typed. Raises Invalid."""
    try:
        return date.fromisoformat(post.get(name, ""))
    except ValueError as fault:
        raise Invalid.at(name, _("Day: write it like 2026-11-24.")) from fault


def suggested_term() -> tuple[date, date]:
    """Today, and a year on."""
    today = clock.today()
    return today, date(today.year + 1, today.month, min(today.day, 28))


def proposal(post: QueryDict) -> Proposal:
    """What of a resource may cross a border, as typed. Raises Invalid for a day that is none."""
    items = tuple(post.getlist("items"))[:500]
    filters = {i: post.get(f"filter_{i}", "") for i in items if post.get(f"filter_{i}", "")}
    return Proposal(
        post.get("source", ""), post.get("target", ""), items, filters, _whole(post.get("rate", "").replace(",", "")),
        _whole(post.get("rows", "").replace(",", "")), day(post, "begins"), day(post, "ends"), post.get("reason", ""),
    )  # fmt: skip
