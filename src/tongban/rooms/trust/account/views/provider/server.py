"""Authlib's authorisation server over our tables."""

from __future__ import annotations

import secrets
import time
from typing import Any

from authlib.integrations.django_oauth2 import AuthorizationServer
from authlib.integrations.django_oauth2.requests import DjangoOAuth2Payload, DjangoOAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Request, grants
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from django.http import HttpRequest

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import STRANGER, Actor
from tongban.lib import clock
from tongban.rooms.trust.account import queries, rules
from tongban.rooms.trust.account.commands import tokens
from tongban.rooms.trust.account.commands.signing import ALGORITHM, issuer, signed
from tongban.rooms.trust.account.models import Client, Code, Device, Token

ID_LIFE = 600  # seconds
METHODS = ["client_secret_basic", "client_secret_post", "none"]


class KnownClient(ClientMixin):  # type: ignore[misc]
    """A client as Authlib asks it."""

    def __init__(self, row: Client) -> None:
        self.row = row
        self.client_id = row.client_id

    def get_client_id(self) -> str:
        return self.row.client_id

    def get_default_redirect_uri(self) -> str | None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Only what was approved."""
        wanted = (scope or "").split()
        return " ".join(s for s in wanted if s in self.row.scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.row.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(self.row.secret_digest) and secrets.compare_digest(self.row.secret_digest, queries.digest(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        if self.row.kind in ("native", "device"):
            return method == "none"
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and self.row.kind in ("web", "native")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in rules.GRANTS[self.row.kind]


class KnownCode:
    """A code as Authlib asks it."""

    def __init__(self, row: Code) -> None:
        self.row = row
        self.code_challenge, self.code_challenge_method = row.challenge, "S256"

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.scope


class KnownToken:
    """A token as Authlib asks it."""

    def __init__(self, row: Token) -> None:
        self.row = row

    def check_client(self, client: KnownClient) -> bool:
        return self.row.client_id == client.row.id

    def is_expired(self) -> bool:
        return self.row.access_expires_at < clock.now()

    def is_revoked(self) -> bool:
        return self.row.revoked_at is not None

    def get_scope(self) -> str:
        return self.row.scope


class S256(CodeChallenge):  # type: ignore[misc]
    """PKCE for everyone, S256 only."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        super().validate_code_challenge(grant, redirect_uri)
        told = grant.request.payload.data
        if not told.get("code_challenge") and grant.request.client.row.kind == "native":
            raise InvalidRequestError("Missing 'code_challenge'")
        if told.get("code_challenge") and told.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Only the S256 'code_challenge_method' is supported")


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """code → tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def save_authorization_code(self, code: str, request: Any) -> None:
        told = request.payload.data
        tokens.issue_code(
            request.user, client=request.client.row, code=code, redirect_uri=request.payload.redirect_uri or "", scope=request.scope,
            nonce=told.get("nonce", ""), challenge=told.get("code_challenge", ""), login=request.login,
        )  # fmt: skip

    def query_authorization_code(self, code: str, client: KnownClient) -> KnownCode | None:
        found = tokens.take_code(STRANGER, code=code, client=client.row)
        return KnownCode(found) if found else None

    def delete_authorization_code(self, authorization_code: KnownCode) -> None:
        """It was used up when it was taken."""

    def authenticate_user(self, authorization_code: KnownCode) -> Actor | None:
        self.request.source = authorization_code.row
        return _person(authorization_code.row.account, authorization_code.row.level)


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Rotated at every use; one that comes twice ends its family."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> KnownToken | None:
        found = tokens.take_refresh(STRANGER, refresh=refresh_token)
        return KnownToken(found) if found else None

    def authenticate_user(self, refresh_token: KnownToken) -> Actor | None:
        self.request.source = refresh_token.row
        return _person(refresh_token.row.account or 0, refresh_token.row.level)

    def revoke_old_credential(self, refresh_token: KnownToken) -> None:
        """It was used up when it was taken."""


class MachineGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS[:2]


class TerminalGrant(DeviceCodeGrant):  # type: ignore[misc]
    """A terminal that waited for its user."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_device_credential(self, device_code: str) -> KnownDevice | None:
        found = Device.objects.select_related("client").filter(digest=queries.digest(device_code), used_at=None).first()
        return KnownDevice(found) if found else None

    def query_user_grant(self, user_code: str) -> tuple[Actor | None, bool] | None:
        found = Device.objects.get(user_code=user_code)
        if found.allowed is None or not tokens.use_device(STRANGER, device=found):
            return None
        return _person(found.account or 0, 1), bool(found.allowed)

    def should_slow_down(self, credential: KnownDevice) -> bool:
        return tokens.poll_device(STRANGER, device=credential.row)


class KnownDevice:
    """A waiting terminal as Authlib asks it."""

    def __init__(self, row: Device) -> None:
        self.row = row

    def get_client_id(self) -> str:
        return self.row.client.client_id

    def get_scope(self) -> str:
        return self.row.scope

    def get_user_code(self) -> str:
        return self.row.user_code

    def is_expired(self) -> bool:
        return self.row.expires_at < clock.now()


class IdToken(OpenIDCode):  # type: ignore[misc]
    """The id_token, with when and how its person logged in."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return Code.objects.filter(client=request.client.row, nonce=nonce, used_at__isnull=False).exists()

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        source, client, now = request.source, request.client.row, int(time.time())
        claims = {
            "iss": issuer(), "aud": client.client_id, "iat": now, "exp": now + ID_LIFE, "sub": queries.subject(client, source.account),
            "auth_time": source.auth_time, "acr": rules.acr(source.level), "amr": rules.amr(source.way), "sid": queries.sid(source.session),
            "at_hash": create_half_hash(token["access_token"], ALGORITHM).decode(),
        }  # fmt: skip
        if getattr(source, "nonce", ""):
            claims["nonce"] = source.nonce
        return signed(claims)


def _person(account: int, level: int) -> Actor | None:
    found = identity.actor_of_account(account, level=level)
    return found if found.logged_in else None


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, token_type_hint: str) -> KnownToken | None:
        return _token(token_string)

    def revoke_token(self, token: KnownToken, request: Any) -> None:
        tokens.revoke(STRANGER, token=token.row)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """For systems that got a token from a caller: only of the same organ, or the token's own client."""

    CLIENT_AUTH_METHODS = METHODS[:2]

    def query_token(self, token_string: str, token_type_hint: str) -> KnownToken | None:
        return _token(token_string)

    def check_permission(self, token: KnownToken, client: KnownClient, request: Any) -> bool:
        return token.row.client_id == client.row.id or token.row.client.organ_id == client.row.organ_id

    def introspect_token(self, token: KnownToken) -> dict[str, Any]:
        row = token.row
        sub = queries.subject(row.client, row.account) if row.account else row.client.client_id
        return {
            "active": True, "client_id": row.client.client_id, "scope": row.scope, "sub": sub, "iss": issuer(), "token_type": "Bearer",
            "exp": int(row.access_expires_at.timestamp()), "iat": int(row.issued_at.timestamp()), "acr": rules.acr(row.level),
        }  # fmt: skip


def _token(told: str) -> KnownToken | None:
    digest = queries.digest(told)
    rows = Token.objects.select_related("client")
    found = rows.filter(access_digest=digest).first() or rows.filter(refresh_digest=digest).first()
    return KnownToken(found) if found else None


class Terminals(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = METHODS
    EXPIRES_IN, INTERVAL = int(rules.DEVICE_LIFE.total_seconds()), rules.POLL_EVERY

    def get_verification_uri(self) -> str:
        return f"{issuer()}/oauth/device"

    def save_device_credential(self, client_id: str, scope: str | None, data: dict[str, Any]) -> None:
        client = queries.client_of(client_id)
        if client:
            allowed = KnownClient(client).get_allowed_scope(scope)
            tokens.begin_device(STRANGER, client=client, device_code=data["device_code"], user_code=data["user_code"], scope=allowed)


class PublicRequest(DjangoOAuth2Request):  # type: ignore[misc]
    """A request under the public address: TLS ends at the balancer, and Authlib insists on https."""

    def __init__(self, request: HttpRequest) -> None:
        OAuth2Request.__init__(self, request.method, issuer() + request.get_full_path(), headers=request.headers)
        self.payload, self._request = DjangoOAuth2Payload(request), request


class Provider(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server, asking our tables."""

    def __init__(self) -> None:
        super().__init__(Client, Token)
        self.scopes_supported = list(rules.SCOPES)
        self.register_grant(CodeGrant, [IdToken(), S256(required=True)])
        for grant in (RefreshGrant, MachineGrant, TerminalGrant):
            self.register_grant(grant)
        for endpoint in (Revocation, Introspection, Terminals):
            self.register_endpoint(endpoint)

    def load_config(self, config: dict[str, Any]) -> None:
        super().load_config({"access_token_generator": _random, "refresh_token_generator": _random, "token_expires_in": _LIVES})

    def create_oauth2_request(self, request: HttpRequest) -> DjangoOAuth2Request:
        return PublicRequest(request)

    def query_client(self, client_id: str) -> KnownClient | None:
        found = queries.client_of(client_id)
        return KnownClient(found) if found else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        tokens.issue_token(
            STRANGER, client=request.client.row, access=token["access_token"], refresh=token.get("refresh_token"), scope=token.get("scope") or "",
            grant=request.payload.grant_type, account=request.user.account if request.user else None, source=getattr(request, "source", None),
        )  # fmt: skip


_SECONDS = int(rules.ACCESS_LIFE.total_seconds())
_LIVES = dict.fromkeys(("authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"), _SECONDS)


def _random(*_arguments: Any, **_more: Any) -> str:
    return secrets.token_urlsafe(32)


provider = Provider()
