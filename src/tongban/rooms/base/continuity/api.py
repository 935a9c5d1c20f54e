"""Agents report backups; dashboards read what is late."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from tongban.rooms.base.continuity import commands, queries
from tongban.rooms.base.continuity.models import Report
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class ReportIn(Schema):
    """`told`: what the tool prints as JSON (restic: the summary of `backup --json` or `snapshots --json`; pgBackRest: `info --output=json`;
    others: `{"at", "kind", "bytes", "good", "words"}`).
    """

    tool: Literal["restic", "pgbackrest", "tongban", "other"]
    told: Any


class ReportOut(Schema):
    id: int
    at: datetime
    kind: str
    bytes: int
    good: bool


class SystemOut(Schema):
    key: str
    name: str
    organ: str
    tier: int
    standing: list[str]
    backup_at: datetime | None
    drill_at: datetime | None
    rpo_target_s: int
    rto_target_s: int


@router.get("/systems", response={200: list[SystemOut], **PROBLEMS})
@allows("continuity.read")
def systems(request: HttpRequest) -> list[SystemOut]:
    """The protected systems of one's regions, the worst first."""
    return [
        SystemOut(
            key=r.system.key, name=r.system.name, organ=r.system.organ.name, tier=r.tier.level, standing=r.standing,
            backup_at=r.backup.at if r.backup else None, drill_at=r.drill.at if r.drill else None, rpo_target_s=r.system.rpo_target_s,
            rto_target_s=r.system.rto_target_s,
        )
        for r in queries.judged(queries.systems(actor_of(request)))
    ]  # fmt: skip


@router.post("/systems/{system}/reports", response={201: ReportOut, **PROBLEMS})
@allows("continuity.report")
def report(request: HttpRequest, system: str, body: ReportIn) -> tuple[int, Report]:
    """One backup as its tool told it."""
    return 201, commands.report_backup(actor_of(request), system=system, tool=body.tool, told=body.told)
