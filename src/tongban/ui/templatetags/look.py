"""The look's parts as tags: icons, lights, the region map, dates as look.md writes them."""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from tongban.kernel.cases import rules as cases
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.rules import ROLES
from tongban.lib import clock, masking, terms
from tongban.lib.rooms import reference

register = template.Library()
_SHAPES = {
    "ok": '<circle cx="8" cy="8" r="6.5" fill="currentColor"/>',
    "soon": '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>',
    "yellow": '<path d="M8 1.6 15.2 14.2H.8z" fill="currentColor" stroke-linejoin="round"/>',
    "red": '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor"/><path d="M8 4v5M8 10.8v1.4" stroke="#fff" stroke-width="1.8"/>',
    "paused": '<circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M6.2 5.4v5.2M9.8 5.4v5.2" stroke="currentColor" stroke-width="1.6"/>',
    "done": '<path d="M2.5 8.5l3.5 3.5l7.5 -8" fill="none" stroke="currentColor" stroke-width="1.8"/>',
}  # fmt: skip


@cache
def _icons() -> dict[str, str]:
    found: dict[str, str] = json.loads((Path(__file__).parents[1] / "icons.json").read_text())
    return found


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An inline Tabler icon; always beside a word."""
    return format_html(
        '<svg class="tb-icon {}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        extra,
        mark_safe(_icons()[name]),  # noqa: S308
    )


@register.simple_tag
def light(kind: str, words: object = "") -> SafeString:
    """A light: shape, word, colour, in that order."""
    return format_html(
        '<span class="tb-light" data-light="{}"><svg viewBox="0 0 16 16" aria-hidden="true">{}</svg><span>{}</span></span>',
        kind, mark_safe(_SHAPES[kind]), words or light_name(kind),  # noqa: S308
    )  # fmt: skip


@register.filter
def light_name(kind: str) -> str:
    return {
        "ok": _("In time"), "soon": _("Due soon"), "yellow": _("Yellow"), "red": _("Red"), "paused": _("Paused"), "done": _("Done"),
    }[kind]  # fmt: skip


@register.simple_tag
def standing(now: cases.Standing, paused: str = "", long: bool = False) -> SafeString:
    """How a case stands, in working days: 余1天, 超2天, 待补正."""
    if now.light == "done":
        return light("done", _("Done"))
    if now.light == "paused":
        return light("paused", _("Awaiting correction") if paused == "correction" else special_name(paused) or _("Paused"))
    n = abs(now.left)
    if now.left < 0:
        words = ngettext("%(n)s day late", "%(n)s days late", n) % {"n": n}
    elif now.left == 0:
        words = _("Due today")
    else:
        words = ngettext("%(n)s day left", "%(n)s days left", n) % {"n": n}
    if long and now.due:
        words = _("%(words)s, due %(date)s") % {"words": words, "date": day(now.due)}
    return light(now.light, words)


@register.filter
def special_name(kind: str) -> str:
    if get_language() == "en":
        return kind.replace("-", " ").capitalize()
    return cases.SPECIAL.get(kind, "")


@register.filter
def state_name(state: str) -> str:
    """A case's state in the reader's language."""
    return state.replace("-", " ").capitalize() if get_language() == "en" else cases.STATES.get(state, state)


@register.filter
def act_name(tag: str) -> str:
    """What an entry of the ledger says happened."""
    names = {
        "cases.case.submitted": _("Submitted"), "cases.step.taken": _("Step done"), "cases.case.correction-requested": _("Correction notice"),
        "cases.case.resubmitted": _("Correction sent"), "cases.case.accepted": _("Accepted"), "cases.case.not-accepted": _("Not accepted"),
        "cases.case.suspended": _("Special procedure begun"), "cases.case.resumed": _("Clock runs again"),
        "cases.case.extended": _("Limit extended"), "cases.case.granted": _("Granted"), "cases.case.refused": _("Refused"),
        "cases.case.closed": _("Delivered, case closed"), "cases.case.opened": _("Found, case opened"), "cases.case.concluded": _("Looked into, case closed"), "cases.case.withdrawn": _("Withdrawn"), "cases.item.moved": _("Work item handed"),
        "hall.licence.issued": _("Licence issued"), "hall.rating.invited": _("Rating invited"), "hall.service.rated": _("Rated"),
        "hall.rating.answered": _("Bad rating answered"), "hall.rating.defaulted": _("Nobody rated: kept as default"),
        "hall.licence.changed": _("Licence changed"), "supervision.light.raised": _("Light raised"), "supervision.case.urged": _("Urged"),
        "supervision.urge.answered": _("Urging answered"), "supervision.light.moved": _("Light handled"),
        "identity.account.logged-in": _("Logged in"), "identity.account.login-failed": _("Login failed"),
        "identity.account.opened": _("Account opened"), "identity.account.changed": _("Account changed"),
        "identity.role.granted": _("Role granted"), "identity.mandate.changed": _("Mandate changed"),
        "identity.person.seen": _("Personal data seen"), "ledger.key.introduced": _("Signing key introduced"),
        "ledger.ceremony.held": _("Key ceremony held"), "continuity.destruction.decided": _("Records destroyed at the end of their time"), "continuity.rows.expired": _("Expired rows removed"), "continuity.cohorts.renewed": _("Column keys changed"),
        "account.staff.provisioned": _("Official kept by a personnel system"),
        "ledger.log.trusted": _("Ledger witnessed from now on"), "security.alert.raised": _("Alert raised"),
        "security.alert.moved": _("Alert handled"), "security.incident.opened": _("Incident opened"),
        "security.incident.moved": _("Incident handled"), "security.warning.issued": _("Warning issued"),
        "security.warning.moved": _("Warning handled"), "security.protection.recorded": _("Protection recorded"),
        "security.honey.laid": _("Honey record laid or lifted"), "security.lateness.told": _("Lateness told"),
        "identity.role.lent": _("Role delegated, taken or judged"), "identity.roles.reviewed": _("Roles reviewed"),
        "identity.proxy.changed": _("Proxy changed"),
        "networks.connection.kept": _("Network line kept"), "networks.special.kept": _("Special network kept"),
        "networks.addresses.assigned": _("Addresses assigned"),
        "files.file.quarantined": _("File quarantined"), "catalogue.resource.moved": _("Resource drafted, reviewed or published"),
        "catalogue.access.requested": _("Resource applied for"), "catalogue.access.answered": _("Application for a resource answered"),
        "catalogue.agreement.signed": _("Agreement signed"), "catalogue.agreement.moved": _("Agreement suspended, resumed or ended"),
        "catalogue.data.fetched": _("Data fetched under an agreement"), "exchange.endpoint.kept": _("Database of a department kept"), "exchange.flow.moved": _("Flow begun, run, paused or failed"),
        "exchange.batch.sent": _("Batch sent"), "exchange.batch.taken": _("Batch taken"), "exchange.tables.compared": _("Tables compared"),
        "catalogue.border.moved": _("Border rule proposed, approved, rejected or ended"), "exchange.information.listed": _("List of main information changed"), "exchange.evaluation.moved": _("Sharing evaluated"), "exchange.appeal.moved": _("Appeal against a value"),
        "catalogue.resource.subscribed": _("Subscription to a resource"),
        "registries.records.kept": _("Records of a department kept"), "registries.subject.read": _("Master record opened"),
        "registries.conflict.decided": _("Differing records decided"), "registries.correction.asked": _("Correction asked for"),
        "registries.correction.answered": _("Correction answered"), "registries.comparison.run": _("Registers compared"),
        "registries.linkage.asked": _("File to be linked"), "registries.linkage.done": _("File linked"), "registries.link.decided": _("Doubtful link decided"),
        "registries.finding.answered": _("Finding answered"), "hall.consent.answered": _("Consent to fetching data given or withheld"),
        "cases.case.echoed": _("Told by the office that decides"), "cases.act.sent": _("Sent to the office that decides"), "cases.act.refused": _("The office that decides could not do it"),
        "hall.matter.taken": _("Matters of another node"), "hall.licence.taken": _("Licence came from another node"), "orgs.organs.taken": _("Organs of another node"),
        "catalogue.resource.told": _("Resource of another node"), "nodes.node.invited": _("Node invited"), "nodes.node.joined": _("Node joined"), "nodes.node.ended": _("Node ended"), "nodes.letters.posted": _("Letter to a node"),
        "nodes.letter.taken": _("Letter of a node taken or held"), "nodes.letters.receipted": _("Letters receipted"), "nodes.letter.done": _("Held letter dealt with"),
        "hall.value.disputed": _("Fetched value said to be wrong"),
    }  # fmt: skip
    return names.get(tag, tag)


@register.filter
def light_act(kind: str) -> str:
    """What was done about a light."""
    return {
        "answer": _("Answered"), "appeal": _("Appealed"), "uphold": _("Appeal upheld"), "dismiss": _("Appeal dismissed"),
        "close": _("Closed"), "urge": _("Urged"), "reply": _("Urging answered"),
    }.get(kind, kind)  # fmt: skip


@register.filter
def held_by(permission: str, actor: Actor) -> bool:
    """Whether the actor holds a permission."""
    return actor.may(permission)


@register.filter
def role_name(role: str) -> str:
    return role.replace("_", " ").capitalize() if get_language() == "en" else ROLES.get(role, role)


@register.filter
def day(value: date | None) -> str:
    """10月27日, with the year when it is another one."""
    if value is None:
        return ""
    if get_language() == "en":
        return f"{value:%-d %b}" if value.year == clock.today().year else f"{value:%-d %b %Y}"
    year = "" if value.year == clock.today().year else f"{value.year}年"
    return f"{year}{value.month}月{value.day}日"


@register.filter
def moment(value: datetime | None) -> str:
    """10-27 09:36 in tables; across years ISO."""
    if value is None:
        return ""
    local = value.astimezone(clock.CHINA)
    return f"{local:%m-%d %H:%M}" if local.year == clock.today().year else f"{local:%Y-%m-%d %H:%M}"


@register.filter
def short_day(value: date | None) -> str:
    if value is None:
        return ""
    return f"{value:%m-%d}" if value.year == clock.today().year else value.isoformat()


@register.filter
def masked(value: str) -> str:
    return masking.mask_text(str(value))


@register.filter
def term(word: object) -> str:
    """A word of the fixed vocabulary in the reader's language."""
    return terms.term(word)


@register.filter
def at(mapping: dict[str, Any], key: str) -> Any:
    """mapping[key], "" when absent."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def pairs(mapping: dict[str, Any]) -> list[tuple[str, Any]]:
    """Keys and values; `.items` would find a field of that name first."""
    return list(mapping.items())


@register.filter
def group(value: int | None) -> str:
    """12,345."""
    return "" if value is None else f"{value:,}"


@register.simple_tag
def say(message: str, **values: object) -> str:
    """A translated sentence with its places filled: {% say "%(n)s services" n=total %}."""
    return _(message) % values


@register.simple_tag
def link_to(kind: str, key: str) -> str:
    return reference(kind, key)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The address's query with some values changed; "" or None drops one."""
    request: HttpRequest = context["request"]
    values = request.GET.copy()
    for name, value in changes.items():
        if value in ("", None):
            values.pop(name, None)
        else:
            values[name] = str(value)
    return "?" + values.urlencode()


@register.filter
def browser(agent: str) -> str:
    """A browser and its system, from what it says of itself: "Chrome · Windows"."""
    names = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("MicroMessenger", "微信"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"), ("Linux", "Linux"))
    parts = [next((told for mark, told in table if mark in agent), "") for table in (names, systems)]
    return " · ".join(p for p in parts if p) or _("Another programme")
