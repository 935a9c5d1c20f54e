"""The levels of recovery as shipped, and a few synthetic systems for the demo."""

import csv
from datetime import date, timedelta
from pathlib import Path

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.rooms.base.continuity import commands
from tongban.rooms.base.continuity.models import RetentionRule, System, Tier

DEMO = (
    ("jn-services", "济南市政务服务平台（合成）", "3701-market", 5, "pgbackrest", 0.4, 20),
    ("sd-samr-registry", "省市场主体登记系统（合成）", "sd-samr", 4, "restic", 30, 400),
    ("lixia-desk", "历下区窗口叫号系统（合成）", "370102-market", 2, "other", None, None),
)  # fmt: skip


def load_tiers(folder: Path) -> int:
    """Enter the levels once."""
    if Tier.objects.exists():
        return 0
    with (folder / "tiers.csv").open(newline="") as file:
        rows = [
            Tier(
                level=int(r["level"]), name=r["name"], backup_hours=float(r["backup_hours"]), drill_days=int(r["drill_days"]), rpo_s=int(r["rpo_s"]),
                rto_s=int(r["rto_s"]), effective_from=date.fromisoformat(r["effective_from"]), document=r["document"], verified=r["verified"] == "yes",
            )
            for r in csv.DictReader(file)
        ]  # fmt: skip
    Tier.objects.bulk_create(rows)
    return len(rows)


def load_demo(actor: Actor) -> int:
    """Three systems: one in order, one whose backups are late, one that never reported."""
    if System.objects.exists():
        return 0
    made = 0
    for key, name, organ, tier, tool, hours_ago, drilled_days_ago in DEMO:
        commands.register_system(actor, key=key, name=name, organ=organ, tier=tier, tool=tool, rpo_s=None, rto_s=None, site="济南市异地机房（合成）")
        now = clock.now()
        if hours_ago is not None and drilled_days_ago is not None:
            told = {"at": (now - timedelta(hours=hours_ago)).isoformat(), "kind": "full", "bytes": 48 * 2**30, "good": True, "words": "演示数据"}
            commands.report_backup(actor, system=key, tool="other", told=told)
            day = now - timedelta(days=drilled_days_ago)
            commands.record_drill(actor, system=key, at=day, rpo_s=40, rto_s=900, passed=True, words="演示数据")
        made += 1
    return made


def load_retention(folder: Path) -> int:
    """Enter how long what is kept, once."""
    if RetentionRule.objects.exists():
        return 0
    with (folder / "retention.csv").open(newline="") as file:
        rows = [
            RetentionRule(
                key=r["key"], what=r["what"], way=r["way"], days=int(r["days"]) if r["days"] else None, years=int(r["years"]) if r["years"] else None,
                counted_from=r["counted_from"], document=r["document"], effective_from=date.fromisoformat(r["effective_from"]), verified=r["verified"] == "yes",
            )
            for r in csv.DictReader(file)
        ]  # fmt: skip
    return len(RetentionRule.objects.bulk_create(rows))
