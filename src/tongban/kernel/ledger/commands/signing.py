"""The installation's SM2 keys for heads and licences: one current, earlier ones kept for what they signed."""

from django.conf import settings

from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import events
from tongban.kernel.ledger.queries import tree
from tongban.lib import keys, sm
from tongban.lib.acts import command, record

USE = "ledger"


def ledger_key() -> sm.SigningKey:
    """The current key, made on first use."""
    held = keys.current(USE, "SM2", lambda: sm.SigningKey.generate().to_bytes(), before="ledger.sm2")
    return sm.SigningKey.from_bytes(held.material)


def ledger_keys() -> list[sm.SigningKey]:
    """All keys, the current one first."""
    current = ledger_key()
    held = [sm.SigningKey.from_bytes(k.material) for k in keys.keystore().held(USE)]
    return [current, *[k for k in held[::-1] if k.public != current.public]]


def publics() -> list[bytes]:
    """The public keys, the current one first: 64 bytes each, x and y."""
    return [k.public for k in ledger_keys()]


def signers() -> dict[str, list[str]]:
    """The log's name and its public keys in hexadecimal, as proof files carry them."""
    return {origin(): [k.hex() for k in publics()]}


def origin() -> str:
    """This log's name, the same for ever: what its heads said before, what the operator chose, or its first key's fingerprint."""
    head = tree.latest()
    return head.origin if head else settings.LEDGER_ORIGIN or f"tongban/{sm.sm3_hex(ledger_keys()[-1].public)[:16]}"


@command("ledger.rotate_key")
def introduce_key(actor: Actor, *, reason: str) -> sm.SigningKey:
    """A new current key. The next head carries both keys' signatures, and the ledger says when and why."""
    before = ledger_key()
    keys.rotate(USE, "SM2", lambda: sm.SigningKey.generate().to_bytes())
    fresh = ledger_key()
    event = events.KeyIntroduced(key=sm.sm3_hex(fresh.public)[:16], public=fresh.public.hex(), before=before.public.hex(), reason=reason[:200])
    record(actor, event, authority="GB/T 39786 密钥管理")
    return fresh


@command("ledger.rotate_key")
def record_ceremony(actor: Actor, *, custodians: list[str], threshold: int, keystore: str) -> None:
    """Say for ever that a key ceremony was held, and who keeps its shares."""
    record(actor, events.CeremonyHeld(keystore=keystore, custodians=custodians, threshold=threshold), authority="GB/T 39786 密钥管理")
