"""What the pages of the security centre share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tongban.lib.errors import Conflict, Invalid, NotFound, Refused, TongbanError

LIGHTS = {"critical": "red", "high": "yellow", "medium": "soon", "low": "paused"}
LATE_WORDS = {"late": "逾期", "owed": "待报告", "receipt": "逾期未签收", "feedback": "逾期未反馈"}
COLOUR_LIGHTS = {"red": "red", "orange": "yellow", "yellow": "soon", "blue": "paused"}
Faults = dict[str, Any]


def attempt(request: HttpRequest, work: Callable[[], str], done: str, address: str) -> tuple[HttpResponse | None, Faults]:
    """Do what a form asks: the page to go to, or what was wrong with it."""
    try:
        target = work() or address
    except (Invalid, Conflict, Refused, NotFound) as refused:
        return None, faults_of(refused)
    messages.success(request, done)
    return redirect(target), {}


def faults_of(refused: TongbanError) -> Faults:
    return {"fault": str(refused), "faults": refused.fields}
