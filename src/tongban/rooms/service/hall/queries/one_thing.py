"""一件事: several registrations with one form and one limit, from data/hall/one_thing_open_restaurant.json."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import Actor
from tongban.lib import codes as region_codes
from tongban.lib.errors import NotFound
from tongban.rooms.service.hall.models import Draft, Matter
from tongban.rooms.service.hall.queries import matters


PERMIT, REGISTRATION = "food-operation-permit-new", "small-catering-registration"  # one of the two
LICENCE = 1  # checked in the register, not applied for together


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

    @property
    def either(self) -> bool:
        """Whether it is one of the two that exclude each other: food permit or small catering."""
        return self.matter is not None and self.matter.item.key in (PERMIT, REGISTRATION)


@dataclass(frozen=True, slots=True)
class OneThing:
    """`licence`: the business licence that all others presuppose, with the registrations that give one."""

    name: str
    parts: list[Part]
    principles: str
    organ: str
    precondition: str
    licence: list[Matter]

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
    parts, licence = [], []
    for row in told["matters"]:
        here = [one for key in (row["ref"] or "").split("|") if (one := _here(key.strip(), region))]
        if row["seq"] == LICENCE:
            licence = here
        parts.append(
            Part(
                row["name"], row["organ"], row["required_when"], row["promised"]["value"] or 0, row["statutory"]["value"] or 0,
                row["statutory"]["source"], row["statutory"].get("verified") == "yes",
                None if row["seq"] == LICENCE or not here else here[0],
            )
        )  # fmt: skip
    return OneThing(told["name"], parts, told["principles"]["text"], told["lead_organ"]["province"], told["precondition"]["text"], licence)


def chosen(codes: list[str]) -> list[str]:
    """Those of `codes` that the bundle may hold, in its order and for one place; food permit or small catering, never both."""
    keys = [key.strip() for row in document()["matters"] if row["seq"] != LICENCE for key in (row["ref"] or "").split("|")]
    found = list(Matter.objects.filter(code__in=codes, item__key__in=keys).select_related("item"))
    place = region_codes.ancestors(max((m.region_code for m in found), key=len, default="37"))
    wanted = {m.item.key: m.code for m in found if m.region_code in place}
    if REGISTRATION in wanted:
        wanted.pop(PERMIT, None)
    return [wanted[key] for key in keys if key in wanted]


@dataclass(frozen=True, slots=True)
class Joined:
    """The forms and materials of several matters as one: a field that two of them ask for is asked once.

    It stands where a guide stands while one applies: `content` holds the service objects that all of them share.
    """

    name: str
    guides: list[matters.Guide]
    form: dict[str, Any]
    provided: list[dict[str, Any]]
    known: list[dict[str, Any]]
    promised: int
    phone: str
    saved: int
    content: dict[str, Any]


def joined(codes: list[str]) -> Joined:
    """One form for several matters; `saved` counts the fields that need not be filled in again."""
    guides = [matters.guide(code) for code in codes]
    properties: dict[str, Any] = {}
    required: list[str] = []
    provided: dict[str, dict[str, Any]] = {}
    for guide in guides:
        for name, told in guide.form["properties"].items():
            properties.setdefault(name, told)
        required += [n for n in guide.form["required"] if n not in required]
        for material in guide.provided:
            held = provided.setdefault(material["name"], material)
            if material.get("required") and not held.get("required"):
                provided[material["name"]] = material
    properties = dict(sorted(properties.items(), key=lambda p: "const" in p[1]))  # promises stand at the end
    asked = sum(len(g.form["properties"]) for g in guides)
    return Joined(
        name=document()["name"], guides=guides, provided=list(provided.values()), known=list({m["name"]: m for g in guides for m in g.known}.values()), promised=max(g.promised for g in guides),
        form={"type": "object", "properties": properties, "required": required, "additionalProperties": False},
        phone=guides[0].phone, saved=asked - len(properties), content={"service_object": _served(guides)},
    )  # fmt: skip


def _served(guides: list[matters.Guide]) -> list[str]:
    """Enterprises and individual households (the bundle presupposes a business licence), as far as every matter serves them."""
    return [c for c in ("2", "6") if all(c in g.content["service_object"] for g in guides)]


def paper(held: Draft) -> matters.Guide | Joined:
    """What a draft fills in: one matter's guide, or several joined."""
    return joined([b["code"] for b in held.bundle]) if held.bundle else matters.guide(held.matter.code)


def own_bundle(actor: Actor, bundle: str) -> list[Any]:
    """The actor's cases that were submitted together."""
    return list(cases.own_cases(actor).filter(bundle=bundle).order_by("id")) if bundle else []


def _here(key: str, region: str) -> Matter | None:
    try:
        return matters.of_item(key, region) if key else None
    except NotFound:
        return None
