"""Matters from a CSV or XLSX file: a dry run tells every row's faults, then all or the good ones are loaded."""

from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import codes
from tongban.lib.acts import command, record
from tongban.lib.errors import Invalid
from tongban.lib.tables import DryRun, RowFault
from tongban.rooms.service.hall import events, rules
from tongban.rooms.service.hall.commands.matters import index_matter
from tongban.rooms.service.hall.models import CatalogueItem, Matter, MatterVersion

COLUMNS = ("department", "main_item", "name", "item_code", "task_type", "dept_code", "area_code")


def check_rows(rows: list[dict[str, str]]) -> DryRun:
    """Every fault of every row; nothing is written."""
    run = DryRun(rows=rows)
    seen: dict[str, int] = {}
    known = set(Matter.objects.filter(code__in=[r.get("item_code", "") for r in rows]).values_list("code", flat=True))
    for number, row in enumerate(rows, 2):
        for column, sentence, warning in _row_faults(row):
            run.faults.append(RowFault(number, column, row.get(column, ""), sentence, warning))
        code = row.get("item_code", "")
        if code in seen:
            told = _("the same code as in row %(n)s") % {"n": seen[code]}
            run.faults.append(RowFault(number, "item_code", code, told))
        elif code in known:
            run.faults.append(RowFault(number, "item_code", code, _("a matter with this code exists already")))
        seen.setdefault(code, number)
    return run


def _row_faults(row: dict[str, str]) -> list[tuple[str, str, bool]]:
    found = []
    if not row.get("name"):
        found.append(("name", _("please fill in"), False))
    if row.get("task_type", "").zfill(2) not in rules.TASK_TYPES:
        found.append(("task_type", _("not a type of GB/T 39046 annex A (01–10, 20)"), False))
    if not row.get("item_code"):
        found.append(("item_code", _("please fill in"), False))
    elif rules.code_fault(row["item_code"], "sichuan"):
        found.append(("item_code", _("does not fit the profile; kept as it is"), True))
    fault = codes.credit_code_fault(row.get("dept_code", ""))
    if fault:
        told = {
            "length": _("not 18 characters; not a unified social credit code"),
            "alphabet": _("contains characters that GB 32100 does not use"),
            "check-digit": _("the check digit of GB 32100 does not fit"),
        }[fault]
        found.append(("dept_code", told, True))
    return found


@command("hall.load")
def load_rows(actor: Actor, *, run: DryRun, source: str, only_good: bool) -> int:
    """Write the rows of a dry run: all or none, or the good ones; returns how many."""
    if run.bad_rows and not only_good:
        raise Invalid(_("%(n)s rows have faults; nothing was loaded. Mend them, or load the good rows.") % {"n": len(run.bad_rows)})
    warned = {f.row: f.sentence for f in run.faults if f.warning}
    bad = run.bad_rows
    made = 0
    for number, row in enumerate(run.rows, 2):
        if number not in bad:
            _load_row(row, source, warned.get(number, ""))
            made += 1
    record(actor, events.MattersLoaded(source=source[:80], rows=made))
    return made


def _load_row(row: dict[str, str], source: str, warning: str) -> None:
    content: dict[str, Any] = {"name": row["name"], "catalog_name": row["main_item"], "department": row["department"],
                               "dept_code": row["dept_code"], "warning": warning, "search_phrases": []}  # fmt: skip
    key = "imported-" + row["item_code"].lower().replace("_", "-")[:70]
    item = CatalogueItem.objects.create(
        key=key, name=row["name"][:200], task_type=row["task_type"].zfill(2), department=row["department"][:60],
        imported=True, source=source[:200],
    )  # fmt: skip
    version = MatterVersion.objects.create(item=item, number=1, state="published", content=content, note=source[:300])
    one = Matter.objects.create(
        code=row["item_code"], profile="sichuan", item=item, version=version, name=row["name"][:200],
        organ_name=row["department"][:120], region_code=row["area_code"][:6], audience="both", online=False,
    )  # fmt: skip
    index_matter(one)
