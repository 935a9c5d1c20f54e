"""The process group: database, web, worker, exchange under one supervisor. What it starts, it ends, however it dies itself."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from tongban.config import fence, places
from tongban.config.embedded import EmbeddedPostgres, die_with_parent

READY_WITHIN = 60  # seconds


class Trouble(Exception):
    """Something that the operator can mend; its text says how."""


class Group:
    """The processes of one data folder."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.postgres: EmbeddedPostgres | None = None
        self.lock: TextIO | None = None
        self.stopping = False

    @property
    def address(self) -> str:
        return os.environ.get("TONGBAN_ADDRESS") or f"http://127.0.0.1:{self.port}"

    def take_lock(self) -> bool:
        """Whether this process is now the folder's only supervisor."""
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "logs").mkdir(exist_ok=True)
        self.lock = (self.data / "lock").open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def start_database(self) -> None:
        """PostgreSQL from DATABASE_URL, or our own."""
        if not os.environ.get("DATABASE_URL"):
            self.postgres = EmbeddedPostgres(self.data)
            os.environ["DATABASE_URL"] = self.postgres.start()

    def start_web(self) -> None:
        workers = os.environ.get("TONGBAN_WORKERS", "2")
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", os.environ.get("TONGBAN_BIND", "127.0.0.1"),
            "--port", str(self.port), "--workers", workers, "--blocking-threads", "2", "--no-ws", "--backlog", "1024",
            "--log-level", "warning", "--respawn-failed-workers", "tongban.config.wsgi:application",
        ]  # fmt: skip
        self._start("web", command, signal.SIGKILL)  # with SIGTERM it may wait for ever for workers that are gone
        self._wait_for_web()

    def start_worker(self) -> None:
        # SIGKILL: with SIGTERM a worker in the middle of a job outlives the group.
        self._start("worker", [sys.executable, "-m", "tongban", "worker"], signal.SIGKILL)

    def start_exchange(self) -> None:
        """Broker and flows; nothing waits for it."""
        self._start("exchange", [sys.executable, "-m", "tongban", "exchange"], signal.SIGKILL)

    def start_answering(self) -> None:
        """Single queries over the bus."""
        self._start("answering", [sys.executable, "-m", "tongban", "answering"], signal.SIGKILL)

    def start_shipper(self) -> None:
        """Off-site backup, when there is a target and the database is our own."""
        if self.postgres and os.environ.get("TONGBAN_BACKUP"):
            self._start("shipper", [sys.executable, "-m", "tongban", "ship"], signal.SIGKILL)

    def _start(self, name: str, command: list[str], parting: int) -> None:
        log = (self.data / "logs" / f"{name}.log").open("ab")
        self.children[name] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=die_with_parent(parting), env={**os.environ, "TONGBAN_ADDRESS": self.address},
        )  # fmt: skip
        log.close()

    def _wait_for_web(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self.children["web"].poll() is not None:
                raise Trouble(f"网页进程没有起来，请看 {self.data / 'logs' / 'web.log'}。/ The web process ended; see its log.")
            if answers(self.port):
                return
            time.sleep(0.1)
        raise Trouble(f"网页进程{READY_WITHIN}秒内没有回应，请看 {self.data / 'logs' / 'web.log'}。/ The web process does not answer.")

    def note(self, **more: Any) -> None:
        """Write what `status`, `down` and `demo` read."""
        told = {"pid": os.getpid(), "port": self.port, "address": self.address, "database": os.environ["DATABASE_URL"], **more}
        fresh = self.data / "state.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(told))
        fresh.rename(self.data / "state.json")

    def watch(self) -> None:
        """Until a signal: start again what ended by itself."""
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, self._stop)
        looked = time.monotonic()
        while not self.stopping:
            time.sleep(0.5)
            if self.stopping:
                break
            if time.monotonic() - looked > fence.LOOK_EVERY:
                fence.check(self.data)
                looked = time.monotonic()
            if self.postgres and self.postgres.process and self.postgres.process.poll() is not None:
                raise Trouble("数据库进程意外结束，已全部停止；重新运行 up 即可恢复。/ The database ended; run up again.")
            for name, child in list(self.children.items()):
                if child.poll() is not None:
                    time.sleep(1)
                    {
                        "web": self.start_web, "worker": self.start_worker, "exchange": self.start_exchange, "answering": self.start_answering,
                        "shipper": self.start_shipper,
                    }[name]()  # fmt: skip

    def _stop(self, *_signal: object) -> None:
        self.stopping = True

    def stop(self) -> None:
        """End everything, the database last."""
        for child in self.children.values():
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
        until = time.monotonic() + 8
        for child in self.children.values():
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if self.postgres:
            self.postgres.stop()
        (self.data / "state.json").unlink(missing_ok=True)


def answers(port: int) -> bool:
    """Whether a Tongban answers on a port of this machine."""
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/health/", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("TONGBAN_BIND", "127.0.0.1"), port))
        except OSError:
            return False
    return True


def state(data: Path) -> dict[str, Any] | None:
    """What the running group wrote of itself, None when none runs.

    The lock is the truth, not the pid: a killed supervisor may linger as a zombie, or its number be another's.
    """
    try:
        told: dict[str, Any] = json.loads((data / "state.json").read_text())
        with (data / "lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return told
    except (OSError, ValueError, KeyError):
        return None
    return None


def begin(phase: Callable[[str], None], *, port: int, demo: bool) -> Group:
    """Start the group step by step, telling each."""
    group = Group(places.data_dir(), port)
    os.environ["TONGBAN_DEMO"] = "1" if demo else "0"
    if (group.data / "standby.json").exists():
        raise Trouble("该目录是备机：要让它接替主系统，请运行 ./tongban failover。/ This folder is a standby: run ./tongban failover to let it take over.")
    if not group.take_lock():
        raise Trouble("same")
    fence.check(group.data)
    try:
        phase("数据库 / database")
        group.start_database()
        phase("数据表 / tables")
        _manage("load", "--migrate")
        phase("网页 / web")
        group.start_web()
        phase("后台 / worker")
        group.start_worker()
        group.start_exchange()
        group.start_answering()
        group.start_shipper()
        group.note(demo=demo, started=time.time())
    except BaseException:
        group.stop()
        raise
    return group


def _manage(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "tongban", "manage", *arguments], check=False)
    if done.returncode:
        raise Trouble(f"{arguments[0]} 没有完成，见上面的说明。/ {arguments[0]} did not finish, see above.")
