"""编目: a steward writes a resource of the own organ."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands import resources as commands
from tongban.kernel.catalogue.queries import resources
from tongban.kernel.catalogue.rules import resources as rules
from tongban.lib import clock, probing, tables
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.data.exchange import forms
from tongban.rooms.data.exchange.queries import flows as exchange
from tongban.rooms.data.exchange.rules import flows as rules_of_room
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
    if request.method == "POST" and request.POST.get("act") == "probe":
        return _probed(request, held)
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


def _probed(request: HttpRequest, held: dict[str, Any]) -> HttpResponse:
    """The form with items proposed from a table or file; nothing is kept yet."""
    try:
        name, columns = _columns(request)
    except (Invalid, Conflict, Refused) as refused:
        return _page(request, held, None, refused)
    items, personal = rules_of_room.propose(columns, clock.today(), "涉及个人信息，用于依法履职，不得另作他用")
    told = _("%(n)s items are proposed from %(name)s. Check each, then keep the draft.") % {"n": len(items), "name": name}
    messages.success(request, told)
    if personal:
        messages.warning(request, _("These look like personal data and are proposed on condition: %(names)s.") % {"names": "、".join(personal[:20])})
    return _page(request, {**held, "title": name[:120], "items": [i.told() for i in items]}, None, None)


def _columns(request: HttpRequest) -> tuple[str, list[probing.Probed]]:
    upload, table = request.FILES.get("file"), request.POST.get("table", "").strip()[:120]
    try:
        if upload is not None:
            if (upload.size or 0) > tables.UPLOAD_LIMIT:
                raise Invalid.at("file", _("File: choose one of at most 20 MB."))
            return (upload.name or "").rsplit(".", 1)[0], probing.file(upload.name or "", upload.read())
        url = request.POST.get("api", "").strip()[:500]
        if url:
            return url.split("?")[0].rstrip("/").rsplit("/", 1)[-1], probing.http(url, request.POST.get("authorization", "").strip()[:500])
        end = exchange.endpoints(actor_of(request)).filter(key=request.POST.get("endpoint", "")).first()
        if end is None or not table:
            raise Invalid.at("table", _("Choose a file, an interface, or a database of your organ and a table."))
        return table, probing.database(end.address, table)
    except probing.CannotProbe as fault:
        sentences = {
            "no-answer": _("The database does not answer, or its user may not read this table."), "no-table": _("There is no such table. Write it as schema.table."),
            "no-driver": _("No driver for this kind of database is installed. An administrator installs it."),
            "not-readable": _("This file cannot be read: choose CSV, XLSX, Parquet or GeoPackage."), "empty": _("The file is empty."),
            "no-address": _("Interface: write its address like https://host/path."), "no-list": _("Interface: its answer holds no list of records."),
        }  # fmt: skip
        if request.POST.get("api") and upload is None:
            sentences |= {
                "no-answer": _("Interface: it does not answer, refuses, or sends elsewhere."), "not-readable": _("Interface: its answer is not JSON, or larger than 4 MB."),
            }  # fmt: skip
            raise Invalid.at("api", sentences[str(fault)]) from fault
        raise Invalid.at("file" if upload is not None else "table", sentences[str(fault)]) from fault


def _page(request: HttpRequest, held: dict[str, Any], one: Any, refused: Invalid | Conflict | Refused | None) -> HttpResponse:
    actor = actor_of(request)
    items = rules.items(held["items"])
    own_class = resources.organ_class(actor.organ_key)
    context = {
        "tab": "exchange:catalogue", "part": "desk", "held": held, "endpoints": exchange.endpoints(actor), "one": one, "items": [*items, *([rules.Item("", "")] * SPARE_ROWS)], "own_class": own_class,
        "bases": resources.classes("base", "1"), "themes": resources.classes("theme", "2"), "gaps": _gaps(held) if one else [],
        "probed_api": request.POST.get("api", "")[:500], "fault": str(refused) if refused else "", "faults": refused.fields if refused else {}, **WORDS,
    }  # fmt: skip
    return render(request, "exchange/edit.html", context, status=422 if refused else 200)


def _gaps(held: dict[str, Any]) -> list[tuple[str, str]]:
    """What still lacks before it can be submitted: field and sentence."""
    return [(f.field, commands.fault_sentence(f)) for f in rules.faults(held)]
