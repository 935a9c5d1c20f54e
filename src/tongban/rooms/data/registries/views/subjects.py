"""One master record: every attribute with whose word it is, who says otherwise, as known on any day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, masking
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.lib.rooms import shows
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import disputes, records
from tongban.rooms.data.registries.models import Entity, Person
from tongban.rooms.data.registries.queries import masters
from tongban.ui import exports
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier

LINKS = {"representative": "法定代表人", "shareholder": "股东", "insured": "参保职工"}
STANDING = {"agreed": "一致", "by-rank": "按权威次序", "decided": "人工裁定", "open": "待裁定"}
LIGHTS = {"agreed": "ok", "by-rank": "soon", "decided": "ok", "open": "yellow"}
STATES = ("存续", "注销", "吊销", "未登记")


@dataclass(frozen=True, slots=True)
class Word:
    """A claim ready to be read."""

    value: str
    organ: str
    legal_on: date
    recorded_at: datetime
    rank: int
    record: int
    origin: str


@dataclass(frozen=True, slots=True)
class Line:
    """An attribute ready to be read; `decidable` when the reader may choose."""

    key: str
    label: str
    word: Word
    others: list[Word]
    state: str
    decidable: bool


def _word(attribute: str, claim: rules.Claim, names: Mapping[str, str]) -> Word:
    told = str(claim.value if claim.value is not None else "")
    shown = masking.mask_id(told) if attribute in rules.PERSONAL else told
    if attribute == "region_code":
        shown = orgs.division_name(told) or told
    if attribute == rules.PHOTO:
        shown = _("on file")
    return Word(shown, names[claim.said.organ], claim.said.legal_on, claim.said.recorded_at, claim.rank, claim.said.id, claim.said.organ)


def lines(actor: Actor, view: masters.View, names: Mapping[str, str]) -> list[Line]:
    """Every attribute in the registry's order; who may decide is who counts most."""
    made = []
    for key, label in rules.ATTRIBUTES[view.registry].items():
        held = view.settled.get(key)
        if held is None:
            continue
        claims = (held.claim, *held.others)
        best = {c.said.organ for c in claims if c.rank == min(x.rank for x in claims)}
        decidable = bool(held.others) and actor.may("registries.decide") and actor.organ_key in best
        made.append(Line(key, label, _word(key, held.claim, names), [_word(key, c, names) for c in held.others], held.state, decidable))
    return made


def _day(told: str) -> date | None:
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def _view(registry: str, master: masters.Master, asked: dict[str, str]) -> masters.View:
    """As asked for: days at their end, so that what was recorded on the day counts."""
    known = _day(asked.get("known_on", ""))
    moment = datetime.combine(known, time(23, 59, 59), clock.CHINA) if known else None
    return masters.view(registry, master, known_on=moment, valid_on=_day(asked.get("valid_on", "")))


def _context(actor: Actor, registry: str, master: masters.Master, asked: dict[str, str]) -> dict[str, Any]:
    view = _view(registry, master, asked)
    history = sorted(view.records, key=lambda r: (r.recorded_at, r.id), reverse=True)
    told, names = rules.ATTRIBUTES[registry], orgs.short_names(r.organ for r in view.records)
    return {
        "master": master, "heading": master.content.get("name", ""), "view": view, "lines": lines(actor, view, names), "standing": STANDING, "lights": LIGHTS, "link_kinds": LINKS,
        "history": [(r, names[r.organ], [told[k] for k in r.values if k in told]) for r in history], "ties": list(masters.links(master)[:50]),
    }  # fmt: skip


@allows("registries.use")
def population(request: HttpRequest) -> HttpResponse:
    """A person by citizen identity number, for a reason; nothing of it stands in an address."""
    actor = actor_of(request)
    asked = {n: request.POST.get(n, "").strip()[:120] for n in ("key", "subject", "reason", "known_on", "valid_on")}
    context: dict[str, Any] = {"tab": "registries:overview", "part": "population", "asked": asked, "registry": rules.POPULATION}
    if request.method != "POST":
        return render(request, "registries/population.html", context)
    try:
        if request.POST.get("act") == "decide":
            _decide(request, rules.POPULATION)
        number = identifier(asked["subject"]) if asked["subject"] else 0
        found = records.read_subject(actor, registry=rules.POPULATION, key=asked["key"], subject=number, reason=asked["reason"])
    except (Invalid, Conflict, Refused) as refused:
        context |= {"fault": str(refused), "faults": refused.fields}
        return render(request, "registries/population.html", context, status=422)
    if isinstance(found, Person):
        context |= _context(actor, rules.POPULATION, found, asked)
        return render(request, "registries/subject.html", context)
    context["nobody"] = True
    return render(request, "registries/population.html", context, status=404)


def _decide(request: HttpRequest, registry: str) -> None:
    told = {n: request.POST.get(n, "") for n in ("attribute", "chosen", "words")}
    disputes.decide_conflict(
        actor_of(request), registry=registry, subject=identifier(request.POST.get("subject", "")), attribute=told["attribute"][:30],
        chosen=identifier(told["chosen"]), words=told["words"][:300],
    )  # fmt: skip
    messages.success(request, _("Decided. The master record follows the word that you chose."))


@allows("registries.use")
def entities(request: HttpRequest) -> HttpResponse:
    """Entities by name, code, region, state, industry."""
    actor = actor_of(request)
    chosen = {n: request.GET.get(n, "").strip()[:80] for n in ("q", "region", "state")}
    rows = masters.entities(actor, words=chosen["q"], region=chosen["region"], state=chosen["state"])
    if request.GET.get("export"):
        columns = (_("Credit code"), _("Name"), _("Type"), _("Industry"), _("Region"), _("Established"), _("State"))
        told = ((e.credit_code, e.name, e.kind, e.industry, orgs.full_name(e.region_code), e.established_on, e.state) for e in rows[:20_000].iterator())
        return exports.table(request.GET["export"], "entities", columns, told)
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    context = {
        "tab": "registries:overview", "part": "entities", "page": page, "chosen": chosen, "cities": orgs.places("37"), "states": STATES,
        "told": [(e, orgs.full_name(e.region_code) if e.region_code else "") for e in page],
    }  # fmt: skip
    return render(request, "registries/entities.html", context)


@shows("entity")
def address(code: str) -> str:
    return f"/registries/entities/{code}/"


@allows("registries.use")
def entity(request: HttpRequest, code: str) -> HttpResponse:
    """One entity; what the register publishes lies open, its representative's number is covered."""
    actor, fault = actor_of(request), ""
    found = masters.entity_coded(code)
    if not isinstance(found, Entity):
        raise NotFound(_("No entity is known by this code."))
    if request.method == "POST":
        try:
            _decide(request, rules.ENTITIES)
            return redirect(address(code))
        except (Invalid, Conflict, Refused) as refused:
            fault = str(refused)
    asked = {n: request.GET.get(n, "").strip()[:20] for n in ("known_on", "valid_on")}
    context = {"tab": "registries:overview", "part": "entities", "asked": asked, "registry": rules.ENTITIES, "fault": fault}
    context |= _context(actor, rules.ENTITIES, found, asked)
    return render(request, "registries/subject.html", context, status=422 if fault else 200)
