"""What the departments would have recorded of the synthetic province, with the faults that real registers have."""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from tongban.lib import codes
from tongban.rooms.data.registries.seed.people import AS_OF, SHIFT, Population

EPOCH = date(1900, 1, 1)
NATIONS = ("汉族", "回族", "满族", "蒙古族", "朝鲜族")
_NATION_SHARE = (0.9912, 0.9972, 0.9987, 0.9994)  # summed; general knowledge, not verified
SCHOOLING = ("小学", "初中", "高中", "大学专科", "大学本科", "研究生")
STREETS = ("解放路", "文化路", "人民路", "建设街", "和平路", "幸福街", "新华路", "东风路", "胜利街", "育才路")
TRADES = (("F51", "商贸"), ("F52", "超市"), ("H62", "餐饮"), ("I65", "软件"), ("E48", "建筑工程"), ("C13", "食品"), ("A01", "农业"), ("G54", "运输"), ("L72", "企业管理"), ("C34", "机械"))  # fmt: skip
WORDS = "鑫盛源泰恒兴瑞达华宇诚信安康永昌隆福德顺和美嘉益众合"
Luck = Sequence[float]
Said = tuple[int, str, date, dict[str, Any]]  # subject, organ, legal date, values


def day(number: int) -> date:
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True, slots=True)
class Firm:
    """A synthetic enterprise; its name says what it is."""

    code: str
    name: str
    kind: str
    industry: str
    town: str
    established: date
    state: str
    representative: int
    shareholders: tuple[tuple[int, float], ...]
    staff: tuple[int, ...]
    registered: bool


def firms(p: Population, names: dict[str, str], rng: np.random.Generator) -> list[Firm]:
    """One for 25 persons. Some are cancelled, some of their representatives are dead, a few pay tax and are registered nowhere."""
    age = p.age
    grown = np.flatnonzero((age >= 24) & (age < 66) & ((p.died < 0) | (rng.random(len(p)) < 0.3)))
    workers = rng.permutation(np.flatnonzero((age >= 20) & (age < 60) & (p.died < 0)))[: int(len(p) * 0.27)]
    number = max(1, len(p) // 25)
    share = np.sort(rng.pareto(1.2, number) + 0.2)[::-1]
    ends = np.minimum(len(workers), (np.cumsum(share) / share.sum() * len(workers)).astype(int))
    found, begun = [], 0
    for n in range(number):
        boss = int(rng.choice(grown)) if len(grown) else 0
        staff = tuple(int(w) for w in workers[begun : ends[n]])
        begun = int(ends[n])
        found.append(_firm(p, n, boss, staff, names, rng))
    return found


def _firm(p: Population, n: int, boss: int, staff: tuple[int, ...], names: dict[str, str], rng: np.random.Generator) -> Firm:
    town = p.towns[p.town[boss]]
    industry, trade = TRADES[rng.integers(len(TRADES))]
    sole = not staff and rng.random() < 0.6
    word = "".join(rng.choice(list(WORDS), 2))
    kind = "个体工商户" if sole else "有限责任公司"
    name = f"{names.get(town[:4], '山东')}{word}{trade}{'店' if sole else '有限公司'}（合成{n + 1}）"
    code = codes.make_credit_code("92" if sole else "91", str(int(town[:6]) + SHIFT), f"MA{n:07d}")
    partners = () if sole else tuple(int(x) for x in rng.integers(0, len(p), int(rng.integers(0, 3))) if p.age[x] >= 20)
    parts = rng.dirichlet(np.ones(1 + len(partners))) * 100
    state = str(rng.choice(["存续", "注销", "吊销"], p=[0.93, 0.055, 0.015]))
    shares = tuple(zip((boss, *partners), (round(float(x), 2) for x in parts), strict=True))
    born = AS_OF - timedelta(days=int(rng.integers(30, 7000)))
    return Firm(code, name, kind, industry, town, born, state, boss, shares, staff, bool(rng.random() > 0.004))


def person_records(p: Population, n: int, place: str, employer: str, luck: Luck, former: str = "") -> Iterator[Said]:
    """The words of public security, then of the others who know this person. `luck`: uniform numbers, one for each thing that may be so or not.

    `former`: where a person lived who moved; public security said so first.
    """
    age = int(p.age[n])
    told = _police(p, n, place, luck[7])
    if p.moved[n] >= 0:
        home = int(p.household[n])
        before = {"address": f"{former}{STREETS[home % 7]}（合成地址）{home % 700 + 1}号", "region_code": p.towns[p.former[n]], "state": "正常"}
        yield n, "sd-police", day(p.born[n]) + timedelta(days=20), {**told, **before}
    if p.died[n] >= 0 and luck[0] > 0.04:  # four of a hundred deaths never reached public security
        told |= {"state": "死亡", "died_on": str(day(p.died[n]))}
    yield n, "sd-police", day(p.moved[n]) if p.moved[n] >= 0 else day(p.born[n]) + timedelta(days=20), told
    if p.spouse[n] >= 0:
        yield n, "sd-civil", _wedding(p, n), _civil(p, n, luck[1])
    if employer or (age >= 60 and luck[2] < 0.5):
        yield n, "sd-hrss", AS_OF - timedelta(days=int(luck[3] * 2000)), _insured(p, n, age, employer, luck, told)
    if p.died[n] >= 0:
        yield n, "sd-health", day(p.died[n]), {"state": "死亡", "died_on": str(day(p.died[n]))}
    if 22 <= age < 45 and luck[4] < 0.7:
        yield (
            n,
            "sd-edu",
            day(p.born[n]) + timedelta(days=8300),
            {"education": SCHOOLING[bisect((0.02, 0.15, 0.4, 0.65, 0.95), luck[5])], "certificate_no": f"10{n:016d}"},
        )


def _police(p: Population, n: int, place: str, luck: float) -> dict[str, Any]:
    home, head = int(p.household[n]), bool(p.head[n])
    relation = (
        "户主"
        if head
        else "配偶"
        if p.spouse[n] == home
        else "子女"
        if home in (p.father[n], p.mother[n])
        else "父母"
        if p.age[n] > p.age[home] + 15
        else "其他"
    )
    return {
        "id_number": str(p.id_number[n]), "name": f"{p.surname[n]}{p.given[n]}", "sex": "男" if p.male[n] else "女", "born_on": str(day(p.born[n])),
        "nation": NATIONS[bisect(_NATION_SHARE, luck)], "address": f"{place}{STREETS[home % 10]}（合成地址）{home % 900 + 1}号",
        "region_code": p.towns[p.town[n]], "household_no": f"{p.towns[p.town[n]]}{home:09d}", "relation": relation,
        "head": f"{p.surname[home]}{p.given[home]}", "state": "正常",
    }  # fmt: skip


def _wedding(p: Population, n: int) -> date:
    """The later of the two at 24, the same day for both."""
    other = int(p.spouse[n])
    return min(AS_OF, day(max(p.born[n], p.born[other])) + timedelta(days=8800 + (n + other) % 900))


def _civil(p: Population, n: int, luck: float) -> dict[str, Any]:
    other = int(p.spouse[n])
    name = f"{p.surname[n]}{p.given[n]}"
    return {
        "marital_status": "已婚", "spouse_name": f"{p.surname[other]}{p.given[other]}", "spouse_id": str(p.id_number[other]), "married_on": str(_wedding(p, n)),
        "name": _misheard(name) if luck < 0.004 else name,
    }  # fmt: skip


def _insured(p: Population, n: int, age: int, employer: str, luck: Luck, police: dict[str, Any]) -> dict[str, Any]:
    months = int(min(480, max(1, (age - 21) * 12 * (0.3 + 0.7 * luck[6]))))
    told = {
        "insured_kind": "企业职工基本养老保险", "insured_state": "参保缴费" if employer else "待遇领取", "insured_months": months, "name": police["name"],
    }  # fmt: skip
    if employer:
        told["employer_code"] = employer
    if luck[1] > 0.997:
        told["name"] = _misheard(police["name"])
    if luck[3] > 0.99:
        told["address"] = police["address"].replace("（合成地址）", "（合成地址，旧）")
    return told


_ALIKE = {"国": "囯", "伟": "玮", "丽": "莉", "英": "瑛", "华": "骅", "杰": "洁", "宇": "雨", "明": "铭", "芳": "方", "静": "敬", "军": "君", "文": "雯"}


def _misheard(name: str) -> str:
    """A name as a clerk at another office wrote it: a sign of like sound or shape for the last."""
    return name[:-1] + _ALIKE.get(name[-1], name[-1]) if name[-1] in _ALIKE else name + name[-1]


def firm_records(f: Firm, subject: int, p: Population, place: str, luck: Luck) -> Iterator[Said]:
    """The words of the register, of tax, of insurance."""
    boss = f.representative
    base = {
        "credit_code": f.code, "name": f.name, "kind": f.kind, "industry": f.industry, "address": f"{place}（合成地址）{subject % 900 + 1}号", "region_code": f.town[:6],
        "business_scope": f"{f.name[2:6]}（合成经营范围）", "established_on": str(f.established), "state": f.state, "capital": int(luck[0] * 50) * 10 + 10,
        "legal_rep_name": f"{p.surname[boss]}{p.given[boss]}", "legal_rep_id": str(p.id_number[boss]), "appointed_on": str(f.established),
    }  # fmt: skip
    if f.registered:
        yield subject, "sd-samr", f.established, base
    if luck[1] < 0.8 or not f.registered:
        told = {"credit_code": f.code, "name": f.name if luck[2] > 0.01 else f.name.replace("有限公司", "公司"), "tax_state": "正常" if f.state == "存续" or luck[3] < 0.1 else "注销",
                "tax_office": f"{f.town[:6]}税务局（合成）", "last_paid_on": str(AS_OF - timedelta(days=int(luck[4] * 200)))}  # fmt: skip
        yield subject, "sd-tax", f.established + timedelta(days=30), told
    if f.staff:
        yield subject, "sd-hrss", f.established + timedelta(days=60), {"insured_people": len(f.staff)}
