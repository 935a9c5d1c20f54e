"""部门内比对: what came by a flow against the own table, by key."""

import re

import psycopg
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.lib.bus import comparison as lib
from tongban.lib.errors import Conflict, Invalid, Refused, Unavailable
from tongban.rooms.data.exchange.commands import flows as commands
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.ui.access import actor_of, allows

KINDS = {lib.DIFFERS: "内容不一致", lib.ONLY_LEFT: "仅左表有", lib.ONLY_RIGHT: "仅右表有"}


@allows("catalogue.edit")
def comparisons(request: HttpRequest) -> HttpResponse:
    """Those of the own organ; a new one is run from here."""
    actor, fault, faults = actor_of(request), "", {}
    typed = {n: request.POST.get(n, "").strip()[:127] for n in ("endpoint", "left", "right", "key", "columns", "purpose")}
    if request.method == "POST":
        try:
            columns = [c for c in re.split(r"[,，、\s]+", typed["columns"]) if c]
            asked = {n: typed[n] for n in ("endpoint", "left", "right", "key", "purpose")}
            made = commands.compare_tables(actor, **asked, columns=columns)
            messages.success(request, _("Compared."))
            return redirect("exchange:comparison", comparison=made.id)
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
        except psycopg.OperationalError:
            fault = _("Address: the database does not answer, or refuses the user.")
    page = Paginator(queries.comparisons(actor), 25).get_page(request.GET.get("page"))
    context = {
        "tab": "exchange:catalogue",
        "part": "comparisons",
        "page": page,
        "endpoints": queries.endpoints(actor),
        "typed": typed,
        "fault": fault,
        "faults": faults,
    }
    return render(request, "exchange/comparisons.html", context, status=422 if fault else 200)


@allows("catalogue.edit")
def comparison(request: HttpRequest, comparison: int) -> HttpResponse:
    """One comparison: how much agrees, and the first findings of each kind; all of them lie in the named table."""
    actor = actor_of(request)
    one = queries.comparison(actor, comparison)
    kind = request.GET.get("kind", "")
    try:
        rows = lib.first(one.endpoint.address, one.findings, kind if kind in KINDS else "")
    except psycopg.OperationalError as fault:
        raise Unavailable(_("Address: the database does not answer, or refuses the user.")) from fault
    counts = [(k, w, n) for (k, w), n in zip(KINDS.items(), (one.differ, one.only_left, one.only_right), strict=True)]
    context = {
        "tab": "exchange:catalogue", "part": "comparisons", "one": one, "counts": counts, "kind": kind,
        "rows": [(key, KINDS[name], columns) for key, name, columns in rows],
    }  # fmt: skip
    return render(request, "exchange/comparison.html", context)
