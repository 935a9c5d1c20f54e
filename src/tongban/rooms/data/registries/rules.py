"""What a master record is: for each attribute the word of the organ that the law trusts most, and who said otherwise. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

POPULATION, ENTITIES = "population", "entities"
REGISTRIES = {POPULATION: "人口基础信息库", ENTITIES: "法人单位基础信息库"}
KEYS = {POPULATION: "id_number", ENTITIES: "credit_code"}
UNRANKED = 9  # an organ that no row names speaks last

# 数据元 of the two registries. Names after GB/T 19488.2 and the exchange tables where they have one.
ATTRIBUTES: dict[str, dict[str, str]] = {
    POPULATION: {
        "id_number": "公民身份号码", "name": "姓名", "sex": "性别", "born_on": "出生日期", "nation": "民族", "address": "住址", "region_code": "居住地行政区划",
        "household_no": "户号", "relation": "与户主关系", "head": "户主姓名", "state": "状态", "died_on": "死亡日期", "marital_status": "婚姻状况",
        "spouse_name": "配偶姓名", "spouse_id": "配偶公民身份号码", "married_on": "结婚登记日期", "education": "文化程度", "school": "毕业学校",
        "certificate_no": "学历证书编号", "insured_kind": "参保险种", "insured_state": "参保状态", "insured_months": "累计缴费月数", "employer_code": "参保单位代码",
        "photo": "相片", "photo_on": "相片采集日期",
    },
    ENTITIES: {
        "credit_code": "统一社会信用代码", "name": "名称", "kind": "类型", "industry": "行业", "address": "住所", "region_code": "登记地行政区划",
        "business_scope": "经营范围", "established_on": "成立日期", "state": "登记状态", "capital": "注册资本（万元）", "legal_rep_name": "法定代表人",
        "legal_rep_id": "法定代表人公民身份号码", "appointed_on": "任职日期", "tax_state": "税务登记状态", "tax_office": "主管税务机关", "last_paid_on": "最近纳税日期",
        "insured_people": "参保人数",
    },
}  # fmt: skip
PHOTO = "photo"  # its value is the file that holds it, sealed
PERSONAL = ("id_number", "spouse_id", "legal_rep_id")  # shown with the middle covered

# What the registries answer to other offices: resource -> (registry, item -> attribute).
SUPPLIED: dict[str, tuple[str, dict[str, str]]] = {
    "population.person": (POPULATION, {
        "id_number": "id_number", "name": "name", "sex": "sex", "born_on": "born_on", "nation": "nation", "address": "address", "region_code": "region_code",
        "status": "state",
    }),
    "population.household": (POPULATION, {k: k for k in ("id_number", "household_no", "relation", "head", "address", "region_code")}),
    "civil.marriage": (POPULATION, {
        "id_number": "id_number", "status": "marital_status", "spouse_name": "spouse_name", "spouse_id": "spouse_id", "married_on": "married_on",
    }),
    "social.pension": (POPULATION, {
        "id_number": "id_number", "name": "name", "employer_code": "employer_code", "kind": "insured_kind", "status": "insured_state", "months": "insured_months",
    }),
    "population.photo": (POPULATION, {"id_number": "id_number", "name": "name", "photo": "photo", "taken_on": "photo_on"}),
    "legal.entity": (ENTITIES, {
        "credit_code": "credit_code", "name": "name", "entity_type": "kind", "address": "address", "region_code": "region_code",
        "business_scope": "business_scope", "registered_on": "established_on", "status": "state",
    }),
    "legal.representative": (ENTITIES, {
        "credit_code": "credit_code", "enterprise_name": "name", "legal_rep_name": "legal_rep_name", "legal_rep_id": "legal_rep_id",
        "appointed_on": "appointed_on", "region_code": "region_code",
    }),
}  # fmt: skip
# An answer without this attribute is no answer: the department has no such record, whatever others know of the subject.
NEEDED = {"population.photo": "photo", "social.pension": "insured_kind", "legal.entity": "state", "legal.representative": "legal_rep_id"}


def answer(resource: str, content: Mapping[str, Any]) -> dict[str, Any] | None:
    """A resource's row from a master's content; None where the department has no record. Who was never wed is 未婚 as far as the register knows."""
    if resource in NEEDED and NEEDED[resource] not in content:
        return None
    found = {item: content.get(attribute) for item, attribute in SUPPLIED[resource][1].items()}
    if resource == "civil.marriage":
        found["status"] = found["status"] or "未婚"
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """信息比对 of two registers: what cannot be, who looks into it (the kind of county office, the province's department where a county has none), within how many working days."""

    title: str
    why: str
    sources: str
    office: str
    days: int
    department: str


COMPARISONS = {
    "dead-representative": Comparison(
        "存续企业的法定代表人已死亡", "登记为存续的企业，其现任法定代表人在人口库中已死亡，应当办理变更登记。", "法人库 × 人口库", "market", 20, "sd-samr"
    ),
    "insured-at-cancelled": Comparison(
        "职工仍由已注销企业参保", "已注销或吊销的企业名下仍有在缴职工，应当核实参保关系。", "社会保险 × 法人库", "hrss", 20, "sd-hrss"
    ),
    "taxed-unregistered": Comparison(
        "纳税而未登记", "有税务登记而市场主体登记中查无此代码，应当核实主体资格。", "税务 × 法人库", "market", 20, "sd-samr"
    ),
}  # fmt: skip


def evidence(told: Comparison, entity: Any, person: Any) -> dict[str, str]:
    """What is known of a finding, as its case shows it: label → value."""
    shown = {"线索": told.title, "依据": told.why, "数据来源": told.sources, "法人": entity.name, "统一社会信用代码": entity.credit_code}
    if person:
        shown |= {"人员": str(person.content.get("name", "")), "死亡日期": str(person.content.get("died_on", ""))}
    return shown


Authority = Mapping[str, Mapping[str, int]]  # attribute -> organ -> rank, 1 the most trusted


@dataclass(frozen=True, slots=True)
class Said:
    """What one organ recorded of one subject: true from `legal_on`, known here since `recorded_at`."""

    id: int
    organ: str
    legal_on: date
    recorded_at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """A value of one attribute, and whose word it is."""

    value: Any
    said: Said
    rank: int


@dataclass(frozen=True, slots=True)
class Settled:
    """An attribute of a master record. `state`: agreed, by-rank (the higher rank settled it), decided (a person did), open."""

    claim: Claim
    state: str
    others: tuple[Claim, ...] = field(default=())

    @property
    def value(self) -> Any:
        return self.claim.value


def settle(records: Iterable[Said], authority: Authority, decisions: Mapping[str, int], *, known_on: datetime, valid_on: date) -> dict[str, Settled]:
    """The master record as known at `known_on` about the day `valid_on`.

    `decisions`: attribute -> the record that a person chose. Of each organ its latest word counts; of several organs the
    rank decides, and where ranks are equal and values differ the later legal date stands, and a person is asked.
    """
    words: dict[str, dict[str, Said]] = {}
    for said in sorted((r for r in records if r.recorded_at <= known_on and r.legal_on <= valid_on), key=lambda r: (r.legal_on, r.recorded_at, r.id)):
        for attribute in said.values:
            words.setdefault(attribute, {})[said.organ] = said
    return {attribute: _settled(attribute, said.values(), authority.get(attribute, {}), decisions.get(attribute)) for attribute, said in words.items()}


def _settled(attribute: str, said: Iterable[Said], ranks: Mapping[str, int], decided: int | None) -> Settled:
    claims = sorted(
        (Claim(s.values[attribute], s, ranks.get(s.organ, UNRANKED)) for s in said),
        key=lambda c: (c.rank, -c.said.legal_on.toordinal(), -c.said.recorded_at.timestamp(), -c.said.id),
    )
    chosen = next((c for c in claims if c.said.id == decided), None)
    best = chosen or claims[0]
    others = tuple(c for c in claims if c is not best and normal(c.value) != normal(best.value))
    if not others:
        return Settled(best, "agreed")
    if chosen:
        return Settled(best, "decided", others)
    return Settled(best, "open" if any(c.rank == best.rank for c in others) else "by-rank", others)


def normal(value: Any) -> str:
    """A value as it is compared: without spaces, full-width digits as plain ones, letters large."""
    text = str(value if value is not None else "")
    return "".join(text.split()).translate(_PLAIN).upper()


_PLAIN = {ord(f): p for f, p in zip("０１２３４５６７８９ＸｘＡＢＣ（）－", "0123456789XxABC()-", strict=True)}


def disputed(master: Mapping[str, Settled]) -> dict[str, str]:
    """attribute -> state, of those that not all organs agree about."""
    return {attribute: s.state for attribute, s in master.items() if s.others}


def contents(master: Mapping[str, Settled]) -> dict[str, Any]:
    """attribute -> value, without what nobody knows."""
    return {attribute: s.value for attribute, s in master.items() if s.value not in (None, "")}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What an organ says differently from its last word; {} when it says the same again."""
    return {a: v for a, v in after.items() if normal(before.get(a)) != normal(v)}


DAYS = ("born_on", "died_on", "married_on", "established_on", "appointed_on", "last_paid_on")
LONGEST = 2000  # characters of a value


def row_fault(registry: str, values: Mapping[str, Any], key_fault: str, sources: set[str]) -> str:
    """ "" or why a row cannot be kept: no-key, unknown (an attribute that the registry lacks), not-source, value, day, or the key's own fault.

    `sources`: the attributes that the organ is a source of.
    """
    if not values.get(KEYS[registry]):
        return "no-key"
    if any(a not in ATTRIBUTES[registry] for a in values):
        return "unknown"
    if not values.keys() <= sources or not values.keys() - {KEYS[registry]}:
        return "not-source"
    if any(isinstance(v, bool) or not isinstance(v, str | int | float) or len(str(v)) > LONGEST or "\0" in str(v) for v in values.values()):
        return "value"
    if any(day(values[a]) is None for a in DAYS if a in values):
        return "day"
    return key_fault


def day(told: Any) -> date | None:
    """A day from YYYY-MM-DD; None for anything else."""
    try:
        return told if isinstance(told, date) else date.fromisoformat(str(told))
    except ValueError:
        return None


# Macro figures ---------------------------------------------------------------------------------------------------------------

# GB/T 2260, the first two digits; Shandong's own regions are the kernel's.
PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区", "21": "辽宁省", "22": "吉林省", "23": "黑龙江省", "31": "上海市", "32": "江苏省",
    "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省", "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西壮族自治区",
    "46": "海南省", "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区", "61": "陕西省", "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区",
}  # fmt: skip
STATISTICIANS = ("sd-stat", "sd-nbsteam")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
PERIOD = re.compile(r"\d{4}(-(Q[1-4]|0[1-9]|1[0-2]))?", re.ASCII)
REGION = re.compile(r"\d{2}|\d{4}|\d{6}|\d{9}", re.ASCII)
MOST_FIGURES = 1_000_000


def figure_faults(release: str, indicator: str, figures: Mapping[tuple[str, str], Decimal]) -> dict[str, str]:
    """field → what is wrong with figures that come in."""
    found = {}
    if not SLUG.fullmatch(release):
        found["release"] = "key"
    if not SLUG.fullmatch(indicator):
        found["indicator"] = "indicator"
    if not figures or len(figures) > MOST_FIGURES:
        found["figures"] = "many" if figures else "empty"
    if any(not REGION.fullmatch(region) for region, _period in figures):
        found["region"] = "region"
    if any(not PERIOD.fullmatch(period) for _region, period in figures):
        found["period"] = "period"
    return found


def published_table(text: str, names: Mapping[str, str]) -> tuple[dict[tuple[str, str], Decimal], str]:
    """A table as the bureau exports it: three lines of heading, a row 地区,2017年,…, a row a province, notes below. Gives figures by (region, period), and the notes.

    Raises ValueError for a province that `names` does not know or a cell that is no number.
    """
    rows = list(csv.reader(io.StringIO(text)))
    head = next(n for n, row in enumerate(rows) if row and row[0] == "地区")
    years = [cell.removesuffix("年") for cell in rows[head][1:]]
    figures, notes = {}, []
    for row in rows[head + 1 :]:
        if len(row) < 2:
            notes += [cell.strip() for cell in row if cell.strip()]
            continue
        if row[0] not in names:
            raise ValueError(f"{row[0]} is no province")
        for year, cell in zip(years, row[1:], strict=False):
            if cell.strip():
                figures[names[row[0]], year] = Decimal(cell)
    return figures, "\n".join(notes)


# Places ----------------------------------------------------------------------------------------------------------------------

MOST_PLACES = 10_000


def place_fault(row: Mapping[str, Any]) -> str:
    """Which entry of a place cannot be taken, "" for none: key, name, kind, lon, lat, since, until."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", str(row.get("key", "")), re.ASCII):
        return "key"
    for name in ("name", "kind"):
        if not str(row.get(name, "")).strip():
            return name
    for name, most in (("lon", 180), ("lat", 90)):
        try:
            if not abs(float(row.get(name, "x"))) <= most:
                return name
        except (TypeError, ValueError):
            return name
    return next((n for n in ("since", "until") if row.get(n) and day(row[n]) is None), "")
