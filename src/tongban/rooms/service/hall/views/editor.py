"""Editing matters: drafted, reviewed, published, compared, imported."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, tables
from tongban.lib.errors import Conflict, Invalid
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.commands import imports
from tongban.rooms.service.hall.commands import matters as commands
from tongban.rooms.service.hall.forms import sheets
from tongban.rooms.service.hall.models import MatterVersion
from tongban.rooms.service.hall.queries import matters
from tongban.ui import exports
from tongban.ui.access import actor_of, allows


@allows("hall.read_matters")
def matter_list(request: HttpRequest) -> HttpResponse:
    """Catalogue items with the state of their versions."""
    words, state = request.GET.get("q", "").strip()[:60], request.GET.get("state", "")
    state = state if state in MatterVersion.State.values else ""
    page = Paginator(matters.items(actor_of(request), words=words, state=state), 25).get_page(request.GET.get("page"))
    context = {
        "tab": "hall:matter-list", "page": page, "q": words, "state": state, "states": MatterVersion.State.choices,
        "types": rules.TASK_TYPES,
    }  # fmt: skip
    return render(request, "hall/matter_list.html", context)


@allows("hall.read_matters")
def version(request: HttpRequest, version: int) -> HttpResponse:
    """A version: its sheet, what it changes, what may be done with it."""
    actor = actor_of(request)
    held = matters.version(actor, version)
    before = held.item.versions.filter(origin=held.origin, number__lt=held.number).order_by("-number").first()
    context = {
        "tab": "hall:matter-list", "v": held, "sheet": sheets.sheet(held.content), "before": before,
        "changes": matters.differences(before.content, held.content) if before else [], "today": clock.today(),
        "faults": commands.content_faults(held.content) if held.state == "draft" else {},
        "places": held.item.matters.select_related("organ").order_by("region_code")[:200],
    }  # fmt: skip
    return render(request, "hall/version.html", context)


@allows("hall.edit_matter")
def edit(request: HttpRequest, item: str) -> HttpResponse:
    """The sheet of a draft; begun from the version in force."""
    actor = actor_of(request)
    found = matters.items(actor).filter(key=item).first()
    versions = sorted(found.versions.filter(origin=""), key=lambda v: v.number) if found else []
    if found is None or not versions:
        raise Conflict(_("There is no item %(key)s in the catalogue.") % {"key": item})
    content: dict[str, Any] = versions[-1].content
    faults: dict[str, str] = {}
    if request.method == "POST":
        content = sheets.posted(content, request.POST)
        try:
            saved = commands.save_version(actor, item=item, content=content, note=request.POST.get("note", "")[:300])
            if "submit" in request.POST:
                commands.submit_version(actor, version=saved.id)
                messages.success(request, _("Handed to the reviewer."))
            else:
                messages.success(request, _("Draft saved."))
            return redirect("hall:version", version=saved.id)
        except (Invalid, Conflict) as refused:
            faults = {k: str(v) for k, v in refused.fields.items()} or {"": str(refused)}
    context = {
        "tab": "hall:matter-list", "item": found, "sheet": sheets.sheet(content), "faults": faults, "grades": rules.TRUST_GRADES,
        "note": request.POST.get("note", ""), "last": versions[-1],
    }  # fmt: skip
    return render(request, "hall/edit.html", context, status=422 if faults else 200)


@allows("hall.edit_matter", "hall.review_matter", "hall.publish_matter")
@require_POST
def move(request: HttpRequest, version: int) -> HttpResponse:
    """Submit, approve, send back, publish."""
    actor, what = actor_of(request), request.POST.get("what", "")
    note = request.POST.get("note", "")[:300]
    if what == "submit":
        commands.submit_version(actor, version=version)
    elif what in ("approve", "reject"):
        commands.review_version(actor, version=version, approve=what == "approve", note=note)
    elif what == "publish":
        commands.publish_version(
            actor, version=version, document=request.POST.get("document", "")[:120], effective_on=_day(request.POST.get("effective_on", ""))
        )
    else:
        raise Invalid(_("Choose what to do with the version."))
    messages.success(request, _("Done and written to the ledger."))
    return redirect("hall:version", version=version)


def _day(told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        sentence = _("Effective date: please fill in, like 2026-12-01")
        raise Invalid(sentence, fields={"effective_on": sentence}) from None


@allows("hall.publish_matter")
def end(request: HttpRequest, code: str) -> HttpResponse:
    """Cancel a matter or hand it down."""
    actor, fault = actor_of(request), ""
    one = matters.matter(code)
    if request.method == "POST":
        document = request.POST.get("document", "")[:120]
        try:
            if request.POST.get("what") == "delegate":
                commands.delegate_matter(actor, code=code, regions=request.POST.getlist("region"), document=document)
            else:
                commands.cancel_matter(actor, code=code, document=document, replaced_by=request.POST.get("replaced_by", "").strip()[:80])
            messages.success(request, _("Done and written to the ledger."))
            return redirect("hall:matter", code=code)
        except (Invalid, Conflict) as refused:
            fault = str(refused)
    context = {"tab": "hall:matter-list", "matter": one, "fault": fault, "below": orgs.places(one.region_code) if len(one.region_code) < 6 else []}
    return render(request, "hall/end.html", context, status=422 if fault else 200)


@allows("hall.load")
def load(request: HttpRequest) -> HttpResponse:
    """Import with a dry run: every row's faults first, then all or the good ones."""
    actor, run, loaded, fault = actor_of(request), None, None, ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            run = imports.check_rows(tables.read_upload(upload, imports.COLUMNS))
            if request.POST.get("what") == "faults":
                rows = ((f.row, f.column, f.value, f.sentence) for f in run.faults)
                return exports.table("csv", "faults", (_("Row"), _("Column"), _("Value"), _("Reason")), rows)
            if request.POST.get("what") in ("all", "good"):
                loaded = imports.load_rows(actor, run=run, source=str(upload)[:80], only_good=request.POST["what"] == "good")
        except Invalid as refused:
            fault = str(refused)
    context = {"tab": "hall:matter-list", "run": run, "loaded": loaded, "fault": fault, "columns": imports.COLUMNS}
    return render(request, "hall/load.html", context, status=422 if fault else 200)
