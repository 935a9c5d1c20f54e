"""What stands before every request: size limits, security headers, the actor, errors turned into answers."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address

import psycopg
from django.conf import settings
from django.contrib.auth import logout
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import STRANGER, Actor
from tongban.lib import clock, watch
from tongban.lib.errors import Refused, TongbanError, TooLarge, TooMany
from tongban.ui import limits, refusals
from tongban.ui.access import actor_of

POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
SEEN, LEVEL, PROVED, WARD = "seen_at", "level", "proved_at", "ward"  # in the session
SEEN_EVERY = timedelta(minutes=1)


class SecurityMiddleware:
    """Refuse bodies that are too large before a byte is read; set the content policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("TRACE", "CONNECT"):
            return HttpResponse(status=405)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.BODY_LIMIT:
            request.actor = STRANGER  # type: ignore[attr-defined]
            megabytes = settings.UPLOAD_LIMIT // 1024 // 1024
            response = refusals.answer(request, TooLarge(_("This is too large: a file may have %(n)s MB. Make it smaller, or split it.") % {"n": megabytes}))
        else:
            response = self.get_response(request)
        # bpmn-js sets style attributes; only the pages that draw ask for the wider policy.
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class ActorMiddleware:
    """Put the actor on the request: from a bearer token on the API, from the session elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        with watch.watching(lambda one: _by(request, one)):
            if self._too_often(request):
                watch.notice("rate-limited", subject=request.path)
                told = refusals.answer(request, TooMany(_("Too many requests from here. Wait a minute, then go on.")))
                told["Retry-After"] = "60"
                return told
            return _unshared(request, self.get_response(request))

    @staticmethod
    def _too_often(request: HttpRequest) -> bool:
        account = actor_of(request).account if settings.RATE_LIMITS else None
        return limits.exceeded(request.path, writes=request.method not in ("GET", "HEAD"), address=origin_of(request), account=account)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if isinstance(fault, DataError | psycopg.DataError):
            return refusals.answer(request, refusals.unstorable())
        return refusals.answer(request, fault) if isinstance(fault, TongbanError) else None


def _unshared(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """What is meant for one person is kept by no cache between, and asked for anew; by a program with a token it is not kept at all."""
    if "Cache-Control" not in response:
        if "Authorization" in request.headers:
            response["Cache-Control"] = "private, no-store"
        elif settings.SESSION_COOKIE_NAME in request.COOKIES:
            response["Cache-Control"] = "private, no-cache"
    return response


def origin_of(request: HttpRequest) -> str:
    """The address that asks; behind a proxy that we trust, the nearest address that is none of ours (X-Forwarded-For is read from
    its end: its beginning is whatever the asker wrote).
    """
    address = str(request.META.get("REMOTE_ADDR", ""))[:45]
    if not settings.PROXIES:
        return address
    hops = [h.strip()[:45] for h in request.headers.get("X-Forwarded-For", "").split(",") if h.strip()]
    while _trusted(address) and hops:
        address = hops.pop()
    return address


def from_proxy(request: HttpRequest) -> bool:
    """Whether one of our own balancers asks: only then do its headers count."""
    return _trusted(str(request.META.get("REMOTE_ADDR", "")))


def _trusted(address: str) -> bool:
    try:
        held = ip_address(address)
    except ValueError:
        return False
    return any(held in network for network in settings.PROXIES)


def _by(request: HttpRequest, one: watch.Noticed) -> watch.Noticed:
    actor = actor_of(request)
    return watch.from_request(one, account=actor.account, name=actor.name, address=origin_of(request), organ=actor.organ)


def _actor(request: HttpRequest) -> Actor:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return identity.actor_of_token(header[7:].strip(), origin=origin_of(request))
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return Actor(origin=origin_of(request))
    now = clock.now().timestamp()
    seen = request.session.get(SEEN, now)
    if now - seen > settings.SESSION_IDLE:
        logout(request)
        return Actor(origin=origin_of(request))
    if now - seen > SEEN_EVERY.total_seconds() or SEEN not in request.session:
        request.session[SEEN] = now
    actor = identity.actor_of_account(request.user.pk or 0, origin=origin_of(request), level=request.session.get(LEVEL, 1))
    ward = request.session.get(WARD)
    if ward and actor.logged_in:
        try:
            return identity.acting_for_person(actor, ward)
        except Refused:
            del request.session[WARD]  # it ended meanwhile: back to oneself
    legal_person = request.session.get("legal_person")
    return identity.acting_for(actor, legal_person) if legal_person and actor.logged_in else actor
