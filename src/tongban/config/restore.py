"""From the off-site copy to a running installation: unpack, check, replay, prove."""

import contextlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg

from tongban.config.embedded import EmbeddedPostgres
from tongban.lib import keys
from tongban.lib.offsite import base as archive
from tongban.lib.offsite import manifest, wal
from tongban.lib.offsite.targets import Target, open_target
from tongban.lib.offsite.vault import Vault
from tongban.lib.sm.keystore import Keystore, WrongPassphrase

PROMOTED_WITHIN = 300  # seconds


class CannotRestore(Exception):
    """What is missing, for the operator."""


@dataclass(slots=True)
class Restored:
    """What came back."""

    label: str
    bytes: int
    files: int
    log_upto: str
    shipped_at: str
    seconds: dict[str, float] = field(default_factory=dict)


def open_vault(address: str, passphrase: bytes, folder: Path) -> Vault:
    """The off-site copy, opened with the custodians' passphrase; the keystore is put into `folder`."""
    target: Target = open_target(address)
    try:
        content = target.get("keys/keystore.json")
    except KeyError as fault:
        raise CannotRestore(f"{address} 没有备份 / holds no backup") from fault
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "keystore.json"
    path.write_bytes(content)
    path.chmod(0o600)
    try:
        store = Keystore.open(path, passphrase)
    except WrongPassphrase as fault:
        path.unlink()
        raise CannotRestore("口令不对：请提供备份时的密钥口令。/ Wrong passphrase: give the one of the installation's keystore.") from fault
    key = next(k for k in store.held() if k.use == "backup" and k.state == "current")
    return Vault(target, key, store.by_id)


def bases(vault: Vault) -> list[dict[str, object]]:
    """Whole base backups, oldest first."""
    return [json.loads(vault.get(n)) for n in vault.target.names("base") if n.endswith("/complete")]


def restore(address: str, data: Path, passphrase: bytes, *, at: datetime | None = None, say: Callable[[str], None]) -> Restored:
    """Rebuild an installation in an empty folder; its database is left stopped, replayed and checked. Raises CannotRestore."""
    if data.exists() and any(data.iterdir()):
        raise CannotRestore(f"{data} 不是空目录，没有做任何改动。/ The folder is not empty; nothing was changed.")
    began = time.monotonic()
    vault = open_vault(address, passphrase, data / "keys")
    fitting = [b for b in bases(vault) if at is None or float(str(b["ended"])) <= at.timestamp()]
    if not fitting:
        raise CannotRestore("这一时刻之前没有完整的基础备份。/ No whole base backup is older than that moment.")
    base = fitting[-1]
    label, postgres = str(base["label"]), EmbeddedPostgres(data)
    status = json.loads(vault.get("status"))
    made = Restored(label, int(str(base["bytes"])), 0, "", status["at"])

    def phase(name: str, told: str) -> None:
        made.seconds[name] = round(time.monotonic() - began, 1)
        say(f"[{made.seconds[name]:5.1f} s] {told}")

    _unpack(vault, label, postgres)
    told = (postgres.cluster / "backup_manifest").read_bytes()
    phase("unpacked", f"基础备份 {label}，{made.bytes / 1e6:.0f} MB / base backup unpacked")
    faults = manifest.check(postgres.cluster, told)
    if faults:
        raise CannotRestore("基础备份与清单不符 / the base does not match its manifest: " + "; ".join(faults[:5]))
    made.log_upto = _lay_log(vault, postgres, told)
    phase("log", f"清单相符，日志到 {made.log_upto} / manifest checked, log laid out")
    made.files = _lay_rest(vault, data, postgres)
    phase("files", f"文件 {made.files} 个 / documents")
    _replay(postgres, data, at)
    phase("replayed", "日志已重放 / log replayed")
    return made


def _unpack(vault: Vault, label: str, postgres: EmbeddedPostgres) -> None:
    postgres.base.mkdir(parents=True, exist_ok=True)
    postgres.cluster.mkdir(mode=0o700)
    with archive.opened(vault, label) as members:
        members.extractall(postgres.cluster, filter="tar")


def _lay_log(vault: Vault, postgres: EmbeddedPostgres, told: bytes) -> str:
    """Put the shipped log where recovery finds it; the position that it reaches."""
    timeline, start, end = manifest.start_position(told)
    pieces = [wal.Piece.of(name) for name in vault.target.names("wal")]
    chains, reached = wal.whole(pieces, wal.position(start), timeline)
    if reached < wal.position(end):
        raise CannotRestore(f"日志只到 {wal.text(reached)}，基础备份需要到 {end}。/ The log ends before the base backup does.")
    folder = postgres.cluster / "pg_wal"
    folder.mkdir(exist_ok=True)
    for chain in chains:
        content = bytearray(wal.SEGMENT)
        for piece in chain:
            content[piece.start : piece.end] = vault.get(piece.name)
        (folder / chain[0].segment).write_bytes(content)
    return wal.text(reached)


def _lay_rest(vault: Vault, data: Path, postgres: EmbeddedPostgres) -> int:
    secrets = json.loads(vault.get("keys/secrets"))
    for name, value in secrets["keys"].items():
        path = data / "keys" / name
        path.touch(mode=0o600)
        path.write_bytes(bytes.fromhex(value))
    word = postgres.base / "password"
    word.touch(mode=0o600)
    word.write_text(secrets["postgres"])
    heads = _heads(vault)
    (data / "ledger").mkdir()
    (data / "ledger" / "heads.jsonl").write_bytes(heads)
    names = [*vault.target.names("files"), *vault.target.names("objects")]
    for name in names:
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(vault.target.get(name))
    return len(names)


def _heads(vault: Vault) -> bytes:
    """The file of heads from its pieces, each named by where it begins; a second shipper's pieces overlap with the first's."""
    whole = b""
    for name in vault.target.names("heads"):
        whole += vault.get(name)[max(0, len(whole) - int(name.rpartition("/")[2], 16)) :]
    return whole


def _replay(postgres: EmbeddedPostgres, data: Path, at: datetime | None) -> None:
    options = {"restore_command": "false", "recovery_target_timeline": "current"}
    if at:
        options |= {"recovery_target_time": at.isoformat(), "recovery_target_action": "promote"}
    (postgres.cluster / "postgresql.auto.conf").write_text("".join(f"{k} = '{v}'\n" for k, v in options.items()))
    (postgres.cluster / "recovery.signal").touch()
    postgres.own_all()
    try:
        postgres.start()
        _wait_promoted(postgres)
    except (RuntimeError, psycopg.Error) as fault:
        raise CannotRestore(f"数据库没有恢复完成，见 {postgres.base}/server.log。/ Recovery did not end: {fault}") from fault
    finally:
        with contextlib.suppress(psycopg.Error):
            _forget_recovery(postgres)
        _drop_later_heads(postgres, data)
        postgres.stop()


def _wait_promoted(postgres: EmbeddedPostgres) -> None:
    until = time.monotonic() + PROMOTED_WITHIN
    with psycopg.connect(postgres.url("postgres", "owner"), autocommit=True) as connection:
        while time.monotonic() < until:
            [recovering] = connection.execute("SELECT pg_is_in_recovery()").fetchone() or (True,)
            if not recovering:
                return
            time.sleep(0.1)
    raise RuntimeError("still in recovery")


def _forget_recovery(postgres: EmbeddedPostgres) -> None:
    """The restored server is a primary of its own: recovery's settings and the old slot go."""
    with psycopg.connect(postgres.url("postgres", "owner"), autocommit=True) as connection:
        for name in ("restore_command", "recovery_target_timeline", "recovery_target_time", "recovery_target_action"):
            connection.execute(f"ALTER SYSTEM RESET {name}".encode())
        connection.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active")


def _drop_later_heads(postgres: EmbeddedPostgres, data: Path) -> None:
    """After a restore to an earlier moment, heads of what came later are set aside, not thrown away."""
    path = data / "ledger" / "heads.jsonl"
    with contextlib.suppress(psycopg.Error):
        with psycopg.connect(postgres.url()) as connection:
            [size] = connection.execute("SELECT coalesce(max(size), 0) FROM ledger_checkpoint").fetchone() or (0,)
        lines = path.read_bytes().splitlines(keepends=True)
        later = [one for one in lines if json.loads(one)["size"] > size]
        if later:
            (path.parent / "heads.after-the-restore.jsonl").write_bytes(b"".join(later))
            path.write_bytes(b"".join(one for one in lines if one not in later))


def clear(data: Path) -> None:
    """Remove a trial restore, wherever its cluster lies."""
    postgres = EmbeddedPostgres(data)
    shutil.rmtree(postgres.base, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)


def passphrase_of(data: Path | None) -> bytes:
    """From the environment, or the running installation's own file (for drills on the same machine)."""
    told = keys.told_passphrase()
    if told or data is None or not (data / "keys" / "passphrase").exists():
        return told
    return (data / "keys" / "passphrase").read_bytes()
