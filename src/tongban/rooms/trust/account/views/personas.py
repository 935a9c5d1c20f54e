"""One click logs in as a persona. Imported and routed in demo mode only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries
from tongban.rooms.trust.account.views.login import enter
from tongban.ui.access import OPEN, actor_of, allows


@allows(OPEN)
@require_POST
def become(request: HttpRequest, username: str) -> HttpResponse:
    """Log in as the persona."""
    account = get_object_or_404(queries.personas(), username=username)
    identity.note_login(actor_of(request), account=account, way="persona")
    return enter(request, account, "persona")
