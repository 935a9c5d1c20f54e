"""编目: a steward writes a resource of the own organ."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands import resources as commands
from tongban.kernel.catalogue.queries import resources
from tongban.kernel.catalogue.rules import resources as rules
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.data.exchange import forms
from tongban.rooms.data.exchange.views.catalogue import WORDS, address
from tongban.ui.access import actor_of, allows

SPARE_ROWS = 6


@allows("catalogue.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Begin a resource."""
    actor = actor_of(request)
    own_class = resources.organ_class(actor.organ_key)
    held: dict[str, Any] = {
        "class_code": own_class.code if own_class else "", "sharing": rules.CONDITIONAL, "format": "database", "way": "service", "cycle": "daily", "items": [],
    }  # fmt: skip
    if request.method == "POST":
        held = forms.content(request.POST)
        try:
            made = commands.draft_resource(actor, content=held)
            messages.success(request, _("The draft is kept. Complete it, then submit it for registration."))
            return redirect(address(made.resource.key))
        except (Invalid, Conflict, Refused) as refused:
            return _page(request, held, None, refused)
    return _page(request, held, None, None)


@allows("catalogue.edit")
def edit(request: HttpRequest, resource: str) -> HttpResponse:
    """Change a draft; a published resource gets a new version first."""
    actor = actor_of(request)
    one = next(iter(resources.versions(actor, resource)), None) or resources.version(actor, resource)
    if request.method == "POST" and request.POST.get("act") == "new-version":
        made = commands.new_version(actor, key=resource)
        messages.success(request, _("Version %(n)s is a draft now.") % {"n": made.number})
        return redirect("exchange:edit", resource=resource)
    if request.method == "POST":
        held = forms.content(request.POST)
        try:
            commands.edit_resource(actor, key=resource, content=held)
            messages.success(request, _("The draft is kept."))
            return redirect(f"{address(resource)}?version={one.number}")
        except (Invalid, Conflict, Refused) as refused:
            return _page(request, {**held, "class_code": one.content["class_code"]}, one, refused)
    if one.state != rules.DRAFT:
        return redirect(address(resource))
    return _page(request, one.content, one, None)


def _page(request: HttpRequest, held: dict[str, Any], one: Any, refused: Invalid | Conflict | Refused | None) -> HttpResponse:
    actor = actor_of(request)
    items = rules.items(held["items"])
    own_class = resources.organ_class(actor.organ_key)
    context = {
        "tab": "exchange:catalogue", "part": "desk", "held": held, "one": one, "items": [*items, *([rules.Item("", "")] * SPARE_ROWS)], "own_class": own_class,
        "bases": resources.classes("base", "1"), "themes": resources.classes("theme", "2"), "gaps": _gaps(held) if one else {},
        "fault": str(refused) if refused else "", "faults": refused.fields if refused else {}, **WORDS,
    }  # fmt: skip
    return render(request, "exchange/edit.html", context, status=422 if refused else 200)


def _gaps(held: dict[str, Any]) -> dict[str, str]:
    """What still lacks before it can be submitted."""
    return {f.field: commands.fault_sentence(f) for f in reversed(rules.faults(held))}
