"""Drawings: what is refused, and why."""

import pytest
from django.conf import settings

from tongban.kernel.cases import engine, processes, queries, schemas
from tongban.kernel.identity.actor import system
from tongban.lib.errors import Conflict, Invalid

SHIPPED = ["instant", "permit", "permit-with-site-check", "registration-with-tax"]
PLATFORM = system("test")


def drawing(key="permit"):
    return (settings.DATASETS / "processes" / f"{key}.bpmn").read_text()


def faults(bpmn):
    return {slug for slug, _element in engine.read(bpmn, processes.ROLES).faults}


@pytest.mark.parametrize("key", SHIPPED)
def test_every_shipped_process_is_sound(key):
    read = engine.read(drawing(key), processes.ROLES)
    assert read.faults == []
    assert read.key == key
    assert all(step["role"] and step["stage"] and step["actions"] for step in read.steps.values())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda x: x[:200], "not-xml"),
        (lambda x: x.replace('role="examiner"', ""), "no-role"),
        (lambda x: x.replace('stage="decision"', ""), "no-stage"),
        (lambda x: x.replace('effect="grant"', 'effect="please"'), "unknown-effect"),
        (lambda x: x.replace('<bpmn:sequenceFlow id="deliver_done" sourceRef="deliver" targetRef="done"/>', ""), "never-ends"),
        (lambda x: x.replace('<bpmn:sequenceFlow id="start_accept" sourceRef="start" targetRef="accept"/>', ""), "unreachable"),
        (
            lambda x: x.replace("<bpmn:startEvent", '<bpmn:scriptTask id="s"><bpmn:script>import os</bpmn:script></bpmn:scriptTask><bpmn:startEvent'),
            "kind-not-allowed",
        ),
        (lambda x: x.replace('<bpmn:process id="permit"', "<bpmn:process"), "does-not-run"),
        (lambda x: x + " " * engine.DRAWING_LIMIT, "too-large"),
    ],
)
def test_an_unsound_drawing_is_told_apart(change, fault):
    changed = change(drawing())
    assert changed != drawing()
    assert fault in faults(changed)


def test_entities_are_not_resolved():
    evil = (
        drawing()
        .replace("<bpmn:definitions", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><bpmn:definitions', 1)
        .replace('name="申请提交"', 'name="&e;"')
    )
    assert "root:" not in str(engine.read(evil, processes.ROLES))


@pytest.mark.django_db
def test_a_process_that_cannot_end_is_not_published():
    broken = drawing().replace('<bpmn:sequenceFlow id="deliver_done" sourceRef="deliver" targetRef="done"/>', "")
    draft = processes.save_draft(PLATFORM, key="permit", name="x", bpmn=broken)
    with pytest.raises(Invalid, match="无法到达结束"):
        processes.publish(PLATFORM, version=draft.id)


@pytest.mark.django_db
def test_published_versions_never_change_and_new_cases_follow_the_latest():
    first = queries.published_process("permit")
    with pytest.raises(Conflict):
        processes.publish(PLATFORM, version=first.id)
    draft = processes.save_draft(PLATFORM, key="permit", name="x", bpmn=drawing().replace("审查", "合规审查"))
    assert queries.published_process("permit").id == first.id
    processes.publish(PLATFORM, version=draft.id)
    latest = queries.published_process("permit")
    assert latest.number == first.number + 1
    assert queries.process_version(first.id).bpmn == drawing()


SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["name", "agree"],
    "properties": {
        "name": {"type": "string", "title": "名称", "minLength": 1, "pattern": "^[a-z]+$"}, "n": {"type": "integer", "title": "人数", "minimum": 1},
        "kind": {"title": "业态", "type": "string", "enum": ["a", "b"]}, "agree": {"title": "承诺", "type": "boolean", "const": True},
        "many": {"title": "项目", "type": "array", "minItems": 1},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"agree": True}, "name", "名称：请填写"), ({"name": "A", "agree": True}, "name", "格式不对"),
        ({"name": "a", "agree": True, "n": 0}, "n", "不能小于1"), ({"name": "a", "agree": True, "n": "x"}, "n", "类型"),
        ({"name": "a", "agree": True, "kind": "c"}, "kind", "从选项中选择"), ({"name": "a", "agree": False}, "agree", "请确认"),
        ({"name": "a", "agree": True, "many": []}, "many", "至少选一项"), ({"name": "a", "agree": True, "x": 1}, "x", "没有这一项"),
    ],
)  # fmt: skip
def test_every_fault_names_field_and_remedy(data, field, words):
    assert words in schemas.check(SCHEMA, data)[field]


@pytest.mark.parametrize("schema", [{"type": "objct"}, {"type": "array"}, {"type": "object"}, {"type": "object", "properties": {"a": {"pattern": "("}}}])
def test_a_schema_that_is_invalid_is_told(schema):
    assert schemas.schema_fault(schema)


def test_a_sound_schema_has_no_fault():
    assert schemas.schema_fault(SCHEMA) == ""
