"""Who is connected, how far special networks have come, which addresses are whose."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.kernel.orgs.queries import Place
from tongban.lib import clock
from tongban.lib.errors import NotFound
from tongban.rooms.base.networks import rules
from tongban.rooms.base.networks.models import AddressBlock, Connection, Goal, SpecialNetwork

BELOW = {2: "city", 4: "county", 6: "township", 9: "township"}


def _reach(actor: Actor) -> Q:
    actor.require("networks.read")
    if actor.is_system:
        return Q()
    scope = Q(pk=None)
    for code in actor.regions:
        scope |= Q(region_code__startswith=code)
    return scope


def connections(actor: Actor, *, network: str = "", level: str = "", words: str = "", within: str = "") -> QuerySet[Connection]:
    """Lines in force."""
    rows = Connection.objects.filter(_reach(actor), ended_on=None).select_related("organ").order_by("region_code", "organ_id", "network")
    if network:
        rows = rows.filter(network=network)
    if level == "department":
        rows = rows.filter(organ__isnull=False)
    elif level:
        rows = rows.filter(organ=None, region_level=level)
    if within:
        rows = rows.filter(region_code__startswith=within)
    return rows.filter(unit_name__contains=words) if words else rows


def connection(actor: Actor, connection_id: int) -> Connection:
    found = connections(actor).filter(id=connection_id).first()
    if found is None:
        raise NotFound(_("There is no such line within your regions."))
    return found


def goals() -> dict[str, Goal]:
    today = clock.today()
    rows = Goal.objects.filter(effective_from__lte=today).filter(Q(effective_to=None) | Q(effective_to__gte=today))
    return {g.level: g for g in rows.order_by("effective_from")}


def _units(within: str) -> dict[str, int]:
    """How many units of each level are in force."""
    cities = orgs.places("37") if within == "37" else []
    counties = [c for city in cities for c in orgs.places(city.code)] or (orgs.places(within) if len(within) == 4 else [])
    owners = [c.code for c in counties] or ([within] if len(within) == 6 else [])
    departments = orgs.organs("37", exact=True).filter(level="province").count() if within == "37" else 0
    return {"department": departments, "city": len(cities), "county": len(counties), "township": sum(len(orgs.townships(c)) for c in owners)}


def coverage(actor: Actor, network: str, within: str = "37") -> list[rules.Coverage]:
    """Of departments, cities, counties, townships: how many are connected to a network."""
    rows = connections(actor, network=network, within=within)
    by_level = rows.order_by().values("region_level").annotate(organs=Count("organ"), places=Count("id") - Count("organ"))
    counted = {r["region_level"]: (r["organs"], r["places"]) for r in by_level}
    told = goals()
    found = []
    for level, units in _units(within).items():
        if not units:
            continue
        connected = counted.get("province", (0, 0))[0] if level == "department" else counted.get(level, (0, 0))[1]
        goal = told.get(level) if within == "37" else None
        wanted = rules.goal_of(units, goal.units, goal.share) if goal else units
        found.append(rules.Coverage(level, connected, units, wanted))
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A region below: whether its seat is connected, and how many of its counties and townships."""

    place: Place
    connected: bool
    counties: rules.Coverage | None
    townships: rules.Coverage

    @property
    def percent(self) -> int:
        held = [c for c in (self.counties, self.townships) if c and c.units]
        return int(100 * (self.connected + sum(c.connected for c in held)) / (1 + sum(c.units for c in held)))


def by_region(actor: Actor, network: str, within: str = "37") -> list[Row]:
    """Each region directly below, for map and table."""
    codes = set(connections(actor, network=network, within=within).filter(organ=None).values_list("region_code", flat=True))
    return [_row(place, codes) for place in orgs.places(within)]


def _row(place: Place, codes: set[str]) -> Row:
    counties = orgs.places(place.code) if place.level == "city" else []
    towns = [t.code for c in (counties or [place]) for t in orgs.townships(c.code)]
    below = rules.Coverage("county", sum(c.code in codes for c in counties), len(counties), len(counties)) if counties else None
    return Row(place, place.code in codes, below, rules.Coverage("township", sum(t in codes for t in towns), len(towns), len(towns)))


def missing(actor: Actor, network: str, within: str) -> list[Place]:
    """The units directly below that have no line: what is left to do."""
    codes = set(connections(actor, network=network, within=within).filter(organ=None).values_list("region_code", flat=True))
    below = orgs.places(within) or orgs.townships(within)
    return [p for p in below if p.code not in codes]


def special_networks(actor: Actor, *, decision: str | None = None) -> QuerySet[SpecialNetwork]:
    rows = SpecialNetwork.objects.filter(_reach(actor)).select_related("owner").prefetch_related("steps").order_by("region_code", "key")
    return rows if decision is None else rows.filter(decision=decision)


def special_network(actor: Actor, key: str) -> SpecialNetwork:
    found = special_networks(actor).filter(key=key).first()
    if found is None:
        raise NotFound(_("There is no such network within your regions."))
    return found


def progress_of(one: SpecialNetwork) -> rules.Progress:
    return rules.progress([(s.due, s.done_on) for s in sorted(one.steps.all(), key=lambda s: s.position)], clock.today())


def blocks(actor: Actor, *, network: str = "", pool: bool | None = None) -> QuerySet[AddressBlock]:
    """Blocks in force, in the order of addresses."""
    rows = AddressBlock.objects.filter(_reach(actor), freed_on=None).select_related("organ").order_by("network", "-pool", "block")
    rows = rows.filter(network=network) if network else rows
    return rows if pool is None else rows.filter(pool=pool)


@dataclass(frozen=True, slots=True)
class Share:
    """How far a network has come with IPv6."""

    network: str
    lines: int
    with_ipv6: int
    blocks_v4: int
    blocks_v6: int

    @property
    def percent(self) -> int:
        return int(100 * self.with_ipv6 / self.lines) if self.lines else 0


def ipv6_shares(actor: Actor) -> list[Share]:
    """Lines that carry IPv6, and blocks of each version, by network."""
    rows = connections(actor).order_by().values("network").annotate(n=Count("id"), six=Count("id", filter=Q(ipv6=True)))
    lines = {r["network"]: (r["n"], r["six"]) for r in rows}
    versions = blocks(actor, pool=False).order_by().extra(select={"six": "family(block) = 6"}).values_list("network", "six")
    held = list(versions)
    return [
        Share(n, *lines.get(n, (0, 0)), sum(1 for x, six in held if x == n and not six), sum(1 for x, six in held if x == n and six)) for n in rules.NETWORKS
    ]


def unit(told: str) -> tuple[int | None, str, str, str]:
    """(organ, region code, level, name) of a unit named by region code, organ key, credit code or full name; raises NotFound."""
    name = told.strip()
    if name.isascii() and name.isdigit() and len(name) in (2, 4, 6, 9):
        place = next((p for p in orgs.townships(name[:6]) if p.code == name), None) if len(name) == 9 else orgs.place(name)
        if place is None:
            raise NotFound(_("There is no region %(code)s. Choose one from the list.") % {"code": name})
        return None, place.code, place.level, orgs.division_name(place.code) or orgs.full_name(place.code)
    organ = orgs.organ_known_as(name)
    return organ.id, organ.region_code, organ.level, organ.name


def units(names: Iterable[str]) -> dict[str, tuple[int | None, str, str, str] | None]:
    """The same for many, None for those that nobody knows."""
    found: dict[str, tuple[int | None, str, str, str] | None] = {}
    for name in set(names):
        try:
            found[name] = unit(name)
        except NotFound:
            found[name] = None
    return found
