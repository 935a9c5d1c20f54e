"""一件事: several registrations with one form and one limit, from data/hall/one_thing_open_restaurant.json."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import Actor
from tongban.lib.errors import NotFound
from tongban.rooms.service.hall.models import Matter
from tongban.rooms.service.hall.queries import matters


@cache
def document() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((settings.DATASETS / "hall" / "one_thing_open_restaurant.json").read_text())
    return told


def answers(question: str) -> bool:
    """Whether a search asks for opening a restaurant."""
    return any(word in question for word in ("饭店", "餐馆", "餐饮", "小吃", "奶茶", "火锅", "餐厅")) or "canguan" in question


@dataclass(frozen=True, slots=True)
class Part:
    """A registration of the bundle; `matter` when it can be applied for here."""

    name: str
    organ: str
    when: str
    promised: int
    statutory: int
    basis: str
    verified: bool
    matter: Matter | None


@dataclass(frozen=True, slots=True)
class OneThing:
    name: str
    parts: list[Part]
    principles: str
    organ: str

    @property
    def promised(self) -> int:
        """Done side by side: the longest of the promises."""
        return max(p.promised for p in self.parts)

    @property
    def apart(self) -> int:
        return sum(p.promised for p in self.parts)


def restaurant(region: str) -> OneThing:
    """The bundle as it stands in a region."""
    told = document()
    parts = []
    for row in told["matters"]:
        parts.append(
            Part(
                row["name"], row["organ"], row["required_when"], row["promised"]["value"] or 0, row["statutory"]["value"] or 0,
                row["statutory"]["source"], row["statutory"].get("verified") == "yes", _here(row["ref"], region),
            )
        )  # fmt: skip
    return OneThing(told["name"], parts, told["principles"]["text"], told["lead_organ"]["province"])


@dataclass(frozen=True, slots=True)
class Joined:
    """The forms and materials of several matters as one: a field that two of them ask for is asked once."""

    codes: list[str]
    form: dict[str, Any]
    provided: list[dict[str, Any]]
    promised: int
    saved: int


def joined(codes: list[str]) -> Joined:
    """One form for several matters; `saved` counts the fields that need not be filled in again."""
    guides = [matters.guide(code) for code in codes]
    properties: dict[str, Any] = {}
    required: list[str] = []
    for guide in guides:
        for name, told in guide.form["properties"].items():
            properties.setdefault(name, told)
        required += [n for n in guide.form["required"] if n not in required]
    provided: dict[str, dict[str, Any]] = {}
    for guide in guides:
        for material in guide.provided:
            held = provided.setdefault(material["name"], material)
            if material.get("required") and not held.get("required"):
                provided[material["name"]] = material
    asked = sum(len(g.form["properties"]) for g in guides)
    form = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return Joined(codes, form, list(provided.values()), max(g.promised for g in guides), asked - len(properties))


def own_bundle(actor: Actor, bundle: str) -> list[Any]:
    """The actor's cases that were submitted together."""
    return list(cases.own_cases(actor).filter(bundle=bundle).order_by("id")) if bundle else []


def _here(ref: str | None, region: str) -> Matter | None:
    if not ref:
        return None
    try:
        return matters.of_item(ref.split("|")[0].strip(), region)
    except NotFound:
        return None
