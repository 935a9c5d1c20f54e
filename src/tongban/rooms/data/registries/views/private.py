"""隐私比对: which rows two departments share, without either seeing the other's."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.lib.matching import private
from tongban.rooms.data.registries.commands import private as commands
from tongban.rooms.data.registries.models import PrivateComparison
from tongban.rooms.data.registries.queries import private as queries
from tongban.ui import exports
from tongban.ui.access import actor_of, allows

State = PrivateComparison.State
LIGHTS = {State.ASKED: "yellow", State.COMPARING: "yellow", State.DONE: "ok", State.REFUSED: "paused", State.FAILED: "red"}


def _content(request: HttpRequest) -> bytes:
    upload = request.FILES.get("file")
    if upload is None or (upload.size or 0) > commands.UPLOAD:
        raise Invalid.at("file", _("File: hand over what “tongban encode” made, never the rows themselves; at most %(n)s rows.") % {"n": private.MOST})
    return upload.read()


@allows("registries.link")
def comparisons(request: HttpRequest) -> HttpResponse:
    """Those of the own organ; a new one is asked for here."""
    actor, fault, faults = actor_of(request), "", {}
    typed = {n: request.POST.get(n, "").strip()[:120] for n in ("title", "purpose", "other")}
    if request.method == "POST":
        try:
            made = commands.ask_private(actor, **typed, content=_content(request))
            messages.success(request, _("The other department is told; once it has joined, the comparison runs by itself."))
            return redirect("registries:private", comparison=made.id)
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    page = Paginator(queries.comparisons(actor), 25).get_page(request.GET.get("page"))
    context = {
        "tab": "registries:overview", "part": "private", "page": page, "names": _names(list(page)), "typed": typed, "fault": fault, "faults": faults, "lights": LIGHTS,
        "own": actor.organ_key, "departments": [o for o in orgs.organs("37", exact=True) if o.key != actor.organ_key], "columns": "、".join(private.FIELDS), "most": private.MOST,
    }  # fmt: skip
    return render(request, "registries/privates.html", context, status=422 if fault else 200)


def _names(held: list[PrivateComparison]) -> dict[str, str]:
    return {key: orgs.organ(key).name for one in held for key in (one.asking_key, one.asked_key)}


@allows("registries.link")
def comparison(request: HttpRequest, comparison: int) -> HttpResponse:
    """One: joined or refused by who was asked; each side's own rows that are among the pairs."""
    actor, fault, faults = actor_of(request), "", {}
    held = queries.comparison(actor, comparison)
    if request.method == "POST":
        try:
            if request.POST.get("act") == "refuse":
                commands.refuse_private(actor, comparison=comparison, words=request.POST.get("words", ""))
            else:
                commands.join_private(actor, comparison=comparison, content=_content(request))
                messages.success(request, _("Handed over; both departments are told when it is compared."))
            return redirect("registries:private", comparison=comparison)
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    pairs = queries.own_pairs(actor, held)
    if request.GET.get("export"):
        return exports.table(request.GET["export"], "pairs", (_("Pair"), _("Row of your file"), _("How alike")), pairs)
    context = {
        "tab": "registries:overview", "part": "private", "held": held, "names": _names([held]), "lights": LIGHTS, "fault": fault, "faults": faults,
        "own": actor.organ_key, "page": Paginator(pairs, 50).get_page(request.GET.get("page")), "own_rows": held.asking_rows if actor.organ_key == held.asking_key else held.asked_rows,
        "fields": ",".join(held.fields),
    }  # fmt: skip
    return render(request, "registries/private.html", context, status=422 if fault else 200)
