"""An edition of the national negative list, from the file that the State publishes."""

from datetime import date

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid
from tongban.rooms.service.hall import events
from tongban.rooms.service.hall.commands.imports import DryRun, RowFault
from tongban.rooms.service.hall.models import NegativeEntry

# The columns of the published list (2022 edition as shown by a market regulator); the group stands above its rows there.
COLUMNS = ("大类", "项目号", "禁止或许可事项", "事项编码", "禁止或许可准入措施描述", "主管部门", "地方性许可事项")
GROUPS = ("禁止准入类", "许可准入类")
LONGEST = {"大类": 20, "项目号": 10, "禁止或许可事项": 500, "事项编码": 20, "主管部门": 300}


def check_rows(rows: list[dict[str, str]]) -> DryRun:
    """Every fault of every row; nothing is written."""
    run = DryRun(rows=rows)
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, 2):
        for column in COLUMNS[:5]:
            if not row.get(column):
                run.faults.append(RowFault(number, column, "", _("please fill in")))
        for column, longest in LONGEST.items():
            if len(row.get(column, "")) > longest:
                told = _("longer than %(n)s characters") % {"n": longest}
                run.faults.append(RowFault(number, column, row[column][:40], told))
        if row.get("大类") and row["大类"] not in GROUPS:
            told = _("not one of: %(groups)s") % {"groups": "、".join(GROUPS)}
            run.faults.append(RowFault(number, "大类", row["大类"], told))
        code = row.get("事项编码", "")
        if code in seen:
            told = _("the same code as in row %(n)s") % {"n": seen[code]}
            run.faults.append(RowFault(number, "事项编码", code, told))
        seen.setdefault(code, number)
    return run


@command("hall.load")
def load_edition(actor: Actor, *, run: DryRun, edition: str, document: str, effective_on: date) -> int:
    """Write a whole edition or nothing: a list with holes would say that what is missing is open. Returns its rows."""
    faults: dict[str, object] = {}
    if not edition.strip():
        faults["edition"] = _("Edition: fill it in, as 2025年版.")
    if not document.strip():
        faults["document"] = _("Document number: fill it in.")
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)
    if run.bad_rows or not run.rows:
        raise Invalid(_("%(n)s rows have faults; nothing was loaded. The national list is loaded whole.") % {"n": len(run.bad_rows)})
    if NegativeEntry.objects.filter(edition=edition.strip()).exists():
        raise Conflict(_("The edition %(edition)s was loaded already.") % {"edition": edition.strip()})
    NegativeEntry.objects.bulk_create(
        [
            NegativeEntry(
                edition=edition.strip()[:40], document=document.strip()[:120], effective_on=effective_on, group=r["大类"], number=r["项目号"],
                item=r["禁止或许可事项"], code=r["事项编码"], measure=r["禁止或许可准入措施描述"], department=r.get("主管部门", ""),
                local=r.get("地方性许可事项", ""),
            )
            for r in run.rows
        ],
        batch_size=1000,
    )  # fmt: skip
    record(actor, events.MattersLoaded(source=f"市场准入负面清单{edition.strip()}"[:80], rows=len(run.rows)))
    return len(run.rows)
