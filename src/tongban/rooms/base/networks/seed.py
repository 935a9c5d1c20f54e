"""Goals as shipped; a synthetic inventory for the demo."""

import csv
import random
from datetime import date, timedelta
from pathlib import Path

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.rooms.base.networks import commands
from tongban.rooms.base.networks.models import AddressBlock, Connection, Goal, SpecialNetwork

SYNTHETIC = "演示数据（合成）"


def load_goals(folder: Path) -> int:
    """Enter the goals once."""
    if Goal.objects.exists():
        return 0
    with (folder / "goals.csv").open(newline="") as file:
        rows = [
            Goal(
                level=r["level"], units=int(r["units"]) if r["units"] else None, share=float(r["share"]), document=r["document"],
                effective_from=date.fromisoformat(r["effective_from"]), effective_to=date.fromisoformat(r["effective_to"]) if r["effective_to"] else None,
                verified=r["verified"] == "yes",
            )
            for r in csv.DictReader(file)
        ]  # fmt: skip
    return len(Goal.objects.bulk_create(rows))


def load_demo(actor: Actor) -> int:
    """Every city and county and under half of the townships on the outer network; fewer on the others."""
    if Connection.objects.exists():
        return 0
    chance = random.Random(20163)  # noqa: S311 - a demo, not a secret
    rows = [_line(None, p.code, p.level, orgs.full_name(p.code), chance, "outer") for p in _places()]
    rows += [_line(o.id, "37", "province", o.name, chance, n) for o in orgs.organs("37", exact=True) for n in ("outer", "inner") if chance.random() < 0.93]
    rows += [_line(None, p.code, p.level, orgs.full_name(p.code), chance, "inner") for p in _places() if chance.random() < 0.7]
    for county in (c for city in orgs.places("37") for c in orgs.places(city.code)):
        weight = chance.uniform(0.25, 0.7)
        rows += [_line(None, t.code, "township", orgs.division_name(t.code), chance, "outer") for t in orgs.townships(county.code) if chance.random() < weight]
    Connection.objects.bulk_create(rows, batch_size=1000)
    return len(rows) + _special(actor) + _addresses(actor)


def _places() -> list[orgs.Place]:
    cities = orgs.places("37")
    return [*cities, *(c for city in cities for c in orgs.places(city.code))]


def _line(organ: int | None, region: str, level: str, name: str, chance: random.Random, network: str) -> Connection:
    wide = {"province": 1000, "city": 2000, "county": 500, "township": 100}[level]
    return Connection(
        network=network, organ_id=organ, region_code=region, region_level=level, unit_name=name, bandwidth=wide, access_point="合成机房",
        carrier=chance.choice(("电信", "联通", "移动")), protection_level=3 if level != "township" else 2, ipv6=chance.random() < 0.4,
        connected_on=clock.today() - timedelta(days=chance.randint(60, 3000)), source=SYNTHETIC,
    )  # fmt: skip


SPECIAL = (
    ("veterans-net", "退役军人业务专网（合成）", "sd-veteran", "county", 153, 10, 1_860_000, "merge", "业务系统均可迁入政务外网，按规划整合"),
    ("police-net", "公安信息网（合成）", "sd-police", "township", 2100, 1000, 0, "keep", "按公安机关有关规定独立组网（合成依据，演示）"),
    ("water-net", "水利视频专网（合成）", "sd-water", "county", 160, 20, 2_400_000, "", ""),
)  # fmt: skip


def _special(actor: Actor) -> int:
    if SpecialNetwork.objects.exists():
        return 0
    for key, name, owner, reach, nodes, bandwidth, cost, decision, reason in SPECIAL:
        commands.register_special(
            actor,
            key=key,
            name=name,
            owner=owner,
            reach=reach,
            nodes=nodes,
            bandwidth=bandwidth,
            yearly_cost=cost,
            systems=["合成业务系统一", "合成业务系统二"],
        )
        if decision:
            commands.decide_special(actor, key=key, decision=decision, reason=reason, first_due=clock.today() - timedelta(days=40))
    commands.finish_step(actor, key="veterans-net", position=0, words="演示数据")
    return len(SPECIAL)


def _addresses(actor: Actor) -> int:
    if AddressBlock.objects.exists():
        return 0
    four = commands.assign_block(actor, network="outer", told="10.37.0.0/16", unit="37", purpose="全省IPv4地址池（演示）", pool=True)
    six = commands.assign_block(actor, network="outer", told="2001:db8:37::/48", unit="37", purpose="全省IPv6地址池（RFC 3849文档地址，演示）", pool=True)
    for city in orgs.places("37"):
        commands.assign_block(actor, network="outer", told="/22", unit=city.code, purpose="市级平台", from_pool=four.id)
        commands.assign_block(actor, network="outer", told="/56", unit=city.code, purpose="市级平台", from_pool=six.id)
    return 2 + 2 * len(orgs.places("37"))
