"""Messages."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tongban.kernel.notices import commands, queries
from tongban.ui.access import LOGGED_IN, actor_of, allows


@allows(LOGGED_IN)
def inbox(request: HttpRequest) -> HttpResponse:
    """One's messages; those shown on the page count as read."""
    actor = actor_of(request)
    page = Paginator(queries.inbox(actor), 20).get_page(request.GET.get("page"))
    shown = [(n, n.read_at is None) for n in page]
    for notice, fresh in shown:
        if fresh:
            commands.mark_read(actor, notice=notice.id)
    return render(request, "account/inbox.html", {"page": page, "shown": shown, "tab": "mine"})
