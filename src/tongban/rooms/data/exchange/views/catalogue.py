"""信息资源目录: found, read, reviewed, subscribed to."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands import resources as commands
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.rules import access as access_rules
from tongban.kernel.catalogue.rules import borders
from tongban.kernel.catalogue.rules import resources as rules
from tongban.kernel.catalogue.supplies import SUPPLIES, users_of
from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import queries as nodes
from tongban.lib import dcat as lib
from tongban.lib import terms
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.lib.rooms import shows
from tongban.rooms.data.exchange.commands import ends
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.rooms.data.exchange.queries import exported, measuring
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier

WORDS = {
    "zones": borders.ZONES,
    "sharings": rules.SHARING, "formats": rules.FORMATS, "ways": rules.WAYS, "cycles": rules.CYCLES, "modes": rules.MODES, "states": rules.STATES,
    "types": {k: v for k, (_letter, v) in rules.TYPES.items()}, "checks": rules.CHECKS, "moves": rules.MOVE_NAMES,
    "request_states": access_rules.REQUEST_STATES, "agreement_states": access_rules.AGREEMENT_STATES,
}  # fmt: skip
LIGHTS = {rules.UNCONDITIONAL: "ok", rules.CONDITIONAL: "soon", rules.REFUSED: "paused"}


@shows("resource")
def address(key: str) -> str:
    return f"/exchange/resources/{key}/"


@allows("catalogue.search")
def browse(request: HttpRequest) -> HttpResponse:
    """The published catalogue, by words, sharing, department, base registry."""
    actor = actor_of(request)
    chosen = {n: request.GET.get(n, "").strip()[:80] for n in ("q", "sharing", "organ", "base")}
    rows = resources.published(
        actor, words=chosen["q"], sharing=chosen["sharing"], organ=identifier(chosen["organ"]) if chosen["organ"] else 0, class_code=chosen["base"]
    )
    if request.GET.get("export"):
        columns = (_("Resource code"), _("Resource"), _("Provider"), _("Sharing"), _("Update cycle"), _("Open"), _("Items"))
        told = (
            (
                v.resource.code,
                v.title,
                v.resource.organ.name,
                rules.SHARING[v.sharing],
                rules.CYCLES[v.cycle],
                _("yes") if v.opening else _("no"),
                len(v.content["items"]),
            )
            for v in rows
        )
        return exports.table(request.GET["export"], "catalogue", columns, told)
    counts = resources.counts(actor)
    context = {
        "tab": "exchange:catalogue", "part": "catalogue", "page": Paginator(rows, 20).get_page(request.GET.get("page")), "chosen": chosen, "lights": LIGHTS,
        "counts": [(k, w, counts.get(k, 0)) for k, w in rules.SHARING.items()], "total": sum(counts.values()), "organs": resources.by_organ(actor),
        "bases": resources.classes("base", "1"), **WORDS,
    }  # fmt: skip
    return render(request, "exchange/catalogue.html", context)


@allows("catalogue.search")
def resource(request: HttpRequest, resource: str) -> HttpResponse:
    """One version of a resource: its elements and items, its way, who uses it, and what the reader may do next."""
    actor, fault, faults = actor_of(request), "", {}
    number = identifier(request.GET["version"]) if request.GET.get("version") else 0
    one = resources.version(actor, resource, number)
    if request.method == "POST":
        try:
            messages.success(request, _act(request, actor, resource, one.number))
            return redirect(f"{address(resource)}?version={one.number}")
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    versions = resources.versions(actor, resource)
    before = next((v for v in versions if v.number < one.number), None)
    context = {
        "tab": "exchange:catalogue", "part": "catalogue", "one": one, "versions": versions, "items": rules.items(one.content["items"]), "lights": LIGHTS,
        "changes": rules.changes(before.content, one.content) if before else [], "before": before, "path": resources.class_path(one.content["class_code"]),
        "themes": [c for c in resources.classes("theme") if c.code in one.content["themes"]], "reviews": one.reviews.order_by("id"),
        "duplicates": resources.duplicates(actor, one) if one.state != rules.PUBLISHED or actor.organ == one.resource.organ_id else [],
        "doable": _doable(actor, one), "subscribed": resources.subscribed(actor, one.resource), "field_names": _field_names(), "fault": fault, "faults": faults,
        "typed": request.POST, "own": actor.organ == one.resource.organ_id and not one.resource.node, "kept_at": nodes.node(one.resource.node) if one.resource.node else None, "may_apply": _may_apply(actor, one), "uses": _uses(actor, one),
        "lineage": _lineage(actor, one), "quality": measuring.quality_history(access.numbers_for(one.resource)), **_answering(actor, one), **WORDS,
    }  # fmt: skip
    return render(request, "exchange/resource.html", context, status=422 if fault else 200)


def _lineage(actor: Actor, one: Any) -> dict[str, Any]:
    """Where its data come from and go: resources, departments, forms."""
    names = {i["key"]: i["name"] for i in one.content["items"]}
    forms = [(u, [names.get(k, k) for k in u.items]) for u in users_of(one.resource.supply)]
    ways = [(name, [rules.MODES[m] for m in modes]) for name, modes in resources.consuming_organs(one.resource)]
    told = {"sources": resources.sources(actor, one), "derived": resources.derived(actor, one), "organs": ways, "forms": forms}
    return told if any(told.values()) else {}


@allows("catalogue.search")
def dcat(request: HttpRequest) -> HttpResponse:
    """The published catalogue for other catalogues: `?format=turtle`, `json-ld` or `xml`, else by Accept, else Turtle."""
    asked = request.GET.get("format", "")
    accepted = next((f for f, kind in lib.FORMATS.items() if kind in request.headers.get("Accept", "")), "turtle")
    form = asked if asked in lib.FORMATS else accepted
    if asked and asked not in lib.FORMATS:
        raise Invalid.at("format", _("Format: choose turtle, json-ld or xml."))
    base = request.build_absolute_uri("/").rstrip("/")
    graph = lib.catalogue(base, lib.Agent("platform", "通办平台"), "政务信息资源目录", "各部门已发布的政务信息资源", exported.datasets(actor_of(request)))
    return HttpResponse(lib.written(graph, form), content_type=f"{lib.FORMATS[form]}; charset=utf-8")


def _answering(actor: Actor, one: Any) -> dict[str, Any]:
    """For the provider: who answers single queries, and its databases."""
    if actor.organ != one.resource.organ_id or one.state != rules.PUBLISHED or not actor.may("catalogue.edit"):
        return {}
    return {"room_answers": one.resource.supply in SUPPLIES, "answering": queries.answer_table(one.resource_id), "ends": list(queries.endpoints(actor))}


def _may_apply(actor: Actor, one: Any) -> bool:
    foreign = actor.organ is not None and actor.organ != one.resource.organ_id and not one.resource.node
    return one.state == rules.PUBLISHED and one.sharing != rules.REFUSED and foreign and actor.may("catalogue.request")


def _uses(actor: Actor, one: Any) -> list[Any]:
    return [a for a in access.agreements(actor) if a.resource_id == one.resource_id][:20]


def _doable(actor: Actor, one: Any) -> list[str]:
    """The moves that this reader may make now."""
    if one.resource.node:
        return []
    own = actor.organ == one.resource.organ_id and actor.may("catalogue.edit")
    review = {rules.REGISTRATION: "catalogue.register", rules.REGISTERED: "catalogue.register", rules.PUBLICATION: "catalogue.publish"}
    found = []
    for state, move in rules.MOVES:
        if state != one.state:
            continue
        if move in ("submit", "offer"):
            may = own
        elif move == "recall":
            may = own or actor.may("catalogue.publish")
        else:
            may = actor.may(review[state])
        if may:
            found.append(move)
    return found


def _field_names() -> dict[str, str]:
    return {
        "title": _("Name"), "abstract": _("Abstract"), "class_code": _("Class"), "format": _("Format"), "sharing": _("Sharing"), "condition": _("Condition of sharing"),
        "basis": _("Basis in law"), "way": _("Way of sharing"), "opening": _("Open"), "opening_condition": _("Condition of opening"), "cycle": _("Update cycle"),
        "themes": _("Themes"),
    }  # fmt: skip


def _act(request: HttpRequest, actor: Actor, key: str, number: int) -> str:
    act = request.POST.get("act", "")
    if act in ("subscribe", "unsubscribe"):
        commands.subscribe(actor, key=key, wanted=act == "subscribe")
        return _("You will hear of new versions.") if act == "subscribe" else _("You will no longer hear of new versions.")
    if act == "answering":
        ends.set_answering(actor, resource=key, endpoint=request.POST.get("endpoint", ""), table=request.POST.get("table", ""))
        return _("Single queries are answered from this table now.")
    moved = commands.move_version(actor, key=key, number=number, move=act, words=request.POST.get("words", ""))
    return _("Done: %(state)s.") % {"state": terms.term(rules.STATES[moved.state])}
