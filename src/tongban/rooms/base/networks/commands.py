"""Connecting units, deciding on special networks, assigning addresses."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid
from tongban.lib.tables import DryRun, RowFault
from tongban.rooms.base.networks import events, queries, rules
from tongban.rooms.base.networks.models import AddressBlock, Connection, MigrationStep, SpecialNetwork

AUTHORITY = "山东省电子政务“十三五”发展规划（鲁经信政〔2016〕402号）"


@command("networks.manage")
def connect_unit(actor: Actor, *, line: rules.Line, case: str = "", source: str = "") -> Connection:
    """Enter a unit's line, or change the one in force. Raises NotFound for an unknown unit, Refused outside one's regions."""
    made, what = _keep(actor, line, queries.unit(line.unit), case, source)
    record(actor, events.ConnectionKept(unit=made.unit_name[:60], network=made.network, what=what, bandwidth=made.bandwidth, case=case), authority=AUTHORITY)
    return made


def _keep(actor: Actor, line: rules.Line, unit: tuple[int | None, str, str, str], case: str, source: str) -> tuple[Connection, str]:
    organ, region, level, name = unit
    actor.require_region(region)
    if line.network not in rules.NETWORKS or not 1 <= line.bandwidth <= rules.MOST_BANDWIDTH:
        raise Invalid.at("bandwidth", _("Network and bandwidth: choose the network; 1 to 10,000,000 Mbit/s."))
    which: dict[str, Any] = {"network": line.network, "ended_on": None, **({"organ_id": organ} if organ else {"organ": None, "region_code": region})}
    told = {
        "bandwidth": line.bandwidth, "access_point": line.access_point, "carrier": line.carrier, "protection_level": line.protection_level, "ipv6": line.ipv6,
        "unit_name": name, "region_level": level, "region_code": region, **({"case_number": case} if case else {}), **({"source": source[:120]} if source else {}),
    }  # fmt: skip
    made, new = Connection.objects.update_or_create(**which, defaults=told, create_defaults={**which, **told, "connected_on": line.connected_on})
    return made, "connected" if new else "changed"


@command("networks.manage")
def end_connection(actor: Actor, *, connection_id: int) -> Connection:
    """A line is taken down; it stays in the record."""
    held = queries.connection(actor, connection_id)
    held.ended_on = clock.today()
    held.save(update_fields=["ended_on"])
    record(actor, events.ConnectionKept(unit=held.unit_name[:60], network=held.network, what="ended"), authority=AUTHORITY)
    return held


@dataclass(slots=True)
class Checked(DryRun):
    """A file as it was read: the lines that are good, beside the rows and faults."""

    lines: list[rules.Line] = field(default_factory=list)


def check_rows(actor: Actor, rows: list[dict[str, str]]) -> Checked:
    """Every fault of every row; nothing is written."""
    run = Checked(rows=rows)
    known = queries.units(r.get("单位", "").strip() for r in rows if r.get("单位", "").strip())
    sentences = _sentences()
    seen: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 2):
        line, faults = rules.read_row(row, clock.today())
        name = row.get("单位", "").strip()
        unit = known.get(name)
        if name and unit is None:
            faults.append(("单位", "unit"))
        elif unit and not actor.reaches(unit[1]):
            faults.append(("单位", "outside"))
        run.faults += [RowFault(number, column, row.get(column, ""), sentences[what]) for column, what in faults]
        if line is None or faults or unit is None:
            continue
        if (unit[3], line.network) in seen:
            run.faults.append(RowFault(number, "单位", name, _("the same unit and network as in row %(n)s") % {"n": seen[unit[3], line.network]}))
            continue
        seen[unit[3], line.network] = number
        run.lines.append(line)
    return run


def _sentences() -> dict[str, str]:
    return {
        "empty": _("please fill in"), "network": _("not 政务内网, 政务外网 or 互联网"), "bandwidth": _("not a number of Mbit/s"),
        "date": _("not a day like 2026-11-01"), "future": _("lies in the future"), "level": _("not a level from 1 to 5"),
        "unit": _("no unit has this name or code"), "outside": _("lies outside your regions"),
    }  # fmt: skip


@command("networks.manage")
def load_lines(actor: Actor, *, run: Checked, only_good: bool, source: str) -> int:
    """Load what a check found: all or nothing, or the good rows. Raises Invalid when a fault forbids it."""
    if run.faults and not only_good:
        raise Invalid(_("%(n)s rows are wrong; nothing was loaded. Mend them, or load the good ones.") % {"n": len(run.bad_rows)})
    lines = run.lines
    if not lines:
        raise Invalid(_("There is no good row in the file."))
    known = queries.units(line.unit for line in lines)
    for line in lines:
        _keep(actor, line, known[line.unit] or queries.unit(line.unit), "", source)
    record(actor, events.ConnectionKept(unit=f"{len(lines)}", network="", what="imported"), authority=AUTHORITY)
    return len(lines)


@command("networks.manage")
def register_special(
    actor: Actor, *, key: str, name: str, owner: str, reach: str, nodes: int, bandwidth: int, yearly_cost: int, systems: list[str]
) -> SpecialNetwork:
    """Enter a department's own network. Raises Invalid, Conflict, Refused."""
    if not name.strip():
        raise Invalid.at("name", _("Name: write the system's name."))
    if not key.isascii() or not key.replace("-", "").replace("_", "").isalnum() or len(key) > 60:
        raise Invalid.at("key", _("Key: letters, digits and hyphens."))
    if reach not in rules.REACH:
        raise Invalid.at("reach", _("Reach: choose the lowest level."))
    organ = orgs.organ_known_as(owner)
    actor.require_region(organ.region_code)
    if SpecialNetwork.objects.filter(key=key).exists():
        raise Conflict(_("There is a system with this key. Choose another key."))
    made = SpecialNetwork.objects.create(
        key=key, name=name.strip()[:120], owner=organ, region_code=organ.region_code, reach=reach, nodes=nodes, bandwidth=bandwidth, yearly_cost=yearly_cost,
        systems=[s.strip()[:80] for s in systems if s.strip()][:50], registered_at=clock.now(),
    )  # fmt: skip
    record(actor, events.SpecialNetworkKept(network=key, what="registered"), authority=AUTHORITY)
    return made


@command("networks.manage")
def decide_special(actor: Actor, *, key: str, decision: str, reason: str, first_due: date | None = None) -> SpecialNetwork:
    """Keep (the reason names the law that asks for it) or merge (the usual steps begin, a month apart)."""
    one = queries.special_network(actor, key)
    if decision not in ("keep", "merge"):
        raise Invalid.at("decision", _("Decision: keep or merge."))
    if len(reason.strip()) < 4 or (decision == "keep" and not any(c in reason for c in "法条例规定〔《")):
        raise Invalid.at("reason", _("Reason: to keep a network, name the law or rule that asks for it."))
    if one.steps.exclude(done_on=None).exists():
        raise Conflict(_("The merge has begun; it can no longer be decided otherwise."))
    one.decision, one.reason, one.decided_on, one.decided_by = decision, reason.strip()[:300], clock.today(), actor.name
    one.save()
    one.steps.all().delete()
    if decision == "merge":
        begin = first_due or clock.today()
        MigrationStep.objects.bulk_create(
            MigrationStep(network=one, position=n, name=step, due=_months_later(begin, n + 1)) for n, step in enumerate(rules.STEPS)
        )
    record(actor, events.SpecialNetworkKept(network=key, what="decided", words=f"{decision} {one.reason}"), authority=AUTHORITY)
    return one


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    return date(day.year + year, month + 1, min(day.day, 28))


@command("networks.manage")
def finish_step(actor: Actor, *, key: str, position: int, words: str) -> MigrationStep:
    """The next step of a merge is done; steps come in their order."""
    one = queries.special_network(actor, key)
    following = one.steps.filter(done_on=None).order_by("position").first()
    if following is None or following.position != position:
        raise Conflict(_("Steps are finished in their order. Reload the page."))
    following.done_on, following.words = clock.today(), words.strip()[:200]
    following.save()
    done = not one.steps.filter(done_on=None).exists()
    record(actor, events.SpecialNetworkKept(network=key, what="done" if done else "step", words=f"{following.name} {following.words}"), authority=AUTHORITY)
    return following


@command("networks.manage")
def assign_block(actor: Actor, *, network: str, told: str, unit: str, purpose: str, pool: bool = False, from_pool: int | None = None) -> AddressBlock:
    """Enter a pool, or assign a block to a unit: as typed, or the next free one of a pool ("/24" with `from_pool`)."""
    if network not in rules.NETWORKS:
        raise Invalid.at("network", _("Network: choose one."))
    organ, region, _level, name = queries.unit(unit)
    actor.require_region(region)
    text = _next_free(actor, network, from_pool, told) if from_pool else told
    try:
        held = rules.block(text)
    except rules.BadBlock as fault:
        raise Invalid.at("block", _block_sentence(str(fault))) from fault
    try:
        with transaction.atomic():
            made = AddressBlock.objects.create(
                network=network,
                block=str(held),
                pool=pool,
                organ_id=organ,
                region_code=region,
                unit_name=name,
                purpose=purpose.strip()[:120],
                assigned_on=clock.today(),
            )
    except DatabaseError as fault:
        if "address_block_free" not in str(fault):
            raise
        raise Conflict(_("%(block)s overlaps a block that is assigned. Choose another one.") % {"block": held}) from fault
    record(actor, events.AddressesAssigned(block=str(held), network=network, what="assigned", unit=name[:60]), authority=AUTHORITY)
    return made


def _next_free(actor: Actor, network: str, pool: int, told: str) -> str:
    held = queries.blocks(actor, network=network, pool=True).filter(id=pool).first()
    size = told.strip().lstrip("/")
    if held is None or not (size.isascii() and size.isdigit() and len(size) <= 3):
        raise Invalid.at("block", _("Size: write how many bits, like /24, and choose the pool."))
    with connection.cursor() as cursor:  # two stewards at once: one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('networks.pool'), %s)", [held.id])
    taken = [b.block for b in AddressBlock.objects.filter(network=network, pool=False, freed_on=None)]
    found = rules.free_block(held.block, taken, int(size))
    if not found:
        raise Conflict(_("The pool has no free block of this size."))
    return found


def _block_sentence(fault: str) -> str:
    return {
        "form": _("Block: write it like 10.37.8.0/24 or 2001:db8:37::/48."),
        "host-bits": _("Block: the address does not begin a block of this size."),
        "size": _("Block: that is more than a province has."),
    }[fault]


@command("networks.manage")
def free_block(actor: Actor, *, block: int) -> AddressBlock:
    """Take a block back."""
    held = queries.blocks(actor).filter(id=block).first()
    if held is None:
        raise Conflict(_("This block was freed already. Reload the page."))
    held.freed_on = clock.today()
    held.save(update_fields=["freed_on"])
    record(actor, events.AddressesAssigned(block=held.block, network=held.network, what="freed", unit=held.unit_name[:60]), authority=AUTHORITY)
    return held


def connect_by_case(actor: Actor, *, case: str, data: dict[str, Any]) -> Connection | None:
    """What an approved application asked for; told twice it changes nothing. An unknown unit is left for a person to enter."""
    if Connection.objects.filter(case_number=case).exists():
        return None
    level = data.get("protection_level")
    line = rules.Line(
        unit=str(data.get("unit", "")), network=rules.BY_NAME.get(str(data.get("network", "")), ""), bandwidth=int(data.get("bandwidth") or 0),
        connected_on=clock.today(), access_point=str(data.get("access_point", ""))[:120], protection_level=int(level) if level else None,
        carrier=str(data.get("carrier", ""))[:20], ipv6=bool(data.get("ipv6")),
    )  # fmt: skip
    return connect_unit(actor, line=line, case=case, source="网络接入申请")
