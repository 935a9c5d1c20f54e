"""The primary is killed with SIGKILL under load; the warm standby takes over in one command and serves.

value: from the kill until the standby answers and shows a case that was submitted just before. detail.lost: answered applications that it lacks.
"""

import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

from bench.cases import free_port
from bench.drill import CLIENTS, PASSPHRASE, _lost, ask, kill_all, prepare, submit, tongban
from bench.harness import main

SECONDS = 15


def measure(say):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TONGBAN_", "DATABASE_URL", "DJANGO_"))}
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        first, second = home / "first", home / "second"
        base = {**kept, "TONGBAN_HOME": os.environ.get("TONGBAN_HOME", str(Path(__file__).parents[1])), "TONGBAN_KEY_PASSPHRASE": PASSPHRASE}
        one, two = {**base, "TONGBAN_DATA": str(first)}, {**base, "TONGBAN_DATA": str(second)}
        port, other = free_port(), free_port()
        try:
            for done in (tongban(one, "up", "--detach", "--port", str(port)), tongban(two, "standby", "--of", str(first), "--detach", "--port", str(other))):
                if done.returncode:
                    raise RuntimeError(done.stdout + done.stderr)
            token, body = prepare(one)
            answered, until = [], [time.monotonic() + 3600]
            threads = [threading.Thread(target=submit, args=(port, token, json.loads(body), until, answered)) for _n in range(CLIENTS)]
            for thread in threads:
                thread.start()
            time.sleep(SECONDS)
            killed = time.monotonic()
            kill_all(first, but=second)  # the standby names the primary's folder too
            until[0] = 0
            for thread in threads:
                thread.join()
            say(f"killed after {len(answered)} applications")
            done = tongban(two, "failover", "--up", "--port", str(other))
            if done.returncode:
                raise RuntimeError(done.stdout + done.stderr)
            before = [n for at, n in answered if at <= killed - 1]
            seen = ask(other, "GET", f"/api/hall/cases/{before[len(before) // 2]}", token)
            took = time.monotonic() - killed
            verdict = tongban(two, "verify")
            lost, _first = _lost(two, sorted(answered), {n for _at, n in answered})
            tongban(two, "down")
        finally:
            kill_all(first)
            kill_all(second)
            shutil.rmtree(first, ignore_errors=True)
    if verdict.returncode:
        raise RuntimeError(verdict.stdout)
    return {
        "value": round(took, 1), "unit": "s from the kill to the standby serving", "limit": 60, "ratio": round(60 / took, 2),
        "detail": {"answered": len(answered), "lost": lost, "case": seen["number"], "ledger": verdict.stdout.strip().splitlines()[0]},
    }  # fmt: skip


if __name__ == "__main__":
    main("failover", measure)
