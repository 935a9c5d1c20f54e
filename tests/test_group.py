"""The process group, for real: started, started twice, killed, started again, stopped; nothing is left behind."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

HOME = Path(__file__).parents[1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation:
    def __init__(self, data, **settings):
        self.data, self.port, self.settings = data, free_port(), settings

    def run(self, *arguments, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TONGBAN_", "DATABASE_URL", "DJANGO_"))}
        command = ["./tongban", *arguments, "--data", str(self.data), "--port", str(self.port)]
        return subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False, timeout=600, env=kept | self.settings, **more)

    def supervisor(self):
        import json

        return json.loads((self.data / "state.json").read_text())["pid"]

    def processes(self):
        """Processes that belong to this data folder."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                except OSError:
                    continue
                if os.fsencode(self.data) in told and int(entry.name) != os.getpid():
                    found.append(int(entry.name))
        return found

    def answers(self):
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/", timeout=20) as page:
            return page.status == 200


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    data = tmp_path_factory.mktemp("group") / "data"
    for folder in (data.parent, *data.parent.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    made = Installation(data)
    yield made
    made.run("down")
    shutil.rmtree(data, ignore_errors=True)


def gone(installation):
    until = time.monotonic() + 20
    while installation.processes() and time.monotonic() < until:
        time.sleep(0.2)
    return installation.processes() == []


def test_the_life_of_an_installation(installation):
    first = installation.run("up", "--detach", "--no-demo")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "通办已就绪" in first.stdout
    assert "行政区划" in first.stdout
    assert installation.answers()
    assert installation.run("status").returncode == 0

    again = installation.run("up")
    assert again.returncode == 0
    assert "没有做任何改动" in again.stdout

    os.kill(installation.supervisor(), signal.SIGKILL)
    assert gone(installation), "kill -9 of the supervisor left processes"

    began = time.monotonic()
    third = installation.run("up", "--detach", "--no-demo")
    assert third.returncode == 0, third.stdout + third.stderr
    assert time.monotonic() - began < 60
    assert installation.answers()
    assert "账本完好" in installation.run("verify").stdout

    os.kill(installation.supervisor(), signal.SIGINT)
    assert gone(installation), "Ctrl-C left processes"
    assert installation.run("status").returncode == 1
    assert "没有在运行" in installation.run("down").stdout


def test_a_port_in_use_gets_one_sentence(tmp_path):
    made = Installation(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", made.port))
        taken.listen()
        done = made.run("up")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert str(made.port) in done.stderr


def test_a_folder_that_cannot_be_written_gets_one_sentence():
    made = Installation(Path("/proc/tongban"))
    done = made.run("up")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1


def test_a_wrong_python_gets_one_sentence(tmp_path):
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    for name in ("dirname", "cksum", "tr", "cat"):
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run(["/bin/sh", "./tongban", "status"], cwd=HOME, capture_output=True, text=True, check=False, env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "Python 3.11" in done.stderr


def test_any_other_postgresql_takes_the_place_of_the_embedded_one(tmp_path, django_db_setup):
    """The server that the tests run on stands for a department's own: reached by address alone."""
    address = os.environ["DATABASE_URL"]
    outside = urlsplit(address)._replace(path="/outside").geturl()
    with psycopg.connect(address, autocommit=True) as link:
        link.execute("DROP DATABASE IF EXISTS outside")
        link.execute("CREATE DATABASE outside")
    made = Installation(tmp_path / "data", DATABASE_URL=outside)
    try:
        first = made.run("up", "--detach", "--no-demo")
        assert first.returncode == 0, first.stdout + first.stderr
        assert made.answers()
        assert not (made.data / "postgres").exists()
        with psycopg.connect(outside) as link:
            assert link.execute("SELECT count(*) FROM hall_matter").fetchone()[0] > 1000
        assert made.run("verify").returncode == 0
    finally:
        made.run("down")
    assert gone(made)
    with psycopg.connect(address, autocommit=True) as link:
        link.execute("DROP DATABASE outside WITH (FORCE)")
