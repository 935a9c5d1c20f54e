"""Any process of an installation is killed with SIGKILL at random, 200 times, under a mixed load: is an accepted application lost, is the ledger whole?

Writers submit applications, readers look them up; the supervisor starts again what ended, and the bench runs `up` again when all ended.
"""

import http.client
import json
import os
import random
import signal
import tempfile
import threading
import time
from pathlib import Path

import psycopg

from bench.cases import free_port
from bench.drill import ask, kill_all, prepare, tongban
from bench.harness import main

KILLS = int(os.environ.get("KILLS", "200"))
WRITERS, READERS = 3, 1
SETTLE = (0.3, 2.0)  # seconds between kills


class Load:
    """Clients that go on whatever happens, and remember what was answered."""

    def __init__(self, port, token, body):
        self.port, self.token, self.body = port, token, body
        self.accepted, self.reads, self.refused, self.stop = [], 0, 0, threading.Event()
        work = [self.write] * WRITERS + [self.read] * READERS
        self.threads = [threading.Thread(target=one, daemon=True) for one in work]
        for thread in self.threads:
            thread.start()

    def write(self):
        while not self.stop.is_set():
            try:
                self.accepted.append(ask(self.port, "POST", "/api/hall/applications", self.token, self.body)["number"])
            except (OSError, http.client.HTTPException, RuntimeError, ValueError):
                self.refused += 1
                time.sleep(0.05)

    def read(self):
        while not self.stop.is_set():
            try:
                if self.accepted:
                    ask(self.port, "GET", f"/api/hall/cases/{random.choice(self.accepted)}", self.token)
                    self.reads += 1
            except (OSError, http.client.HTTPException, RuntimeError, ValueError):
                time.sleep(0.05)
            time.sleep(0.02)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)


def processes(data):
    """Process numbers and short names of everything that belongs to the data folder, the database's children too."""
    known, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:60]
            parents[int(entry.name)] = (int((entry / "status").read_text().split("PPid:")[1].split()[0]), command)
            if command and os.fsencode(str(data)) in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes():
                known[int(entry.name)] = command
        except OSError:
            continue
    children = {pid: command for pid, (parent, command) in parents.items() if command and parent in known}
    return [(pid, f"{command} of {parents[pid][0]}") for pid, command in (known | children).items()]


def alive(environment, port):
    """Bring everything back if the supervisor is gone; wait until the site answers."""
    until, told = time.monotonic() + 90, ""
    while time.monotonic() < until:
        if tongban(environment, "status").returncode == 0:
            return
        if not (Path(environment["TONGBAN_DATA"]) / "state.json").exists() or not _supervised(environment):
            up = tongban(environment, "up", "--detach", "--port", str(port))
            told = (up.stdout + up.stderr)[-600:]
        time.sleep(0.3)
    left = processes(Path(environment["TONGBAN_DATA"]))
    raise RuntimeError(f"the installation did not come back within 90 s: {told} {left}")


def _supervised(environment):
    return "没有在运行" not in tongban(environment, "status").stdout


def measure(say):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TONGBAN_", "DATABASE_URL", "DJANGO_"))}
    chance, kinds = random.Random(11), {}
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as folder:
        Path(folder).chmod(0o755)
        data, port = Path(folder) / "data", free_port()
        environment = {**kept, "TONGBAN_HOME": str(Path(__file__).parents[1]), "TONGBAN_DATA": str(data), "TONGBAN_PORT": str(port), "TONGBAN_RATE_LIMITS": "0"}
        up = tongban(environment, "up", "--detach", "--port", str(port))
        if up.returncode:
            raise RuntimeError(up.stdout + up.stderr)
        try:
            token, body = prepare(environment)
            load, began = Load(port, token, json.loads(body)), time.monotonic()
            for n in range(KILLS):
                time.sleep(chance.uniform(*SETTLE))
                alive(environment, port)
                pid, name = chance.choice(sorted(processes(data)))
                kind = next((k for k in ("granian", "worker", "postgres", "up") if k in name), "other")
                kinds[kind] = kinds.get(kind, 0) + 1
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                if (n + 1) % 20 == 0:
                    say(f"{n + 1} killed, {len(load.accepted)} accepted, {load.reads} read, {time.monotonic() - began:.0f} s")
            alive(environment, port)
            load.end()
            alive(environment, port)
            time.sleep(3)
            state = json.loads((data / "state.json").read_text())
            with psycopg.connect(state["database"]) as connection:
                asked = connection.execute("SELECT number FROM cases_case WHERE number = ANY(%s)", [load.accepted]).fetchall()
                twice = connection.execute("SELECT count(*) - count(DISTINCT number) FROM cases_case").fetchone()[0]
                silent = connection.execute(
                    "SELECT count(*) FROM cases_case c WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.subject = 'case:' || c.number AND e.tag = 'cases.case.submitted')"
                ).fetchone()[0]
            verdict = tongban(environment, "verify")
            tongban(environment, "down")
        finally:
            kill_all(data)
    lost = len(set(load.accepted)) - len(asked)
    if verdict.returncode or twice or silent:
        raise RuntimeError(f"{verdict.stdout} twice {twice} silent {silent}")
    return {
        "value": lost, "unit": "accepted applications lost", "limit": 0, "ratio": 1.0 if not lost else 0.0,
        "detail": {"kills": KILLS, "by_process": kinds, "accepted": len(load.accepted), "reads": load.reads, "lost": lost, "without_entry": silent,
                   "ledger": verdict.stdout.strip().splitlines()[-1]},
    }  # fmt: skip


if __name__ == "__main__":
    main("kill", measure)
