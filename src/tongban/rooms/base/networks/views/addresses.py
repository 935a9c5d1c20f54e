"""The address plan: pools, what is assigned to whom, how far IPv6 has come."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.base.networks import commands, queries, rules
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier


@allows("networks.read", writes="networks.manage")
def addresses(request: HttpRequest) -> HttpResponse:
    """One network or all; assigning and freeing blocks."""
    actor, fault, faults = actor_of(request), "", {}
    if request.method == "POST":
        try:
            messages.success(request, _act(request))
            return redirect(request.get_full_path())
        except (Invalid, Conflict, NotFound, Refused) as refused:
            fault, faults = str(refused), refused.fields
    network = request.GET.get("network", "")
    rows = queries.blocks(actor, network=network if network in rules.NETWORKS else "")
    if request.GET.get("export"):
        columns = (_("Block"), _("Network"), _("Unit"), _("Purpose"), _("Since day"))
        told = ((b.block, rules.NETWORKS[b.network], b.unit_name, b.purpose, b.assigned_on) for b in rows)
        return exports.table(request.GET["export"], "addresses", columns, told)
    context = {
        "tab": "networks:coverage", "part": "addresses", "page": Paginator(rows, 50).get_page(request.GET.get("page")), "networks": rules.NETWORKS, "network": network,
        "shares": queries.ipv6_shares(actor), "pools": queries.blocks(actor, pool=True), "typed": request.POST, "fault": fault, "faults": faults,
        "may": actor.may("networks.manage"),
    }  # fmt: skip
    return render(request, "networks/addresses.html", context, status=422 if fault else 200)


def _act(request: HttpRequest) -> str:
    actor = actor_of(request)
    block, pool = (identifier(request.POST.get(n, "")) for n in ("free", "from_pool"))
    if block:
        commands.free_block(actor, block=block)
        return _("The block is free again.")
    told = {n: request.POST.get(n, "").strip()[:120] for n in ("network", "unit", "purpose")}
    made = commands.assign_block(actor, told=request.POST.get("block", "")[:60], pool=request.POST.get("pool") == "yes", from_pool=pool or None, **told)
    return _("%(block)s is assigned.") % {"block": made.block}
