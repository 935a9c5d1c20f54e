"""All protected systems in one look, and the form that registers one."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.base.continuity import commands, queries, rules
from tongban.ui.access import actor_of, allows


@allows("continuity.read")
def board(request: HttpRequest) -> HttpResponse:
    """Counts by state, the systems with the worst first, registration."""
    actor, faults, fault = actor_of(request), {}, ""
    if request.method == "POST":
        try:
            made = commands.register_system(actor, **_typed(request))
            messages.success(request, _("The system is registered. Give its agent the address below."))
            return redirect("continuity:system", system=made.key)
        except (Invalid, Conflict, Refused, NotFound) as refused:
            faults, fault = refused.fields, str(refused)
    state, tier = request.GET.get("state", ""), request.GET.get("tier", "")
    rows = queries.judged(queries.systems(actor))
    counts = Counter(s for r in rows for s in r.standing)
    fitting = [r for r in rows if (not state or state in r.standing) and (not tier or str(r.tier.level) == tier)]
    context = {
        "tab": "continuity:board", "page": Paginator(fitting, 25).get_page(request.GET.get("page")), "total": len(rows),
        "counts": [(key, rules.WORDS[key], counts[key]) for key in rules.ORDER], "states": rules.WORDS, "state": state, "tier": tier,
        "tiers": queries.tiers().values(), "tools": rules.TOOLS, "faults": faults, "fault": fault, "typed": request.POST,
        "protected": sum(not rules.WORRYING.intersection(r.standing) for r in rows), "may": actor.may("continuity.manage"),
    }  # fmt: skip
    return render(request, "continuity/board.html", context, status=422 if fault else 200)


def _typed(request: HttpRequest) -> dict[str, Any]:
    said = {name: request.POST.get(name, "").strip()[:120] for name in ("key", "name", "organ", "tool", "site")}
    return {**said, "tier": _number(request, "tier") or 0, "rpo_s": _number(request, "rpo"), "rto_s": _number(request, "rto")}


def _number(request: HttpRequest, name: str) -> int | None:
    told = request.POST.get(name, "").strip()
    if not told:
        return None
    if not (told.isascii() and told.isdigit() and len(told) <= 10):
        sentence = _("Targets: seconds, from 0 to ten years.")
        raise Invalid(sentence, fields={name: sentence})
    return int(told)
