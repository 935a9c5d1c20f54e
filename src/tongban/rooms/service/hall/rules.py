"""The hall's decisions. Pure."""

import re
from datetime import date, timedelta
from typing import Any

TASK_TYPES = {
    "01": "行政许可", "02": "行政处罚", "03": "行政强制", "04": "行政征收", "05": "行政给付", "06": "行政检查",
    "07": "行政确认", "08": "行政奖励", "09": "行政裁决", "10": "其他行政权力", "20": "公共服务",
}  # fmt: skip
TRUST_GRADES = {"A": "签发机关签发或共享核验", "B": "窗口核对原件", "C": "申请人上传，待核原件", "D": "申请人自行声明"}
SERVICE_OBJECTS = {"1": "自然人", "2": "企业", "3": "事业单位", "4": "社会组织", "5": "行政机关", "6": "其他组织"}  # GB/T 39046 附录A
LEVELS = {1: "非常满意", 2: "满意", 3: "基本满意", 4: "不满意", 5: "非常不满意"}  # GB/T 39046 附录A
INDICATORS = ("办事效率", "指南精确", "便捷程度", "平台操作")
RATING_LIFE = timedelta(days=14)
DEFAULT_LEVEL = 3  # nobody rated: kept apart as 基本满意 by default, as Guangdong does (gd.gov.cn, 2019), and counted nowhere as given
RECTIFY_DAYS = 5  # working days, as in Dezhou (ceirp.cn); other cities set other numbers
BAD = 4

# Versions of a matter: state × act -> state. Who drafted may not review (checked by the command).
VERSION_MOVES = {
    ("draft", "submit"): "review", ("review", "approve"): "approved", ("review", "reject"): "draft",
    ("approved", "publish"): "published", ("published", "supersede"): "superseded", ("published", "cancel"): "cancelled",
}  # fmt: skip
LICENCE_MOVES = {
    ("valid", "suspend"): "suspended", ("suspended", "resume"): "valid", ("valid", "revoke"): "revoked",
    ("suspended", "revoke"): "revoked", ("valid", "replace"): "replaced",
}  # fmt: skip

# What government knows already: the form's source -> (field of the person or enterprise, the register it is from).
KNOWN = {
    "legal_entity.registration.name": ("enterprise", "name", "您的账户·企业授权"),
    "legal_entity.registration.credit_code": ("enterprise", "credit_code", "您的账户·企业授权"),
    "legal_entity.registration.legal_rep_name": ("representative", "name", "您的账户·企业授权"),
    "legal_entity.registration.legal_rep_id_no": ("representative", "id_number", "您的账户·实名认证"),
    "legal_entity.registration.entity_type": ("enterprise", "entity_type", "您的账户·企业授权"),
    "legal_entity.registration.address": ("enterprise", "address", "您的账户·企业授权"),
    "legal_entity.registration.business_scope": ("enterprise", "business_scope", "您的账户·企业授权"),
    "population.person.name": ("person", "name", "您的账户·实名认证"),
    "population.person.id_no": ("person", "id_number", "您的账户·实名认证"),
    "population.person.id_number": ("person", "id_number", "您的账户·实名认证"),
    "population.person.address": ("person", "address", "您的账户·实名认证"),
    "identity.account.mobile": ("person", "mobile", "您的账户"),
}  # fmt: skip
# The same from other departments, under an agreement and with the applicant's consent: form's source -> (resource, item, whose key).
FETCHED = {
    "legal_entity.registration.name": ("legal.entity", "name", "enterprise"),
    "legal_entity.registration.credit_code": ("legal.entity", "credit_code", "enterprise"),
    "legal_entity.registration.entity_type": ("legal.entity", "entity_type", "enterprise"),
    "legal_entity.registration.address": ("legal.entity", "address", "enterprise"),
    "legal_entity.registration.business_scope": ("legal.entity", "business_scope", "enterprise"),
    "legal_entity.registration.legal_rep_name": ("legal.representative", "legal_rep_name", "enterprise"),
    "legal_entity.registration.legal_rep_id_no": ("legal.representative", "legal_rep_id", "enterprise"),
    "population.person.name": ("population.person", "name", "person"),
    "population.person.id_no": ("population.person", "id_number", "person"),
    "population.person.id_number": ("population.person", "id_number", "person"),
    "population.person.sex": ("population.person", "sex", "person"),
    "population.person.birth_date": ("population.person", "born_on", "person"),
    "population.person.ethnicity": ("population.person", "nation", "person"),
    "population.person.address": ("population.person", "address", "person"),
    "population.residence.address": ("population.person", "address", "person"),
    "population.residence.division_code": ("population.person", "region_code", "person"),
    "population.household.address": ("population.household", "address", "person"),
    "population.household.division_code": ("population.household", "region_code", "person"),
    "civil.marriage.status": ("civil.marriage", "status", "person"),
    "civil.marriage.spouse_name": ("civil.marriage", "spouse_name", "person"),
    "civil.marriage.spouse_id_no": ("civil.marriage", "spouse_id", "person"),
    "civil.marriage.date": ("civil.marriage", "married_on", "person"),
    "licence.id_card.photo": ("population.photo", "photo", "person"),
}  # fmt: skip
PHOTO, CARDS = "population.photo", "证卡制作"  # a photo is granted for making cards, whatever the type of the matter
# What a department's data prove, so that the paper is not asked for: the material's register -> (resource, whose key).
PROVES = {
    "legal_entity.registration": ("legal.entity", "enterprise"), "population.person": ("population.person", "person"),
    "population.household": ("population.household", "person"), "population.residence": ("population.person", "person"),
    "civil.marriage": ("civil.marriage", "person"), "social_insurance.contribution": ("social.pension", "person"),
}  # fmt: skip
PURPOSES = {"01": "行政许可申请", "05": "行政给付申请", "07": "行政确认申请"}


def purpose_of(content: dict[str, Any], resource: str = "") -> str:
    """What data are fetched for, as agreements name it, from the type of the matter."""
    if resource == PHOTO:
        return CARDS
    return PURPOSES.get((content.get("task_type") or {}).get("code", ""), "公共服务申请")


def wanted(form: dict[str, Any], materials: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """(resource, whose) -> the items that a form's fields and photos name, in their order; () where only a material is to be proved."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for told in form.get("properties", {}).values():
        if told.get("x-source") in FETCHED:
            name, item, whose = FETCHED[told["x-source"]]
            held = found.get((name, whose), ())
            found[name, whose] = held if item in held else (*held, item)
    for material in materials:
        if material.get("photo") in FETCHED:
            name, item, whose = FETCHED[material["photo"]]
            found[name, whose] = (item,)
        if material.get("base_registry") in PROVES:
            found.setdefault(PROVES[material["base_registry"]], ())
    return found


def unlike(fetched: dict[str, dict[str, Any]], data: dict[str, Any]) -> list[str]:
    """Fields whose fetched value was typed over: each needs a reason. A township of the county that was fetched is more exact, not another."""

    def differs(typed: str, told: dict[str, Any]) -> bool:
        value = str(told["value"]).strip()
        return not typed.startswith(value) if told.get("item") == "region_code" and len(value) >= 6 else typed != value

    return [name for name, told in fetched.items() if name in data and differs(str(data[name]).strip(), told)]


SURE = ("credit_code", "legal_rep_id_no", "id_no", "id_number")  # shown, never typed again; the rest may be changed where reality differs


def sure_fields(form: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """(field, holder, its column, register) of what a form shows from a register and nobody may type over."""
    found = []
    for name, told in form.get("properties", {}).items():
        source = told.get("x-source", "")
        if source.rsplit(".", 1)[-1] in SURE and source in KNOWN:
            found.append((name, *KNOWN[source]))
    return found


IMAGE = "binary-image"  # a picture is a document, not an entry


def with_photos(fields: list[dict[str, Any]], provided: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents that an applicant provides, with a form's pictures among them; `photo` names the register that may hold it.

    Where the guide asks for the picture on paper too, it is one document.
    """
    made = [dict(m) for m in provided]
    for field in (f for f in fields if f.get("format") == IMAGE):
        paper = next((m for m in made if "照片" in m["name"]), None)
        if paper is None:
            paper = {"name": field["label"], "required": bool(field.get("required")), "provider": "applicant", "type": "电子照片"}
            made.insert(0, paper)
        paper["photo"] = field.get("source_resource", "")
    return made


def schema_of(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """JSON Schema 2020-12 from a matter's form fields; `x-source` names the register that fills a field. Pictures are documents (`with_photos`)."""
    fields = [f for f in fields if f.get("format") != IMAGE]
    properties: dict[str, Any] = {}
    for field in fields:
        made: dict[str, Any] = {"type": field["type"], "title": field["label"]}
        for name in ("pattern", "enum", "items", "minimum"):
            if name in field:
                made[name] = field[name]
        if field["type"] == "string":
            made["maxLength"] = 500
            if field.get("format") == "date":
                made["format"] = "date"
            if field.get("required") and "enum" not in made:
                made["minLength"] = 1
        if field["type"] == "array":
            made |= {"minItems": 1 if field.get("required") else 0, "uniqueItems": True, "maxItems": ROWS}
            if field["items"]["type"] == "object" and "properties" not in field["items"]:
                made["items"] = _row_of(field["label"])
        if field.get("source_resource"):
            made["x-source"] = field["source_resource"]
        if field.get("format") == "gb2260+street" or field["name"].endswith("_division"):
            made |= {"x-kind": "division", "title": field["label"].removesuffix("代码")}
        if field.get("note"):
            made["description"] = field["note"]
        if field["name"] in ("acknowledge_truth", "consent_share"):
            made["const"] = True
        properties[field["name"]] = made
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": properties,
        "required": [f["name"] for f in fields if f.get("required")], "additionalProperties": False,
    }  # fmt: skip


ROWS = 50


def _row_of(label: str) -> dict[str, Any]:
    """The columns of a table field, named in its label: 驾驶员（姓名、身份证号）; one column where it names none."""
    named = re.search(r"（([^（）]+)）", label)
    columns = named[1].split("、") if named else ["说明"]
    cell = {"type": "string", "minLength": 1, "maxLength": 200}
    return {"type": "object", "properties": {c: {**cell, "title": c} for c in columns}, "required": columns, "additionalProperties": False}


def _rows(name: str, columns: list[str], posted: dict[str, list[str]]) -> list[dict[str, str]]:
    """The rows of a table field that hold anything; cells that are empty are left out."""
    found = []
    for n in range(ROWS):
        cells = {c: (posted.get(f"{name}.{n}.{c}") or [""])[-1].strip() for c in columns}
        if any(cells.values()):
            found.append({c: v for c, v in cells.items() if v})
    return found


def typed(schema: dict[str, Any], posted: dict[str, list[str]]) -> dict[str, Any]:
    """A form's strings as the schema's types; what is empty is left out, what does not parse is kept as typed."""
    found: dict[str, Any] = {}
    for name, told in schema["properties"].items():
        values = [v.strip() for v in posted.get(name, [])]
        if told["type"] == "array":
            if told.get("items", {}).get("type") == "object":
                rows = _rows(name, list(told["items"]["properties"]), posted)
                found |= {name: rows} if rows else {}
                continue
            if "enum" not in told.get("items", {}):
                values = re.split(r"[、，,；;\n]", "、".join(values))
            if any(values):
                found[name] = [v.strip() for v in values if v.strip()]
            continue
        value = values[-1] if values else ""
        if value == "":
            continue
        found[name] = _one(told["type"], value)
    return found


def _one(kind: str, value: str) -> Any:
    if kind == "boolean":
        return {"yes": True, "no": False}.get(value, value)
    if kind == "integer" and re.fullmatch(r"-?\d{1,15}", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", value):
        return float(value) if "." in value else int(value)
    return value


def applicant_kind(credit_code: str) -> str:
    """What an applicant is among the service objects, from the first two characters of its credit code (GB 32100).

    "" is a natural person acting for oneself. 个体工商户 (92) are 其他组织: no legal persons, yet registered.
    """
    if not credit_code:
        return "1"
    kinds = {"91": "2", "93": "2", "12": "3", "11": "5", "13": "4"}
    return kinds.get(credit_code[:2]) or ("4" if credit_code[0] == "5" else "6")


def may_apply(content: dict[str, Any], credit_code: str) -> bool:
    """Whether a matter serves such an applicant; one that names no service object serves all."""
    served = content.get("service_object")
    return not served or applicant_kind(credit_code) in served


def process_for(content: dict[str, Any]) -> str:
    """Which shipped process a matter follows, from its case type and steps."""
    if content["case_type"]["code"] == "1":
        return "instant"
    if content.get("joint_matters"):
        return "registration-with-tax"
    site = any(re.search("核查|勘验|现场|查看|调查", s["stage"]) for s in content["steps"])
    return "permit-with-site-check" if site else "permit"


def limits(content: dict[str, Any]) -> tuple[int, int]:
    """(promised, statutory) in working days. A promise is never longer than the law; without a special law: 20 (art. 42)."""
    told = content["limits"]
    statutory = (told.get("statutory") or {}).get("value")
    statutory = 20 if statutory is None else int(statutory)
    promised = (told.get("promised") or {}).get("value")
    promised = statutory if promised is None else int(promised)
    return min(promised, statutory), statutory


def validity_end(told: str, start: date) -> date | None:
    """The last day of a licence from 5年, 三年, 长期; None without end."""
    digits = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "十": 10}
    found = re.search(r"(\d+|[一二三四五六十])\s*年", told or "")
    if not found:
        return None
    years = digits.get(found[1]) or int(found[1])
    try:
        return start.replace(year=start.year + years) - timedelta(days=1)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, day=28)


def verified_only(content: dict[str, Any]) -> dict[str, Any]:
    """A guide as citizens see it: a legal basis that nobody verified is not shown as law."""
    shown = dict(content)
    shown["legal_basis"] = [b for b in content.get("legal_basis", []) if b.get("verified") == "yes"]
    return shown


def code_fault(code: str, profile: str) -> str:
    """ "" when a code string fits its profile. GB/T 39046, the exchange tables and live codes disagree: see the README."""
    patterns = {
        "tongban": r"[a-z0-9-]{3,60}@\d{2,9}",
        "gbt39046": r"[0-9A-Z]{10,24}",
        "exchange": r"[0-9A-Z]{12}|[0-9A-Z]{31}|[0-9A-Z]{33}|[0-9A-Z]{36}",
        "sichuan": r"[0-9A-Z]{9,14}-\d{12}-\d{3}-[0-9A-Z]{9,18}-\d-\d{2}",
    }
    if profile not in patterns:
        return "profile"
    return "" if re.fullmatch(patterns[profile], code) else "form"
