"""One place turns every error into a page or application/problem+json, in the reader's language."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import STRANGER
from tongban.lib import watch
from tongban.lib.errors import Invalid, NotFound, Refused, TongbanError


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def problem(fault: TongbanError) -> HttpResponse:
    """RFC 9457."""
    document = {
        "type": f"https://tongban.org.cn/problems/{fault.code}", "title": fault.code, "status": fault.status,
        "detail": str(fault), "errors": [{"field": k, "detail": str(v)} for k, v in fault.fields.items()],
    }  # fmt: skip
    if getattr(fault, "instead", ""):
        document["instead"] = getattr(fault, "instead", "")
    return HttpResponse(json.dumps(document, ensure_ascii=False), status=fault.status, content_type="application/problem+json")


def answer(request: HttpRequest, fault: TongbanError) -> HttpResponse:
    """The answer to a refused request."""
    if not hasattr(request, "actor"):
        request.actor = STRANGER  # type: ignore[attr-defined]
    if wants_json(request):
        return problem(fault)
    return render(request, "ui/refusal.html", {"fault": fault}, status=fault.status)


HARMLESS = ("/favicon.ico", "/robots.txt", "/apple-touch-icon")  # browsers ask for these by themselves


def page_missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.resolver_match is None and not request.path.startswith(HARMLESS):
        watch.notice("probe", subject=request.path)
    return answer(request, NotFound(_("There is no such page. It may have moved: search from the first page.")))


def page_broken(request: HttpRequest) -> HttpResponse:
    return answer(request, TongbanError(_("Something went wrong on our side; nothing of yours is lost. Try again, or call 12345.")))


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    watch.notice("csrf", subject=request.path, words=reason)
    return answer(request, Refused(_("This form is out of date or comes from another site. Reload the page and send it again."), code="csrf"))


def unstorable() -> Invalid:
    """For a NUL character, a number beyond its column, and the like."""
    return Invalid(_("An entry holds characters or numbers that cannot be stored. Remove odd characters and try again."))
