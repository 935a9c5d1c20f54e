"""Applying for a resource, answering, agreements."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.commands import access as commands
from tongban.kernel.catalogue.commands import agreements as agreement_commands
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.rules import access as rules
from tongban.kernel.catalogue.rules import borders
from tongban.kernel.catalogue.rules import resources as resource_rules
from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, Refused, TooMany, Unavailable
from tongban.lib.rooms import shows
from tongban.rooms.data.exchange import forms
from tongban.rooms.data.exchange.queries import flows as queries
from tongban.rooms.data.exchange.views.catalogue import WORDS
from tongban.ui import exports
from tongban.ui.access import actor_of, allows

LIGHTS = {
    rules.SUBMITTED: "yellow", rules.GRANTED: "done", rules.REFUSED: "paused", rules.WITHDRAWN: "paused", rules.UNSIGNED: "yellow", rules.IN_FORCE: "ok",
    rules.SUSPENDED: "paused", rules.TERMINATED: "done", rules.EXPIRED: "paused",
}  # fmt: skip


@shows("access-request")
def request_address(number: str) -> str:
    return f"/exchange/requests/{number}/"


@shows("agreement")
def agreement_address(number: str) -> str:
    return f"/exchange/agreements/{number}/"


@allows("catalogue.search")
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for the reader, and what the own organ has on its way."""
    actor = actor_of(request)
    context = {
        "tab": "exchange:catalogue", "part": "desk", "reviews": resources.waiting(actor), "answers": access.to_answer(actor) if actor.may("catalogue.grant") else [],
        "unsigned": [a for a in access.agreements(actor, state=rules.UNSIGNED) if _may_sign(actor, a)], "today": clock.today(),
        "own": resources.own(actor) if actor.may("catalogue.edit") else [], "requests": access.requests(actor)[:20], "lights": LIGHTS, **WORDS,
    }  # fmt: skip
    return render(request, "exchange/desk.html", context)


@allows("catalogue.request")
def apply(request: HttpRequest, resource: str) -> HttpResponse:
    """资源使用申请."""
    actor, fault, faults = actor_of(request), "", {}
    one = resources.version(actor, resource)
    if request.method == "POST":
        try:
            made = _request(request, actor, resource)
            done = (
                _("The platform granted it at once. Sign the agreement.")
                if made.state == rules.GRANTED
                else _("The owner answers by %(due)s.") % {"due": made.due}
            )
            messages.success(request, done)
            return redirect(request_address(made.number))
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    begins, ends = forms.suggested_term()
    context = {
        "tab": "exchange:catalogue", "part": "desk", "one": one, "items": resource_rules.items(one.content["items"]), "begins": begins, "ends": ends,
        "typed": request.POST, "chosen": request.POST.getlist("items"), "modes_chosen": request.POST.getlist("modes") or ["query"], "fault": fault,
        "faults": faults, "limit": access.limit("answer"), "renews": request.GET.get("renews", "")[:24], "by_region": _by_region(one),
        "zone_chosen": request.POST.get("zone", "") or borders.ADMINISTRATIVE, **WORDS,
    }  # fmt: skip
    return render(request, "exchange/apply.html", context, status=422 if fault else 200)


def _by_region(one: Any) -> bool:
    return any(i["key"] == "region_code" for i in one.content["items"])


def _request(request: HttpRequest, actor: Actor, key: str) -> Any:
    post = request.POST
    purposes = [p.strip() for p in post.get("purposes", "").replace("，", "、").replace(",", "、").split("、") if p.strip()]
    return commands.request_access(
        actor,
        key=key,
        wanted=forms.asked(post),
        purpose=post.get("purpose", ""),
        basis=post.get("basis", ""),
        purposes=purposes[:20],
        renews=post.get("renews", ""),
    )


@allows("catalogue.search")
def request_page(request: HttpRequest, number: str) -> HttpResponse:
    """An application: asked and granted side by side; the owner answers here."""
    actor, fault, faults = actor_of(request), "", {}
    one = access.request(actor, number)
    if request.method == "POST":
        try:
            words, target = _answer(request, actor, one)
            messages.success(request, words)
            return redirect(target)
        except (Invalid, Conflict, Refused) as refused:
            fault, faults = str(refused), refused.fields
    held = resource_rules.items(one.version.content["items"])
    context = {
        "tab": "exchange:catalogue", "part": "desk", "one": one, "items": held, "asked": rules.asked(one.requested), "lights": LIGHTS, "today": clock.today(),
        "granted": rules.asked(one.granted) if one.granted else None, "typed": request.POST, "fault": fault, "faults": faults, "by_region": _by_region(one.version),
        "may_answer": one.state == rules.SUBMITTED and actor.organ == one.version.resource.organ_id and actor.may("catalogue.grant"),
        "may_withdraw": one.state == rules.SUBMITTED and actor.organ == one.consumer_id and actor.may("catalogue.request"),
        "chosen": request.POST.getlist("items") or one.requested["items"], "modes_chosen": request.POST.getlist("modes") or one.requested["modes"],
        "zone_chosen": request.POST.get("zone", "") or rules.asked(one.requested).zone, **WORDS,
    }  # fmt: skip
    return render(request, "exchange/request.html", context, status=422 if fault else 200)


def _answer(request: HttpRequest, actor: Actor, one: Any) -> tuple[str, str]:
    act, post = request.POST.get("act"), request.POST
    if act == "grant":
        made = commands.grant_access(actor, number=one.number, granted=forms.asked(post), condition=post.get("condition", ""))
        return _("Granted. Both organs sign the agreement now."), agreement_address(made.number)
    if act == "withdraw":
        commands.withdraw_request(actor, number=one.number)
        return _("The application is withdrawn."), request_address(one.number)
    commands.refuse_access(actor, number=one.number, words=post.get("words", ""))
    return _("The refusal is sent."), request_address(one.number)


def _may_sign(actor: Actor, one: Any) -> bool:
    party = actor.organ in (one.provider_id, one.consumer_id)
    return one.state == rules.UNSIGNED and party and actor.may("catalogue.request") and not one.signatures.filter(organ_id=actor.organ).exists()


@allows("catalogue.search")
def agreements(request: HttpRequest) -> HttpResponse:
    """Agreements of the own organ, or all for those who watch."""
    state = request.GET.get("state", "")
    rows = access.agreements(actor_of(request), state=state if state in rules.AGREEMENT_STATES else "")
    if request.GET.get("export"):
        columns = (_("Serial number"), _("Resource"), _("Provider"), _("Consumer"), _("State"), _("Term from"), _("Term to"))
        told = ((a.number, a.terms["title"], a.provider.name, a.consumer.name, rules.AGREEMENT_STATES[access.standing(a)], a.begins, a.ends) for a in rows)
        return exports.table(request.GET["export"], "agreements", columns, told)
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    context = {
        "tab": "exchange:catalogue", "part": "agreements", "page": page, "told": [(a, access.standing(a)) for a in page], "state": state, "lights": LIGHTS, **WORDS,
    }  # fmt: skip
    return render(request, "exchange/agreements.html", context)


@allows("catalogue.search")
def agreement(request: HttpRequest, number: str) -> HttpResponse:
    """An agreement: terms, signatures checked again, use, and what either side may do."""
    actor, fault, faults = actor_of(request), "", {}
    one = access.agreement(actor, number)
    if request.GET.get("policy"):
        return JsonResponse(rules.odrl(one.terms), json_dumps_params={"ensure_ascii": False, "indent": 1})
    found = None
    if request.method == "POST":
        try:
            if request.POST.get("act") in ("ask", "ask-proof"):
                found = queries.signed_query(actor, number, key=request.POST.get("key", ""), purpose=request.POST.get("purpose", ""))
                if request.POST["act"] == "ask-proof":
                    return _proof_file(number, queries.query_proof(number, found))
            else:
                messages.success(request, _move(request, actor, number))
                return redirect(agreement_address(number))
        except (Invalid, Conflict, Refused, TooMany, Unavailable) as refused:
            fault, faults = str(refused), refused.fields
    standing = access.standing(one)
    visits, rows = access.used_in_all(one)
    context = {
        "tab": "exchange:catalogue", "part": "agreements", "one": one, "standing": standing, "signatures": access.signatures(one), "uses": access.use(one),
        "granted": rules.asked(one.terms["granted"]), "asked": rules.asked(one.request.requested), "names": _names(one), "lights": LIGHTS, "visits": visits, "rows": rows,
        "may_sign": _may_sign(actor, one), "doable": _moves(actor, one), "fault": fault, "faults": faults, "typed": request.POST, "today": clock.today(),
        "found": found.answer if found else None, "may_ask": actor.organ == one.consumer_id and standing == rules.IN_FORCE and "query" in one.terms["granted"]["modes"],
        "may_renew": actor.organ == one.consumer_id and actor.may("catalogue.request") and standing in (rules.IN_FORCE, rules.EXPIRED), **WORDS,
    }  # fmt: skip
    return render(request, "exchange/agreement.html", context, status=422 if fault else 200)


def _proof_file(number: str, proof: dict[str, Any]) -> HttpResponse:
    answer = JsonResponse(proof, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{number}-query.json"'
    return answer


def _names(one: Any) -> dict[str, str]:
    version = resources.version_of(one.resource, one.terms["version"])
    return {i.key: i.name for i in resource_rules.items(version.content["items"])}


def _moves(actor: Actor, one: Any) -> list[str]:
    provider = actor.organ == one.provider_id
    own = provider or actor.organ == one.consumer_id
    return [m for state, m in rules.MOVES if state == one.state and actor.may("catalogue.grant") and (provider or (own and m == "terminate"))]


def _move(request: HttpRequest, actor: Actor, number: str) -> str:
    act = request.POST.get("act", "")
    if act == "sign":
        one = agreement_commands.sign_agreement(actor, number=number)
        return _("Signed. The agreement is in force.") if one.state == rules.IN_FORCE else _("Signed. The other organ signs next.")
    agreement_commands.move_agreement(actor, number=number, move=act, words=request.POST.get("words", ""))
    return _("The agreement is changed.")
