"""Searching, reading a guide, the four lists."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.nodes import queries as nodes
from tongban.lib import clock
from tongban.lib.errors import Invalid, NotFound, TongbanError
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.queries import applicants, matters, one_thing, search
from tongban.ui import exports
from tongban.ui.access import OPEN, allows
from tongban.ui.chrome import region_of
from tongban.ui.maps import region_map

LISTS = {
    "approval": (_("Administrative approvals"), _("What needs the government's approval")),
    "power": (_("Administrative powers"), _("What each organ may do")),
    "responsibility": (_("Responsibilities"), _("What each organ must do")),
    "negative": (_("Market access negative list"), _("What is closed or needs a permit; all else is open")),
}  # fmt: skip
SIZE = 20


@allows(OPEN)
def find(request: HttpRequest) -> HttpResponse:
    """Search results with facets; filters live in the address."""
    region = region_of(request)
    words = request.GET.get("q", "").strip()[:100]
    chosen = {name: request.GET.get(name, "")[:60] for name in ("audience", "type", "department", "event")}
    number = request.GET.get("page", "1")
    page = min(int(number), 500) if number.isdigit() and int(number) else 1
    facets = search.Facets(chosen["audience"], chosen["type"], chosen["department"], chosen["event"])
    found = search.search(words, region=region, facets=facets, page=page, size=SIZE)
    context = {
        "tab": "matters", "q": words, "found": found, "chosen": chosen, "types": rules.TASK_TYPES,
        "departments": matters.departments(), "events": matters.life_events(), "page": page, "more": found.total > page * SIZE, "bundle": one_thing.answers(words),
    }  # fmt: skip
    return render(request, "hall/search.html", context)


@allows(OPEN)
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """The guide of a matter; one of another region leads to the visitor's own where it is offered."""
    told = matters.guide(code)
    near = matters.offered_nearby(told.matter, region_of(request))
    due = None
    if told.online:
        try:
            due = calendar.due(told.matter.region_code, clock.today(), told.promised)
        except TongbanError:
            due = None  # the page still tells everything else
    process = None
    if told.matter.process:
        process = cases.published_process(told.matter.process)
    home = nodes.home_of(told.matter.region_code)
    context = {
        "tab": "matters", "g": told, "matter": told.matter, "near": near if near and near.id != told.matter.id else None, "due": due,
        "task_type": rules.TASK_TYPES.get(told.matter.item.task_type, ""), "grades": rules.TRUST_GRADES, "process": process,
        "home": nodes.name_of(home) if home else "", "served": applicants.served(told.content),
        "versions": matters.versions(code), "site": region_map("county", told.matter.region_code[:4]),
        "rows": [(m, m in told.provided, m["type"] == "申请表") for m in told.content.get("materials", [])],
        "special": told.content.get("special_procedures", []),
    }  # fmt: skip
    return render(request, "hall/matter.html", context, status=200 if told.matter.state == "in-force" else 410)


@allows(OPEN)
def drawing(request: HttpRequest, version: int) -> HttpResponse:
    """A published process as BPMN, for the viewer."""
    one = cases.process_version(version)
    if one.state != "published":
        raise NotFound(_("No such process version."))
    return HttpResponse(one.bpmn, content_type="application/xml")


@allows(OPEN)
def lists(request: HttpRequest, kind: str = "approval") -> HttpResponse:
    """One of the four lists: filtered, paged, printed, exported."""
    if kind not in LISTS:
        raise NotFound(_("There is no such list."))
    chosen = {name: request.GET.get(name, "")[:60] for name in ("department", "words")}
    region = region_of(request)
    rows = matters.list_rows(kind, region=region, department=chosen["department"], words=chosen["words"])
    export = request.GET.get("export", "")
    if export:
        return exports.table(export, f"{LISTS[kind][0]}-{region}", COLUMNS, map(_row, rows[:20_000]))
    context = {
        "tab": "lists", "kind": kind, "lists": LISTS, "page": Paginator(rows, 50).get_page(request.GET.get("page")), "chosen": chosen,
        "types": rules.TASK_TYPES, "title": LISTS[kind][0],
    }  # fmt: skip
    return render(request, "hall/lists.html", context)


COLUMNS = ("事项编码", "事项名称", "事项类型", "实施机关", "设定依据（已核实）", "法定时限（工作日）", "承诺时限（工作日）", "收费", "发布文号")


def _row(one: matters.Matter) -> tuple[object, ...]:
    content = rules.verified_only(one.version.content)
    promised, statutory = rules.limits(content) if "limits" in content else ("", "")
    law = "；".join(f"《{b['law']}》{b['article']}" for b in content["legal_basis"])
    fee = content.get("fee", {}).get("standard", "")
    kind = rules.TASK_TYPES.get(one.item.task_type, "")
    return one.code, one.name, kind, one.organ_name, law, statutory, promised, fee, one.version.document_number


@allows(OPEN)
def history(request: HttpRequest, code: str) -> HttpResponse:
    """Published versions of a matter, and what changed between any two."""
    found = matters.versions(code)
    numbers = {v.number: v for v in found}
    try:
        old = numbers.get(int(request.GET.get("old", 0))) or (found[1] if len(found) > 1 else None)
        new = numbers.get(int(request.GET.get("new", 0))) or (found[0] if found else None)
    except ValueError as fault:
        raise Invalid(_("Choose two versions.")) from fault
    changes = matters.differences(old.content, new.content) if old and new else []
    context = {"matter": matters.matter(code), "versions": found, "old": old, "new": new, "changes": changes, "tab": "matters"}
    return render(request, "hall/history.html", context)


@allows(OPEN)
def item(request: HttpRequest, key: str) -> HttpResponse:
    """A catalogue item: leads to the matter that implements it where the visitor is."""
    near = matters.of_item(key, region_of(request))
    return redirect("hall:matter", code=near.code)
