"""Applications for a resource, what is granted, and the policy of an agreement, decided at every call. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tongban.kernel.catalogue.rules import borders, resources

SUBMITTED, GRANTED, REFUSED, WITHDRAWN = "submitted", "granted", "refused", "withdrawn"
REQUEST_STATES = {SUBMITTED: "待答复", GRANTED: "已同意", REFUSED: "不同意", WITHDRAWN: "已撤回"}
UNSIGNED, IN_FORCE, SUSPENDED, TERMINATED, EXPIRED = "unsigned", "in-force", "suspended", "terminated", "expired"
AGREEMENT_STATES = {UNSIGNED: "待签署", IN_FORCE: "执行中", SUSPENDED: "暂停", TERMINATED: "已终止", EXPIRED: "已到期"}
# state × move → state; expiry is a matter of the day, not of a move
MOVES = {
    (IN_FORCE, "suspend"): SUSPENDED,
    (SUSPENDED, "resume"): IN_FORCE,
    (IN_FORCE, "terminate"): TERMINATED,
    (SUSPENDED, "terminate"): TERMINATED,
    (UNSIGNED, "terminate"): TERMINATED,
}
MOST_VISITS = 10_000_000
LONGEST_TERM = 3 * 366  # days


@dataclass(frozen=True, slots=True)
class Asked:
    """What a department asks for, or what an owner grants: kept apart, of one shape."""

    items: tuple[str, ...]
    modes: tuple[str, ...]
    visits: int  # a day
    begins: date
    ends: date
    rows: Mapping[str, str]  # item → the prefix its value must have; {} for all rows
    zone: str = borders.ADMINISTRATIVE  # where the data are used

    def told(self) -> dict[str, Any]:
        return {
            "items": list(self.items), "modes": list(self.modes), "visits": self.visits, "begins": self.begins.isoformat(), "ends": self.ends.isoformat(),
            "rows": dict(self.rows), "zone": self.zone,
        }  # fmt: skip


def asked(told: Mapping[str, Any]) -> Asked:
    """As JSON keeps it."""
    return Asked(
        tuple(told["items"]),
        tuple(told["modes"]),
        int(told["visits"]),
        date.fromisoformat(told["begins"]),
        date.fromisoformat(told["ends"]),
        dict(told["rows"]),
        str(told.get("zone", borders.ADMINISTRATIVE)),
    )


def asked_faults(one: Asked, known: Sequence[resources.Item], today: date) -> list[resources.Fault]:
    """Faults of an application: items that exist and are shared, modes, visits, term."""
    by_key = {i.key: i for i in known}
    found = []
    if not one.items:
        found.append(resources.Fault("items", "no-items"))
    found += [resources.Fault("items", "unknown-item", key) for key in one.items if key not in by_key]
    found += [resources.Fault("items", "not-shared", by_key[k].name) for k in one.items if k in by_key and by_key[k].sharing == resources.REFUSED]
    if not one.modes or any(m not in resources.MODES for m in one.modes):
        found.append(resources.Fault("modes", "choice"))
    if not 1 <= one.visits <= MOST_VISITS:
        found.append(resources.Fault("visits", "visits"))
    if not one.begins < one.ends or (one.ends - one.begins).days > LONGEST_TERM or one.ends <= today:
        found.append(resources.Fault("ends", "term"))
    found += [resources.Fault("rows", "unknown-item", key) for key in one.rows if key not in by_key]
    if one.zone not in borders.ONLINE:
        found.append(resources.Fault("zone", "zone"))
    return found


def wider(granted: Asked, requested: Asked) -> str:
    """What of a grant goes beyond what was asked: items, modes, visits, term, zone, rows; "" when nothing does."""
    if not set(granted.items) <= set(requested.items):
        return "items"
    if not set(granted.modes) <= set(requested.modes):
        return "modes"
    if granted.visits > requested.visits:
        return "visits"
    if granted.begins < requested.begins or granted.ends > requested.ends:
        return "ends"
    zones = list(borders.ZONES)
    if requested.zone in zones and (granted.zone not in zones or zones.index(granted.zone) > zones.index(requested.zone)):
        return "zone"
    narrowed = all(granted.rows.get(item, "").startswith(prefix) for item, prefix in requested.rows.items())
    return "" if narrowed else "rows"


def needs_answer(sharing: str, wanted: Iterable[resources.Item]) -> bool:
    """Whether the owner must answer: a resource shared without condition is granted at once, unless an item of it is not."""
    return sharing != resources.UNCONDITIONAL or any(i.sharing != resources.UNCONDITIONAL for i in wanted)


@dataclass(frozen=True, slots=True)
class Call:
    """One use of an agreement."""

    mode: str
    purpose: str
    on: date
    visits_today: int = 0  # before this one
    items: tuple[str, ...] = ()


def refusal(state: str, terms: Mapping[str, Any], call: Call) -> str:
    """Why a call is refused, "" when it is allowed: state, not-begun, ended, mode, purpose, items, visits."""
    if state != IN_FORCE:
        return "state"
    granted = asked(terms["granted"])
    if call.on < granted.begins:
        return "not-begun"
    if call.on > granted.ends:
        return "ended"
    if call.mode not in granted.modes:
        return "mode"
    if not call.purpose.strip() or (terms["purposes"] and call.purpose not in terms["purposes"]):
        return "purpose"
    if not set(call.items) <= set(granted.items):
        return "items"
    return "visits" if call.visits_today >= granted.visits else ""


def row_allowed(terms: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a row lies within what is granted."""
    return all(str(row.get(item, "")).startswith(prefix) for item, prefix in terms["granted"]["rows"].items())


def standing(state: str, terms: Mapping[str, Any], today: date) -> str:
    """The state on a day: an agreement in force or suspended ends with its term."""
    if state in (IN_FORCE, SUSPENDED) and today > date.fromisoformat(terms["granted"]["ends"]):
        return EXPIRED
    return state


def odrl(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms as an ODRL 2.2 agreement (W3C Recommendation 2018-02-15), for systems that read policies."""
    granted = terms["granted"]
    return {
        "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement", "uid": f"urn:tongban:agreement:{terms['number']}",
        "permission": [{
            "target": f"urn:tongban:resource:{terms['resource']}", "assigner": f"urn:uscc:{terms['provider_code']}",
            "assignee": f"urn:uscc:{terms['consumer_code']}", "action": "use",
            "constraint": [
                {"leftOperand": "dateTime", "operator": "gteq", "rightOperand": {"@value": granted["begins"], "@type": "xsd:date"}},
                {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": {"@value": granted["ends"], "@type": "xsd:date"}},
                {"leftOperand": "count", "operator": "lteq", "rightOperand": granted["visits"], "unit": "urn:tongban:per-day"},
                {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": terms["purposes"]},
            ],
        }],
    }  # fmt: skip
