"""The officials' side: work list beside one case."""

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.cases import commands, queries
from tongban.kernel.cases import rules as case_rules
from tongban.kernel.identity import commands as identity_commands
from tongban.kernel.identity import queries as identity
from tongban.kernel.ledger import queries as ledger
from tongban.kernel.nodes import queries as nodes
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, TongbanError
from tongban.lib.rooms import reference
from tongban.rooms.service.hall import forms
from tongban.rooms.service.hall.commands import looks
from tongban.rooms.service.hall.queries import matters
from tongban.ui import exports
from tongban.ui.access import actor_of, allows

SIZE = 12


def _list(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    light = request.GET.get("light", "")
    light = light if light in ("red", "yellow", "soon", "paused") else ""
    after = _after(request.GET.get("after", ""))
    items = queries.work_list(actor, light=light, after=after, limit=SIZE + 1)
    more = f"{items[SIZE - 1].due or ''}~{items[SIZE - 1].id}" if len(items) > SIZE else ""
    return {
        "items": [(i, queries.standing(i.case)) for i in items[:SIZE]], "counts": queries.work_counts(actor), "light": light,
        "more": more, "first": not after, "kinds": ("red", "yellow", "soon", "paused"),
    }  # fmt: skip


def _after(told: str) -> tuple[Any, int] | None:
    due, _sep, last = told.partition("~")
    try:
        return (datetime.strptime(due, "%Y-%m-%d").date() if due else None, int(last)) if last else None  # noqa: DTZ007
    except ValueError:
        return None


@allows("hall.work")
def work(request: HttpRequest) -> HttpResponse:
    """待办: the list, with its first case opened beside it."""
    context = _list(request)
    if request.GET.get("export"):
        rows = queries.work_list(actor_of(request), light=context["light"], limit=5000)
        told = ((i.case.number, i.case.title, i.case.applicant_name, i.name, i.due or "", i.case.channel) for i in rows)
        columns = (_("Number"), _("Matter"), _("Applicant"), _("Step"), _("Due"), _("Channel"))
        return exports.table(request.GET["export"], "work", columns, told)
    if context["items"]:
        context |= _case(request, context["items"][0][0].case.number)
    return render(request, "hall/work.html", context | {"tab": "hall:work"})


def _case(request: HttpRequest, number: str) -> dict[str, Any]:
    actor = actor_of(request)
    one = queries.case(actor, number)
    looks.note_look(actor, case=one, what="application")
    answers = list(one.data.items()) if one.cause else forms.answers(matters.guide(one.matter_code).form, one.data)
    item = queries.doable(actor, one)
    items = queries.items_of(one)
    doc = request.GET.get("doc", "0")
    return {
        "filed_at": nodes.name_of(one.filed_at) if one.filed_at else "", "case": one, "standing": queries.standing(one), "item": item, "steps": items, "about": reference(*one.cause.split(":", 1)) if one.cause else "",
        "actions": queries.actions(one, item) if item else [], "answers": answers,
        "files": one.materials, "shown": min(int(doc), max(0, len(one.materials) - 1)) if doc.isdigit() else 0,
        "acts": ledger.acts_about(actor, f"case:{one.number}", entitled=True),
        "opinions": queries.recent_opinions(actor, item.step) if item else [], "special": case_rules.SPECIAL,
        "colleagues": [c for c in identity.officials(actor, role=item.role) if c[0] != actor.account] if item else [],
        "open_item": next((i for i in items if i.state == "open"), None), "clock": queries.clock_events(one),
        "here": ",".join(i.step for i in items if i.state == "open"), "past": ",".join(i.step for i in items if i.state == "done"),
    }  # fmt: skip


@allows("hall.work", "hall.read_cases")
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case beside the list."""
    context = _list(request) if actor_of(request).may("hall.work") else {}
    return render(request, "hall/work.html", context | _case(request, number) | {"tab": "hall:work"})


@allows("hall.work")
@require_POST
def act(request: HttpRequest, item: int) -> HttpResponse:
    """Do the step; a refusal keeps the opinion that was typed."""
    actor = actor_of(request)
    number = queries.item(actor, item).case.number
    opinion = request.POST.get("opinion", "")[:2000]
    days = request.POST.get("special_days", "")
    try:
        one = commands.complete_item(actor, item=item, action=request.POST.get("action", ""), opinion=opinion, special_days=int(days) if days.isdigit() else 0)
    except (Invalid, Conflict) as refused:
        context = _list(request) | _case(request, number)
        context |= {"tab": "hall:work", "fault": refused, "typed": opinion, "typed_days": days}
        return render(request, "hall/work.html", context, status=refused.status)
    messages.success(request, _("Done: %(number)s") % {"number": one.number})
    return redirect("hall:work-case", number=number)


@allows("hall.work")
@require_POST
def hand(request: HttpRequest, item: int) -> HttpResponse:
    """Claim, return or delegate."""
    actor, how = actor_of(request), request.POST.get("how", "")
    to = request.POST.get("to", "")
    if how == "claim":
        moved = commands.claim_item(actor, item=item)
    elif how == "return":
        moved = commands.return_item(actor, item=item)
    else:
        moved = commands.delegate_item(actor, item=item, to=int(to) if to.isdigit() else 0)
    return redirect("hall:work-case", number=moved.case.number)


@allows("hall.work")
@require_POST
def batch(request: HttpRequest) -> HttpResponse:
    """Accept, or pass on, several at once: only actions that need no reason, each case by itself."""
    actor, done, told = actor_of(request), 0, []
    for item in request.POST.getlist("item")[:100]:
        try:
            held = queries.item(actor, int(item) if item.isdigit() else 0)
            one = queries.case(actor, held.case.number)
            chosen = queries.actions(one, held)[0]
            if chosen.get("reason") == "required" or chosen["effect"] in ("grant", "grant-at-once", "refuse", "conclude"):
                raise Conflict(_("%(number)s: this step is decided one by one.") % {"number": one.number})
            commands.complete_item(actor, item=held.id, action=chosen["key"])
            done += 1
        except TongbanError as refused:
            told.append(str(refused))
    if done:
        messages.success(request, _("%(n)s cases done.") % {"n": done})
    for line in told[:5]:
        messages.error(request, line)
    return redirect("hall:work")


@allows("hall.work")
@require_POST
def reveal(request: HttpRequest, number: str) -> HttpResponse:
    """The applicant's identity number, unmasked, for a purpose that is kept in the ledger."""
    actor = actor_of(request)
    one = queries.case(actor, number)
    if one.person_id is None:
        raise Conflict(_("Nobody applied for this case."))
    shown = identity_commands.reveal_person(
        actor, person=one.person_id, fields=["id_number", "mobile"], purpose=request.POST.get("purpose", "")[:100], case=one.number
    )
    return render(request, "hall/work.html", _list(request) | _case(request, number) | {"tab": "hall:work", "revealed": shown})


@allows("hall.read_cases")
def case_list(request: HttpRequest) -> HttpResponse:
    """Look cases up by words, state, region."""
    actor = actor_of(request)
    chosen = {name: request.GET.get(name, "").strip()[:60] for name in ("q", "state", "region")}
    after = request.GET.get("after", "")
    state = chosen["state"] if chosen["state"] in case_rules.STATES else ""
    rows = queries.search(
        actor, words=chosen["q"], state=state, region=chosen["region"] if chosen["region"].isdigit() else "",
        after=int(after) if after.isdigit() else 0,
    )  # fmt: skip
    if request.GET.get("export"):
        columns = (_("Number"), _("Matter"), _("Applicant"), _("State"), _("Organ"), _("Submitted on"), _("Due"))
        told = ((c.number, c.title, c.applicant_name, case_rules.STATES[c.state], c.organ.name, c.submitted_at, c.promise_due or "") for c in rows)
        return exports.table(request.GET["export"], "cases", columns, told)
    context = {
        "tab": "hall:case-list", "rows": [(one, queries.standing(one)) for one in rows], "chosen": chosen, "states": case_rules.STATES,
        "more": rows[-1].id if len(rows) == 50 else 0,
    }  # fmt: skip
    return render(request, "hall/case_list.html", context)


@allows("hall.work")
def own_figures(request: HttpRequest) -> HttpResponse:
    """What one did today, this month."""
    actor, today = actor_of(request), clock.today()
    month = datetime.combine(today.replace(day=1), time(), clock.CHINA)
    context = {
        "tab": "hall:figures", "month": queries.own_figures(actor, month),
        "day": queries.own_figures(actor, datetime.combine(today, time(), clock.CHINA)),
    }  # fmt: skip
    return render(request, "hall/figures.html", context)
