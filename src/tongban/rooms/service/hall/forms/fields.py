"""A matter's JSON Schema as form fields on a page, and back."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from tongban.kernel.orgs import queries as orgs
from tongban.lib import masking
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.queries.applications import Known


@dataclass(frozen=True, slots=True)
class Field:
    """One field ready to be drawn; `kind` picks the control."""

    name: str
    label: str
    kind: str
    value: Any
    required: bool
    help: str = ""
    error: str = ""
    source: str = ""
    at: Any = None
    options: list[tuple[str, bool]] = field(default_factory=list)
    groups: list[tuple[str, list[tuple[str, str, bool]]]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[tuple[str, str, str]]] = field(default_factory=list)
    shown: str = ""
    fetched: bool = False
    given: Any = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sections:
    """What government knows for sure, and what is asked."""

    known: list[Field]
    asked: list[Field]


def locked(told: dict[str, Any]) -> bool:
    """Whether a value comes from a register so surely that it is shown, not asked."""
    return told.get("x-source", "").rsplit(".", 1)[-1] in (
        "name", "credit_code", "legal_rep_name", "legal_rep_id_no", "id_no", "id_number", "entity_type",
    )  # fmt: skip


def sections(
    schema: dict[str, Any], data: dict[str, Any], faults: dict[str, Any], known: dict[str, Known], region: str, reasons: dict[str, str] | None = None
) -> Sections:
    """Every field of a schema with its value, source and error; divisions are offered below `region`; `reasons` why a fetched value was typed over."""
    held = Sections([], [])
    for name, told in schema["properties"].items():
        source = known.get(name)
        made = Field(
            name=name, label=told["title"], kind=_kind(name, told), value=data.get(name, ""), help=told.get("description", ""),
            required=name in schema.get("required", []), error=str(faults.get(name, "")).removeprefix(told["title"]).lstrip("：: "), source=source.source if source else "",
            at=source.at if source else None, options=_options(told, data.get(name)), groups=_divisions(region, data.get(name)) if told.get("x-kind") == "division" else [],
            shown=masking.mask_text(source.value) if source else "", columns=_columns(told), rows=_table(name, told, data.get(name)),
            fetched=bool(source and source.fetched), given=source.value if source else None, reason=(reasons or {}).get(name, ""),
        )  # fmt: skip
        (held.known if source and locked(told) else held.asked).append(made)
    return held


SPARE_ROWS = 2


def _columns(told: dict[str, Any]) -> list[str]:
    return list(told["items"]["properties"]) if told.get("items", {}).get("type") == "object" else []


def _table(name: str, told: dict[str, Any], value: Any) -> list[list[tuple[str, str, str]]]:
    """Rows of (input name, column, value), with spare rows: a table is filled in without script."""
    columns = _columns(told)
    held = [r for r in value or [] if isinstance(r, dict)] if columns else []
    rows = [*held, *({} for _n in range(SPARE_ROWS))] if columns else []
    return [[(f"{name}.{n}.{c}", c, str(row.get(c, ""))) for c in columns] for n, row in enumerate(rows[: rules.ROWS])]


def _kind(name: str, told: dict[str, Any]) -> str:
    if _columns(told):
        return "table"
    if told.get("x-kind") == "division":
        return "division"
    if told["type"] == "array":
        return "checkboxes" if "enum" in told.get("items", {}) else "several"
    if "const" in told:
        return "confirm"
    if told["type"] == "boolean":
        return "yes-no"
    if "enum" in told:
        return "select" if len(told["enum"]) > 4 else "radios"
    if told["type"] in ("number", "integer"):
        return "number"
    if told.get("format") == "date":
        return "date"
    return "tel" if name in ("mobile", "contact_tel") else "text"


def _options(told: dict[str, Any], value: Any) -> list[tuple[str, bool]]:
    if told["type"] == "array":
        return [(o, o in (value or [])) for o in told.get("items", {}).get("enum", [])]
    return [(o, o == value) for o in told.get("enum", [])]


def _divisions(region: str, value: Any) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """(county, its townships as (code, name, chosen)) where the matter is handled."""
    counties = [orgs.place(region)] if len(region) > 4 else [p for p in orgs.places(region) if p.level == "county"]
    return [(c.name, [(t.code, t.name, t.code == value) for t in orgs.townships(c.code)]) for c in counties]


def posted(schema: dict[str, Any], request: HttpRequest, known: dict[str, Known]) -> dict[str, Any]:
    """The data of a posted form; locked values come from the register, never from the request."""
    data = rules.typed(schema, dict(request.POST.lists()))
    for name, value in known.items():
        if locked(schema["properties"][name]):
            data[name] = value.value
    return data


def reasons(schema: dict[str, Any], request: HttpRequest) -> dict[str, str]:
    """Why fetched values were typed over, by field."""
    told = {name: request.POST.get(f"reason-{name}", "").strip()[:300] for name in schema["properties"]}
    return {name: words for name, words in told.items() if words}


def answers(schema: dict[str, Any], data: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of what was filled in, for reading; identity numbers masked."""
    found = []
    for name, told in schema["properties"].items():
        if name not in data:
            continue
        value = data[name]
        if isinstance(value, bool):
            shown = _("Yes") if value else _("No")
        elif isinstance(value, list):
            shown = "；".join("、".join(map(str, v.values())) if isinstance(v, dict) else str(v) for v in value)
            shown = masking.mask_text(shown)
        elif told.get("x-kind") == "division":
            shown = orgs.division_name(value) or value
        else:
            shown = masking.mask_text(str(value))
        found.append((told["title"], shown))
    return found
