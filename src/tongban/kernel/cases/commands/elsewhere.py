"""One case in two places: what its applicant does is sent to the home of the case, and how it stands is told to where it was handed in."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.cases import events, queries
from tongban.kernel.cases.models import Case, WorkItem
from tongban.kernel.files import queries as files
from tongban.kernel.identity.actor import Actor, system
from tongban.kernel.nodes import commands as nodes
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict

STATE, ACT, REFUSED = "cases.state", "cases.act", "cases.act-refused"
PLATFORM = system("通办·节点")
STATE_FIELDS = ("state", "result", "corrections", "paused", "promised_days", "statutory_days")
DAYS, MOMENTS = ("accepted_on", "receipt_due", "promise_due", "statutory_due"), ("decided_at", "closed_at")
ITEM_FIELDS = ("task", "step", "name", "stage", "role", "state", "done_by_name", "action", "action_name")
ITEM_DAYS, ITEM_MOMENTS = ("due", "step_due"), ("opened_at", "done_at")


def enclosed(materials: Sequence[Mapping[str, str]]) -> list[nodes.Attachment]:
    """The files of an application, to go with a letter."""
    held = {m["file"]: files.file(PLATFORM, m["file"]) for m in materials}
    return [nodes.Attachment(key, one.name, files.content(one)) for key, one in held.items()]


def require_answered(one: Case) -> None:
    """Refuse a second act while the first is under way to the case's home."""
    if one.home and one.awaiting:
        raise Conflict(_("What you did before is on its way to the office that decides, and not answered yet. Wait for its answer."))


def send_act(
    actor: Actor, one: Case, act: str, *, task: str = "", words: str = "",
    data: dict[str, Any] | None = None, materials: list[dict[str, str]] | None = None,
) -> None:  # fmt: skip
    """Send what the applicant does to the home of the case; within a command. The copy changes when its home has answered."""
    known = {m["file"] for m in one.materials}
    new = [m for m in materials or [] if m["file"] not in known]
    body = {"act": act, "task": task, "words": words, "data": data, "materials": materials, "by": actor.signs_as}
    nodes.write_letter(actor, to=one.home, kind=ACT, key=one.number, body=body, files=enclosed(new))
    one.awaiting = act
    one.save(update_fields=["awaiting"])
    record(actor, events.ActSent(**about(one), act=act, to=one.home, opinion=words))


def about(one: Case) -> dict[str, str]:
    """What every event about a case names."""
    return {"case": one.number, "matter": one.matter_code, "organ": one.organ.key, "region": one.region_code}


@command("")
def tell_filer(actor: Actor, *, number: str, tag: str, told: Mapping[str, Any]) -> None:
    """Tell the node where a case was handed in how it stands after an event; the platform does it."""
    one = queries.case_for_update(actor, number)
    body: dict[str, Any] = {name: getattr(one, name) for name in STATE_FIELDS}
    body |= {name: _text(getattr(one, name)) for name in (*DAYS, *MOMENTS)}
    body["items"] = [_told_item(one, i) for i in queries.items_of(one)]
    body["clock"] = [
        {"kind": e.kind, "on": e.on.isoformat(), "at": e.at.isoformat(), "days": e.days, "reason": e.reason, "note": e.note, "authority": e.authority}
        for e in queries.clock_events(one)
    ]
    body["event"] = {"tag": tag, **{k: told[k] for k in ("opinion", "days", "special", "due", "step", "action", "effect") if k in told}}
    if tag == events.CaseResubmitted.tag:
        body |= {"data": one.data, "materials": one.materials}
    nodes.write_letter(actor, to=one.filed_at, kind=STATE, key=number, body=body)


def _told_item(one: Case, item: WorkItem) -> dict[str, Any]:
    """A step as the applicant may know it: reasons that are told in writing, no opinions between officials."""
    chosen = next((a for a in one.process.steps[item.step]["actions"] if a["key"] == item.action), None)
    opinion = item.opinion if chosen and chosen["effect"] in events.MOVED else ""
    told = {name: getattr(item, name) for name in ITEM_FIELDS} | {name: _text(getattr(item, name)) for name in (*ITEM_DAYS, *ITEM_MOMENTS)}
    return {**told, "opinion": opinion}


def _text(value: Any) -> str | None:
    return value.isoformat() if value is not None else None
