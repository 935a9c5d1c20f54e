"""The embedded broker: nats-server from the wheel, on loopback, its claims signed by an operator of our own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tongban.lib.bus import accounts

MOST_PAYLOAD = 8 * 1024 * 1024
# The server sets aside the greatest size of every stream when it is opened; few ever reach it, and a full disk stops publishing all the same.
OVERCOMMITTED = 2**50  # bytes
READY_WITHIN = 20  # seconds


class EmbeddedBroker:
    """One server over one folder; `start`, then `url`, then `stop`. Seeds lie in `keys`, readable by their owner only."""

    def __init__(self, home: Path, *, die: Callable[[], None] | None = None, sync: str = "always") -> None:
        self.home, self.die, self.sync = home, die, sync
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

    def start(self) -> str:
        """Start the server and wait until it answers; the same port as before when that is free."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._choose_port()
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

    def _choose_port(self) -> None:
        kept = self.home / "port"
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", int(kept.read_text()) if kept.exists() else 0))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            kept.write_text(str(probe.getsockname()[1]))

    def _settings(self) -> str:
        """The server's own configuration language is a superset of JSON."""
        system = accounts.public(self.system)
        told = {
            "host": "127.0.0.1", "port": self.port, "server_name": "tongban", "max_payload": MOST_PAYLOAD, "max_pending": 64 * 1024 * 1024,
            "operator": accounts.operator_claim(self.operator, system), "system_account": system,
            "resolver": {"type": "full", "dir": str(self.home / "claims"), "allow_delete": True, "interval": "2m"},
            "resolver_preload": {system: accounts.system_claim(self.operator, system)},
            "jetstream": {"store_dir": str(self.home / "streams"), "max_mem": 0, "max_file": OVERCOMMITTED, "sync_interval": self.sync},
        }  # fmt: skip
        return json.dumps(told, indent=1)

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
