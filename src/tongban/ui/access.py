"""Every route says who may take it; the access matrix test reads what is declared here."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.rules import PROVED_FOR
from tongban.lib import clock
from tongban.lib.errors import NotLoggedIn

OPEN = "open"  # anyone
LOGGED_IN = "logged-in"


def actor_of(request: HttpRequest) -> Actor:
    """Who makes this request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def proved_lately(request: HttpRequest) -> bool:
    """Whether the person at this browser proved who it is within the last ten minutes."""
    return clock.now().timestamp() - request.session.get("proved_at", 0) < PROVED_FOR.total_seconds()


def allows(*rules: str, fresh: bool = False, writes: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare who may call a view: OPEN, LOGGED_IN, or permissions of which one suffices.

    `fresh`: a sensitive page; whoever proved the own identity longer than ten minutes ago proves it again first.
    `writes`: whoever sends a form needs this permission besides; looking asks only for `rules`.
    """

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            actor = actor_of(request)
            if OPEN not in rules:
                if not actor.logged_in:
                    return _send_to_login(request)
                if LOGGED_IN not in rules and not any(actor.may(r) for r in rules):
                    actor.require(rules[0])
            if writes and request.method not in ("GET", "HEAD"):
                actor.require(writes)
            if fresh and not proved_lately(request):
                return redirect(f"{reverse('account:prove')}?next={quote(request.get_full_path())}")
            return view(request, *args, **kwargs)

        run.access, run.writes = rules, writes  # type: ignore[attr-defined]
        return run

    return wrap


def _send_to_login(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        raise NotLoggedIn(_("Log in first."))
    return redirect(f"{reverse('account:login')}?next={quote(request.get_full_path())}")
