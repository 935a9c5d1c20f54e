"""The provider's RSA key: standard clients know RS256. The current one signs; those before it are still published."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from joserfc import jwt
from joserfc.jwk import RSAKey

from tongban.lib import keys
from tongban.lib.sm.keystore import Key

ALGORITHM = "RS256"


def issuer() -> str:
    return str(settings.PUBLIC_ADDRESS).rstrip("/")


def _fresh() -> bytes:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signing_key() -> Key:
    return keys.current("oidc", ALGORITHM, _fresh)


def published_keys() -> list[dict[str, Any]]:
    """The public keys, the current one and those before it: what they signed still verifies."""
    signing_key()
    held = keys.keystore().held("oidc")
    return [{**RSAKey.import_key(k.material).as_dict(private=False), "kid": k.id, "use": "sig", "alg": ALGORITHM} for k in held]


def signed(claims: dict[str, Any], kind: str = "JWT") -> str:
    key = signing_key()
    return jwt.encode({"alg": ALGORITHM, "kid": key.id, "typ": kind}, claims, RSAKey.import_key(key.material), [ALGORITHM])
