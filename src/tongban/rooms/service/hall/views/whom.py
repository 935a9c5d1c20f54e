"""Asking for another applicant."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tongban.rooms.service.hall.models import Draft
from tongban.rooms.service.hall.queries import applicants, one_thing
from tongban.rooms.service.hall.queries.matters import Guide
from tongban.ui.access import actor_of


def for_whom(request: HttpRequest, paper: Guide | one_thing.Joined, then: str, held: Draft | None = None) -> HttpResponse:
    """Offer the applicants whom the matter serves, or the one a draft was begun for; go on at `then`."""
    actor = actor_of(request)
    told = applicants.choices(actor, paper.content)
    context = {
        "tab": "matters", "g": paper, "served": applicants.served(paper.content), "then": then, "held": held,
        "choices": [c for c in told if (c.legal_person == held.legal_person if held else c.fits)],
        "unfit": [] if held else [c for c in told if not c.fits], "acting": actor.legal_person_name or actor.name,
    }  # fmt: skip
    return render(request, "hall/apply_for_whom.html", context, status=409)
