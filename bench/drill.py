"""The primary is killed with SIGKILL under load; the off-site copy is restored, verified and serves.

rpo_s: from the first answered application that was lost to the kill (0 when none was lost).
rto_s: from the kill until the restored installation answers and shows a case that was submitted just before.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg

from bench.cases import free_port
from bench.harness import main

CLIENTS, SECONDS, PASSPHRASE = 4, 25, "bench drill passphrase"


def tongban(environment, *arguments, **more):
    command = [sys.executable, "-m", "tongban", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300, **more)


def ask(port, method, path, token="", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{path}: {answer.status} {content[:300]!r}")
    return json.loads(content)


def prepare(environment):
    """Token and body of one complete application, made inside the installation."""
    script = "import json; from bench.cases import prepare; import django; django.setup(); t, b = prepare(); print(json.dumps([t, b.decode()]))"
    state = json.loads((Path(environment["TONGBAN_DATA"]) / "state.json").read_text())
    made = {**environment, "DATABASE_URL": state["database"], "DJANGO_SETTINGS_MODULE": "tongban.config.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=made, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-800:])
    return json.loads(done.stdout.splitlines()[-1])


def submit(port, token, body, until, answered):
    """One client: what was answered, and when."""
    while time.monotonic() < until[0]:
        try:
            number = ask(port, "POST", "/api/hall/applications", token, body)["number"]
        except (OSError, http.client.HTTPException, RuntimeError):
            return
        answered.append((time.monotonic(), number))


def kill_all(data, but=None):
    """Every process of the installation, at once; those that name the folder `but` too are left."""
    mine = os.getpid()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != mine:
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if os.fsencode(str(data)) in told and not (but and os.fsencode(str(but)) in told):
                try:
                    os.kill(int(entry.name), signal.SIGKILL)
                except ProcessLookupError:
                    continue


def measure(say):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TONGBAN_", "DATABASE_URL", "DJANGO_"))}
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        primary, second, offsite = home / "primary", home / "second", home / "offsite"
        base = {**kept, "TONGBAN_HOME": os.environ.get("TONGBAN_HOME", str(Path(__file__).parents[1])), "TONGBAN_KEY_PASSPHRASE": PASSPHRASE}
        first = {**base, "TONGBAN_DATA": str(primary), "TONGBAN_BACKUP": str(offsite)}
        port, other = free_port(), free_port()
        up = tongban(first, "up", "--detach", "--port", str(port))
        if up.returncode:
            raise RuntimeError(up.stdout + up.stderr)
        try:
            token, body = prepare(first)
            while not any(offsite.glob("base/*/complete")):
                time.sleep(0.5)
            say("the primary serves, the base backup is off the site")
            answered, until = [], [time.monotonic() + 3600]
            threads = [threading.Thread(target=submit, args=(port, token, json.loads(body), until, answered)) for _n in range(CLIENTS)]
            for thread in threads:
                thread.start()
            time.sleep(SECONDS)
            killed = time.monotonic()
            kill_all(primary)
            until[0] = 0
            for thread in threads:
                thread.join()
            say(f"killed after {len(answered)} applications; restoring from {offsite.name}")
            done = tongban({**base, "TONGBAN_DATA": str(second)}, "restore", "--from", str(offsite), "--data", str(second))
            if done.returncode:
                raise RuntimeError(done.stdout + done.stderr)
            restored = time.monotonic() - killed
            run = {**base, "TONGBAN_DATA": str(second)}
            up = tongban(run, "up", "--detach", "--port", str(other))
            before = [n for at, n in answered if at <= killed]
            numbers = {n for _at, n in answered}
            seen = ask(other, "GET", f"/api/hall/cases/{before[len(before) // 2]}", token)
            rto = time.monotonic() - killed
            verdict = tongban(run, "verify")
            lost, first_lost = _lost(run, sorted(answered), numbers)
            tongban(run, "down")
        finally:
            kill_all(primary)
            kill_all(second)
            shutil.rmtree(primary, ignore_errors=True)
        if verdict.returncode:
            raise RuntimeError(verdict.stdout)
    rpo = max(0.0, killed - first_lost) if first_lost else 0.0
    say(
        f"restored after {restored:.1f} s, serving after {rto:.1f} s; {lost} of {len(answered)} answered applications lost, the first {rpo:.2f} s before the kill"
    )
    return {
        "value": round(rto, 1), "unit": "s from the kill to the restored copy serving", "limit": 60, "ratio": round(60 / rto, 2),
        "detail": {"rpo_s": round(rpo, 2), "rto_s": round(rto, 1), "restored_s": round(restored, 1), "answered": len(answered), "lost": lost,
                   "case": seen["number"], "ledger": verdict.stdout.strip().splitlines()[0]},
    }  # fmt: skip


def _lost(run, answered, numbers):
    """How many answered applications the copy lacks, and when the first of them was answered."""
    state = json.loads((Path(run["TONGBAN_DATA"]) / "state.json").read_text())
    with psycopg.connect(state["database"]) as connection:
        there = {n for (n,) in connection.execute("SELECT number FROM cases_case WHERE number = ANY(%s)", [sorted(numbers)])}
    gone = [at for at, number in answered if number not in there]
    return len(gone), (gone[0] if gone else 0.0)


if __name__ == "__main__":
    main("drill", measure)
