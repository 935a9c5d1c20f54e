"""Applying, one thought a step; every step works without script and keeps what was typed."""

import functools
from urllib.parse import urlencode
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases import schemas
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as file_queries
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, TongbanError, TooLarge
from tongban.rooms.service.hall import forms
from tongban.rooms.service.hall.commands import applications, prefill
from tongban.rooms.service.hall.models import Draft
from tongban.rooms.service.hall.queries import applicants, matters, one_thing
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.views.whom import for_whom
from tongban.ui.access import actor_of, allows


@allows("hall.apply")
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Open a draft and go to its first step; first ask for whom, when the matter does not serve who acts now."""
    actor, guide = actor_of(request), matters.guide(code)
    applications.check_open(guide.matter)
    if not any(c.fits and c.now for c in applicants.choices(actor, guide.content)):
        return for_whom(request, guide, reverse("hall:apply", args=[code]))
    made = applications.begin_draft(actor, matter_code=code)
    return redirect("hall:apply-identity", draft=made.id)


@allows("hall.apply")
def start_bundle(request: HttpRequest) -> HttpResponse:
    """一件事: open one draft for all registrations that were chosen; a single one goes its ordinary way."""
    actor = actor_of(request)
    codes = one_thing.chosen(request.GET.getlist("matter"))
    if not codes:
        messages.info(request, _("Choose at least one registration."))
        return redirect("hall:one-thing")
    if len(codes) == 1:
        return redirect("hall:apply", code=codes[0])
    together = one_thing.joined(codes)
    if not any(c.fits and c.now for c in applicants.choices(actor, together.content)):
        return for_whom(request, together, request.get_full_path())
    made = applications.begin_bundle(actor, codes=codes)
    return redirect("hall:apply-identity", draft=made.id)


def of_draft(view: Callable[[HttpRequest, Draft], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A step of one's own draft, acting for the applicant it was begun for."""

    @functools.wraps(view)
    def step(request: HttpRequest, draft: str) -> HttpResponse:
        held = drafts.draft(actor_of(request), draft)
        if held.legal_person != actor_of(request).legal_person:
            return for_whom(request, one_thing.paper(held), reverse("hall:apply-identity", args=[held.id]), held)
        return view(request, held)

    return step


def again(held: Draft) -> str:
    """Where the same is begun for another applicant."""
    if not held.bundle:
        return reverse("hall:apply", args=[held.matter.code])
    return reverse("hall:one-thing-apply") + "?" + urlencode([("matter", b["code"]) for b in held.bundle])


def _context(request: HttpRequest, held: Draft, step: int) -> dict[str, Any]:
    paper = one_thing.paper(held)
    try:
        due = calendar.due(held.matter.region_code, clock.today(), paper.promised)
    except TongbanError:
        due = None
    known = drafts.known_values(actor_of(request), paper.form, held)
    proved = (held.fetched or {}).get("proved", {})
    wanted = [m for m in paper.provided if m["name"] not in proved]
    return {
        "tab": "matters", "draft": held, "g": paper, "step": step, "due": due, "known": known, "proved": proved, "wanted": wanted,
        "missing": applications.missing_materials(wanted, held.materials), "failed": (held.fetched or {}).get("failed", {}),
    }  # fmt: skip


@allows("hall.apply")
@of_draft
def identity(request: HttpRequest, held: Draft) -> HttpResponse:
    """Step 1: who applies, and whether government may fetch what it holds."""
    if request.method == "POST":
        prefill.answer_consent(actor_of(request), draft=str(held.id), agreed=request.POST.get("consent") == "yes")
        return redirect("hall:apply-form", draft=held.id)
    context = _context(request, held, 1)
    told = applicants.choices(actor_of(request), context["g"].content)
    context |= {
        "choices": [c for c in told if c.fits], "unfit": [c for c in told if not c.fits],
        "served": applicants.served(context["g"].content), "then": again(held), "asked": drafts.asked_for(context["g"].form, [*context["g"].known, *context["g"].provided]),
    }  # fmt: skip
    return render(request, "hall/apply_identity.html", context)


@allows("hall.apply")
@of_draft
def form(request: HttpRequest, held: Draft) -> HttpResponse:
    """Step 2: what government does not know."""
    actor = actor_of(request)
    context = _context(request, held, 2)
    schema, faults = context["g"].form, {}
    if request.method == "POST":
        data, reasons = forms.posted(schema, request, context["known"]), forms.reasons(schema, request)
        held = applications.save_draft(actor, draft=str(held.id), data=data, reasons=reasons)
        faults = schemas.check(schema, data) | applications.missing_reasons(held, data, reasons)
        if not faults:
            return redirect("hall:apply-materials", draft=held.id)
    sections = forms.sections(schema, held.data, faults, context["known"], held.matter.region_code, held.reasons)
    context |= {"draft": held, "sections": sections, "faults": faults}
    return render(request, "hall/apply_form.html", context, status=422 if faults else 200)


@allows("hall.apply")
@require_POST
@of_draft
def autosave(request: HttpRequest, held: Draft) -> HttpResponse:
    """Keep what stands in the form now; answers when it was saved."""
    actor = actor_of(request)
    schema = one_thing.paper(held).form
    data = forms.posted(schema, request, drafts.known_values(actor, schema, held))
    saved = applications.save_draft(actor, draft=str(held.id), data=data, reasons=forms.reasons(schema, request))
    told = _("Saved at %(time)s") % {"time": f"{saved.saved_at.astimezone(clock.CHINA):%H:%M}"}
    return HttpResponse(told, content_type="text/plain; charset=utf-8")


@allows("hall.apply")
@of_draft
def materials(request: HttpRequest, held: Draft) -> HttpResponse:
    """Step 3: what only the applicant has."""
    fault = ""
    if request.method == "POST":
        try:
            _change_materials(request, held)
            return redirect("hall:apply-review" if "next" in request.POST else "hall:apply-materials", draft=held.id)
        except (Invalid, TooLarge) as refused:
            fault = str(refused)
        held.refresh_from_db()
    context = _context(request, held, 3) | {"fault": fault}
    context["rows"] = [(m, [f for f in held.materials if f["material"] == m["name"]]) for m in context["wanted"]]
    return render(request, "hall/apply_materials.html", context, status=422 if fault else 200)


@allows("hall.apply")
def draft_photo(request: HttpRequest, draft: str, file: str) -> HttpResponse:
    """A picture that was fetched for one's own draft."""
    held = drafts.draft(actor_of(request), draft)
    if file not in {m["file"] for m in held.materials if m.get("fetched")}:
        raise NotFound(_("There is no such file within your view."))
    found = file_queries.file(actor_of(request), file)
    return HttpResponse(file_queries.content(found), content_type=found.document.media_type, headers={"Cache-Control": "no-store"})


def _change_materials(request: HttpRequest, held: Draft) -> None:
    actor, draft = actor_of(request), str(held.id)
    if "drop" in request.POST:
        applications.drop_material(actor, draft=draft, file=request.POST["drop"])
    proved = (held.fetched or {}).get("proved", {})
    for place, material in enumerate(m for m in one_thing.paper(held).provided if m["name"] not in proved):
        for upload in request.FILES.getlist(f"file-{place}"):
            applications.add_material(actor, draft=draft, material=material["name"], name=upload.name or "", stream=upload, size=upload.size or 0)


@allows("hall.apply")
@of_draft
def review(request: HttpRequest, held: Draft) -> HttpResponse:
    """Step 4: read once more, submit."""
    actor = actor_of(request)
    context = _context(request, held, 4)
    faults: dict[str, Any] = {}
    if request.method == "POST":
        try:
            number = applications.submit_draft(actor, draft=str(held.id))
            if held.bundle:
                return redirect("hall:bundle", bundle=cases.case(actor, number).bundle)
            return redirect("hall:receipt", number=number)
        except Invalid as refused:
            faults = refused.fields or {"": str(refused)}
        except Conflict as refused:
            faults = {"": str(refused)}
    else:
        faults = schemas.check(context["g"].form, held.data) | applications.missing_reasons(held, held.data, held.reasons or {})
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
        "sections": forms.sections(guide.form, data, faults, known, one.region_code),
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
