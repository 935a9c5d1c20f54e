"""One's own powers, roles for a while, reviews, and why someone may see something."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.cases import queries as cases
from tongban.kernel.identity import queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import powers as commands
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.lib.rooms import PERMISSIONS
from tongban.ui.access import actor_of, allows
from tongban.ui.fields import identifier


@allows("identity.lend")
def powers(request: HttpRequest) -> HttpResponse:
    """What one holds and why, delegating it, taking a role in an emergency."""
    actor, fault, faults = actor_of(request), "", {}
    if request.method == "POST":
        try:
            messages.success(request, _act(request, actor))
            return redirect("account:powers")
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    posts = queries.own_posts(actor)
    context = {
        "tab": "account:powers", "posts": posts, "lent": queries.lent_roles(actor.account or 0), "given": queries.delegations_given(actor),
        "colleagues": queries.colleagues(actor), "delegable": [p.role for p in posts if p.role in rules.DELEGABLE], "kinds": KINDS,
        "breakable": [r for r in rules.BREAKABLE if r not in actor.roles], "permissions": permissions_of(actor), "today": clock.today(), "fault": fault,
        "faults": faults, "typed": request.POST,
    }  # fmt: skip
    return render(request, "account/powers.html", context, status=422 if fault else 200)


KINDS = {"delegation": "委托", "break-glass": "紧急授权"}


def permissions_of(actor: Actor) -> list[tuple[str, object, list[str]]]:
    """(permission, its words, the roles through which it is held), citizens' own left out."""
    held = actor.roles - {rules.CITIZEN}
    return [(key, p.label, sorted(held & set(p.roles))) for key, p in sorted(PERMISSIONS.items()) if held & set(p.roles)]


def _act(request: HttpRequest, actor: Actor) -> str:
    act, reason, role = request.POST.get("act", ""), request.POST.get("reason", "")[:300], request.POST.get("role", "")[:30]
    if act == "delegate":
        begun, ended = (_day(request.POST.get(n, ""), n) for n in ("begun_on", "ended_on"))
        commands.delegate_role(actor, role=role, to=identifier(request.POST.get("to", "")), begun_on=begun, ended_on=ended, reason=reason)
        return _("Delegated; both of you find it here, and the ledger keeps it.")
    if act == "break":
        judged_by = calendar.due("37", clock.today(), rules.JUDGED_WITHIN)
        commands.break_glass(actor, role=role, reason=reason, judged_by=judged_by)
        return _("The role is yours for one hour. The security administrators were told and will judge it.")
    commands.end_lent_role(actor, lent=identifier(request.POST.get("lent", "")))
    return _("Ended.")


def _day(told: str, name: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise Invalid.at(name, _("Day: choose one from the calendar.")) from None


@allows("identity.review")
def reviews(request: HttpRequest) -> HttpResponse:
    """Emergencies to be judged, campaigns, and the form that begins one."""
    actor, fault, faults = actor_of(request), "", {}
    if request.method == "POST":
        try:
            messages.success(request, _review_act(request, actor))
            return redirect("account:reviews")
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    page = Paginator(queries.reviews(actor), 20).get_page(request.GET.get("page"))
    rows = [(r, r.items.count(), r.items.exclude(decision="").count()) for r in page]
    context = {
        "tab": "account:reviews", "page": page, "rows": rows, "emergencies": queries.unjudged(actor), "today": clock.today(), "fault": fault, "faults": faults,
        "typed": request.POST, "region_code": request.POST.get("region") or min(actor.regions, key=len, default=""), "now": clock.now(),
    }  # fmt: skip
    return render(request, "account/reviews.html", context, status=422 if fault else 200)


def _review_act(request: HttpRequest, actor: Actor) -> str:
    if request.POST.get("act") == "judge":
        proper, lent = request.POST.get("verdict") == "proper", identifier(request.POST.get("lent", ""))
        commands.judge_emergency(actor, lent=lent, proper=proper, words=request.POST.get("words", ""))
        return _("The verdict is kept.")
    name, region = request.POST.get("name", "")[:120], request.POST.get("region", "").strip()[:9]
    commands.begin_review(actor, name=name, region=region, due=_day(request.POST.get("due", ""), "due"))
    return _("The review has begun.")


@allows("identity.review")
def review(request: HttpRequest, review: int) -> HttpResponse:
    """Every role of a campaign, to be kept or ended."""
    actor, fault = actor_of(request), ""
    one = queries.review(actor, review)
    if request.method == "POST":
        keep, item = request.POST.get("act") == "keep", identifier(request.POST.get("item", ""))
        try:
            commands.decide_item(actor, review=one.id, item=item, keep=keep, words=request.POST.get("words", ""))
            messages.success(request, _("Done and recorded."))
            return redirect(request.get_full_path())
        except (Invalid, Conflict, Refused) as refused:
            fault = str(refused)
    items = queries.review_items(one)
    context = {
        "tab": "account:reviews", "review": one, "page": Paginator(items, 50).get_page(request.GET.get("page")), "done": items.exclude(decision="").count(),
        "total": items.count(), "fault": fault, "own": actor.account, "decisions": {"keep": "保留", "end": "终止", "lapse": "逾期终止"}, "today": clock.today(),
    }  # fmt: skip
    return render(request, "account/review.html", context, status=422 if fault else 200)


GROUNDS = {"applicant": "申请人本人", "organ": "本机构、本地区的办件，且职责包含查看本机构办件", "supervisor": "监察本地区的全部办件", "platform": "平台自身"}


@allows("identity.explain")
def why(request: HttpRequest) -> HttpResponse:
    """Why an official may see a case, open a page, read an element of personal data: every rule that speaks, on one page."""
    name, number = (request.GET.get(n, "").strip()[:60] for n in ("account", "case"))
    context: dict[str, Any] = {"tab": "account:why", "name": name, "case": number}
    if name:
        try:
            context |= _explained(actor_of(request), name, number)
        except NotFound as refused:
            context["fault"] = str(refused)
    return render(request, "account/why.html", context, status=404 if "fault" in context else 200)


def _explained(asking: Actor, name: str, number: str) -> dict[str, Any]:
    account = queries.account_named(name)
    if account is None:
        raise NotFound(_("There is no such account within your region."))
    actor = queries.actor_of_account(account.id)
    if not any(asking.reaches(region) for region in actor.regions or (account.person.region_code,)):
        raise NotFound(_("There is no such account within your region."))
    grounds = cases.grounds(actor, number) if number else []
    fields = [(f, level, level <= actor.clearance) for f, level in sorted(rules.SENSITIVITY.items(), key=lambda x: x[1])]
    return {
        "about": account, "actor_about": actor, "posts": queries.posts(account), "lent": queries.lent_roles(account.id), "kinds": KINDS,
        "permissions": permissions_of(actor), "grounds": [GROUNDS[g] for g in grounds], "fields": fields, "strong": sorted(actor.roles & rules.STRONG),
        "field_words": FIELD_WORDS, "yes": "能看到", "no": "看不到",
    }  # fmt: skip


FIELD_WORDS = {
    "name": "姓名",
    "region_code": "所在地区",
    "address": "住址",
    "mobile": "手机号码",
    "id_number": "身份证号",
    "photo": "照片",
    "health": "健康信息",
}
