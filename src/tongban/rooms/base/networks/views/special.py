"""业务专网: inventory, decision, migration."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.base.networks import commands, queries, rules
from tongban.rooms.base.networks.models import SpecialNetwork
from tongban.ui import exports
from tongban.ui.access import actor_of, allows


@allows("networks.read", writes="networks.manage")
def board(request: HttpRequest) -> HttpResponse:
    """All special networks with their decision and progress."""
    actor, fault, faults = actor_of(request), "", {}
    if request.method == "POST":
        try:
            made = _register(request)
            messages.success(request, _("The network is registered. Decide next whether it stays."))
            return redirect("networks:special-network", system=made.key)
        except (Invalid, Conflict, Refused, NotFound) as refused:
            fault, faults = str(refused), refused.fields
    decision = request.GET.get("decision")
    rows = list(queries.special_networks(actor))
    counts = [(key, word, sum(r.decision == key for r in rows)) for key, word in rules.DECISIONS.items()]
    fitting = [r for r in rows if decision is None or r.decision == decision]
    if request.GET.get("export"):
        columns = (_("Name"), _("Organ"), _("Decision"), _("Reason or law"), _("Nodes"), _("Cost a year, yuan"))
        told = ((r.name, r.owner.name, rules.DECISIONS[r.decision], r.reason, r.nodes, r.yearly_cost) for r in fitting)
        return exports.table(request.GET["export"], "special-networks", columns, told)
    merging = [queries.progress_of(r) for r in rows if r.decision == "merge"]
    context = {
        "tab": "networks:coverage", "part": "special", "page": Paginator([(r, queries.progress_of(r)) for r in fitting], 25).get_page(request.GET.get("page")),
        "counts": counts, "decisions": rules.DECISIONS, "undecided": rules.DECISIONS[""], "decision": decision, "reach": rules.REACH, "typed": request.POST, "fault": fault, "faults": faults,
        "may": actor.may("networks.manage"), "merged": sum(p.percent == 100 for p in merging), "late": sum(bool(p.late) for p in merging),
        "saved": sum(r.yearly_cost for r in rows if r.decision == "merge" and queries.progress_of(r).percent == 100),
    }  # fmt: skip
    return render(request, "networks/special.html", context, status=422 if fault else 200)


def _register(request: HttpRequest) -> SpecialNetwork:
    key, name, owner, reach = (request.POST.get(n, "").strip()[:120] for n in ("key", "name", "owner", "reach"))
    nodes, bandwidth, cost = (_number(request, n) for n in ("nodes", "bandwidth", "yearly_cost"))
    systems = request.POST.get("systems", "")[:4000].splitlines()
    return commands.register_special(
        actor_of(request), key=key, name=name, owner=owner, reach=reach, nodes=nodes, bandwidth=bandwidth, yearly_cost=cost, systems=systems
    )


def _number(request: HttpRequest, name: str) -> int:
    told = request.POST.get(name, "").strip().replace(",", "")
    if told and not (told.isascii() and told.isdigit() and len(told) <= 9):
        raise Invalid.at(name, _("Numbers: whole ones, up to nine digits."))
    return int(told or 0)


@allows("networks.read", writes="networks.manage")
def one(request: HttpRequest, system: str) -> HttpResponse:
    """Decision, steps, what it carries."""
    actor, fault, faults = actor_of(request), "", {}
    held = queries.special_network(actor, system)
    if request.method == "POST":
        try:
            messages.success(request, _act(request, held.key))
            return redirect("networks:special-network", system=held.key)
        except (Invalid, Conflict) as refused:
            fault, faults = str(refused), refused.fields
    steps = sorted(held.steps.all(), key=lambda s: s.position)
    context = {
        "tab": "networks:coverage", "part": "special", "net": held, "steps": steps, "next": next((s for s in steps if not s.done_on), None), "today": clock.today(),
        "progress": queries.progress_of(held), "decisions": rules.DECISIONS, "undecided": rules.DECISIONS[""], "reach": rules.REACH, "typed": request.POST, "fault": fault, "faults": faults,
        "may": actor.may("networks.manage"), "begun": any(s.done_on for s in steps),
    }  # fmt: skip
    return render(request, "networks/special_network.html", context, status=422 if fault else 200)


def _act(request: HttpRequest, key: str) -> str:
    actor, words = actor_of(request), request.POST.get("words", "")[:300]
    if request.POST.get("act") == "step":
        told = request.POST.get("position", "")
        commands.finish_step(actor, key=key, position=int(told) if told.isascii() and told.isdigit() and len(told) < 5 else -1, words=words)
        return _("The step is done.")
    commands.decide_special(actor, key=key, decision=request.POST.get("decision", ""), reason=words, first_due=_day(request.POST.get("begin", "")))
    return _("The decision about the network is kept.")


def _day(told: str) -> date | None:
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None
