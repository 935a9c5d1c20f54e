"""The demo's people, enterprises and cases: synthetic, the same every time, and saying so in their names."""

from __future__ import annotations

import datetime
import io
import random
from functools import cache
from typing import TYPE_CHECKING, Any

from tongban.config.personas import BEGUN, DESK, FOOD, LIXIA, PERSONAS, SHOPS, Persona, synthetic_id
from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import commands as cases
from tongban.kernel.cases import queries as case_queries
from tongban.kernel.files import commands as files
from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries as identity_queries
from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock, codes
from tongban.lib.sample import sample_pdf
from tongban.rooms.service.hall.commands import applications
from tongban.rooms.service.hall.queries import applications as drafts
from tongban.rooms.service.hall.queries import matters

if TYPE_CHECKING:
    from tongban.kernel.identity.models import Account, LegalPerson, Person
    from tongban.kernel.cases.models import Case


def load_people(loader: Actor, password: str) -> int:
    """Personas, a desk in every city, enterprises."""
    if identity_queries.personas().exists():
        return 0
    people = {}
    password = identity.encode_password(password)
    for order, one in enumerate(PERSONAS, 1):
        people[one.username] = _open(loader, one, order, password)
    for order, city in enumerate(orgs.places("37"), 100):
        desk = Persona(f"desk-{city.code}", f"{city.name[:2]}合成", DESK, f"{city.code}-market", city.code, "")
        _open(loader, desk, order, password, shown=False)
    for n, shop in enumerate(SHOPS):
        one = Persona(f"shop-{n}", f"{'王刘陈杨黄吴徐胡朱高'[n]}合成", (), "", "", "")
        _enterprise(loader, _open(loader, one, 200 + n, password, shown=False), f"济南{shop}（合成数据）", f"A00001{n:02d}", "个体工商户")
    _enterprise(loader, people["zhang"], "济南历下一家小馆餐饮店（合成数据）", "A0000001", "个体工商户")
    _enterprise(loader, people["wang"], "济南泉畔面馆（合成数据）", "A0000002", "个体工商户")
    return len(people) + len(SHOPS) + len(orgs.places("37"))


def _open(loader: Actor, one: Persona, order: int, password: str, *, shown: bool = True) -> Person:
    person = identity.register_person(
        loader, id_number=synthetic_id(order), name=one.name, mobile=f"1380000{order:04d}",
        address="济南市历下区泉城路街道（合成地址）128号", region=LIXIA, synthetic=True,
    )  # fmt: skip
    account = identity.open_account(
        loader, username=one.username, person=person, encoded=password, staff="administrator" in one.roles,
        demo_order=order if shown else None, demo_note=one.note,
    )  # fmt: skip
    for role in one.roles:
        identity.grant_role(loader, account=account, organ=orgs.organ(one.organ), role=role, region=one.region, begun_on=BEGUN)
    return person


def _enterprise(loader: Actor, representative: Person, name: str, serial: str, kind: str) -> LegalPerson:
    return identity.register_enterprise(
        loader, credit_code=codes.make_credit_code("92", "370102", f"M{serial}"), name=name, entity_type=kind,
        address="济南市历下区泉城路街道（合成地址）128号", region=LIXIA, representative=representative,
        registered_on=datetime.date(2025, 9, 18), business_scope="餐饮服务；食品销售", synthetic=True,
    )  # fmt: skip


def known() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The synthetic persons and enterprises of the demo, as the base registries keep them."""
    persons = [
        {"id_number": p.id_number, "name": p.name, "sex": "女" if int(p.id_number[16]) % 2 == 0 else "男", "born_on": "1900-01-01", "nation": "汉族",
         "address": p.address, "region_code": LIXIA, "state": "正常", "household_no": f"{LIXIA}{p.id:012d}", "relation": "户主", "head": p.name}
        for p in identity_queries.synthetic_persons()
    ]  # fmt: skip
    firms = [
        {"credit_code": e.credit_code, "name": e.name, "kind": e.entity_type, "address": e.address, "region_code": e.region_code, "business_scope": e.business_scope,
         "established_on": e.registered_on.isoformat(), "state": "存续", "legal_rep_name": e.representative.name, "legal_rep_id": e.representative.id_number,
         "appointed_on": e.registered_on.isoformat()}
        for e in identity_queries.synthetic_enterprises()
    ]  # fmt: skip
    return persons, firms


@cache
def plan_pdf() -> bytes:
    return sample_pdf("经营场所布局（合成数据）")


def citizen(username: str = "zhang", *, enterprise: bool = True) -> Actor:
    """A persona as actor, for its enterprise."""
    actor = official(username)
    held = identity_queries.mandates(actor) if enterprise else []
    return actor.for_legal_person(held[0].id, held[0].name) if held else actor


def _account(username: str) -> Account:
    found = identity_queries.account_named(username)
    if found is None:
        raise LookupError(username)
    return found


def official(username: str) -> Actor:
    return identity_queries.actor_of_account(_account(username).id, origin="127.0.0.1")


def complete(actor: Actor, code: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Data and materials that the guide asks for, complete."""
    guide = matters.guide(code)
    data = {**FOOD, **{name: known.value for name, known in drafts.known_values(actor, guide.form).items()}}
    data = {name: value for name, value in data.items() if name in guide.form["properties"]}
    body = plan_pdf()
    kept = files.keep_file(actor, name="经营场所布局.pdf", stream=io.BytesIO(body), size=len(body))
    needed = [m["name"] for m in guide.provided if m.get("required")]
    return data, [{"material": m, "file": str(kept.id), "name": kept.name} for m in needed]


ACCEPT, CHECK, EXAMINE = ("clerk", "accept", 1), ("inspector", "pass", 1), ("examiner", "pass", 1)
# (working days ago, what was done since): the desk of 历下区 with something to do at every step, some of it late.
LIXIA_OPEN: tuple[tuple[int, list[tuple[str, str, int]]], ...] = (
    (0, []), (1, []), (1, []), (2, []), (3, [("clerk", "correct", 1)]), (2, [ACCEPT]), (3, [ACCEPT]), (4, [ACCEPT, CHECK]), (5, [ACCEPT, CHECK]),
    (6, [ACCEPT, CHECK, ("examiner", "test", 1)]), (4, [ACCEPT, CHECK, EXAMINE]), (5, [ACCEPT, CHECK, EXAMINE]), (5, [ACCEPT]), (7, [ACCEPT]),
    (13, [ACCEPT]),
)  # fmt: skip


def load_cases(loader: Actor) -> int:
    """Cases of the last weeks in every city, at every stage; a few run late."""
    random.seed(20161)
    made = 0
    shops = [citizen(f"shop-{n}") for n in range(len(SHOPS))]
    for city in orgs.places("37"):
        desk = official(f"desk-{city.code}")
        for _n in range(random.randint(4, 8)):  # noqa: S311 - a demo, not a secret
            applicant, age = shops[made % len(shops)], random.randint(0, 34)  # noqa: S311
            _story(applicant, dict.fromkeys(DESK, desk), f"food-operation-permit-new@{city.code}", age, _script())
            made += 1
    lixia = {"clerk": official("li"), "inspector": official("qian"), "examiner": official("qian"), "approver": official("zhao"),
             "issuer": official("sun")}  # fmt: skip
    code = f"food-operation-permit-new@{LIXIA}"
    for age in (8, 12, 13, 15, 18, 22, 26):
        _story(shops[made % len(shops)], lixia, code, age, _script())
        made += 1
    _story(citizen("zhang"), lixia, code, 9, [ACCEPT, CHECK, EXAMINE, ("approver", "grant", 1), ("issuer", "deliver", 1)])
    for age, script in LIXIA_OPEN:
        _story(shops[made % len(shops)], lixia, code, age, script)
        made += 1
    return made + 1


def _story(applicant: Actor, desk: dict[str, Actor], code: str, age: int, script: list[tuple[str, str, int]]) -> None:
    """One case that was submitted `age` working days ago, worked on as far as its luck carried it."""
    day = _back(clock.today(), age)
    with clock.at(_morning(day)):
        data, materials = complete(applicant, code)
        number = applications.submit_application(applicant, matter_code=code, data=data, materials=materials)
    left = age
    for step, action, pace in script:
        if left < pace:
            return
        left -= pace
        day = _forward(day, pace)
        if day > clock.today():
            return
        with clock.at(_morning(day)):
            _act(desk[step], number, action)


def _script() -> list[tuple[str, str, int]]:
    """(role, action, working days it takes): mostly brisk, now and then slow, rarely refused."""
    slow = random.choice((0,) * 14 + (1, 2, 6))  # noqa: S311
    end = [("approver", "refuse", 1)] if random.random() < 0.06 else [("approver", "grant", 1), ("issuer", "deliver", 1)]  # noqa: S311
    return [("clerk", "accept", 1), ("inspector", "pass", random.choice((1, 1, 2)) + slow), ("examiner", "pass", 1), *end]  # noqa: S311


OPINIONS = {
    "refuse": "经审查，不符合食品安全法第三十三条规定的条件。", "correct": "布局图未标明洗消区，请补充。",
    "test": "餐具洗消效果需要检验检测。",
}  # fmt: skip


def _act(actor: Actor, number: str, action: str) -> None:
    one: Case = case_queries.case(actor, number)
    item = case_queries.doable(actor, one)
    if item is not None:
        cases.complete_item(actor, item=item.id, action=action, opinion=OPINIONS.get(action, "符合条件。"), special_days=5)


def _morning(day: datetime.date) -> datetime.datetime:
    now = clock.now()
    moment = datetime.datetime.combine(day, datetime.time(9, random.randint(0, 59)), clock.CHINA)  # noqa: S311
    return min(moment, now)


def _back(day: datetime.date, days: int) -> datetime.date:
    working = calendar.working_days("37")
    while days or not working.works(day):
        day -= datetime.timedelta(1)
        days -= 1 if working.works(day) and days else 0
    return day


def _forward(day: datetime.date, days: int) -> datetime.date:
    return calendar.due("37", day, days)
