"""For the demo: two departments' databases beside the platform's, three thousand synthetic enterprises, and a flow between them."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection
from psycopg import sql

from tongban.kernel.catalogue.commands import access, agreements
from tongban.kernel.catalogue.queries import resources
from tongban.kernel.catalogue.rules import access as access_rules
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock, codes
from tongban.rooms.data.exchange.commands import evaluation as evaluations
from tongban.rooms.data.exchange.commands import ends
from tongban.rooms.data.exchange.commands import flows as commands
from tongban.rooms.data.exchange.rules import flows as rules
from tongban.rooms.data.exchange.models import EvaluationIndicator, Flow, MainInformation

ROWS = 3000
DATABASES = {
    "demo_samr": ("sd-samr", "市场主体登记库（合成）"),
    "demo_hrss": ("sd-hrss", "就业和社会保险库（合成）"),
    "demo_office": ("sd-gov-office", "政务服务监督库（合成）"),
}
BAD = {7: ("region_code", "37O102"), 70: ("status", "停业"), 700: ("registered_on", date(2099, 1, 1))}  # what the checks are to find
TABLE = """CREATE TABLE enterprise (credit_code text PRIMARY KEY, name text NOT NULL, entity_type text, address text, region_code text, business_scope text,
    registered_on date, status text, change_no bigint NOT NULL);
    CREATE INDEX enterprise_change ON enterprise (change_no)"""


def load_indicators(folder: Path) -> int:
    """Enter the indicators of sharing performance that are missing."""
    known = set(EvaluationIndicator.objects.values_list("key", "effective_from"))
    with (folder / "indicators.csv").open(newline="") as file:
        rows = [
            EvaluationIndicator(
                key=r["key"], name=r["name"], weight=float(r["weight"]), full=float(r["full"]), unit=r["unit"], formula=r["formula"], document=r["document"],
                effective_from=date.fromisoformat(r["effective_from"]), effective_to=date.fromisoformat(r["effective_to"]) if r["effective_to"] else None,
                verified=r["verified"] == "yes",
            )
            for r in csv.DictReader(file)
        ]  # fmt: skip
    return len(EvaluationIndicator.objects.bulk_create(one for one in rows if (one.key, one.effective_from) not in known))


# (organ, name, system): main business information that nobody has combed into the catalogue yet; authored examples.
UNLISTED = (
    ("sd-samr", "食品生产许可信息（示例）", "食品审批系统"), ("sd-samr", "特种设备登记信息（示例）", "特种设备系统"), ("sd-hrss", "劳动能力鉴定信息（示例）", "工伤系统"),
    ("sd-police", "机动车登记信息（示例）", "车管系统"),
)  # fmt: skip


def load_evaluation(actor: Actor) -> int:
    """For the demo: each department's list of main business information, and the year's evaluation, announced."""
    if MainInformation.objects.exists():
        return 0
    lines = [(v.resource.organ.key, v.title, "", v.resource.key) for v in resources.published(actor)]
    lines += [(organ, name, held, "") for organ, name, held in UNLISTED]
    for organ, name, held, resource in lines:
        evaluations.list_information(actor, name=name, system=held, resource=resource, organ=organ)
    today = clock.today()
    evaluations.announce_evaluation(
        actor, key=str(today.year), title=f"{today.year}年度政务信息资源共享绩效评价（合成数据）", begins=date(today.year, 1, 1), ends=date(today.year, 12, 31),
        appeals_until=today + timedelta(days=30),
    )  # fmt: skip
    return len(lines)


def load_demo(actor: Actor) -> int:
    """A flow of 企业基本信息 from 省市场监管局 to 省人社厅; the exchange process runs it."""
    if Flow.objects.exists() or resources.resource_supplied_by("legal.entity") is None:
        return 0
    for name, (organ, words) in DATABASES.items():
        address = _database(name)
        ends.keep_endpoint(actor, key=name.replace("_", "-"), name=words, address=address, organ=organ)
    with psycopg.connect(_address("demo_samr"), autocommit=True) as line:
        line.execute(TABLE)
        with line.cursor() as cursor:
            cursor.executemany("INSERT INTO enterprise VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", [_row(n) for n in range(1, ROWS + 1)])
    number = _agreement(actor, "legal.entity", "sd-hrss", "参保单位与登记企业比对")
    ends.set_end(actor, agreement=number, endpoint="demo-samr", table="public.enterprise", order="change_no")
    ends.set_end(actor, agreement=number, endpoint="demo-hrss", table="public.enterprise")
    commands.move_flow(actor, agreement=number, move="run")
    records = _agreement(actor, "service.case", "sd-gov-office", "政务服务监督")  # what the platform keeps itself goes as the ledger seals it
    ends.set_end(actor, agreement=records, endpoint="", table="", follows=rules.LEDGER)
    ends.set_end(actor, agreement=records, endpoint="demo-office", table="public.case_record")
    commands.move_flow(actor, agreement=records, move="run")
    return ROWS


def _row(n: int) -> tuple[Any, ...]:
    told = {
        "credit_code": codes.make_credit_code("91", "370102", f"MAX{n:06d}"), "name": f"合成企业{n:04d}有限公司", "entity_type": "有限责任公司",
        "address": f"济南市历下区泉城路街道（合成地址）{n}号", "region_code": f"3701{n % 12 + 1:02d}", "business_scope": "合成经营范围",
        "registered_on": date(2016, 1, 1) + timedelta(days=n), "status": "存续" if n % 9 else "注销", "change_no": n,
    }  # fmt: skip
    if n in BAD:
        told[BAD[n][0]] = BAD[n][1]
    return tuple(told.values())


def _agreement(actor: Actor, supply: str, consumer: str, purpose: str) -> str:
    """The number of an agreement about the whole of a resource, signed by both."""
    resource = resources.resource_supplied_by(supply)
    if resource is None or resource.published is None:
        raise RuntimeError("the demo's catalogue is loaded first")
    today = clock.today()
    keys = tuple(i["key"] for i in resource.published.content["items"])
    wanted = Asked(keys, ("batch", "stream"), 10_000, today, today + timedelta(days=730), {})
    asked = access.request_access(actor, key=resource.key, wanted=wanted, purpose=purpose, basis="演示（合成）", organ=consumer)
    made = asked.agreement if asked.state == access_rules.GRANTED else access.grant_access(actor, number=asked.number, granted=wanted)
    for organ in (resource.organ.key, consumer):
        agreements.sign_agreement(actor, number=made.number, organ=organ)
    return str(made.number)


def _address(name: str) -> str:
    """Of a database beside the platform's; a socket's folder travels as a parameter."""
    told = connection.settings_dict
    place = "&".join(f"{k}={quote(str(told[n]), safe='')}" for k, n in (("host", "HOST"), ("port", "PORT")) if told[n])
    return f"postgresql://{quote(told['USER'], safe='')}:{quote(told['PASSWORD'], safe='')}@/{name}?{place}"


def _database(name: str) -> str:
    with psycopg.connect(_address("postgres"), autocommit=True) as line:
        if not line.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            line.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return _address(name)
