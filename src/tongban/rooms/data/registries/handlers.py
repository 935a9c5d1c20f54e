"""What the registries answer to other offices, and what they learn from them."""

from collections.abc import Mapping
from typing import Any

from tongban.kernel.catalogue.supplies import supplies
from tongban.rooms.data.registries.models import Entity
from tongban.rooms.data.registries.queries import masters


@supplies("population.person", subject="person")
def person(key: str) -> Mapping[str, Any] | None:
    """户籍人口基本信息 by citizen identity number."""
    found = masters.person_numbered(key)
    if found is None:
        return None
    told = found.content
    return {k: told.get(k) for k in ("id_number", "name", "sex", "born_on", "nation", "address", "region_code")} | {"status": told.get("state")}


@supplies("population.household", subject="person")
def household(key: str) -> Mapping[str, Any] | None:
    """户籍家庭信息 by citizen identity number."""
    found = masters.person_numbered(key)
    if found is None:
        return None
    told = found.content
    return {k: told.get(k) for k in ("id_number", "household_no", "relation", "head", "address", "region_code")}


@supplies("civil.marriage", subject="person")
def marriage(key: str) -> Mapping[str, Any] | None:
    """婚姻状况 by citizen identity number; who was never registered is 未婚 as far as this register knows."""
    found = masters.person_numbered(key)
    if found is None:
        return None
    told = found.content
    return {k: told.get(k) for k in ("id_number", "spouse_name", "spouse_id", "married_on")} | {"status": told.get("marital_status", "未婚")}


@supplies("social.pension", subject="person")
def pension(key: str) -> Mapping[str, Any] | None:
    """职工基本养老保险参保信息 by citizen identity number."""
    found = masters.person_numbered(key)
    told = found.content if found else {}
    if "insured_kind" not in told:
        return None
    names = {
        "id_number": "id_number",
        "name": "name",
        "employer_code": "employer_code",
        "kind": "insured_kind",
        "status": "insured_state",
        "months": "insured_months",
    }
    return {item: told.get(attribute) for item, attribute in names.items()}


@supplies("legal.entity", subject="legal-person")
def entity(key: str) -> Mapping[str, Any] | None:
    """企业基本信息 by unified social credit code; only what the register itself holds."""
    found = masters.entity_coded(key)
    if found is None or found.state == "未登记":
        return None
    told = found.content
    names = {
        "credit_code": "credit_code", "name": "name", "entity_type": "kind", "address": "address", "region_code": "region_code",
        "business_scope": "business_scope", "registered_on": "established_on", "status": "state",
    }  # fmt: skip
    return {item: told.get(attribute) for item, attribute in names.items()}


@supplies("legal.representative", subject="legal-person")
def representative(key: str) -> Mapping[str, Any] | None:
    """法定代表人信息 by unified social credit code."""
    found = masters.entity_coded(key)
    return _representative(found) if found else None


def _representative(found: Entity) -> dict[str, Any] | None:
    told = found.content
    if "legal_rep_id" not in told:
        return None
    return {
        "credit_code": found.credit_code, "enterprise_name": found.name, "legal_rep_name": told.get("legal_rep_name"), "legal_rep_id": told.get("legal_rep_id"),
        "mobile": None, "appointed_on": told.get("appointed_on"), "ended_on": None, "region_code": found.region_code,
    }  # fmt: skip
