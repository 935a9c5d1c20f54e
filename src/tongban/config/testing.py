"""`tongban test` and `tongban check`: a database of their own, a browser where there is one, and every linter."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import django

from tongban.config import places
from tongban.config import embedded
from tongban.config.embedded import EmbeddedPostgres

# Programs that tests play against, and Debian's packages that bring them; where a system has no first one, the second will do.
FONTS = "fonts-noto-cjk"
PEERS = (
    {"chromium-headless-shell": ("chromium-headless-shell", FONTS), "chromium": ("chromium", FONTS), "chromium-browser": ("chromium-browser", FONTS)},
    {"softhsm2-util": ("softhsm2",)},
    {"clamd": ("clamav-daemon",)},
)

_MOST = 4  # workers; each has a database server and a loaded province


def ensure_peers() -> None:
    """A browser, a hardware module in software, a scanner: installed when we are root, asked for otherwise. What lacks one skips, and says so."""
    may = os.geteuid() == 0 and bool(shutil.which("apt-get"))
    if may and not all(_found(next(iter(choices))) for choices in PEERS):
        _apt("update")
    for choices in PEERS:
        best = next(iter(choices))
        if may and not _found(best):
            any(_apt("install", "-y", "--no-install-recommends", *packages) and _found(program) for program, packages in choices.items())
        if not any(map(_found, choices)):
            told = " ".join(choices[best])
            print(f"没有{best}，有关测试将跳过。请运行 / no {best}, its tests skip; run: apt-get install {told}", file=sys.stderr)


def _apt(*arguments: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", *arguments], check=False, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return not done.returncode


def _found(program: str) -> bool:
    return bool(shutil.which(program) or shutil.which(program, path="/usr/sbin"))


def run(arguments: list[str]) -> int:
    """pytest over src and tests, a worker for each core, each with a PostgreSQL that is thrown away; arguments go to pytest."""
    ensure_peers()
    with tempfile.TemporaryDirectory(prefix="tongban-test-") as folder, contextlib.ExitStack() as started:
        home = Path(folder)
        home.chmod(0o755)
        os.environ |= {
            "TONGBAN_DATA": str(home / "data"), "DJANGO_SETTINGS_MODULE": "tongban.config.settings", "TONGBAN_DEMO": "1",
            "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost",
        }  # fmt: skip
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # tests start some hundred processes; each would compile every module anew
        servers = [_server(home / f"server{number}", started) for number in range(min(os.cpu_count() or 1, _MOST))]
        os.environ |= {"DATABASE_URL": servers[0], "TONGBAN_TEST_SERVERS": " ".join(servers)}
        command = [sys.executable, "-m", "pytest", "-n", str(len(servers)), "--dist", "loadfile", "--no-loadscope-reorder", *arguments]
        return subprocess.run(command, cwd=places.HOME, check=False).returncode


def _server(home: Path, started: contextlib.ExitStack) -> str:
    """As a department's: its log may be followed."""
    home.mkdir(mode=0o755)
    embedded.SETTINGS["wal_level"] = "logical"
    postgres = EmbeddedPostgres(home, durable=False)
    started.callback(postgres.stop)
    return postgres.start()


def openapi_document() -> str:
    """The API's description as committed in openapi/."""
    django.setup()
    api = import_module("tongban.config.api").api  # views can be imported only once the apps are ready
    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def check() -> int:
    """Every static check; the first line of each says which."""
    os.environ.setdefault("DATABASE_URL", "postgresql:///none")
    os.environ.setdefault("TONGBAN_DATA", tempfile.mkdtemp(prefix="tongban-check-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tongban.config.settings"
    binaries = Path(sys.executable).parent
    steps: list[tuple[str, list[str]]] = [
        ("ruff", [str(binaries / "ruff"), "check", "src", "tests", "bench"]),
        ("format", [str(binaries / "ruff"), "format", "--check", "src", "tests", "bench"]),
        ("mypy", [str(binaries / "mypy")]),
        ("import contracts", [str(binaries / "lint-imports"), "--no-cache"]),
        ("migrations", [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run", "-v", "1"]),
    ]
    failed = []
    for name, command in steps:
        print(f"== {name}", flush=True)
        if subprocess.run(command, cwd=places.HOME, check=False).returncode:
            failed.append(name)
    print("== OpenAPI", flush=True)
    committed = places.HOME / "openapi" / "tongban.json"
    document = openapi_document()
    if not committed.exists() or committed.read_text() != document:
        if os.environ.get("TONGBAN_WRITE_OPENAPI"):
            committed.write_text(document)
        else:
            print("openapi/tongban.json differs from the code; run: TONGBAN_WRITE_OPENAPI=1 ./tongban check")
            failed.append("OpenAPI")
    print("failed: " + ", ".join(failed) if failed else "all checks passed", flush=True)
    return 1 if failed else 0
