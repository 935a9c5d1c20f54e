"""三级互联: the nodes of the net, their lines, and letters that could not be taken."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.nodes import commands, queries
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound
from tongban.rooms.data.exchange.rules import nodes as rules
from tongban.ui import exports
from tongban.ui.access import actor_of, allows

WORDS = {"tab": "exchange:catalogue", "part": "nodes"}


def _told(one: Any) -> dict[str, Any]:
    """A line with its light and the names of what it serves."""
    light, word = rules.standing(one.node.place, one.node.state, one.node.heard_at, one.waits, one.held, clock.now())
    return {
        "node": one.node,
        "waits": one.waits,
        "since": one.since,
        "held": one.held,
        "light": light,
        "word": word,
        "serves": [orgs.full_name(r) for r in one.node.regions],
    }


@allows("nodes.read")
def nodes(request: HttpRequest) -> HttpResponse:
    """Every node that is known, how its line stands, what is held."""
    actor = actor_of(request)
    found = queries.lines(actor)
    names = {one.node.code: one.node.name for one in found}
    rows = [_told(one) | {"via": names.get(one.node.via, one.node.via)} for one in found]
    if request.GET.get("export"):
        columns = (_("Node"), _("Serves"), _("Relation to this node"), _("State"), _("Letters sent"), _("Not receipted"), _("Letters taken"), _("Held"))
        lines = (
            (
                r["node"].name,
                "、".join(r["serves"]),
                r["node"].get_place_display(),
                r["node"].get_state_display(),
                r["node"].sent,
                r["waits"],
                r["node"].taken,
                r["held"],
            )
            for r in rows
        )
        return exports.table(request.GET["export"], "nodes", columns, lines)
    context = {
        **WORDS, "rows": rows, "names": names, "held": queries.held_letters(actor), "kinds": rules.KINDS,
        "waits": sum(r["waits"] for r in rows), "silent": sum(r["light"] == "red" for r in rows),
    }  # fmt: skip
    return render(request, "exchange/nodes.html", context)


@allows("nodes.read")
def one_node(request: HttpRequest, node: str) -> HttpResponse:
    """One node: its key, its line, the letters on it; ended here."""
    actor, fault, faults = actor_of(request), "", {}
    known = {one.node.code: one for one in queries.lines(actor)}
    found = known.get(node)
    if found is None:
        raise NotFound(_("There is no node %(code)s.") % {"code": node})
    if request.method == "POST":
        try:
            commands.end_node(actor, code=node, words=request.POST.get("words", ""))
            messages.success(request, _("Ended. What it served is served here again."))
            return redirect("exchange:node", node=node)
        except (Invalid, Conflict) as refused:
            fault, faults = str(refused), refused.fields
    context = {
        **WORDS, "one": _told(found), "letters": queries.letters(actor, node), "names": {code: one.node.name for code, one in known.items()}, "kinds": rules.KINDS, "fault": fault, "faults": faults,
        "may_end": found.node.place == "below" and found.node.state != "ended", "typed": request.POST,
    }  # fmt: skip
    return render(request, "exchange/node.html", context, status=422 if fault else 200)


@allows("nodes.manage")
@require_POST
def held(request: HttpRequest, letter: int) -> HttpResponse:
    """Try a held letter again, or give it up with a reason."""
    actor = actor_of(request)
    try:
        if request.POST.get("act") == "drop":
            commands.drop_held(actor, held=letter, words=request.POST.get("words", ""))
            messages.success(request, _("Given up; it stays in the table."))
        elif commands.retry_held(actor, held=letter):
            messages.success(request, _("Taken."))
        else:
            messages.error(request, _("It could still not be taken; the reason stands beside it."))
    except (Invalid, Conflict) as refused:
        messages.error(request, str(refused))
    return redirect("exchange:nodes")
