"""From clone to first page: fresh, and the second time."""

import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.cases import free_port
from bench.harness import main

HOME = Path(__file__).parents[1]


def up(folder, port):
    began = time.monotonic()
    done = subprocess.run(["./tongban", "up", "--detach", "--port", str(port)], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/", timeout=20) as page:
        if page.status != 200:
            raise RuntimeError(str(page.status))
    return time.monotonic() - began, done.stdout


def measure(say):
    folder = Path(tempfile.mkdtemp(prefix="tongban-start-"))
    folder.chmod(0o755)
    try:
        subprocess.run(["git", "clone", "-q", str(HOME), str(folder / "clone")], check=True)
        clone, port = folder / "clone", free_port()
        fresh, told = up(clone, port)
        say(told)
        subprocess.run(["./tongban", "down"], cwd=clone, check=True, capture_output=True)
        again, _told = up(clone, port)
        subprocess.run(["./tongban", "down"], cwd=clone, check=True, capture_output=True)
        loaded = re.findall(r"\d+\.\d+ s\] (.*)", told)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "value": round(fresh, 1), "unit": "s", "limit": 120, "ratio": round(fresh / 120, 2),
        "detail": {"fresh_s": round(fresh, 1), "again_s": round(again, 1), "phases": loaded},
    }  # fmt: skip


if __name__ == "__main__":
    main("start", measure)
