"""一件事: opening a restaurant with one form."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.files import commands as files
from tongban.lib.errors import Conflict, Invalid, NotFound, TooLarge
from tongban.rooms.service.hall import forms
from tongban.rooms.service.hall.commands import applications
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import one_thing
from tongban.ui.access import OPEN, actor_of, allows
from tongban.ui.chrome import region_of


@allows(OPEN)
def one_thing_page(request: HttpRequest) -> HttpResponse:
    """What the bundle holds; which registrations are wanted."""
    return render(request, "hall/one_thing.html", {"tab": "matters", "t": one_thing.restaurant(region_of(request))})


@allows("hall.apply")
def apply(request: HttpRequest) -> HttpResponse:
    """One form for all that was chosen; what was typed and uploaded is kept when something must be changed."""
    actor = actor_of(request)
    together = one_thing.joined(_chosen(request))
    known = drafts.known_values(actor, together.form)
    data: dict[str, Any] = {name: value.value for name, value in known.items()}
    faults: dict[str, Any] = {}
    attached: list[dict[str, str]] = []
    if request.method == "POST":
        data = forms.posted(together.form, request, known)
        try:
            attached = _attached(request, together)
            bundle, _numbers = applications.submit_bundle(actor, codes=together.codes, data=data, materials=attached)
            return redirect("hall:bundle", bundle=bundle)
        except (Invalid, Conflict, TooLarge) as refused:
            faults = dict(refused.fields) or {"": str(refused)}
    context = {
        "tab": "matters", "t": together, "faults": faults, "sections": forms.sections(together.form, data, faults, known), "known": known,
        "rows": [(m, [f for f in attached if f["material"] == m["name"]]) for m in together.provided],
    }  # fmt: skip
    return render(request, "hall/one_thing_apply.html", context, status=422 if faults else 200)


def _chosen(request: HttpRequest) -> list[str]:
    """The codes that were ticked, if the bundle of this region offers them; the food permit at least."""
    offered = [p.matter.code for p in one_thing.restaurant(region_of(request)).parts if p.matter]
    wanted = [c for c in offered if c in set(request.GET.getlist("matter") + request.POST.getlist("matter"))]
    if not offered:
        raise NotFound(_("This matter is not handled in the region you chose."))
    return wanted or [c for c in offered if c.startswith("food-operation-permit-new")]


def _attached(request: HttpRequest, together: one_thing.Joined) -> list[dict[str, str]]:
    """Files chosen now, and those kept from an earlier try (their owner is checked at submission)."""
    kept = []
    for place, material in enumerate(together.provided):
        uploads = request.FILES.getlist(f"file-{place}")
        for upload in uploads:
            made = files.keep_file(actor_of(request), name=upload.name or "", stream=upload, size=upload.size or 0)
            kept.append({"material": material["name"], "file": str(made.id), "name": made.name})
        if not uploads:
            for held in request.POST.getlist(f"kept-{place}"):
                key, _sep, name = held.partition("|")
                kept.append({"material": material["name"], "file": key[:36], "name": name[:160]})
    return kept


@allows("hall.apply")
def bundle(request: HttpRequest, bundle: str) -> HttpResponse:
    """The numbers that one submission gave."""
    found = one_thing.own_bundle(actor_of(request), bundle)
    if not found:
        raise NotFound(_("There is no such draft. Drafts are kept for thirty days."))
    return render(request, "hall/bundle.html", {"tab": "mine", "cases": found, "due": max(c.receipt_due or c.promise_due for c in found)})
