"""询问与答复: why someone's data were looked at."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid
from tongban.rooms.trust.account import queries
from tongban.rooms.trust.account.commands import questions as commands
from tongban.ui.access import LOGGED_IN, actor_of, allows


@allows(LOGGED_IN)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """One press beside a look at one's data."""
    told = request.POST.get("entry", "")
    try:
        entry = int(told) if told.isascii() and told.isdigit() and len(told) < 18 else 0
        commands.ask_why(actor_of(request), entry=entry, words=request.POST.get("words", "")[:300])
        messages.success(request, _("Asked. The organ answers within fifteen working days; the answer stands here."))
    except Conflict as refused:
        messages.error(request, str(refused))
    return redirect("account:access")


@allows("account.answer_question")
def questions(request: HttpRequest) -> HttpResponse:
    """What people ask one's organ, and the answer."""
    actor, fault = actor_of(request), ""
    if request.method == "POST":
        told = request.POST.get("question", "")
        try:
            number = int(told) if told.isascii() and told.isdigit() and len(told) < 15 else 0
            commands.answer_why(actor, question=number, words=request.POST.get("words", ""))
            messages.success(request, _("The answer is on its way."))
            return redirect("account:questions")
        except (Invalid, Conflict) as refused:
            fault = str(refused)
    page = Paginator(queries.questions(actor), 20).get_page(request.GET.get("page"))
    return render(
        request, "account/questions.html", {"tab": "account:questions", "page": page, "fault": fault, "today": clock.today()}, status=422 if fault else 200
    )
