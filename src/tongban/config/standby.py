"""The commands standby and failover: a second installation that follows the first, and takes its place."""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from tongban.config import fence, group, places
from tongban.config.embedded import EmbeddedPostgres

Say = Callable[[str], None]
FOLLOWS = "standby.json"
EVERY = 1.0  # seconds between looks at new documents
PROMOTED_WITHIN, ENDED_WITHIN = 60, 20
APART = {"postgres", "logs", "lock", "state.json", "state.new", "shipped.json", "backup", fence.NAME, fence.FENCED, FOLLOWS}


class CannotFollow(Exception):
    """Why not, for the operator."""


def add(add_command: Callable[[str, str], argparse.ArgumentParser], placed: Callable[[argparse.ArgumentParser], None]) -> None:
    """The two commands' options."""
    one = add_command("standby", "备机：跟随另一套系统 / follow another installation as a warm standby")
    placed(one)
    one.add_argument("--of", type=Path, required=True, help="主系统的数据目录 / the primary's data folder, as seen from here")
    one.add_argument("--replace", action="store_true", help="先清除本目录中旧的数据库 / begin anew: the old database here is moved aside")
    one.add_argument("--detach", action="store_true", help="在后台运行 / run in the background")
    two = add_command("failover", "切换：备机接替主系统 / let a standby take the primary's place")
    placed(two)
    two.add_argument("--up", action="store_true", dest="serve", help="切换后随即启动全部服务 / start all services at once")
    two.add_argument("--no-demo", action="store_true", help="与 --up 同用：不装入演示数据 / with --up: without demo data")
    two.add_argument("--force", action="store_true", help="主系统的目录不可达时仍然切换 / even where the primary's folder cannot be reached")


def _told(work: Callable[[], int], say: Say) -> int:
    try:
        return work()
    except (CannotFollow, group.Trouble, fence.Fenced) as fault:
        say(str(fault))
        return 1


def standby(options: argparse.Namespace, say: Say) -> int:
    """Copy the primary once, then follow it until failover or a signal."""
    return _told(lambda: _standby(options, say), say)


def _standby(options: argparse.Namespace, say: Say) -> int:
    data, of = places.data_dir(), options.of.resolve()
    running = group.Group(data, options.port)
    if data == of:
        raise CannotFollow("备机不能跟随自己。/ An installation cannot follow itself.")
    if options.detach:
        return _detach(data, options, say)
    if not running.take_lock():
        raise CannotFollow("该目录正在使用。/ This folder is in use.")
    follower = Follower(data, of)
    if options.replace:
        follower.move_aside()
    follower.copy(say)
    follower.start()
    say(f"备机就绪，正在跟随 {of} / following")
    return follower.follow()


def _detach(data: Path, options: argparse.Namespace, say: Say) -> int:
    """The same in the background; returns once it follows."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "logs").mkdir(exist_ok=True)
    log = data / "logs" / "standby.log"
    command = [sys.executable, "-m", "tongban", "standby", "--of", str(options.of), *(["--replace"] if options.replace else [])]
    with log.open("wb") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=os.environ.copy())
    while child.poll() is None:
        if "备机就绪" in log.read_text(errors="replace"):
            say(log.read_text(errors="replace").strip())
            return 0
        time.sleep(0.1)
    say(log.read_text(errors="replace").strip())
    return child.returncode or 1


class Follower:
    """A standby: its own cluster fed by the primary's log, its own copy of documents and keys."""

    def __init__(self, data: Path, of: Path) -> None:
        self.data, self.of = data, of
        self.postgres, self.primary = EmbeddedPostgres(data), EmbeddedPostgres(of)
        self.stopping = False
        self._seen: dict[Path, tuple[int, int]] = {}

    def move_aside(self) -> None:
        """Keep the old database under another name; what it alone holds may still be wanted."""
        if self.postgres.cluster.exists():
            self.postgres.cluster.rename(self.postgres.base / f"cluster.{int(time.time())}")
        for name in (fence.FENCED, "shipped.json"):
            (self.data / name).unlink(missing_ok=True)

    def copy(self, say: Say) -> None:
        """A base copy of the primary's cluster, unless there is one that follows already. Raises CannotFollow."""
        (self.data / "logs").mkdir(parents=True, exist_ok=True)
        if (self.postgres.cluster / "standby.signal").exists():
            return
        if self.postgres.cluster.exists():
            raise CannotFollow("该目录已有数据库。要让它成为备机，请加 --replace。/ There is a database here; add --replace to make this a standby.")
        if not group.state(self.of):
            raise CannotFollow(f"{self.of} 没有在运行。/ The primary is not running.")
        self.postgres.base.mkdir(parents=True, exist_ok=True)
        self.postgres.own(self.postgres.base)
        shutil.copy2(self.primary.base / "password", self.postgres.base / "password")
        self.postgres.own(self.postgres.base / "password")
        say("正在复制主系统的数据库 / copying the primary's database")
        command = [
            str(self.postgres.tree / "bin" / "pg_basebackup"), "-D", str(self.postgres.cluster), "-R", "-X", "stream", "--checkpoint=fast", "-C", "-S", self.slot,
            "-d", self.primary.url("postgres", "owner"),
        ]  # fmt: skip
        self._drop_slot()
        done = subprocess.run(command, capture_output=True, check=False, cwd=self.postgres.base, **self.postgres.identity())
        if done.returncode:
            shutil.rmtree(self.postgres.cluster, ignore_errors=True)
            raise CannotFollow(f"pg_basebackup: {done.stderr.decode(errors='replace').strip()}")
        self.sync()
        fence.raise_generation(self.data, fence.generation(self.of))

    @property
    def slot(self) -> str:
        """The primary keeps its log for this standby under this name."""
        return "standby_" + hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]

    def _drop_slot(self) -> None:
        with psycopg.connect(self.primary.url("postgres", "owner"), autocommit=True) as connection:
            connection.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active", [self.slot])

    def start(self) -> None:
        self.postgres.start(follows=True)
        told = {"of": str(self.of), "since": time.time(), "pid": os.getpid(), "database": self.postgres.url()}
        (self.data / FOLLOWS).write_text(json.dumps(told))

    def follow(self) -> int:
        """Copy new documents each second until a signal; the log comes by itself."""
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, self._stop)
        try:
            while not self.stopping:
                self.sync()
                if self.postgres.process and self.postgres.process.poll() is not None:
                    raise CannotFollow("备机的数据库意外结束，请看 logs/postgres.log。/ The standby's database ended; see its log.")
                time.sleep(EVERY)
        finally:
            self.postgres.stop()
        return 0

    def _stop(self, *_signal: object) -> None:
        self.stopping = True

    def sync(self) -> int:
        """Bring over documents, keys and heads that are new or have grown; returns how many. A primary that is away is waited for."""
        copied = 0
        try:
            found = [p for p in self.of.rglob("*") if p.is_file() and p.relative_to(self.of).parts[0] not in APART]
        except OSError:
            return 0
        for path in found:
            try:
                told = path.stat()
                mark = (told.st_mtime_ns, told.st_size)
                if self._seen.get(path) == mark:
                    continue
                aim = self.data / path.relative_to(self.of)
                aim.parent.mkdir(parents=True, exist_ok=True)
                fresh = aim.with_name(f"{aim.name}.arriving")
                shutil.copy2(path, fresh)
                fresh.replace(aim)
            except OSError:
                continue  # gone meanwhile, or not whole yet: the next round
            self._seen[path] = mark
            copied += 1
        return copied


def failover(options: argparse.Namespace, say: Say) -> int:
    """Fence the old primary, promote the standby, start it as the primary."""
    return _told(lambda: _failover(options, say), say)


def _failover(options: argparse.Namespace, say: Say) -> int:
    data = places.data_dir()
    began = time.monotonic()
    try:
        told: dict[str, Any] = json.loads((data / FOLLOWS).read_text())
    except (OSError, ValueError) as fault:
        raise CannotFollow("该目录不是备机。/ This folder is no standby.") from fault
    of, successor = Path(told["of"]), os.environ.get("TONGBAN_ADDRESS") or str(data)
    higher = max(fence.generation(data), fence.generation(of)) + 1
    announced = fence.announce(data, generation=higher, successor=successor)
    reached = _fence(of, higher, successor, say)
    if not reached and not announced and not options.force:
        raise CannotFollow(
            "主系统的目录和异地备份都不可达，无法保证旧主系统不再启动。确认它已断电后请加 --force。/ Neither the primary's folder nor the off-site copy can be "
            "reached, so the old primary cannot be kept from coming back. Make sure that it is off, then add --force."
        )
    follower = Follower(data, of)
    follower.sync()
    _end(int(told["pid"]), data)
    fence.raise_generation(data, higher)
    _promote(follower.postgres)
    (data / FOLLOWS).unlink(missing_ok=True)
    say(f"已切换：第{higher}代，用时{time.monotonic() - began:.1f}秒。/ promoted")
    if not options.serve:
        say(f"请运行 ./tongban up --data {data} / run up now")
    return 0


def _fence(of: Path, higher: int, successor: str, say: Say) -> bool:
    """Mark the old primary and end it where it runs on this machine; whether its folder could be reached."""
    if not of.is_dir():
        return False
    try:
        fence.fence(of, by=higher, successor=successor)
    except OSError:
        return False
    running = group.state(of)
    if running:
        say(f"正在停止旧主系统（进程 {running['pid']}）/ ending the old primary")
        _end(int(running["pid"]), of)
    return True


def _end(pid: int, folder: Path) -> None:
    """End the supervisor of a folder, gently, then for good: its children die with it."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            return
        until = time.monotonic() + ENDED_WITHIN
        while time.monotonic() < until:
            probe = group.Group(folder, 0)
            if probe.take_lock():
                if probe.lock:
                    probe.lock.close()
                return
            time.sleep(0.1)


def _promote(postgres: EmbeddedPostgres) -> None:
    """Out of recovery, on a timeline of its own; stopped again for `up`."""
    postgres.start(follows=True)
    try:
        with psycopg.connect(postgres.url("postgres", "owner"), autocommit=True) as connection:
            connection.execute("SELECT pg_promote(true, %s)", [PROMOTED_WITHIN])
            connection.execute("ALTER SYSTEM RESET primary_conninfo")
            connection.execute("ALTER SYSTEM RESET primary_slot_name")
            [still] = connection.execute("SELECT pg_is_in_recovery()").fetchone() or (True,)
            if still:
                raise CannotFollow("备机没有在限时内完成切换。/ The standby was not promoted in time.")
    finally:
        postgres.stop()
