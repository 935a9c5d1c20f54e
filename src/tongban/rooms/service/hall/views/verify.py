"""Anyone verifies a licence: by QR code, by number, by file; officials change its state."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.rooms.service.hall.commands import licences as commands
from tongban.rooms.service.hall.queries import licences
from tongban.ui.access import OPEN, actor_of, allows

LIMIT = 5 * 1024 * 1024


@allows(OPEN)
def verify(request: HttpRequest) -> HttpResponse:
    """By number or by file."""
    verdict = None
    number = request.GET.get("number", "").strip()[:40]
    upload = request.FILES.get("file")
    if upload is not None:
        verdict = licences.by_file(upload.read(LIMIT))
    elif number:
        verdict = licences.by_number(number)
    return render(request, "hall/verify.html", {"verdict": verdict, "number": number})


@allows(OPEN)
def by_code(request: HttpRequest, code: str) -> HttpResponse:
    """By the QR code."""
    return render(request, "hall/verify.html", {"verdict": licences.by_code(code), "number": ""})


@allows("hall.change_licence")
@require_POST
def change(request: HttpRequest, number: str) -> HttpResponse:
    """Suspend, resume, revoke, or reissue with a changed entry."""
    actor, what, reason = actor_of(request), request.POST.get("change", "")[:10], request.POST.get("reason", "")[:300]
    if what == "replace":
        items = {request.POST.get("entry", "")[:60]: request.POST.get("value", "").strip()[:200]}
        number = commands.reissue_licence(actor, number=number, items=items, reason=reason).number
    else:
        commands.change_licence(actor, number=number, change=what, reason=reason)
    messages.success(request, _("Done and written to the ledger."))
    return redirect("hall:licence", number=number)
