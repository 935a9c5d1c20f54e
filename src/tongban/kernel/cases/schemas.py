"""Forms as JSON Schema 2020-12: validated in one place, faults told field by field in the reader's language."""

import json
from functools import lru_cache
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _

from tongban.lib.errors import Invalid


@lru_cache(maxsize=512)
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(schema), validate_formats=True)


def schema_fault(schema: dict[str, Any]) -> str:
    """ "" when the schema itself is valid JSON Schema 2020-12 with an object at its root, else why not."""
    try:
        jsonschema_rs.meta.validate(schema)
        _validator(json.dumps(schema, sort_keys=True))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as fault:
        return str(fault).split("\n", 1)[0][:200]
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        return "type: object"
    return ""


def compiled(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """The validator of a schema; whoever validates often keeps it."""
    return _validator(json.dumps(schema, sort_keys=True))


def check(schema: dict[str, Any], data: dict[str, Any]) -> dict[str, str]:
    """Field name -> sentence, empty when the data is good."""
    found: dict[str, str] = {}
    for error in compiled(schema).iter_errors(data):
        name, sentence = _told(error, schema)
        found.setdefault(name, sentence)
    return found


def require(schema: dict[str, Any], data: dict[str, Any]) -> None:
    """Raise Invalid with a sentence for every field that must be changed."""
    faults = check(schema, data)
    if faults:
        raise Invalid(_("%(n)s entries need a change.") % {"n": len(faults)}, fields=faults)


def _told(error: Any, schema: dict[str, Any]) -> tuple[str, str]:
    kind = error.kind
    what = type(kind).__name__.removeprefix("ValidationErrorKind_")
    path = list(error.instance_path)
    if what == "Required":
        name = str(path[0] if path else kind.property)
        return name, _label(schema, name) + _(": please fill in")
    name = str(path[0]) if path else ""
    label = _label(schema, name)
    told = {
        "Pattern": _(": the form is not right, please check"), "Format": _(": the form is not right, please check"),
        "Enum": _(": choose one from the list"), "Type": _(": this kind of value does not fit, please check"),
        "MinLength": _(": please fill in"), "MinItems": _(": choose at least one"), "Constant": _(": please confirm"),
        "MaxLength": _(": too long, please shorten"),
    }.get(what)  # fmt: skip
    if what in ("Minimum", "ExclusiveMinimum"):
        told = _(": must be at least %(n)s") % {"n": kind.limit}
    elif what in ("Maximum", "ExclusiveMaximum"):
        told = _(": must be at most %(n)s") % {"n": kind.limit}
    elif what == "AdditionalProperties":
        return ", ".join(kind.unexpected), _(": the form has no such field")
    return name, label + (told or _(": please check"))


def _label(schema: dict[str, Any], name: str) -> str:
    return str(schema.get("properties", {}).get(name, {}).get("title", name))
