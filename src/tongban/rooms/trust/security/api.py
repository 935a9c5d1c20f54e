"""Other systems report events; dashboards read alerts."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from tongban.rooms.trust.security import queries
from tongban.rooms.trust.security.commands import intake
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()
Reported = Literal["login", "login-failed", "denied", "export", "rate-limited", "malware", "probe", "scanner", "external"]


class EventIn(Schema):
    """`severity` 0 harmless to 10 worst; without `at` the time of receipt counts."""

    kind: Reported
    at: AwareDatetime | None = None
    severity: Annotated[int, Field(ge=0, le=10)] | None = None
    name: Annotated[str, Field(max_length=60)] = ""
    address: Annotated[str, Field(max_length=45)] = ""
    host: Annotated[str, Field(max_length=255)] = ""
    subject: Annotated[str, Field(max_length=120)] = ""
    words: Annotated[str, Field(max_length=300)] = ""


class EventsIn(Schema):
    events: Annotated[list[EventIn], Field(min_length=1, max_length=1000)]


class Kept(Schema):
    kept: int


class AlertOut(Schema):
    id: int
    rule: str
    title: str
    severity: str
    technique: str
    state: str
    owner: str
    raised_at: datetime
    due_at: datetime
    count: int


@router.post("/events", response={201: Kept, **PROBLEMS})
@allows("security.report")
def report_events(request: HttpRequest, body: EventsIn) -> tuple[int, Kept]:
    """Events of another system of one's regions, up to 1,000 at a time."""
    actor = actor_of(request)
    region = min(actor.regions, key=len, default=intake.HOME)
    told = [intake.Told(source="api", organ=actor.organ, region=region, **e.dict()) for e in body.events]
    return 201, Kept(kept=intake.take(told))


@router.get("/alerts", response={200: list[AlertOut], **PROBLEMS})
@allows("security.read")
def list_alerts(
    request: HttpRequest, state: Literal["", "open", "late", "resolved", "dismissed", "escalated"] = "open", limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[AlertOut]:
    """Alerts of one's regions, those due first."""
    rows = queries.alerts(actor_of(request), state=state)[:limit]
    return [
        AlertOut(
            id=a.id, rule=a.rule.key, title=a.title, severity=a.severity, technique=a.technique, state=a.state, owner=a.owner_name, raised_at=a.raised_at,
            due_at=a.due_at, count=a.count,
        )
        for a in rows
    ]  # fmt: skip
