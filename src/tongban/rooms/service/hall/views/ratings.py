"""好差评: rating by link, public results, answering bad ones."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.lib.errors import Invalid
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.commands import ratings as commands
from tongban.rooms.service.hall.queries import ratings
from tongban.ui.access import OPEN, actor_of, allows
from tongban.ui.chrome import region_of


@allows(OPEN)
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """Rate once; the link is the permission."""
    fault = ""
    if request.method == "POST":
        level = request.POST.get("level", "")
        try:
            commands.rate_service(
                actor_of(request), token=token, level=int(level) if level.isdigit() else 0,
                indicators=request.POST.getlist("indicator")[:10], words=request.POST.get("words", ""),
            )  # fmt: skip
            return render(request, "hall/rated.html", {"bad": level in ("4", "5")})
        except Invalid as refused:
            fault = str(refused)
    context = {"invitation": ratings.invitation(token), "levels": rules.LEVELS, "indicators": rules.INDICATORS, "fault": fault,
               "chosen": request.POST.getlist("indicator"), "words": request.POST.get("words", "")}  # fmt: skip
    return render(request, "hall/rate.html", context, status=422 if fault else 200)


@allows(OPEN)
def results(request: HttpRequest) -> HttpResponse:
    """Public results by office."""
    return render(request, "hall/ratings.html", {"tab": "ratings", "rows": ratings.office_results(region_of(request))})


@allows("hall.rectify")
def rectifications(request: HttpRequest) -> HttpResponse:
    """Bad ratings of one's organ."""
    actor = actor_of(request)
    context = {
        "tab": "hall:rectification-list", "open": ratings.bad_ratings(actor)[:100], "answered": ratings.bad_ratings(actor, answered=True)[:50],
        "levels": rules.LEVELS,
    }  # fmt: skip
    return render(request, "hall/rectifications.html", context)


@allows("hall.rectify")
@require_POST
def answer(request: HttpRequest, rating: int) -> HttpResponse:
    """Answer one."""
    try:
        commands.answer_rating(actor_of(request), rating=rating, reply=request.POST.get("reply", ""))
        messages.success(request, _("Answered; the person is told."))
    except Invalid as refused:
        messages.error(request, str(refused))
    return redirect("hall:rectification-list")
