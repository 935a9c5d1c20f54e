"""Coverage as map and table; the lines; loading them from a file."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, tables
from tongban.lib.errors import Invalid, NotFound, Refused
from tongban.rooms.base.networks import commands, queries, rules
from tongban.rooms.base.networks.models import Connection
from tongban.ui import exports, maps
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier


@allows("networks.read")
def coverage(request: HttpRequest) -> HttpResponse:
    """One network at a time: how far it reaches, where it is still missing."""
    actor = actor_of(request)
    network = request.GET.get("network", "outer")
    network = network if network in rules.NETWORKS else "outer"
    place = _place(request, actor.regions)
    rows = queries.by_region(actor, network, place.code)
    by_code = {r.place.code: r for r in rows}
    drawn = maps.region_map("city" if place.level == "province" else "county", "" if place.level == "province" else place.code)
    areas = [(a, by_code.get(a.code), rules.shade(by_code[a.code].percent) if a.code in by_code else 0) for a in drawn.areas]
    if request.GET.get("export"):
        columns = (_("Region"), _("Seat connected"), _("Counties"), _("Townships"), _("Share"))
        told = ((r.place.name, "是" if r.connected else "否", _of(r.counties), _of(r.townships), f"{r.percent}%") for r in rows)
        return exports.table(request.GET["export"], f"{rules.NETWORKS[network]}-{place.name}", columns, told)
    context = {
        "tab": "networks:coverage", "part": "coverage", "network": network, "networks": rules.NETWORKS, "place": place, "path": orgs.path(place.code),
        "coverage": queries.coverage(actor, network, place.code), "levels": rules.LEVELS, "rows": rows, "areas": areas, "height": drawn.height,
        "legend": ("<25%", "25%", "50%", "75%", "100%"), "states": {"reached": "已达基线", "below": "未达基线"},
        "missing": queries.missing(actor, network, place.code)[:200], "goals": list(queries.goals().values()) if place.code == "37" else [],
    }  # fmt: skip
    return render(request, "networks/coverage.html", context)


def _of(held: rules.Coverage | None) -> str:
    return f"{held.connected}/{held.units}" if held and held.units else ""


def _place(request: HttpRequest, regions: tuple[str, ...]) -> orgs.Place:
    """The region asked for, else the widest of one's own."""
    asked = request.GET.get("region") or min(regions, key=len, default="37")
    try:
        return orgs.place(asked)
    except NotFound:
        return orgs.place("37")


@allows("networks.read", writes="networks.manage")
def lines(request: HttpRequest) -> HttpResponse:
    """Every line in force; entering, ending one."""
    actor, fault, faults = actor_of(request), "", {}
    if request.method == "POST":
        try:
            messages.success(request, _act(request))
            return redirect(request.get_full_path())
        except (Invalid, NotFound, Refused) as refused:
            fault, faults = str(refused), refused.fields
    network, level, words = (request.GET.get(n, "").strip()[:60] for n in ("network", "level", "q"))
    rows = queries.connections(actor, network=network if network in rules.NETWORKS else "", level=level if level in rules.LEVELS else "", words=words)
    if request.GET.get("export"):
        return exports.table(request.GET["export"], "lines", rules.COLUMNS, map(_line, rows[: tables.ROWS]))
    context = {
        "tab": "networks:coverage", "part": "lines", "page": Paginator(rows, 50).get_page(request.GET.get("page")), "networks": rules.NETWORKS, "levels": rules.LEVELS,
        "network": network, "level": level, "q": words, "fault": fault, "faults": faults, "typed": request.POST, "may": actor.may("networks.manage"), "today": clock.today(),
        "shares": queries.ipv6_shares(actor),
    }  # fmt: skip
    return render(request, "networks/lines.html", context, status=422 if fault else 200)


def _line(c: Connection) -> tuple[object, ...]:
    """As the import reads it."""
    unit = c.organ.name if c.organ else c.region_code
    return (unit, rules.NETWORKS[c.network], c.bandwidth, c.access_point, c.connected_on, c.protection_level or "", c.carrier, "是" if c.ipv6 else "否")


def _act(request: HttpRequest) -> str:
    actor = actor_of(request)
    if request.POST.get("act") == "end":
        commands.end_connection(actor, connection_id=identifier(request.POST.get("line", "")))
        return _("The line is ended; it stays in the record.")
    names = {
        "单位": "unit",
        "网络": "network",
        "带宽": "bandwidth",
        "接入点": "access_point",
        "接入日期": "on",
        "等级": "protection",
        "运营商": "carrier",
        "IPv6": "ipv6",
    }
    row = {column: request.POST.get(name, "") for column, name in names.items()}
    line, wrong = rules.read_row(row, clock.today())
    if line is None:
        raise Invalid(_("Unit, network, bandwidth and day: please fill in."), fields={names[c]: w for c, w in wrong})
    commands.connect_unit(actor, line=line)
    return _("The line is kept.")


@allows("networks.manage")
def load(request: HttpRequest) -> HttpResponse:
    """Import with a dry run: every row's faults first, then all or the good ones."""
    actor, run, loaded, fault = actor_of(request), None, None, ""
    if request.GET.get("template"):
        return exports.table("xlsx", "template", rules.COLUMNS, [rules.TEMPLATE])
    if request.method == "POST":
        upload, what = request.FILES.get("file"), request.POST.get("what")
        try:
            run = commands.check_rows(actor, tables.read_upload(upload, rules.NEEDED))
            if what == "faults":
                rows = ((f.row, f.column, f.value, f.sentence) for f in run.faults)
                return exports.table("csv", "faults", (_("Row"), _("Column"), _("Value"), _("Reason")), rows)
            if what in ("all", "good"):
                loaded = commands.load_lines(actor, run=run, only_good=what == "good", source=str(upload)[:80])
        except Invalid as refused:
            fault = str(refused)
    context = {"tab": "networks:coverage", "part": "load", "run": run, "loaded": loaded, "fault": fault, "columns": rules.COLUMNS, "needed": rules.NEEDED}
    return render(request, "networks/load.html", context, status=422 if fault else 200)
