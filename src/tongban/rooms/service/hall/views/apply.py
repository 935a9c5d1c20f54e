"""Applying, one thought a step; every step works without script and keeps what was typed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases import schemas
from tongban.kernel.files import commands as files
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, TongbanError, TooLarge
from tongban.rooms.service.hall import forms
from tongban.rooms.service.hall.commands import applications
from tongban.rooms.service.hall.models import Draft
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import matters
from tongban.ui.access import actor_of, allows


@allows("hall.apply")
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Open a draft and go to its first step."""
    made = applications.begin_draft(actor_of(request), matter_code=code)
    return redirect("hall:apply-identity", draft=made.id)


def _context(request: HttpRequest, held: Draft, step: int) -> dict[str, Any]:
    guide = matters.guide(held.matter.code)
    try:
        due = calendar.due(held.matter.region_code, clock.today(), guide.promised)
    except TongbanError:
        due = None
    known = drafts.known_values(actor_of(request), guide.form)
    return {
        "tab": "matters", "draft": held, "g": guide, "matter": held.matter, "step": step, "due": due, "known": known,
        "missing": applications.missing_materials(guide.provided, held.materials),
    }  # fmt: skip


@allows("hall.apply")
def identity(request: HttpRequest, draft: str) -> HttpResponse:
    """Step 1: who applies."""
    held = drafts.draft(actor_of(request), draft)
    return render(request, "hall/apply_identity.html", _context(request, held, 1))


@allows("hall.apply")
def form(request: HttpRequest, draft: str) -> HttpResponse:
    """Step 2: what government does not know."""
    actor = actor_of(request)
    held = drafts.draft(actor, draft)
    context = _context(request, held, 2)
    schema, faults = context["g"].form, {}
    if request.method == "POST":
        data = forms.posted(schema, request, context["known"])
        held = applications.save_draft(actor, draft=draft, data=data)
        faults = schemas.check(schema, data)
        if not faults:
            return redirect("hall:apply-materials", draft=draft)
    context |= {"draft": held, "sections": forms.sections(schema, held.data, faults, context["known"]), "faults": faults}
    return render(request, "hall/apply_form.html", context, status=422 if faults else 200)


@allows("hall.apply")
@require_POST
def autosave(request: HttpRequest, draft: str) -> HttpResponse:
    """Keep what stands in the form now; answers when it was saved."""
    actor = actor_of(request)
    held = drafts.draft(actor, draft)
    schema = matters.guide(held.matter.code).form
    saved = applications.save_draft(actor, draft=draft, data=forms.posted(schema, request, drafts.known_values(actor, schema)))
    told = _("Saved at %(time)s") % {"time": f"{saved.saved_at.astimezone(clock.CHINA):%H:%M}"}
    return HttpResponse(told, content_type="text/plain; charset=utf-8")


@allows("hall.apply")
def materials(request: HttpRequest, draft: str) -> HttpResponse:
    """Step 3: what only the applicant has."""
    actor, fault = actor_of(request), ""
    held = drafts.draft(actor, draft)
    if request.method == "POST":
        try:
            _change_materials(request, draft)
            if "next" in request.POST:
                return redirect("hall:apply-review", draft=draft)
            return redirect("hall:apply-materials", draft=draft)
        except (Invalid, TooLarge) as refused:
            fault = str(refused)
        held = drafts.draft(actor, draft)
    context = _context(request, held, 3) | {"fault": fault}
    context["rows"] = [(m, [f for f in held.materials if f["material"] == m["name"]]) for m in context["g"].provided]
    return render(request, "hall/apply_materials.html", context, status=422 if fault else 200)


def _change_materials(request: HttpRequest, draft: str) -> None:
    actor = actor_of(request)
    if "drop" in request.POST:
        applications.drop_material(actor, draft=draft, file=request.POST["drop"])
    guide = matters.guide(drafts.draft(actor, draft).matter.code)
    for place, material in enumerate(guide.provided):
        for upload in request.FILES.getlist(f"file-{place}"):
            applications.add_material(
                actor, draft=draft, material=material["name"], name=upload.name or "", stream=upload, size=upload.size or 0
            )


@allows("hall.apply")
def review(request: HttpRequest, draft: str) -> HttpResponse:
    """Step 4: read once more, submit."""
    actor = actor_of(request)
    held = drafts.draft(actor, draft)
    context = _context(request, held, 4)
    faults: dict[str, Any] = {}
    if request.method == "POST":
        try:
            number = applications.submit_draft(actor, draft=draft)
            return redirect("hall:receipt", number=number)
        except Invalid as refused:
            faults = refused.fields or {"": str(refused)}
        except Conflict as refused:
            faults = {"": str(refused)}
    else:
        faults = schemas.check(context["g"].form, held.data)
    context |= {"faults": faults, "answers": forms.answers(context["g"].form, held.data)}
    return render(request, "hall/apply_review.html", context, status=422 if faults and request.method == "POST" else 200)


@allows("hall.apply")
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """Answer the one correction notice: change entries, add files, send."""
    actor = actor_of(request)
    one = cases.case(actor, number)
    guide = matters.guide(one.matter_code)
    known = drafts.known_values(actor, guide.form)
    data, faults, fault = one.data, {}, ""
    if request.method == "POST":
        data = forms.posted(guide.form, request, known)
        try:
            attached = _corrected_materials(request, one.materials, guide)
            applications.correct_application(actor, number=number, data=data, materials=attached, note=request.POST.get("note", "")[:500])
            messages.success(request, _("Sent. The office decides within five working days whether to accept."))
            return redirect("hall:case", number=number)
        except Invalid as refused:
            faults, fault = refused.fields, str(refused)
    notice = next((i for i in reversed(cases.items_of(one)) if i.action == "correct"), None)
    context = {
        "tab": "mine", "case": one, "g": guide, "known": known, "faults": faults, "fault": fault, "notice": notice,
        "sections": forms.sections(guide.form, data, faults, known),
        "rows": [(m, [f for f in one.materials if f["material"] == m["name"]]) for m in guide.provided],
    }  # fmt: skip
    return render(request, "hall/correct.html", context, status=422 if fault else 200)


def _corrected_materials(request: HttpRequest, held: list[dict[str, str]], guide: matters.Guide) -> list[dict[str, str]]:
    """New files take the place of the old ones of their material."""
    kept = list(held)
    for place, material in enumerate(guide.provided):
        uploads = request.FILES.getlist(f"file-{place}")
        if uploads:
            kept = [m for m in kept if m["material"] != material["name"]]
        for upload in uploads:
            made = files.keep_file(actor_of(request), name=upload.name or "", stream=upload, size=upload.size or 0)
            kept.append({"material": material["name"], "file": str(made.id), "name": made.name})
    return kept

