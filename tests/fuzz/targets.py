"""Each target takes bytes and must end quietly: refusing is fine, another exception is a crash, accepting what nobody signed is worse.

Every target starts from whole, good samples, so that mutations reach beyond the first check.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from tongban.kernel.cases import engine
from tongban.kernel.files import rules as files
from tongban.lib import passkeys, sm, syslog, tables
from tongban.lib.errors import Invalid
from tongban.lib.sm import certificates, keystore
from tongban.lib.tlog import merkle, notes, proofs
from tongban.rooms.base.continuity import rules as recovery

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """`run` on bytes; `seeds`: good samples."""

    run: Callable[[bytes], None]
    seeds: list[bytes]


class WrongAccept(AssertionError):
    """Something that nobody made was taken for good."""


KEY = sm.SigningKey.generate()
CA_PEM = certificates.issue(KEY, "根（合成）", public=KEY.public, common_name="根（合成）", serial=1, begins=NOW, days=30, authority=True)
LEAF = sm.SigningKey.generate()
LEAF_PEM = certificates.issue(KEY, "根（合成）", public=LEAF.public, common_name="叶（合成）", serial=2, begins=NOW, days=30)
CA, LEAF_READ = certificates.read(CA_PEM), certificates.read(LEAF_PEM)


def certificate(data: bytes) -> None:
    """Read as PEM or DER; under the authority only the two that it signed."""
    try:
        found = certificates.read(data)
    except certificates.BadCertificate:
        return
    if certificates.signed_by(found, CA) and found.der not in (CA.der, LEAF_READ.der):
        raise WrongAccept(data.hex())


def request(data: bytes) -> None:
    """A certificate request from anywhere."""
    try:
        certificates.read_request(data.decode(errors="replace"))
    except certificates.BadCertificate:
        return


def pkcs12(data: bytes) -> None:
    """A key file; without its passphrase nothing comes out."""
    try:
        key, _found = certificates.read_pkcs12(data, b"a passphrase")
    except certificates.BadCertificate:
        return
    raise WrongAccept(key.public.hex())


MESSAGE = "一件事".encode()
SIGNATURE = KEY.sign(MESSAGE)


def signature(data: bytes) -> None:
    """An SM2 signature; the first byte chooses what is mutated."""
    if not data:
        return
    which, rest = data[0] % 3, data[1:]
    public, message, signed = KEY.public, MESSAGE, SIGNATURE
    if which == 0:
        signed = rest
    elif which == 1:
        message = rest
    else:
        public = rest
    if sm.verify(public, message, signed) and (public, message, signed) != (KEY.public, MESSAGE, SIGNATURE):
        raise WrongAccept(data.hex())


STORE_KEY = keystore.Key("00" * 8, "files", "SM4", "current", "2026", b"0123456789abcdef")
ENVELOPE = keystore.close(STORE_KEY, MESSAGE, bound_to=b"x")


def envelope(data: bytes) -> None:
    """Sealed text; only what was sealed opens."""
    try:
        keystore.open_envelope(lambda key_id: {STORE_KEY.id: STORE_KEY}[key_id], data, bound_to=b"x")
    except sm.Tampered:
        return
    if data != ENVELOPE:
        raise WrongAccept(data.hex())


def note(data: bytes) -> None:
    """A signed head; only one spelling of it holds."""
    try:
        found = notes.parse(data.decode(errors="replace"))
    except notes.BadNote:
        return
    if found.signed_by({found.origin: [KEY.public]}) and found.text() != HEAD.text():
        raise WrongAccept(data.hex())


def _row() -> bytes:
    """An entry as PostgreSQL's binary COPY gives it."""
    parts = []
    for name in proofs.COLUMNS:
        value = b"\0" * 8 if name in (*proofs._NUMBERS, "at") else b"\1{}" if name == "body" else b"x"
        parts.append(struct.pack(">i", len(value)) + value)
    return struct.pack(">h", len(proofs.COLUMNS)) + b"".join(parts)


ROW = _row()
PAIR = [merkle.leaf(ROW), merkle.leaf(b"another")]
HEAD = notes.Checkpoint("fuzz/log", 2, merkle.node(*PAIR), notes.written(NOW)).signed(KEY)
PROOF = json.dumps(proofs.make(ROW, 0, [PAIR[1]], HEAD.note(), {"fuzz/log": [KEY.public.hex()]})).encode()


def proof(data: bytes) -> None:
    """A proof file; however it is spelled, only this entry is in this log."""
    try:
        judged = proofs.judge(data, trusted=KEY.public)
    except proofs.BadProof:
        return
    if not judged.faults and (judged.entry, judged.index, judged.size) != (proofs.decode(ROW), 0, 2):
        raise WrongAccept(data.hex())


RSA = RSAKey.generate_key(2048)
CLAIMS = {"sub": "1", "aud": "client"}
TOKEN = jwt.encode({"alg": "RS256", "kid": "k"}, CLAIMS, RSA, ["RS256"])


def token(data: bytes) -> None:
    """An identity token that a system sends back (id_token_hint)."""
    try:
        told = jwt.decode(data.decode(errors="replace"), KeySet([RSA]), ["RS256"]).claims
    except (JoseError, ValueError):
        return
    if told != CLAIMS:
        raise WrongAccept(data.hex())


_OPTIONS, STATE = passkeys.ask_proof("example.cn")
ANSWER = json.dumps(
    {
        "id": "AAAA", "rawId": "AAAA", "type": "public-key", "clientExtensionResults": {},
        "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": None},
    }
).encode()  # fmt: skip


def passkey(data: bytes) -> None:
    """A browser's answer; nobody here holds a passkey."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(answer, dict):
        return
    try:
        passkeys.identifier(answer)
        passkeys.take_proof("example.cn", STATE, answer, b"\0" * 16 + b"\0\4AAAA" + b"\xa0")
    except passkeys.NotProved:
        return
    raise WrongAccept(data.hex())


def upload(data: bytes) -> None:
    """A file's name and content, as they are judged before anything else looks at them."""
    name, _gap, content = data.partition(b"\0")
    told = name.decode(errors="replace")
    kept = files.safe_name(told)
    if not kept or len(kept) > 120 or "/" in kept or "\\" in kept or not kept.isprintable():
        raise WrongAccept(repr(kept))
    if not files.fault(told, content[:16], len(content), 1000) and not files.media_type(told, content[:16]):
        raise WrongAccept(repr(told))


def table(data: bytes) -> None:
    """A table to import: CSV or XLSX."""
    for ending in ("csv", "xlsx"):
        try:
            tables.read_file(f"a.{ending}", data, ["单位"])
        except Invalid:
            continue


def log_line(data: bytes) -> None:
    """A syslog message of any program on the network."""
    syslog.parse(data.decode(errors="replace"))


DRAWING = (Path(__file__).parents[2] / "data" / "processes" / "permit.bpmn").read_bytes()


def drawing(data: bytes) -> None:
    """A process as someone drew it; refused with reasons, or it can be run."""
    found = engine.read(data.decode(errors="replace"), frozenset({"clerk", "examiner", "approver", "issuer", "citizen", "inspector"}))
    if not found.faults and not found.steps:
        raise WrongAccept(data.hex())


def report(data: bytes) -> None:
    """What a backup tool's agent tells."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return
    for tool in ("restic", "pgbackrest", "other"):
        try:
            recovery.read_report(tool, told)
        except recovery.Unreadable:
            continue


RESTIC = b'{"message_type": "summary", "backup_end": "2026-11-24T10:00:00.123456789+08:00", "total_bytes_processed": 1, "snapshot_id": "a"}'
PGBACKREST = (
    b'[{"name": "m", "status": {"code": 0, "message": "ok"}, "backup": [{"label": "l", "type": "full", "timestamp": {"stop": 1}, "info": {"size": 1}}]}]'
)

TARGETS = {
    "drawing": Target(drawing, [DRAWING]),
    "report": Target(report, [RESTIC, PGBACKREST, b'{"at": "2026-11-24T10:00:00Z", "good": true}']),
    "certificate": Target(certificate, [CA.der, LEAF_READ.der, LEAF_PEM.encode()]),
    "request": Target(request, [certificates.request(KEY, common_name="节点（合成）").encode()]),
    "pkcs12": Target(pkcs12, [CA.der]),
    "signature": Target(signature, [b"\0" + SIGNATURE, b"\1" + MESSAGE, b"\2" + KEY.public]),
    "envelope": Target(envelope, [ENVELOPE]),
    "note": Target(note, [HEAD.note().encode()]),
    "proof": Target(proof, [PROOF]),
    "token": Target(token, [TOKEN.encode()]),
    "passkey": Target(passkey, [ANSWER]),
    "upload": Target(upload, ["合同.pdf\0%PDF-1.7".encode(), b"a.docx\0PK\x03\x04"]),
    "table": Target(table, ["单位,级别\n甲,1\n".encode(), "单位\n甲".encode("gb18030")]),
    "syslog": Target(log_line, [b'<34>1 2026-11-24T10:00:00Z host sshd 1 ID [a b="c"] Failed password for root from 10.0.0.1', b"<13>Nov 24 10:00:00 host su: failed"]),
}  # fmt: skip
