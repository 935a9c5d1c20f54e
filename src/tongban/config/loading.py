"""Loading, in order: regions, organs, calendar, processes, matters; then the demo's persons and cases."""

import csv
import datetime
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection, transaction

from tongban.config import province
from tongban.config.personas import DEMO_PASSWORD, LIXIA
from tongban.kernel.calendar import commands as calendar
from tongban.kernel.calendar import queries as calendar_queries
from tongban.kernel.cases import queries as cases
from tongban.kernel.catalogue import seed as catalogue
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity import seed as identity_seed
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands as ledger
from tongban.kernel.ledger import delivery
from tongban.kernel.notices import seed as notices
from tongban.kernel.orgs import seed as orgs
from tongban.rooms.base.continuity import seed as continuity
from tongban.rooms.base.networks import seed as networks
from tongban.rooms.data.exchange import seed as exchange
from tongban.rooms.data.registries import seed as registries
from tongban.rooms.data.registries.seed import geography, macro
from tongban.rooms.service.hall import seed as hall
from tongban.rooms.service.hall.queries import matters as hall_matters
from tongban.rooms.service.supervision import seed as supervision
from tongban.rooms.trust.security import seed as security

LOADER = system("通办·装载")


Steps = list[tuple[str, Callable[[], int]]]


def _reference(data: Path) -> Steps:
    return [
        ("行政区划", lambda: orgs.load_regions(data / "orgs")),
        ("机构", lambda: orgs.load_organs(data / "orgs")),
        ("工作日历（年）", _years),
        ("信息资源分类", lambda: catalogue.load_classes(data / "catalogue")),
        ("共享答复期限", lambda: catalogue.load_limits(data / "catalogue")),
        ("共享评价指标", lambda: exchange.load_indicators(data / "exchange")),
        ("数据权威次序", lambda: registries.load_authority(data / "registries")),
        ("村和社区", lambda: geography.load_villages(data / "registries")),
        ("宏观经济数据（国家统计局）", lambda: macro.load_macro(LOADER, data / "registries" / "macro")),
        ("通知模板", notices.load_templates),
        ("灾难恢复等级", lambda: continuity.load_tiers(data / "continuity")),
        ("保留期限", lambda: continuity.load_retention(data / "continuity")),
        ("安全规则、控制点、时限", lambda: security.load_reference(data / "security")),
        ("注销后的保留期限", lambda: identity_seed.load_retention(data / "identity")),
        ("网络覆盖基线", lambda: networks.load_goals(data / "networks")),
        ("监察规则", supervision.load_rules),
        ("流程", lambda: hall.load_processes(LOADER, data / "processes")),
        ("事项实施清单", lambda: hall.load_matters(data / "hall")),
    ]


def _synthetic(data: Path) -> Steps:
    return [
        ("演示用暂定日历（天，未核实）", lambda: _provisional(data / "calendar" / "provisional.csv")),
        ("演示人员与企业（合成数据）", lambda: province.load_people(LOADER, DEMO_PASSWORD)),
    ]


def load_base(data: Path) -> None:
    """What tests and benchmarks start from: reference data, calendar, synthetic persons; no cases."""
    for _name, step in [*_reference(data), *_synthetic(data)]:
        step()


def load(data: Path, *, demo: bool, people: int = 0) -> Iterator[str]:
    """Do what is missing; each step told with its size and time. `people`: how many synthetic persons the demo's population register holds."""
    steps = _reference(data)
    if demo:
        steps += [
            ("外省样例事项", lambda: hall.load_imported(LOADER, data / "hall", lambda _t: None)),
            *_synthetic(data),
            ("演示人口与法人（合成数据）", lambda: registries.load_synthetic(data / "registries", people)),
            ("演示地理实体（位置为合成）", lambda: geography.load_halls(LOADER)),
            ("演示人员入库（合成数据）", lambda: registries.load_known(LOADER, *province.known())),
            ("演示人员相片（绘制）", lambda: registries.load_photos(LOADER, province.known()[0])),
            ("演示信息比对（合成数据）", lambda: registries.load_findings(LOADER)),
            ("演示办件（合成数据）", _demo_cases),
            ("演示安全记录（合成数据）", lambda: security.load_demo(LOADER)),
            ("演示网络台账（合成数据）", lambda: networks.load_demo(LOADER)),
            ("演示信息资源目录（编写的示例）", lambda: catalogue.load_demo(LOADER, data / "catalogue")),
            ("演示数据流（合成数据）", lambda: exchange.load_demo(LOADER)),
            ("演示办事部门的共享协议", lambda: catalogue.load_offices(LOADER, hall_matters.offices(LIXIA))),
            ("演示共享绩效评价（合成数据）", lambda: exchange.load_evaluation(LOADER)),
            ("演示灾备系统（合成数据）", lambda: continuity.load_demo(LOADER)),
        ]
    for name, step in steps:
        began = time.monotonic()
        made = step()
        if made:
            yield f"{name}：{made}（{time.monotonic() - began:.1f} 秒）"


def _years() -> int:
    known = calendar_queries.years()
    return sum(calendar.load_year(LOADER, year=y) > 0 for y in range(2004, 2027) if y not in known)


def _provisional(source: Path) -> int:
    """The demo's next year, named provisional in the table."""
    with source.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if {int(r["day"][:4]) for r in rows} & calendar_queries.years():
        return 0
    source_told = "演示用暂定：仅法定节假日，不含调休；国务院办公厅通知发布后更正"
    with transaction.atomic():
        for row in rows:
            day = datetime.date.fromisoformat(row["day"])
            calendar.set_day(LOADER, day=day, works=False, name=f"{row['name']}（暂定，未核实）", source=source_told)
    return len(rows)


def _demo_cases() -> int:
    if cases.applied_for(LOADER).exists() or not identity.personas().exists():
        return 0
    made = province.load_cases(LOADER)
    ledger.seal_entries()
    delivery.settle()
    supervision.evaluate_now()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made
