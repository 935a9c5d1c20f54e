"""Lights: listed, answered, appealed, judged, urged."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.lib.errors import Invalid
from tongban.lib.rooms import reference
from tongban.rooms.service.supervision import commands, queries, rules
from tongban.rooms.service.supervision.models import Light
from tongban.ui import exports
from tongban.ui.access import actor_of, allows


@allows("supervision.read_lights")
def light_list(request: HttpRequest) -> HttpResponse:
    """Lights in scope, filtered and exported."""
    chosen = {name: request.GET.get(name, "")[:10] for name in ("level", "state", "region")}
    level = chosen["level"] if chosen["level"] in rules.LEVELS else ""
    state = chosen["state"] if chosen["state"] in Light.State.values else ""
    rows = queries.lights(actor_of(request), level=level, state=state, region=chosen["region"] if chosen["region"].isdigit() else "")
    if request.GET.get("export"):
        columns = (_("Number"), _("Matter"), _("Organ"), _("Level"), _("Reason"), _("State"), _("Raised"))
        told = ((x.case_number, x.case_title, x.organ_name, rules.NAMES[x.level], x.reason, x.get_state_display(), x.raised_at) for x in rows[:5000])
        return exports.table(request.GET["export"], "lights", columns, told)
    context = {"tab": "supervision:light-list", "page": Paginator(rows, 25).get_page(request.GET.get("page")), "chosen": chosen,
               "levels": rules.NAMES, "states": Light.State.choices}  # fmt: skip
    return render(request, "supervision/light_list.html", context)


@allows("supervision.read_lights")
def light(request: HttpRequest, light: int) -> HttpResponse:
    """One light: why, what was said, what may be done."""
    actor = actor_of(request)
    one = queries.light(actor, light)
    acts = list(one.acts.order_by("id"))
    possible = {act for (state, act) in rules.MOVES if state == one.state}
    if actor.organ != one.organ:
        possible -= {"answer", "appeal", "reply"}
    if not any(a.kind == "urge" for a in acts):
        possible -= {"reply"}
    context = {"tab": "supervision:light-list", "light": one, "acts": acts, "possible": possible, "case": reference(one.thing, one.case_number)}
    return render(request, "supervision/light.html", context)


@allows("supervision.answer", "supervision.urge", "supervision.judge")
@require_POST
def act(request: HttpRequest, light: int) -> HttpResponse:
    """Answer, appeal, reply, urge, judge."""
    actor, what, words = actor_of(request), request.POST.get("what", ""), request.POST.get("words", "")[:500]
    try:
        if what in ("answer", "appeal"):
            commands.answer_light(actor, light=light, words=words, appeal=what == "appeal")
        elif what == "reply":
            commands.reply_to_urging(actor, light=light, words=words)
        elif what == "urge":
            commands.urge(actor, light=light, words=words)
        else:
            commands.judge_light(actor, light=light, act=what, words=words)
        messages.success(request, _("Done and written to the ledger."))
    except Invalid as refused:
        messages.error(request, str(refused))
    return redirect("supervision:light", light=light)
