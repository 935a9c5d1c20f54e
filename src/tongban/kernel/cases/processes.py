"""Drawing and publishing processes."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.cases import engine, events, queries
from tongban.kernel.cases.models import ProcessDefinition, ProcessVersion
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.rules import CASE_ROLES, CITIZEN
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, NotFound

ROLES = frozenset({CITIZEN, *CASE_ROLES})


@command("cases.edit_process")
def save_draft(actor: Actor, *, key: str, name: str, bpmn: str) -> ProcessVersion:
    """Keep a drawing as the process's draft; it need not be complete yet."""
    if len(bpmn) > engine.DRAWING_LIMIT:
        raise Invalid(fault_sentence("too-large", ""))
    definition, _new = ProcessDefinition.objects.get_or_create(key=key, defaults={"name": name})
    draft = definition.versions.filter(state="draft").first()
    if draft is None:
        last = definition.versions.order_by("-number").first()
        draft = ProcessVersion(definition=definition, number=last.number + 1 if last else 1)
    draft.bpmn = bpmn
    draft.save()
    record(actor, events.ProcessDrafted(process=key, version=draft.number))
    return draft


@command("cases.publish_process")
def publish(actor: Actor, *, version: int) -> ProcessVersion:
    """Check a draft and make it the version that new cases follow; running cases keep theirs."""
    draft = ProcessVersion.objects.select_for_update().select_related("definition").filter(id=version).first()
    if draft is None:
        raise NotFound(_("No such process version."))
    if draft.state != "draft":
        raise Conflict(_("Published versions never change; save a new draft."))
    drawing = engine.read(draft.bpmn, ROLES)
    if not drawing.faults and drawing.key != draft.definition.key:
        drawing.faults.append(("wrong-key", drawing.key))
    if drawing.faults:
        told = [fault_sentence(slug, element) for slug, element in drawing.faults]
        raise Invalid("；".join(told[:5]), fields={f"fault-{i}": t for i, t in enumerate(told)})
    draft.state, draft.published_at = "published", clock.now()
    draft.steps, draft.start_state, draft.entry_tasks = drawing.steps, drawing.start_state, drawing.entry_tasks
    draft.save()
    queries.forget()
    record(actor, events.ProcessPublished(process=draft.definition.key, version=draft.number))
    return draft


@command("")
def take_process(actor: Actor, *, node: str, told: Mapping[str, Any]) -> str:
    """Know the published process of another node; returns the key that it has here. The platform does it."""
    key = f"{node}-{told['key']}"[:50]
    definition, _new = ProcessDefinition.objects.get_or_create(key=key, defaults={"name": str(told["name"])[:80], "node": node})
    if definition.versions.filter(number=told["number"]).exists():
        nothing_changed()
        return key
    definition.versions.create(
        number=told["number"], state="published", bpmn=told["bpmn"], steps=told["steps"], start_state=told["start_state"], entry_tasks=told["entry_tasks"],
        published_at=clock.now(),
    )  # fmt: skip
    queries.forget()
    record(actor, events.ProcessPublished(process=key, version=told["number"]))
    return key


def fault_sentence(slug: str, element: str) -> str:
    """What is wrong with a drawing, and where."""
    return {
        "too-large": _("The drawing is larger than 512 KB."),
        "not-xml": _("The drawing is not well-formed XML: %(e)s."),
        "one-process": _("The drawing must hold exactly one process."),
        "kind-not-allowed": _("“%(e)s”: scripts, services and calls are not allowed."),
        "no-role": _("“%(e)s” has no role; choose who does it."),
        "no-stage": _("“%(e)s” has no stage."),
        "no-action": _("“%(e)s” has no action; add at least one."),
        "unknown-effect": _("“%(e)s” has an action with an unknown effect."),
        "no-task": _("The process has no task."),
        "one-start": _("The process must have exactly one start."),
        "no-end": _("The process has no end."),
        "unreachable": _("“%(e)s” cannot be reached from the start."),
        "never-ends": _("From “%(e)s” no end can be reached."),
        "does-not-run": _("The process cannot be run: %(e)s."),
        "wrong-key": _("The process's id is %(e)s; it must be the key it is saved under."),
    }[slug] % {"e": element}  # fmt: skip
