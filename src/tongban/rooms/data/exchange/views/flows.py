"""数据流: what runs between departments, batch by batch; ends named, values set aside, proofs handed out."""

from datetime import timedelta
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.queries import access
from tongban.kernel.catalogue.queries import resources as catalogue
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.kernel.catalogue.supplies import CHANGES
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, terms
from tongban.lib.bus import checks
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.lib.tables import UPLOAD_LIMIT
from tongban.rooms.data.exchange.commands import files as file_commands
from tongban.rooms.data.exchange.commands import ends
from tongban.rooms.data.exchange.commands import flows as commands
from tongban.rooms.data.exchange.queries import files as file_queries
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.rooms.data.exchange.rules import flowmap
from tongban.rooms.data.exchange.rules import flows as rules
from tongban.rooms.data.exchange.models import Flow, Upload
from tongban.ui import exports
from tongban.ui.access import actor_of, allows

LIGHTS = {rules.FILES: "ok", rules.PREPARING: "yellow", rules.RUNNING: "ok", rules.PAUSED: "paused", rules.FAILED: "red"}
UPLOADS = {Upload.State.OPEN: "paused", Upload.State.CHECKING: "yellow", Upload.State.SENT: "ok", Upload.State.REFUSED: "red"}


@allows("catalogue.search")
def flows(request: HttpRequest) -> HttpResponse:
    """Every flow that the reader may see, with how far it has come; those who watch see the whole province."""
    actor = actor_of(request)
    state = request.GET.get("state", "")
    rows = list(queries.flows(actor, state=state if state in rules.STATES else ""))
    told = queries.standings(rows)
    if request.GET.get("export"):
        columns = (_("Agreement"), _("Resource"), _("Provider"), _("Consumer"), _("State"), _("Rows sent"), _("Rows taken"), _("Set aside"))
        lines = (
            (f.agreement, f.title, f.provider.name, f.consumer.name, rules.STATES[f.state], told[f.id].rows_sent, told[f.id].rows_taken, told[f.id].aside)
            for f in rows
        )
        return exports.table(request.GET["export"], "flows", columns, lines)
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    pairs = _pairs(rows, told)
    context = {
        "tab": "exchange:catalogue", "part": "flows", "page": page, "told": [(f, told[f.id]) for f in page], "state": state, "flow_states": rules.STATES,
        "lights": LIGHTS, "pairs": pairs, "map": flowmap.drawn(pairs), "now": clock.now(), "figures": _figures(rows, told), "possible": _possible(actor, rows), "stale": queries.stale(rows),
    }  # fmt: skip
    return render(request, "exchange/flows.html", context)


def _figures(rows: list[Flow], told: dict[int, queries.Standing]) -> dict[str, int]:
    return {
        "running": sum(f.state == rules.RUNNING for f in rows), "failed": sum(f.state == rules.FAILED for f in rows), "late": sum(s.late for s in told.values()),
        "rows": sum(s.rows_taken for s in told.values()), "aside": sum(s.aside for s in told.values()),
    }  # fmt: skip


def _pairs(rows: list[Flow], told: dict[int, queries.Standing]) -> list[flowmap.Pair]:
    """What runs between each two departments, the most rows first."""
    hour = queries.rows_since(rows, clock.now() - timedelta(hours=1))
    found: dict[tuple[str, str], list[Flow]] = {}
    for f in rows:
        found.setdefault((f.provider.short_name, f.consumer.short_name), []).append(f)
    pairs = [
        flowmap.Pair(
            a, b, sum(told[f.id].rows_taken for f in group), sum(hour.get(f.id, 0) for f in group), sum(told[f.id].lag for f in group),
            flowmap.worst(_state(f, told[f.id]) for f in group), min(group, key=lambda f: _ORDER.index(_state(f, told[f.id]))).agreement, len(group),
        )
        for (a, b), group in found.items()
    ]  # fmt: skip
    return sorted(pairs, key=lambda p: -p.rows)


_ORDER = ("red", "soon", "ok", "paused")


def _state(f: Flow, standing: queries.Standing) -> str:
    """How a flow stands on the map: in trouble or late, batches under way, running, or still."""
    if f.state == rules.FAILED or standing.late:
        return "red"
    if f.state not in (rules.RUNNING, rules.FILES):
        return "paused"
    return "soon" if standing.lag else "ok"


def _possible(actor: Actor, rows: list[Flow]) -> list[Any]:
    """Agreements that allow a flow and have none yet."""
    known = {f.agreement for f in rows}
    return [a for a in access.agreements(actor, state="in-force") if {"batch", "stream", "file"} & set(a.terms["granted"]["modes"]) and a.number not in known]


@allows("catalogue.search")
def flow(request: HttpRequest, number: str) -> HttpResponse:
    """One flow: its ends, its batches with both signatures, what was set aside. Before the first end is named there is only the agreement."""
    actor, fault, faults = actor_of(request), "", {}
    agreement = access.agreement(actor, number)
    if request.method == "POST":
        try:
            messages.success(request, _act(request, actor, number))
            return redirect("exchange:flow", number=number)
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    one = queries.flows(actor).filter(agreement=number).first()
    side = "provider" if actor.organ == agreement.provider_id else "consumer" if actor.organ == agreement.consumer_id else ""
    batches = Paginator(queries.batches(one), 20).get_page(request.GET.get("page")) if one else None
    context = {
        "tab": "exchange:catalogue", "part": "flows", "agreement": agreement, "one": one, "side": side if actor.may("catalogue.request") else "", "page": batches,
        "stale": queries.stale([one]).get(one.id) if one else None, "checked": _checked(one, batches), "standing": queries.standings([one])[one.id] if one else None, "flow_states": rules.STATES, "lights": LIGHTS,
        "uploads": file_queries.uploads(number) if side == "provider" else [], "upload_lights": UPLOADS, "by_file": "file" in agreement.terms["granted"]["modes"] and (one is None or one.state == rules.FILES),
        "endpoints": queries.endpoints(actor) if side and actor.may("catalogue.edit") and (one is None or one.state != rules.FILES) else [], "aside": queries.aside(one)[:50] if one and side == "provider" else [],
        "follows": _follows(agreement), "all_follows": rules.FOLLOWS, "sentences": checks.FAULTS, "names": _names(agreement), "fault": fault, "faults": faults, "typed": request.POST, "doable": _doable(one) if side else [],
    }  # fmt: skip
    return render(request, "exchange/flow.html", context, status=422 if fault else 200)


def _names(agreement: Any) -> dict[str, str]:
    version = catalogue.version_of(agreement.resource, agreement.terms["version"])
    return {i.key: i.name for i in resource_rules.items(version.content["items"])}


def _checked(one: Flow | None, batches: Any) -> list[Any]:
    """Each batch of the page, its signatures checked now."""
    if one is None:
        return []
    provider, consumer = queries.keys_of(one)
    return [(b, *queries.signatures_good(b, provider, consumer)) for b in batches]


def _follows(agreement: Any) -> dict[str, str]:
    """The ways in which a provider may let changes be found."""
    stream = "stream" in agreement.terms["granted"]["modes"]
    ours = agreement.resource.supply in CHANGES
    return {k: words for k, words in rules.FOLLOWS.items() if (stream or k not in rules.TELL_DELETIONS) and (ours or k != rules.LEDGER)}


def _doable(one: Flow | None) -> list[str]:
    if one is None:
        return []
    ready = rules.may_run(one.state, source=commands.has_source(one), target=one.target_id is not None)
    return [move for state, move in rules.MOVES if state == one.state and (ready or move == "pause") and (move != "reload" or one.follows == rules.LOG)]


def _act(request: HttpRequest, actor: Actor, number: str) -> str:
    act, post = request.POST.get("act", ""), request.POST
    if act == "endpoint":
        ends.keep_endpoint(actor, key=post.get("key", "").strip()[:60], name=post.get("name", ""), address=post.get("address", "").strip()[:400])
        return _("The database answered and is kept.")
    if act == "end":
        ends.set_end(
            actor,
            agreement=number,
            endpoint=post.get("endpoint", "")[:60],
            table=post.get("table", "")[:120],
            order=post.get("order", "")[:60],
            references=post.get("references", "")[:4000],
            follows=post.get("follows", rules.ORDER),
        )
        return _("Your end is named.")
    if act == "file":
        upload = request.FILES.get("file")
        if upload is None or (upload.size or 0) > UPLOAD_LIMIT:
            raise Invalid.at("file", _("File: choose one, 20 MB at most."))
        sent = file_commands.send_stream(
            actor, agreement=number, name=upload.name or "", stream=cast("BinaryIO", upload.file), partly=post.get("partly") == "yes"
        )
        return _("File %(number)s is sent: %(rows)s rows, signed.") % {"number": sent.number, "rows": sent.rows}
    moved = commands.move_flow(actor, agreement=number, move=act)
    return _("The flow: %(state)s.") % {"state": terms.term(rules.STATES[moved.state])}


@allows("catalogue.search")
def proof(request: HttpRequest, number: str, batch: int) -> HttpResponse:
    """The proof file of a batch."""
    actor = actor_of(request)
    answer = JsonResponse(queries.proof(actor, queries.flow(actor, number), batch), json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{number}-{batch}.json"'
    return answer
