"""The sheet of a matter: its content as an editor fills it in, and back."""

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

BLANK_ROWS = 2
MATERIAL = ("name", "required", "type", "form", "copies", "provider", "trust_grade", "source", "verified")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the editor's page shows."""

    name: str
    catalog_name: str
    promised: Any
    statutory: Any
    statutory_source: str
    statutory_verified: str
    conditions: str
    laws: str
    phrases: str
    faq: str
    fee: str
    fee_basis: str
    result: str
    validity: str
    materials: list[dict[str, Any]]
    form_fields: list[dict[str, Any]]


def sheet(content: dict[str, Any]) -> Sheet:
    """A content as a sheet; texts with one entry a line."""
    limits = content.get("limits", {})
    statutory = limits.get("statutory") or {}
    fee, result = content.get("fee", {}), content.get("result", {})
    laws = "\n".join(f"{b.get('law', '')}|{b.get('article', '')}|{b.get('verified', 'no')}" for b in content.get("legal_basis", []))
    return Sheet(
        name=content.get("name", ""), catalog_name=content.get("catalog_name", ""),
        promised=(limits.get("promised") or {}).get("value"), statutory=statutory.get("value"),
        statutory_source=statutory.get("source", ""), statutory_verified=statutory.get("verified", "no"),
        conditions="\n".join(c["text"] for c in content.get("conditions", [])), laws=laws,
        phrases="\n".join(content.get("search_phrases", [])),
        faq="\n".join(f"{q['question']}|{q['answer']}" for q in content.get("faq", [])), fee=fee.get("standard", ""),
        fee_basis=fee.get("basis", ""), result=result.get("name", ""), validity=result.get("validity") or "",
        materials=[*content.get("materials", []), *({} for _n in range(BLANK_ROWS))], form_fields=content.get("form_fields", []),
    )  # fmt: skip


def posted(before: dict[str, Any], post: QueryDict) -> dict[str, Any]:
    """The content that a posted sheet describes; what the sheet does not show stays as it was."""
    content = deepcopy(before)
    content["name"] = post.get("name", "").strip()[:200]
    content["catalog_name"] = post.get("catalog_name", "").strip()[:200]
    limits = content.setdefault("limits", {})
    limits["promised"] = {**(limits.get("promised") or {}), "value": _whole(post.get("promised", ""))}
    limits["statutory"] = {
        **(limits.get("statutory") or {}), "value": _whole(post.get("statutory", "")),
        "source": post.get("statutory_source", "").strip()[:300], "verified": "yes" if post.get("statutory_verified") else "no",
    }  # fmt: skip
    content["conditions"] = _kept(content.get("conditions", []), _lines(post, "conditions"), "text")
    content["legal_basis"] = [_law(line, content.get("legal_basis", [])) for line in _lines(post, "laws")]
    content["search_phrases"] = _lines(post, "phrases")
    content["faq"] = [dict(zip(("question", "answer"), (line + "|").split("|"), strict=False)) for line in _lines(post, "faq")]
    content["fee"] = {**content.get("fee", {}), "standard": post.get("fee", "").strip(), "basis": post.get("fee_basis", "").strip()}
    content["result"] = {**content.get("result", {}), "name": post.get("result", "").strip(), "validity": post.get("validity", "").strip()}
    content["materials"] = _materials(content.get("materials", []), post)
    return content


def _whole(told: str) -> Any:
    return int(told) if re.fullmatch(r"\d{1,3}", told.strip()) else told.strip()


def _lines(post: QueryDict, name: str) -> list[str]:
    return [line.strip()[:500] for line in post.get(name, "").splitlines() if line.strip()][:100]


def _kept(before: list[dict[str, Any]], lines: list[str], key: str) -> list[dict[str, Any]]:
    known = {row[key]: row for row in before}
    return [known.get(line, {key: line, "source": "编辑录入", "verified": "no"}) for line in lines]


def _law(line: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    law, article, verified = (line + "||").split("|")[:3]
    known = next((b for b in before if b.get("law") == law and b.get("article") == article), {})
    source = f"《{law}》{article}"
    return {"source": source, **known, "law": law.strip(), "article": article.strip(), "verified": "yes" if verified.strip() == "yes" else "no"}


def _materials(before: list[dict[str, Any]], post: QueryDict) -> list[dict[str, Any]]:
    known = {m["name"]: m for m in before}
    made = []
    for n in range(100):
        name = post.get(f"material-{n}-name", "").strip()[:200]
        if not name:
            continue
        made.append({
            "type": "原件", "form": "电子或纸质", "copies": 1, "source": "编辑录入", "verified": "no", **known.get(name, {}), "name": name,
            "required": bool(post.get(f"material-{n}-required")),
            "provider": "government" if post.get(f"material-{n}-provider") == "government" else "applicant",
            "trust_grade": post.get(f"material-{n}-grade", "C")[:1],
        })  # fmt: skip
    return made
