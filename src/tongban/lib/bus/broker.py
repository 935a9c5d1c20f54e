"""Speaking with the broker: publish in order, take by number, receipt, ask."""

import json
from dataclasses import dataclass

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from tongban.lib.bus import accounts

log = structlog.get_logger(__name__)
KEPT = 30 * 86400  # seconds that a batch stays with the broker
DUPLICATES = 3600
REPLICAS = 3
NO_CLUSTER = 10074  # the server's code for replicas where there is no cluster


@dataclass(frozen=True, slots=True)
class Login:
    """A user's seed and claim."""

    seed: bytes
    claim: str


def login(account: bytes, name: str) -> Login:
    """A user of an account, made for one connection."""
    seed = accounts.new_seed("user")
    return Login(seed, accounts.user_claim(account, accounts.public(seed), name))


async def connect(url: str, who: Login, *, patience: int = -1) -> Client:
    """A connection that comes back by itself, to any server of `url` (several with commas); `patience`: how often it tries, -1 for ever."""
    return await nats.connect(
        url.split(","), user_jwt_cb=who.claim.encode, signature_cb=lambda nonce: accounts.signature(who.seed, nonce), max_reconnect_attempts=patience,
        reconnect_time_wait=0.2, allow_reconnect=True, ping_interval=20, error_cb=_told,
    )  # fmt: skip


async def _told(fault: Exception) -> None:
    """One line: a broker that is away for a moment is nothing to be alarmed about."""
    log.warning("broker", fault=repr(fault)[:200])


async def push_claim(system: Client, claim: str) -> None:
    """Give the running server an account's new claim; raises RuntimeError when it refuses."""
    answer = await system.request("$SYS.REQ.CLAIMS.UPDATE", claim.encode(), timeout=5)
    told = json.loads(answer.data)
    if told.get("error") or told.get("data", {}).get("code") != 200:
        raise RuntimeError(f"the broker refused a claim: {answer.data.decode()[:300]}")


async def open_stream(provider: Client, agreement: str, *, most_bytes: int = 8 * 1024**3) -> None:
    """The stream of an agreement in the provider's account. Full: publishing waits, nothing old is dropped."""
    settings = StreamConfig(
        name=accounts.stream_name(agreement), subjects=[accounts.data_subject(agreement)], retention=RetentionPolicy.LIMITS, storage=StorageType.FILE,
        discard=DiscardPolicy.NEW, max_bytes=most_bytes, max_age=KEPT, allow_direct=True, duplicate_window=DUPLICATES,
    )  # fmt: skip
    receipts = StreamConfig(name=f"R_{agreement}", subjects=[f"receipt.{agreement}"], storage=StorageType.FILE, allow_direct=True, duplicate_window=DUPLICATES)
    for one in (settings, receipts):
        try:
            await provider.jetstream().stream_info(str(one.name))
        except NotFoundError:
            await _add(provider, one)


async def _add(provider: Client, one: StreamConfig) -> None:
    """On three servers of a cluster, so that one may be lost; a cluster that lacks them is waited for. A single broker keeps one copy."""
    try:
        await provider.jetstream().add_stream(one, num_replicas=REPLICAS)
    except APIError as fault:
        if fault.err_code != NO_CLUSTER:
            raise
        await provider.jetstream().add_stream(one, num_replicas=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A message as the stream keeps it."""

    number: int
    headers: dict[str, str]
    body: bytes


async def last(provider: Client, agreement: str) -> Held | None:
    """The newest message of an agreement's stream."""
    try:
        found = await provider.jetstream().get_last_msg(accounts.stream_name(agreement), accounts.data_subject(agreement), direct=True)
    except NotFoundError:
        return None
    return Held(found.seq or 0, dict(found.headers or {}), found.data or b"")


async def publish(provider: Client, agreement: str, identity: str, headers: dict[str, str], body: bytes, *, after: int) -> int:
    """Append a message right after number `after`, once; returns its number. A second writer is refused."""
    told = {**headers, "Nats-Msg-Id": identity, "Nats-Expected-Last-Sequence": str(after)}
    ack = await provider.jetstream().publish(accounts.data_subject(agreement), body, headers=told, timeout=30)
    return ack.seq


async def take(consumer: Client, agreement: str, number: int, *, patience: float = 30) -> Held | None:
    """Message `number` of the agreement's stream, None while there is none; raises NoRespondersError where no agreement allows it."""
    answer: Msg = await consumer.request(f"take.{agreement}", json.dumps({"seq": number}).encode(), timeout=patience)
    held = dict(answer.headers or {})
    if held.get("Status"):
        return None
    return Held(int(held["Nats-Sequence"]), held, answer.data)


async def receipt(consumer: Client, agreement: str, headers: dict[str, str], body: bytes, identity: str) -> bool:
    """Hand a receipt to the provider; False when the broker did not confirm it, so that it is sent again."""
    try:
        answer = await consumer.request(f"receipt.{agreement}", body, headers={**headers, "Nats-Msg-Id": identity}, timeout=5)
    except (NatsTimeout, NoRespondersError):
        return False
    return b'"seq"' in answer.data
