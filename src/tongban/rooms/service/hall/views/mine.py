"""What is mine: applications, licences; the progress of a case by its number."""

import json

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.cases import commands as case_commands
from tongban.kernel.cases import queries as cases
from tongban.kernel.files import queries as files
from tongban.kernel.ledger import commands as signing
from tongban.kernel.ledger import queries as ledger
from tongban.kernel.nodes import queries as nodes
from tongban.lib import typesetting
from tongban.lib.errors import NotFound
from tongban.lib.rooms import shows
from tongban.rooms.service.hall import forms
from tongban.rooms.service.hall.commands import licences as licence_commands
from tongban.rooms.service.hall.commands import looks
from tongban.rooms.service.hall.queries import applications, licences, matters, ratings
from tongban.ui.access import OPEN, actor_of, allows


@shows("case")
def case_address(number: str) -> str:
    return f"/hall/cases/{number}/"


@allows("hall.apply")
def mine(request: HttpRequest) -> HttpResponse:
    """Applications, drafts, licences."""
    actor = actor_of(request)
    page = Paginator(cases.own_cases(actor), 10).get_page(request.GET.get("page"))
    context = {
        "tab": "mine", "page": page, "rows": [(one, cases.standing(one)) for one in page],
        "drafts": applications.drafts(actor)[:10], "licences": licences.own_licences(actor)[:10],
    }  # fmt: skip
    return render(request, "hall/mine.html", context)


@allows("hall.apply", "hall.read_cases")
def proof(request: HttpRequest, number: str, act: int) -> HttpResponse:
    """The proof file of one act in the record of a case."""
    actor = actor_of(request)
    one = cases.case(actor, number)
    found = ledger.proof(actor, subject=f"case:{one.number}", entry=min(act, 2**62), keys=signing.signers())
    if found is None:
        raise NotFound(_("The entry is not sealed yet; ask again in a second."), code="not-sealed-yet")
    answer = HttpResponse(json.dumps(found, ensure_ascii=False, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="proof-{one.number}-{act}.json"'
    return answer


@allows("hall.apply", "hall.read_cases")
def case(request: HttpRequest, number: str) -> HttpResponse:
    """A case, for its applicant and for officials in whose scope it lies."""
    actor = actor_of(request)
    one = cases.case(actor, number)
    if one.person_id is None or one.person_id != actor.person:
        return redirect("hall:work-case", number=number)
    guide = matters.guide(one.matter_code)
    items = cases.items_of(one)
    context = {
        "tab": "mine", "case": one, "standing": cases.standing(one), "items": items, "answers": forms.answers(guide.form, one.data),
        "acts": ledger.acts_about(actor, f"case:{one.number}", entitled=True), "doable": cases.doable(actor, one),
        "rating": ratings.own_invitation(actor, one.number), "process": one.process, "clock": cases.clock_events(one),
        "here": ",".join(i.step for i in items if i.state == "open"), "past": ",".join(i.step for i in items if i.state == "done"),
        "home": nodes.name_of(one.home) if one.home else "",
        "may_withdraw": not one.awaiting and one.state in ("submitted", "correcting", "accepted", "suspended"),
        "licence": licences.own_licences(actor).filter(case_number=one.number).first(),
        "notice": next((i for i in reversed(items) if i.action == "correct"), None),
    }  # fmt: skip
    return render(request, "hall/case.html", context)


@allows("hall.apply")
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Submitted: the number, and what happens next."""
    one = cases.case(actor_of(request), number)
    return render(request, "hall/receipt.html", {"tab": "mine", "case": one, "guide": matters.guide(one.matter_code)})


@allows("cases.withdraw")
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take an application back."""
    case_commands.withdraw_case(actor_of(request), number=number, reason=request.POST.get("reason", "")[:300])
    messages.success(request, _("Withdrawn. You may apply again at any time."))
    return redirect("hall:case", number=number)


@allows("hall.apply", "hall.read_cases")
def material(request: HttpRequest, number: str, file: str) -> HttpResponse:
    """A file of a case in scope; images and PDF open in the page, the rest is downloaded."""
    actor = actor_of(request)
    one = cases.case(actor, number)
    if file not in {m["file"] for m in one.materials}:
        raise NotFound(_("There is no such file within your view."))
    looks.note_look(actor, case=one, what="document")
    found = files.file(actor, file, entitled=True)
    response = HttpResponse(files.content(found), content_type=found.document.media_type)
    way = "inline" if found.document.media_type in ("application/pdf", "image/png", "image/jpeg") else "attachment"
    response["Content-Disposition"] = f'{way}; filename="{found.id}"'
    # Shown in a frame beside the form: by our own pages only, and without any script.
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"
    return response


@allows(OPEN)
def progress(request: HttpRequest) -> HttpResponse:
    """Progress by number, without login: no name, no content."""
    number, found, fault = request.GET.get("number", "").strip()[:24], None, ""
    if number:
        try:
            found = cases.progress(number.upper())
        except NotFound as missing:
            fault = str(missing)
    return render(request, "hall/progress.html", {"number": number, "found": found, "fault": fault}, status=404 if fault else 200)


@allows("hall.apply", "hall.change_licence")
def licence(request: HttpRequest, number: str) -> HttpResponse:
    """A licence with its QR code and downloads."""
    actor = actor_of(request)
    one = licences.licence(actor, number)
    context = {
        "tab": "mine", "licence": one, "qr": typesetting.qr_svg(licence_commands.verification_address(one)),
        "changes": one.changes.order_by("id"), "case_number": one.case_number.split("/")[0],
    }  # fmt: skip
    return render(request, "hall/licence.html", context)


@allows("hall.apply", "hall.change_licence")
def licence_pdf(request: HttpRequest, number: str) -> HttpResponse:
    one = licences.licence(actor_of(request), number)
    body = files.content(files.file(actor_of(request), str(one.pdf), entitled=True))
    return HttpResponse(body, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{number}.pdf"'})
