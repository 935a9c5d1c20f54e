"""Discovery, keys, tokens, userinfo, introspection, revocation, terminals, logout."""

from typing import Any

from authlib.common.errors import AuthlibBaseError
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tongban.kernel.identity.commands import sessions
from tongban.lib import clock
from tongban.rooms.trust.account import queries, rules
from tongban.rooms.trust.account.commands import tokens
from tongban.rooms.trust.account.commands.signing import ALGORITHM, issuer, published_keys
from tongban.rooms.trust.account.models import Client, Device
from tongban.rooms.trust.account.views.provider.authorize import words
from tongban.rooms.trust.account.views.provider.server import METHODS, provider
from tongban.ui.access import LOGGED_IN, OPEN, actor_of, allows


@allows(OPEN)
@require_GET
def configuration(request: HttpRequest) -> JsonResponse:
    """OpenID Connect Discovery 1.0, RFC 8414."""
    here = issuer()
    told: dict[str, Any] = {
        "issuer": here, "authorization_endpoint": f"{here}/oauth/authorize", "token_endpoint": f"{here}/oauth/token", "jwks_uri": f"{here}/oauth/jwks",
        "userinfo_endpoint": f"{here}/oauth/userinfo", "introspection_endpoint": f"{here}/oauth/introspect", "revocation_endpoint": f"{here}/oauth/revoke",
        "end_session_endpoint": f"{here}/oauth/logout", "device_authorization_endpoint": f"{here}/oauth/device_authorization",
        "response_types_supported": ["code"], "response_modes_supported": ["query"], "grant_types_supported": sorted({g for gs in rules.GRANTS.values() for g in gs}),
        "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": [ALGORITHM], "scopes_supported": list(rules.SCOPES),
        "token_endpoint_auth_methods_supported": METHODS, "introspection_endpoint_auth_methods_supported": METHODS[:2],
        "revocation_endpoint_auth_methods_supported": METHODS, "code_challenge_methods_supported": ["S256"], "acr_values_supported": list(rules.ACRS),
        "claims_supported": [*(c for cs in rules.CLAIMS.values() for c in cs), "auth_time", "acr", "amr", "sid"], "prompt_values_supported": ["none", "login", "consent"],
        "backchannel_logout_supported": True, "backchannel_logout_session_supported": True, "claims_parameter_supported": False,
        "request_parameter_supported": False, "request_uri_parameter_supported": False, "ui_locales_supported": ["zh-CN", "en"],
    }  # fmt: skip
    return JsonResponse(told, headers={"Access-Control-Allow-Origin": "*"})


@allows(OPEN)
@require_GET
def jwks(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"keys": published_keys()}, headers={"Access-Control-Allow-Origin": "*"})


@csrf_exempt
@allows(OPEN)
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Codes, refresh tokens, machine credentials and device codes against tokens."""
    return provider.create_token_response(request)


@csrf_exempt
@allows(OPEN)
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """RFC 7009."""
    return provider.create_endpoint_response("revocation", request)


@csrf_exempt
@allows(OPEN)
@require_POST
def introspect(request: HttpRequest) -> HttpResponse:
    """RFC 7662."""
    return provider.create_endpoint_response("introspection", request)


@csrf_exempt
@allows(OPEN)
@require_POST
def device_authorization(request: HttpRequest) -> HttpResponse:
    """RFC 8628: a terminal asks for a code to show."""
    return provider.create_endpoint_response("device_authorization", request)


@csrf_exempt
@allows(OPEN)
@require_http_methods(["GET", "POST"])
def userinfo(request: HttpRequest) -> JsonResponse:
    """What the token's scopes tell of its person."""
    header = request.headers.get("Authorization", "")
    found = queries.live_token(header[7:].strip()) if header.startswith("Bearer ") else None
    if found is None or "openid" not in found.scope.split():
        return JsonResponse({"error": "invalid_token"}, status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return JsonResponse(queries.claims(found))


@allows(LOGGED_IN)
def device(request: HttpRequest) -> HttpResponse:
    """Where the person types the code that a terminal shows, and allows it."""
    code = (request.POST.get("user_code") or request.GET.get("user_code") or "").strip().upper()[:12]
    found = Device.objects.select_related("client").filter(user_code=code, allowed=None, expires_at__gt=clock.now()).first() if code else None
    done = ""
    if request.method == "POST" and found and request.POST.get("decision"):
        allowed = request.POST["decision"] == "allow"
        tokens.answer_device(actor_of(request), device=found, allowed=allowed)
        done, found = ("allowed" if allowed else "refused"), None
    shown = {"device": found, "code": code, "done": done, "unknown": bool(code) and not found and not done, "words": words(), "tab": "mine"}
    return render(request, "account/device.html", {**shown, "scopes": found.scope.split() if found else []}, status=404 if shown["unknown"] else 200)


@allows(OPEN)
@require_http_methods(["GET", "POST"])
def end_session(request: HttpRequest) -> HttpResponse:
    """RP-initiated logout: a system that shows its id_token ends the session at once; others only after the person agrees."""
    told = request.POST if request.method == "POST" else request.GET
    client, claims = _who_asks(told.get("id_token_hint", ""))
    back = told.get("post_logout_redirect_uri", "")
    onward = back if client and back in client.post_logout_uris else ""
    session = request.session.session_key or ""
    known = bool(claims) and claims.get("sid") == queries.sid(session)
    if not actor_of(request).logged_in or known or (request.method == "POST" and request.POST.get("decision") == "leave"):
        if session:
            tokens.end_there(actor_of(request), session=session)
            sessions.leave_session(actor_of(request), key=session)
        logout(request)
        state = {"state": told["state"]} if told.get("state") else {}
        return _to(onward + ("&" if "?" in onward else "?") + urlencode(state) if state and onward else onward or "/")
    return render(request, "account/leave.html", {"client": client, "told": dict(told.items()), "tab": "mine"})


def _to(address: str) -> HttpResponse:
    if address.startswith("/"):
        return redirect(address)
    answer = HttpResponse(status=302)
    answer["Location"] = address
    return answer


def _who_asks(hint: str) -> tuple[Client | None, dict[str, Any]]:
    """The system and the claims of an id_token of ours, however old."""
    if not hint or len(hint) > 8192:
        return None, {}
    try:
        claims = dict(jwt.decode(hint, KeySet.import_key_set({"keys": published_keys()}), [ALGORITHM]).claims)  # type: ignore[typeddict-item]
    except (JoseError, ValueError, TypeError, KeyError, AuthlibBaseError):
        return None, {}
    if claims.get("iss") != issuer():
        return None, {}
    return queries.client_of(str(claims.get("aud", ""))), claims
