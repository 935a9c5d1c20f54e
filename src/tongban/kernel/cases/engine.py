"""SpiffWorkflow: parse and check a drawing, start a case, take a step. The only place that knows the engine."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from tongban.kernel.cases import rules

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OURS = "https://tongban.org.cn/ns/bpmn/1"
DRAWING_LIMIT = 512 * 1024
_SAFE = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
_serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())


@dataclass(slots=True)
class Drawing:
    """A checked drawing; `faults` lists what keeps it from being published, each a slug and the element."""

    key: str = ""
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    start_state: dict[str, Any] | None = None
    entry_tasks: list[tuple[str, str]] = field(default_factory=list)


def read(bpmn: str, roles: frozenset[str]) -> Drawing:
    """Read and check a drawing: well formed, runnable, an end in reach of everything, every task with role and stage."""
    drawing = Drawing()
    if len(bpmn) > DRAWING_LIMIT:
        drawing.faults.append(("too-large", ""))
        return drawing
    try:
        tree = etree.fromstring(bpmn.encode(), _SAFE)
    except etree.XMLSyntaxError as fault:
        drawing.faults.append(("not-xml", f"line {fault.lineno}"))
        return drawing
    processes = tree.findall(f"{{{BPMN}}}process")
    if len(processes) != 1:
        drawing.faults.append(("one-process", ""))
        return drawing
    drawing.key = processes[0].get("id", "")
    _read_steps(processes[0], roles, drawing)
    _check_flow(processes[0], drawing)
    if not drawing.faults:
        _try_to_run(bpmn, drawing)
    return drawing


def _read_steps(process: Any, roles: frozenset[str], drawing: Drawing) -> None:
    for kind in ("scriptTask", "serviceTask", "callActivity", "subProcess"):
        # A drawing is typed in by people: scripts and calls in it would be code from a form.
        for element in process.iter(f"{{{BPMN}}}{kind}"):
            drawing.faults.append(("kind-not-allowed", element.get("name") or element.get("id")))
    for element in process.iter(f"{{{BPMN}}}userTask", f"{{{BPMN}}}manualTask", f"{{{BPMN}}}task"):
        name = element.get("name") or element.get("id")
        step = element.find(f".//{{{OURS}}}step")
        role = step.get("role", "") if step is not None else ""
        stage = step.get("stage", "") if step is not None else ""
        actions = [dict(a.attrib) for a in element.iter(f"{{{OURS}}}action")]
        if role not in roles:
            drawing.faults.append(("no-role", name))
        if not stage:
            drawing.faults.append(("no-stage", name))
        if not actions:
            drawing.faults.append(("no-action", name))
        drawing.faults.extend(("unknown-effect", name) for a in actions if a.get("effect") not in rules.EFFECTS)
        days = step.get("days", "") if step is not None else ""
        drawing.steps[element.get("id")] = {
            "name": name, "role": role, "stage": stage, "days": int(days) if days.isdigit() else None,
            "pauses": step.get("pauses", "") if step is not None else "", "actions": actions,
        }  # fmt: skip
    if not drawing.steps:
        drawing.faults.append(("no-task", ""))


def _check_flow(process: Any, drawing: Drawing) -> None:
    """Every element is reached from the start, and an end is reached from every element."""
    forward: dict[str, set[str]] = {}
    backward: dict[str, set[str]] = {}
    for flow in process.iter(f"{{{BPMN}}}sequenceFlow"):
        forward.setdefault(flow.get("sourceRef"), set()).add(flow.get("targetRef"))
        backward.setdefault(flow.get("targetRef"), set()).add(flow.get("sourceRef"))
    starts = {e.get("id") for e in process.iter(f"{{{BPMN}}}startEvent")}
    ends = {e.get("id") for e in process.iter(f"{{{BPMN}}}endEvent")}
    if len(starts) != 1:
        drawing.faults.append(("one-start", ""))
    if not ends:
        drawing.faults.append(("no-end", ""))
    reached, finishing = _closure(starts, forward), _closure(ends, backward)
    for step, told in drawing.steps.items():
        if step not in reached:
            drawing.faults.append(("unreachable", told["name"]))
        elif step not in finishing:
            drawing.faults.append(("never-ends", told["name"]))


def _closure(seeds: set[str], edges: dict[str, set[str]]) -> set[str]:
    seen, todo = set(seeds), list(seeds)
    while todo:
        for other in edges.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def _try_to_run(bpmn: str, drawing: Drawing) -> None:
    try:
        workflow = BpmnWorkflow(_spec(bpmn, drawing.key))
        workflow.do_engine_steps()
    except (SpiffWorkflowException, KeyError, ValueError, TypeError, AttributeError, IndexError) as fault:  # what the engine meets in odd drawings
        drawing.faults.append(("does-not-run", str(fault)[:200]))
        return
    drawing.entry_tasks = _ready(workflow)
    if not drawing.entry_tasks:
        drawing.faults.append(("does-not-run", "no step is ready at the start"))
        return
    drawing.start_state = _state(workflow)


def _spec(bpmn: str, key: str) -> Any:
    parser = BpmnParser()
    parser.add_bpmn_str(bpmn.encode())
    return parser.get_spec(key)


def _ready(workflow: Any) -> list[tuple[str, str]]:
    return [(str(t.id), t.task_spec.name) for t in workflow.get_tasks(state=TaskState.READY, manual=True)]


def _state(workflow: Any) -> dict[str, Any]:
    whole = _serializer.to_dict(workflow)
    return {k: v for k, v in whole.items() if k not in ("spec", "subprocess_specs")}


@lru_cache(maxsize=256)
def _parts(version: int, bpmn: str, key: str) -> tuple[Any, Any]:
    """The engine's form of a published drawing, which every case of that version shares."""
    whole = _serializer.to_dict(BpmnWorkflow(_spec(bpmn, key)))
    return whole["spec"], whole["subprocess_specs"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a case stands after a step: the engine's state, the open tasks, whether it has ended."""

    state: dict[str, Any]
    tasks: list[tuple[str, str]]
    ended: bool


class StepGone(ValueError):
    """The task is no longer open in the engine."""


def take_step(version: int, bpmn: str, key: str, state: dict[str, Any], task: str, action: str) -> Position:
    """Complete `task` with `action` and run on to the next steps; raises StepGone."""
    spec, subprocesses = _parts(version, bpmn, key)
    workflow = _serializer.from_dict({**state, "spec": spec, "subprocess_specs": subprocesses})
    found = next((t for t in workflow.get_tasks(state=TaskState.READY, manual=True) if str(t.id) == task), None)
    if found is None:
        raise StepGone(task)
    found.data["action"] = action
    found.run()
    workflow.do_engine_steps()
    return Position(_state(workflow), _ready(workflow), workflow.completed)
