"""Shipping off the site: base backups, the write-ahead log as it grows, documents, keys, heads. All sealed before they leave."""

import contextlib
import json
import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from tongban.config.embedded import EmbeddedPostgres
from tongban.lib import keys
from tongban.lib.offsite import wal
from tongban.lib.offsite.base import log_start
from tongban.lib.offsite.targets import open_target
from tongban.lib.offsite.vault import PIECE, Vault
from tongban.lib.sm import sm3_hex
from tongban.lib.sm.keystore import Stamp, stamp_of

SLOT = "offsite"
EVERY = 1.0  # seconds between rounds
KEPT_APART = {"passphrase", "keystore.json", "keystore.lock"}


class Failed(Exception):
    """A backup that did not become whole; the text says why."""


@dataclass(slots=True)
class Shipped:
    """How far the target is. Kept in the data folder; lost, or of another target, the slot says where to begin again."""

    target: str = ""
    lsn: int = 0
    timeline: int = 0
    heads: int = 0
    files_until: float = 0.0


def vault_of(data: Path, address: str) -> Vault:
    """The target of an installation, behind its key for backups."""
    folder = data / "keys"
    key = keys.current("backup", "SM4", lambda: os.urandom(16), within=folder)
    return Vault(open_target(address), key, keys.keystore_in(folder).by_id)


class Shipper:
    """Sends what is new, round by round: one per installation, and others for a while (`once`), to other targets.

    One that stays keeps its place in a file and the log by a slot of its own name. One for once has a slot that ends with its connection
    and begins at the beginning, so that it neither disturbs the other nor leaves a slot behind that would fill the disk.
    """

    def __init__(self, data: Path, address: str, *, once: bool = False) -> None:
        self.data, self.vault, self.once = data, vault_of(data, address), once
        self._target = sm3_hex(address.encode())[:16]
        self.slot = f"{SLOT}_{self._target}" if once else SLOT
        self.postgres = EmbeddedPostgres(data)
        self._path = data / "shipped.json"
        self.done = self._read()
        self._files: dict[Path, float] = {}
        self._keys: set[tuple[str, Stamp]] = set()
        self._keys_alone = threading.Lock()

    def _read(self) -> Shipped:
        try:
            held = Shipped(**json.loads(self._path.read_text()))
        except (OSError, ValueError, TypeError):
            held = Shipped()
        return held if held.target == self._target and not self.once else Shipped(self._target)

    def _keep(self) -> None:
        if self.once:
            return
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self.done)))
        fresh.replace(self._path)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.postgres.url("postgres", "owner"), autocommit=True)

    def prepare(self, connection: psycopg.Connection[Any]) -> bool:
        """Keep the log from being recycled before it is shipped; whether a base backup is needed."""
        timeline = _timeline(connection)
        asked = "SELECT restart_lsn::text FROM pg_replication_slots WHERE slot_name = %s"
        slot = connection.execute(asked, [self.slot]).fetchone()
        if slot is None:
            connection.execute("SELECT pg_create_physical_replication_slot(%s, true, %s)", [self.slot, self.once])
            slot = connection.execute(asked, [self.slot]).fetchone()
            self.done = Shipped(self._target)
        if slot is None or slot[0] is None:
            raise Failed("复制槽没有保留日志；请删除 shipped.json 后重试。/ The slot reserves no log.")
        if self.done.timeline != timeline or not self.done.lsn:
            start = wal.position(slot[0])
            self.done.lsn, self.done.timeline = start - start % wal.SEGMENT, timeline
        bases = [name for name in self.vault.target.names("base") if name.endswith("/complete")]
        return not bases or json.loads(self.vault.get(bases[-1]))["timeline"] != timeline

    def round(self, connection: psycopg.Connection[Any]) -> int:
        """Ship everything up to now; the bytes that went out.

        The order makes the copy consistent: heads are read before the log's position; keys go out first, then documents, which are
        written before the rows that name them, then the log, then the heads. What the copy holds never points at what it lacks.
        """
        heads = self._new_heads()
        at = datetime.now(UTC)
        [lsn] = connection.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone() or ("0/0",)
        self._ship_keys()
        sent = self._ship_files()
        upto = wal.position(lsn)
        for piece in wal.unshipped(self.done.timeline, self.done.lsn, upto):
            sent += self.vault.put(piece.name, self._log_bytes(piece))
            self.done.lsn = wal.segment_start(piece.segment) + piece.end
        if sent:
            connection.execute("SELECT pg_replication_slot_advance(%s, %s::pg_lsn)", [self.slot, lsn])
        if heads:
            sent += self.vault.put(f"heads/{self.done.heads:016x}", heads)
            self.done.heads += len(heads)
        self.vault.put("status", json.dumps({"at": at.isoformat(), "lsn": lsn, "timeline": self.done.timeline}).encode())
        self._keep()
        return sent

    def _log_bytes(self, piece: wal.Piece) -> bytes:
        with (self.postgres.cluster / "pg_wal" / piece.segment).open("rb") as file:
            file.seek(piece.start)
            content = file.read(piece.end - piece.start)
        if len(content) != piece.end - piece.start:
            raise Failed(f"{piece.segment}: 日志段不完整 / the segment is short")
        return content

    def _new_heads(self) -> bytes:
        path = self.data / "ledger" / "heads.jsonl"
        if not path.exists():
            return b""
        with path.open("rb") as file:
            file.seek(self.done.heads)
            content = file.read()
        return content[: content.rfind(b"\n") + 1]

    def _ship_files(self) -> int:
        """Documents, and the chunks of large files where they lie here, are sealed already and never change under their name but by a change of key,
        which renews their time.
        """
        began, sent = time.time(), 0
        for folder in [*self.data.glob("files/*"), *self.data.glob("objects/*/*")]:
            with contextlib.suppress(FileNotFoundError):  # of a large file that was destroyed just now
                sent += self._ship_folder(folder, began)
        self.done.files_until = began - 2
        return sent

    def _ship_folder(self, folder: Path, began: float) -> int:
        changed, sent = folder.stat().st_mtime, 0
        if not folder.is_dir() or changed == self._files.get(folder):
            return 0
        for file in folder.iterdir():
            if "." not in file.name and file.stat().st_mtime >= self.done.files_until:
                content = file.read_bytes()
                self.vault.target.put(file.relative_to(self.data).as_posix(), content)
                sent += len(content)
        if changed < began - 2:
            self._files[folder] = changed
        return sent

    def _ship_keys(self) -> None:
        """The keystore as it lies (sealed by its passphrase), and the other secrets sealed, when one is new. The passphrase never leaves.

        Before documents, log and heads of the same round: whatever a new key closed or signed follows it. A base backup calls this beside
        the rounds: one at a time, and looked at again after each, or the older of two copies could come last and stay.
        """
        with self._keys_alone:
            while (held_now := self._held_now()) != self._keys:
                folder = self.data / "keys"
                self.vault.target.put("keys/keystore.json", (folder / "keystore.json").read_bytes())
                held = {p.name: p.read_bytes().hex() for p in folder.iterdir() if p.is_file() and p.name not in KEPT_APART and "." not in p.name}
                self.vault.put("keys/secrets", json.dumps({"keys": held, "postgres": self.postgres.password}).encode())
                self._keys = held_now

    def _held_now(self) -> set[tuple[str, Stamp]]:
        """What tells one state of the keys from the next."""
        found: set[tuple[str, Stamp]] = set()
        for path in (self.data / "keys").iterdir():
            if path.suffix not in (".lock", ".new"):
                with contextlib.suppress(FileNotFoundError):  # a key file that took its name just now
                    found.add((path.name, stamp_of(path)))
        return found

    def take_base(self) -> str:
        """A base backup, streamed; its name."""
        self._ship_keys()
        label, began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S"), time.time()
        command = [
            str(self.postgres.tree / "bin" / "pg_basebackup"), "-D", "-", "-F", "tar", "-X", "none", "-c", "fast", "-h",
            str(self.postgres.sockets), "-U", "owner", "-w", "--manifest-checksums=SHA256", "--label", f"tongban {label}",
        ]  # fmt: skip
        environment = {**os.environ, "PGPASSWORD": self.postgres.password}
        count = size = 0
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
            if child.stdout is None or child.stderr is None:
                raise Failed("pg_basebackup")
            while content := child.stdout.read(PIECE):
                self.vault.put(f"base/{label}/data/{count:06d}", content)
                count, size = count + 1, size + len(content)
            told = child.stderr.read().decode(errors="replace").strip()
        if child.returncode or not count:
            raise Failed(f"pg_basebackup: {told[-400:]}")
        with self.connect() as connection:
            timeline = _timeline(connection)
        about = {"label": label, "pieces": count, "bytes": size, "timeline": timeline, "began": began, "ended": time.time()}
        self.vault.put(f"base/{label}/complete", json.dumps(about).encode())
        return label

    def prune(self, keep: int) -> list[str]:
        """Keep the newest `keep` whole base backups and the log since the oldest of them; the names of the bases that went."""
        names = self.vault.target.names("base")
        labels = sorted({n.split("/")[1] for n in names})
        whole = [label for label in labels if f"base/{label}/complete" in names]
        if len(whole) <= keep:
            return []
        first = whole[-keep]
        needed = wal.segment_name(*log_start(self.vault, first))
        gone = [label for label in labels if label < first]
        for name in [n for n in names if n.split("/")[1] in gone]:
            self.vault.target.delete(name)
        for name in self.vault.target.names("wal"):
            if wal.Piece.of(name).segment < needed:
                self.vault.target.delete(name)
        return gone


def _timeline(connection: psycopg.Connection[Any]) -> int:
    [timeline] = connection.execute("SELECT timeline_id FROM pg_control_checkpoint()").fetchone() or (1,)
    [walfile] = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone() or ("00000001",)
    return max(int(timeline), int(walfile[:8], 16))


def run(data: Path, address: str, *, base_every: float, keep: int) -> int:
    """The shipper process: rounds for ever; a target that is away is waited for, the log kept meanwhile."""
    shipper, last_base = Shipper(data, address), time.time()
    fresh = True
    while True:
        try:
            with shipper.connect() as connection:
                needs_base = shipper.prepare(connection) if fresh else False
                fresh = False
                while True:
                    shipper.round(connection)
                    if needs_base or time.time() - last_base > base_every:
                        label = _while_shipping(shipper, connection)
                        needs_base, last_base = False, time.time()
                        print(f"base {label}", flush=True)
                        shipper.prune(keep)
                    time.sleep(EVERY)
        except Exception as fault:
            print(f"{datetime.now(UTC).isoformat()} {fault!r}", flush=True)
            time.sleep(5)


def _while_shipping(shipper: Shipper, connection: psycopg.Connection[Any]) -> str:
    """Take a base in another thread, so that the log goes on leaving every second."""
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(shipper.take_base)
        while not taken.done():
            shipper.round(connection)
            time.sleep(EVERY)
        return taken.result()
