"""SM2 in X.509 (GM/T 0015; RFC 8998 for the identifiers): requests, certificates, chains, and keys out of PKCS#12 files.

`cryptography` knows no SM2 keys, so the structures are asn1crypto's, the arithmetic is this package's, and the password-based decryption
of PKCS#12 is `cryptography`'s. Only what is read here is trusted: whoever uses a chain names its roots.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core, csr, keys, pem, pkcs12, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from tongban.lib.sm.sm2 import SigningKey, verify

SM2_SM3, SM2_CURVE = "1.2.156.10197.1.501", "1.2.156.10197.1.301"
LONGEST = 256 * 1024
MOST_ROUNDS = 10_000_000


class BadCertificate(ValueError):
    """What was read is no such thing, or does not hold; the text says which."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one needs of a certificate. `public` is 64 bytes, b"" where the key is none of SM2; times are aware."""

    subject: str
    issuer: str
    serial: int
    begins: datetime
    ends: datetime
    public: bytes
    authority: bool
    algorithm: str
    body: bytes
    signature: bytes
    der: bytes

    def valid_at(self, at: datetime) -> bool:
        return self.begins <= at <= self.ends


def request(key: SigningKey, *, common_name: str, organization: str = "", country: str = "CN") -> str:
    """A certification request (PKCS#10) in PEM, signed with its own key."""
    info = csr.CertificationRequestInfo(
        {"version": "v1", "subject": _name(common_name, organization, country), "subject_pk_info": _public_info(key.public), "attributes": []}
    )
    made = csr.CertificationRequest({"certification_request_info": info, "signature_algorithm": _algorithm(), "signature": key.sign(info.dump())})
    return str(pem.armor("CERTIFICATE REQUEST", made.dump()).decode())


def read_request(told: str) -> tuple[str, bytes]:
    """(common name, public key) of a request that its own key signed. Raises BadCertificate."""
    try:
        held = csr.CertificationRequest.load(_der(told, "CERTIFICATE REQUEST"))
        info = held["certification_request_info"]
        public = _public(info["subject_pk_info"])
        name = str(info["subject"].native.get("common_name", ""))
        good = bool(public) and verify(public, info.dump(), held["signature"].native)
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise BadCertificate(f"no certification request: {fault}") from fault
    if not good:
        raise BadCertificate("the request is not signed by its own SM2 key")
    return name, public


def issue(ca_key: SigningKey, ca_name: str, *, public: bytes, common_name: str, serial: int, begins: datetime, days: int, authority: bool = False) -> str:
    """A certificate in PEM, signed with SM2: for an installation's own authority; a national one has its own house."""
    moments = [x509.Time({"utc_time": t.astimezone(UTC).replace(microsecond=0)}) for t in (begins, begins + timedelta(days=days))]
    usage = {"key_cert_sign", "crl_sign"} if authority else {"digital_signature"}
    body = x509.TbsCertificate({
        "version": "v3", "serial_number": serial, "signature": _algorithm(), "issuer": _name(ca_name), "validity": {"not_before": moments[0], "not_after": moments[1]},
        "subject": _name(common_name), "subject_public_key_info": _public_info(public),
        "extensions": [
            {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": authority}},
            {"extn_id": "key_usage", "critical": True, "extn_value": usage},
        ],
    })  # fmt: skip
    made = x509.Certificate({"tbs_certificate": body, "signature_algorithm": _algorithm(), "signature_value": ca_key.sign(body.dump())})
    return str(pem.armor("CERTIFICATE", made.dump()).decode())


def read(told: str | bytes) -> Certificate:
    """A certificate from PEM or DER. Raises BadCertificate."""
    try:
        der = _der(told, "CERTIFICATE")
        held = x509.Certificate.load(der, strict=True)
        body = held["tbs_certificate"]
        # What is not signed (the outer algorithm, spare bits) must be as it would be written anew: one certificate, one encoding.
        again = x509.Certificate({"tbs_certificate": body, "signature_algorithm": body["signature"], "signature_value": held["signature_value"].native})
        if again.dump() != der:
            raise BadCertificate("the certificate is not in DER")
        return Certificate(
            subject=held.subject.human_friendly, issuer=held.issuer.human_friendly, serial=held.serial_number, begins=body["validity"]["not_before"].native,
            ends=body["validity"]["not_after"].native, public=_public(body["subject_public_key_info"]), authority=bool(held.ca),
            algorithm=held["signature_algorithm"]["algorithm"].dotted, body=body.dump(), signature=held["signature_value"].native, der=der,
        )  # fmt: skip
    except BadCertificate:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise BadCertificate(f"no certificate: {fault}") from fault


def signed_by(one: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's SM2 key signed it, by name and by signature."""
    if one.issuer != issuer.subject or not issuer.authority or not issuer.public or one.algorithm != SM2_SM3:
        return False
    return verify(issuer.public, one.body, one.signature)


def check_chain(one: Certificate, between: Sequence[Certificate], roots: Sequence[Certificate], at: datetime) -> list[Certificate]:
    """The chain from a certificate to one of the roots, each valid at a moment. Raises BadCertificate naming the link that fails."""
    chain, left = [one], list(between)
    for _step in range(8):
        last = chain[-1]
        if not last.valid_at(at):
            raise BadCertificate(f"{last.subject}: not valid at {at:%Y-%m-%d}")
        if any(hmac.compare_digest(last.der, r.der) for r in roots):
            return chain
        found = next((c for c in (*roots, *left) if signed_by(last, c)), None)
        if found is None:
            raise BadCertificate(f"{last.subject}: nobody known signed it")
        chain.append(found)
    raise BadCertificate("the chain is longer than eight")


def read_pkcs12(content: bytes, passphrase: bytes) -> tuple[SigningKey, list[Certificate]]:
    """The SM2 key and the certificates of a PKCS#12 file (PBES2 with AES or SM4; MAC by HMAC). Raises BadCertificate."""
    try:
        held = pkcs12.Pfx.load(content[:LONGEST])
        safe = held["auth_safe"]["content"].native
        _check_mac(held, safe, passphrase)
        found: list[SigningKey] = []
        certificates: list[Certificate] = []
        for part in pkcs12.AuthenticatedSafe.load(safe):
            for bag in pkcs12.SafeContents.load(_opened(part, passphrase)):
                kind, value = bag["bag_id"].native, bag["bag_value"]
                if kind == "cert_bag":
                    certificates.append(read(value["cert_value"].parsed.dump()))
                elif kind == "pkcs8_shrouded_key_bag":
                    info = keys.PrivateKeyInfo.load(_decrypt(value["encryption_algorithm"], value["encrypted_data"].native, passphrase))
                    found.append(_private(info))
                elif kind == "key_bag":
                    found.append(_private(value))
    except BadCertificate:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as fault:
        raise BadCertificate(f"no PKCS#12 file, or another passphrase: {type(fault).__name__}") from fault
    if len(found) != 1:
        raise BadCertificate(f"the file holds {len(found)} SM2 keys, not one")
    return found[0], certificates


def _der(told: str | bytes, kind: str) -> bytes:
    raw = told.encode() if isinstance(told, str) else told
    raw = raw[:LONGEST]
    if not pem.detect(raw):
        return raw
    name, _headers, der = pem.unarmor(raw)
    if name != kind:
        raise BadCertificate(f"{name} where {kind} is expected")
    return bytes(der)


def _name(common_name: str, organization: str = "", country: str = "") -> x509.Name:
    told = {"country_name": country, "organization_name": organization, "common_name": common_name}
    return x509.Name.build({k: v for k, v in told.items() if v})


def _algorithm() -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm({"algorithm": SM2_SM3})


def _public_info(public: bytes) -> core.Sequence:
    """SubjectPublicKeyInfo: an elliptic key on the SM2 curve, the point uncompressed."""
    algorithm = keys.PublicKeyAlgorithm({"algorithm": "ec", "parameters": keys.ECDomainParameters(name="named", value=SM2_CURVE)})
    return keys.PublicKeyInfo({"algorithm": algorithm, "public_key": keys.ECPointBitString(b"\x04" + public)})


def _public(info: core.Sequence) -> bytes:
    parameters = info["algorithm"]["parameters"]
    if info["algorithm"]["algorithm"].native != "ec" or parameters.name != "named" or parameters.chosen.dotted != SM2_CURVE:
        return b""
    point = bytes(info["public_key"].native)
    return point[1:] if len(point) == 65 and point[0] == 4 else b""


def _private(info: keys.PrivateKeyInfo) -> SigningKey:
    held = info["private_key"].parsed
    number = int(held["private_key"].native)
    point = bytes(held["public_key"].native or b"")
    if info["private_key_algorithm"]["parameters"].chosen.dotted != SM2_CURVE or len(point) != 65:
        raise BadCertificate("the key is none of SM2, or comes without its public half")
    return SigningKey.from_bytes(number.to_bytes(32, "big") + point[1:])


def _check_mac(held: pkcs12.Pfx, safe: bytes, passphrase: bytes) -> None:
    """The integrity of the file, by RFC 7292 appendix B (SHA-1 or SHA-2)."""
    mac = held["mac_data"]
    name = mac["mac"]["digest_algorithm"]["algorithm"].native
    if name not in ("sha1", "sha256", "sha512"):
        raise BadCertificate(f"the file's MAC by {name} is not read here")
    rounds = int(mac["iterations"].native)
    if not 1 <= rounds <= MOST_ROUNDS:
        raise BadCertificate("the file asks for too many rounds")
    key = _pkcs12_kdf(name, passphrase, mac["mac_salt"].native, rounds)
    if not hmac.compare_digest(hmac.new(key, safe, name).digest(), mac["mac"]["digest"].native):
        raise BadCertificate("another passphrase, or the file was changed")


def _pkcs12_kdf(name: str, passphrase: bytes, salt: bytes, rounds: int) -> bytes:
    """The key of the MAC (purpose 3): asn1crypto has no keys, `cryptography` keeps its own to itself."""
    block = {"sha1": 64, "sha256": 64, "sha512": 128}[name]
    word = (passphrase.decode() + "\0").encode("utf-16-be")
    filled = b"".join(_fill(part, block) for part in (salt, word))
    digest = hashlib.new(name, b"\x03" * block + filled).digest()
    for _round in range(rounds - 1):
        digest = hashlib.new(name, digest).digest()
    return digest


def _fill(part: bytes, block: int) -> bytes:
    size = -(-len(part) // block) * block
    return (part * (size // len(part) + 1))[:size]


def _opened(part: cms.ContentInfo, passphrase: bytes) -> bytes:
    if part["content_type"].native == "data":
        return bytes(part["content"].native)
    held = part["content"]["encrypted_content_info"]
    return _decrypt(held["content_encryption_algorithm"], held["encrypted_content"].native, passphrase)


def _decrypt(algorithm: algos.EncryptionAlgorithm, closed: bytes, passphrase: bytes) -> bytes:
    """PBES2: PBKDF2 with HMAC, then AES-CBC or SM4-CBC."""
    if algorithm["algorithm"].native != "pbes2":
        raise BadCertificate("only PBES2 is read; write the file anew with a current tool")
    scheme, told = algorithm["parameters"]["encryption_scheme"], algorithm["parameters"]["key_derivation_func"]["parameters"]
    kind = scheme["algorithm"].native
    size, make = {"aes128_cbc": (16, algorithms.AES), "aes256_cbc": (32, algorithms.AES), SM4_CBC: (16, algorithms.SM4)}[kind]
    rounds = int(told["iteration_count"].native)
    if not 1 <= rounds <= MOST_ROUNDS:
        raise BadCertificate("the file asks for too many rounds")
    digest: Any = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha512": hashes.SHA512}[told["prf"]["algorithm"].native]
    key = PBKDF2HMAC(digest(), size, told["salt"].native, rounds).derive(passphrase)
    opener = Cipher(make(key), modes.CBC(scheme["parameters"].native)).decryptor()
    padded = opener.update(closed) + opener.finalize()
    if not padded or not 1 <= padded[-1] <= 16:
        raise BadCertificate("another passphrase, or the file was changed")
    return padded[: -padded[-1]]


SM4_CBC = "1.2.156.10197.1.104.2"
