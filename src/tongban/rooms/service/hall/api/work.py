"""Work items over the API."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tongban.kernel.cases import commands, queries
from tongban.rooms.service.hall.api.applications import CaseOut
from tongban.ui.access import actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()


class ItemOut(Schema):
    id: int
    case: str
    title: str
    step: str
    role: str
    due: date | None
    actions: list[str]


class Action(Schema):
    action: str = Field(max_length=30)
    opinion: str = Field("", max_length=2000)
    special_days: int = 0


@router.get("/work-items", response={200: list[ItemOut], **PROBLEMS})
@allows("hall.work")
def work(request: HttpRequest, light: str = Query("", max_length=8), case: str = Query("", max_length=24)) -> list[dict[str, Any]]:
    """The work list, most urgent first; of one case with `case`."""
    if case:
        one = queries.case(actor_of(request), case)
        found = queries.doable(actor_of(request), one)
        rows = [found] if found else []
    else:
        rows = queries.work_list(actor_of(request), light=light, limit=100)
    return [
        {
            "id": i.id, "case": i.case.number, "title": i.case.title, "step": i.name, "role": i.role, "due": i.due,
            "actions": [a["key"] for a in queries.actions(i.case, i)],
        }
        for i in rows
    ]  # fmt: skip


@router.post("/work-items/{item}/actions", response={200: CaseOut, **PROBLEMS})
@allows("hall.work")
def act(request: HttpRequest, item: int, body: Action) -> dict[str, Any]:
    """Do a work item."""
    one = commands.complete_item(actor_of(request), item=item, action=body.action, opinion=body.opinion, special_days=body.special_days)
    return queries.snapshot(queries.case(actor_of(request), one.number))


@router.post("/work-items/{item}/claim", response={200: ItemOut, **PROBLEMS})
@allows("hall.work")
def claim(request: HttpRequest, item: int) -> dict[str, Any]:
    """Take an item from the pool."""
    i = commands.claim_item(actor_of(request), item=item)
    return {"id": i.id, "case": i.case.number, "title": i.case.title, "step": i.name, "role": i.role, "due": i.due, "actions": []}
