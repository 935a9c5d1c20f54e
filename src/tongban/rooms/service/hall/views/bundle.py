"""一件事: opening a restaurant with one form."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongban.lib.errors import NotFound
from tongban.rooms.service.hall.queries import one_thing
from tongban.ui.access import OPEN, actor_of, allows
from tongban.ui.chrome import region_of


@allows(OPEN)
def one_thing_page(request: HttpRequest) -> HttpResponse:
    """What the bundle holds; which registrations are wanted."""
    told = one_thing.restaurant(region_of(request))
    return render(request, "hall/one_thing.html", {"tab": "matters", "t": told, "permit": one_thing.PERMIT})


@allows("hall.apply")
def bundle(request: HttpRequest, bundle: str) -> HttpResponse:
    """The numbers that one submission gave."""
    found = one_thing.own_bundle(actor_of(request), bundle)
    if not found:
        raise NotFound(_("There is no such draft. Drafts are kept for thirty days."))
    return render(request, "hall/bundle.html", {"tab": "mine", "cases": found, "due": max(c.receipt_due or c.promise_due for c in found)})
