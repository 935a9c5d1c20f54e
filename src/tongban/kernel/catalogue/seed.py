"""Classes and limits as shipped; an authored catalogue and two agreements for the demo."""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tongban.kernel.catalogue.commands import access, agreements, borders, resources
from tongban.kernel.catalogue.models import Agreement, BorderRule, Limit, Resource, ResourceClass
from tongban.kernel.catalogue.rules import borders as border_rules
from tongban.kernel.catalogue.rules import resources as rules
from tongban.kernel.catalogue.rules.access import Asked
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock


def load_classes(folder: Path) -> int:
    """Classes as shipped, and one 目 for every organ in force."""
    if ResourceClass.objects.exists():
        return 0
    with (folder / "classes.csv").open(newline="") as file:
        rows = [ResourceClass(**{**r, "verified": r["verified"] == "yes"}) for r in csv.DictReader(file)]
    return len(ResourceClass.objects.bulk_create([*rows, *_departments()], batch_size=2000))


def _departments() -> list[ResourceClass]:
    """类 3, 项 00 for the province or the city's two digits, 目 the organ; a county is a 目 (9 and its digits), its organs 细目. A proposal."""
    made = [ResourceClass(code="300", name="省级部门", parent_code="3", kind="department", document="提案")]
    seen: Counter[str] = Counter()
    for city in orgs.places("37"):
        made.append(ResourceClass(code=f"3{city.code[2:]}", name=city.name, parent_code="3", kind="department", document="提案"))
        made += [
            ResourceClass(code=f"3{city.code[2:]}9{c.code[4:]}", name=c.name, parent_code=f"3{city.code[2:]}", kind="department", document="提案")
            for c in orgs.places(city.code)
        ]
    for organ in orgs.organs("37"):
        region = organ.region_code
        parent = {2: "300", 4: f"3{region[2:]}", 6: f"3{region[2:4]}9{region[4:]}"}[len(region)]
        seen[parent] += 1
        made.append(
            ResourceClass(
                code=f"{parent}{seen[parent]:03d}", name=organ.short_name[:80], parent_code=parent, kind="department", organ_key=organ.key, document="提案"
            )
        )
    return made


def load_limits(folder: Path) -> int:
    """Enter the limits that are missing."""
    known = set(Limit.objects.values_list("step", "effective_from"))
    with (folder / "limits.csv").open(newline="") as file:
        rows = [
            Limit(
                step=r["step"], days=int(r["days"]), document=r["document"], effective_from=date.fromisoformat(r["effective_from"]),
                effective_to=date.fromisoformat(r["effective_to"]) if r["effective_to"] else None, verified=r["verified"] == "yes",
            )
            for r in csv.DictReader(file)
        ]  # fmt: skip
    return len(Limit.objects.bulk_create(one for one in rows if (one.step, one.effective_from) not in known))


def load_demo(actor: Actor, folder: Path) -> int:
    """Publish the authored catalogue; a few resources stay on their way, so that desks are not empty."""
    if Resource.objects.exists():
        return 0
    told = json.loads((folder / "demo_resources.json").read_text())["resources"]
    for n, one in enumerate(told):
        _publish(actor, one, until={7: "draft", 8: "submit", 11: "register", 13: "offer"}.get(n, "publish"))
    return len(told) + _agreements(actor, AGREED)


def _publish(actor: Actor, one: dict[str, Any], until: str) -> None:
    organ_class = ResourceClass.objects.get(organ_key=one["organ"]).code
    related = list(Resource.objects.filter(versions__title__in=one.get("related", [])).values_list("code", flat=True))  # by title in the file
    content = {**one, "class_code": one["class_code"] or organ_class, "related": related}
    made = resources.draft_resource(actor, content=content, supply=one["supply"])
    for move in ("submit", "register", "offer", "publish") if until != "draft" else ():
        resources.move_version(actor, key=made.resource.key, number=1, move=move)
        if move == until:
            return


def _open_border(actor: Actor, resource: Resource, zone: str) -> None:
    """For the demo: what forms need may pass from the departments to where citizens come."""
    if resource.published is None or BorderRule.objects.filter(resource=resource, target=zone).exists():
        return
    today = clock.today()
    items = tuple(i["key"] for i in resource.published.content["items"] if i["sharing"] != rules.REFUSED)
    proposal = border_rules.Proposal(
        border_rules.ADMINISTRATIVE, zone, items, {}, 1_000_000, 0, today, today + timedelta(days=730), "经申请人同意，政务服务表单调取（演示）",
    )  # fmt: skip
    made = borders.propose_rule(actor, resource=resource.key, proposal=proposal)
    borders.decide_rule(actor, number=made.number, approve=True)


AGREED = (
    # consumer, supply, purposes, visits a day, items left out
    ("sd-hrss", "legal.entity", "就业和社会保险业务核验", 20_000, ()),
    ("370102-market", "legal.entity", "行政许可申请", 50_000, ()),
    ("370102-market", "legal.representative", "行政许可申请", 50_000, ("mobile", "ended_on")),
    ("370102-market", "population.person", "行政许可申请", 50_000, ("nation", "address")),
)  # fmt: skip


FORMS = ("行政许可申请", "行政确认申请", "行政给付申请", "公共服务申请")
CARDS = "证卡制作"  # social-security cards are made with the identity photo
FORM_SUPPLIES = ("legal.entity", "legal.representative", "population.person", "population.household", "civil.marriage", "social.pension")


def load_offices(actor: Actor, offices: Iterable[str]) -> int:
    """Agreements of the offices that handle matters, so that their forms are filled; once."""
    known = {organ for organ, *_rest in AGREED}
    wanted = [row for office in offices if office not in known for row in _office(office)]
    if not wanted or Agreement.objects.filter(consumer__key=wanted[0][0]).exists():
        return 0
    return _agreements(actor, wanted)


def _office(office: str) -> list[tuple[str, str, str, int, tuple[str, ...]]]:
    """What an office that handles matters may ask about its applicants."""
    asks = [(office, supply, FORMS[0], 5_000, ("mobile", "ended_on")) for supply in FORM_SUPPLIES]
    return [*asks, *([(office, "population.photo", CARDS, 1_000, ())] if office.endswith("-hrss") else [])]


def _agreements(actor: Actor, wanted_ones: Iterable[tuple[str, str, str, int, tuple[str, ...]]]) -> int:
    """Agreements signed by both sides, so that forms are filled from the first day."""
    today, made_all = clock.today(), 0
    for consumer, supply, purpose, visits, without in wanted_ones:
        resource = Resource.objects.select_related("published", "organ").get(supply=supply)
        if resource.published is None:
            continue  # still on its way through the reviews
        held = resource.published.content["items"]
        keys = tuple(i["key"] for i in held if i["key"] not in without)
        zone = border_rules.PUBLIC if purpose in (*FORMS, CARDS) else border_rules.ADMINISTRATIVE  # forms are filled where citizens come
        wanted = Asked(keys, ("query",), visits, today, today + timedelta(days=730), {}, zone)
        if zone != border_rules.ADMINISTRATIVE:
            _open_border(actor, resource, zone)
        asked = access.request_access(
            actor,
            key=resource.key,
            wanted=wanted,
            purpose=purpose,
            basis="演示（合成）",
            purposes=list(FORMS) if purpose in FORMS else [purpose],
            organ=consumer,
        )
        made = asked.agreement if hasattr(asked, "agreement") else access.grant_access(actor, number=asked.number, granted=wanted, condition="")
        agreements.sign_agreement(actor, number=made.number, organ=resource.organ.key)
        agreements.sign_agreement(actor, number=made.number, organ=consumer)
        made_all += 1
    return made_all
