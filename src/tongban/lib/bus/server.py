"""The embedded broker: nats-server from the wheel, on loopback, its claims signed by an operator of our own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tongban.lib.bus import accounts

MOST_PAYLOAD = 8 * 1024 * 1024
# The server sets aside the greatest size of every stream when it is opened; few ever reach it, and a full disk stops publishing all the same.
OVERCOMMITTED = 2**50  # bytes
READY_WITHIN = 20  # seconds
ABOVE = "node-above"  # the account that is one with this node's account at the node above


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where nodes below may connect; port 0 takes a free one. `certificate`, `key`, `authority`: PEM files for TLS, "" without."""

    host: str = "127.0.0.1"
    port: int = 0
    certificate: str = ""
    key: str = ""
    authority: str = ""


class EmbeddedBroker:
    """One server over one folder; `start`, then `url`, then `stop`. Seeds lie in `keys`, readable by their owner only."""

    def __init__(self, home: Path, *, die: Callable[[], None] | None = None, sync: str = "always", leaf: "Leaf | None" = None) -> None:
        self.home, self.die, self.sync, self.leaf = home, die, sync, leaf
        self.process: subprocess.Popen[bytes] | None = None

    def seed(self, name: str, kind: str) -> bytes:
        """A seed kept in the folder, made on first use."""
        path = self.home / "keys" / f"{name}.nk"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_bytes(accounts.new_seed(kind))
            fresh.rename(path)
        return path.read_bytes()

    @property
    def operator(self) -> bytes:
        return self.seed("operator", "operator")

    @property
    def system(self) -> bytes:
        return self.seed("system", "account")

    @property
    def port(self) -> int:
        return int((self.home / "port").read_text())

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def leaf_port(self) -> int:
        """Where nodes below this one connect; there is one while the broker listens for them."""
        return int((self.home / "leaf-port").read_text())

    @property
    def above(self) -> Path:
        """What `tongban node join` wrote: address and credentials of the node above, with the name of the account here."""
        return self.home / "above.json"

    def start(self) -> str:
        """Start the server and wait until it answers; the same port as before when that is free."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._choose_port("port", "127.0.0.1", 0)
        if self.leaf:
            self._choose_port("leaf-port", self.leaf.host, self.leaf.port)
        settings = self.home / "server.conf"
        settings.write_text(self._settings())
        program = Path(sys.executable).with_name("nats-server")
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(program), "-c", str(settings)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=self.die
            )
        self._wait()
        return self.url

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _choose_port(self, name: str, host: str, wanted: int) -> None:
        """Keep to the wanted port, else to the one of last time while it is free."""
        kept = self.home / name
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, wanted or (int(kept.read_text()) if kept.exists() else 0)))
            except OSError:
                if wanted:
                    raise
                probe.bind((host, 0))
            kept.write_text(str(probe.getsockname()[1]))

    def _settings(self) -> str:
        """The server's own configuration language is a superset of JSON."""
        system = accounts.public(self.system)
        told: dict[str, Any] = {
            "host": "127.0.0.1", "port": self.port, "server_name": "tongban", "max_payload": MOST_PAYLOAD, "max_pending": 64 * 1024 * 1024,
            "operator": accounts.operator_claim(self.operator, system), "system_account": system,
            "resolver": {"type": "full", "dir": str(self.home / "claims"), "allow_delete": True, "interval": "2m"},
            "resolver_preload": {system: accounts.system_claim(self.operator, system)},
            "jetstream": {"store_dir": str(self.home / "streams"), "max_mem": 0, "max_file": OVERCOMMITTED, "sync_interval": self.sync},
        }  # fmt: skip
        told["leafnodes"] = self._leaf(told["resolver_preload"])
        return json.dumps(told, indent=1)

    def _leaf(self, preloaded: dict[str, str]) -> dict[str, Any]:
        """Listening for nodes below, connecting to the one above."""
        told: dict[str, Any] = {}
        if self.leaf:
            told |= {"host": self.leaf.host, "port": self.leaf_port, "no_advertise": True}  # nodes below keep to the address that they were given
            if self.leaf.certificate:
                told["tls"] = {"cert_file": self.leaf.certificate, "key_file": self.leaf.key}
        if self.above.exists():
            held = json.loads(self.above.read_text())
            account = accounts.public(self.seed(ABOVE, "account"))
            preloaded[account] = accounts.account_claim(self.operator, account, ABOVE, [])
            remote = {"url": held["leaf"], "credentials": str(self.home / "keys" / "above.creds"), "account": account}
            if self.leaf and self.leaf.authority:
                remote["tls"] = {"ca_file": self.leaf.authority}
            told |= {"remotes": [remote], "reconnect": 1}
        return told

    def _wait(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while True:
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"the broker ended at once; see {self.home / 'server.log'}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                    if line.recv(4) == b"INFO":
                        return
            except OSError:
                pass
            if time.monotonic() > until:
                raise RuntimeError(f"the broker does not answer; see {self.home / 'server.log'}")
            time.sleep(0.02)
