"""What a scope tells, how sure a login is, and which addresses a system may name. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from tongban.kernel.identity.rules import DELEGABLE

CODE_LIFE, ACCESS_LIFE, REFRESH_LIFE, DEVICE_LIFE = timedelta(seconds=60), timedelta(minutes=30), timedelta(days=30), timedelta(minutes=10)
POLL_EVERY = 5  # seconds
# The claims of each scope, and the level that a login needs before they are told.
CLAIMS = {
    "openid": ("sub",), "profile": ("name",), "phone": ("phone_number", "phone_number_verified"), "official": ("organ", "organ_name", "roles"),
    "enterprise": ("enterprises",), "identity": ("id_number",),
}  # fmt: skip
LEVEL_OF_SCOPE = {"identity": 2}
PROVISIONED = DELEGABLE  # roles that a personnel system may give: no administrator
MACHINE_SCOPES = ("scim",)  # for a system that acts without a user, and keeps the officials of its organ
SCOPES = (*CLAIMS, "offline_access", *MACHINE_SCOPES)
GRANTS = {
    "web": ("authorization_code", "refresh_token", "client_credentials"), "native": ("authorization_code", "refresh_token"),
    "machine": ("client_credentials",), "device": ("urn:ietf:params:oauth:grant-type:device_code", "refresh_token"),
}  # fmt: skip
_AMR = {
    "password": ("pwd",), "sms": ("sms",), "persona": ("pwd",), "passkey": ("hwk", "user", "mfa"), "password+totp": ("pwd", "otp", "mfa"),
    "password+recovery": ("pwd", "otp", "mfa"),
}  # fmt: skip
_ACR = "urn:tongban:acr:"
ACRS = (f"{_ACR}1", f"{_ACR}2")


def acr(level: int) -> str:
    """The level of assurance as an `acr` value."""
    return f"{_ACR}{level}"


def level_asked(acr_values: str) -> int:
    """The least level that satisfies one of the values asked for; 1 when none of ours is named."""
    known = [int(one.removeprefix(_ACR)) for one in acr_values.split() if one in ACRS]
    return min(known, default=1)


def amr(way: str) -> list[str]:
    """How someone logged in, in RFC 8176's words."""
    return list(_AMR.get(way, ("pwd",)))


def level_of_scopes(scopes: Iterable[str]) -> int:
    """The level that a login needs before these scopes may be told."""
    return max((LEVEL_OF_SCOPE.get(s, 1) for s in scopes), default=1)


def uri_fault(uri: str, *, native: bool = False) -> bool:
    """Whether an address may not be registered: https, http on loopback, or an application's own scheme for native ones; no fragment."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return True
    if not parts.scheme or parts.fragment or any(c in uri for c in " \t\r\n*\\") or parts.username:
        return True
    if parts.scheme == "https":
        return not host
    if parts.scheme == "http":
        return host not in ("127.0.0.1", "localhost", "::1")
    return not (native and "." in parts.scheme)  # RFC 8252: a reversed domain name, never javascript: or data:


def sector(uris: Iterable[str], client_id: str) -> str:
    """What pairwise subjects are computed over: the one host of a system's addresses, else its identifier."""
    hosts = {urlsplit(u).hostname for u in uris if u.startswith("http")}
    return next(iter(hosts)) or client_id if len(hosts) == 1 else client_id
