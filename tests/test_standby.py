"""A warm standby for real: it follows, it takes over after kill -9, and the old primary cannot come back but as a standby."""

import json
import os
import signal
import time

import psycopg
import pytest

from tongban.config.embedded import EmbeddedPostgres

from tests.test_group import Installation
from tests.test_recovery import wait_for, words_of, write


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    home = tmp_path_factory.mktemp("standby")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    first, second = Installation(home / "first"), Installation(home / "second")
    up = first.run("up", "--detach", "--no-demo")
    assert up.returncode == 0, up.stdout + up.stderr
    yield first, second
    for one in (first, second):
        one.run("down")
        for process in one.processes():
            os.kill(process, signal.SIGKILL)


def read(installation):
    """What a standby holds, read-only."""
    with psycopg.connect(EmbeddedPostgres(installation.data).url()) as connection:
        [recovering] = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        return recovering, {w for (w,) in connection.execute("SELECT word FROM hall_synonym WHERE word LIKE 'row-%'")}


def test_it_follows_takes_over_and_the_old_one_only_comes_back_as_a_standby(pair):
    first, second = pair
    refused = second.run("failover")
    assert refused.returncode == 1
    assert "不是备机" in refused.stdout
    following = second.run("standby", "--of", str(first.data), "--detach")
    assert following.returncode == 0, following.stdout + following.stderr
    write(first, "row-1")
    (first.data / "files" / "aa").mkdir(parents=True)
    (first.data / "files" / "aa" / "document").write_bytes(b"sealed")
    wait_for(lambda: read(second) == (True, {"row-1"}))
    wait_for((second.data / "files" / "aa" / "document").exists)
    assert (second.data / "keys" / "keystore.json").read_bytes() == (first.data / "keys" / "keystore.json").read_bytes()
    early = second.run("up", "--detach")
    assert early.returncode == 1
    assert "备机" in early.stdout + early.stderr

    for n in range(2, 30):
        write(first, f"row-{n}")
    time.sleep(1)
    for process in first.processes():
        os.kill(process, signal.SIGKILL)
    began = time.monotonic()
    done = second.run("failover", "--up", "--no-demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 120
    assert words_of(second) == {f"row-{n}" for n in range(1, 30)}
    assert "账本完好" in second.run("verify").stdout
    assert second.answers()

    back = first.run("up", "--detach", "--no-demo")
    assert back.returncode == 7
    assert "接替" in back.stdout + back.stderr
    plain = first.run("standby", "--of", str(second.data), "--detach")
    assert plain.returncode == 1
    assert "--replace" in plain.stdout
    again = first.run("standby", "--of", str(second.data), "--replace", "--detach")
    assert again.returncode == 0, again.stdout + again.stderr
    write(second, "row-after")
    wait_for(lambda: "row-after" in read(first)[1])
    assert json.loads((second.data / "generation.json").read_text())["generation"] == 2

    # And back again, with the primary running: it is ended first and everything that it accepted arrives.
    write(second, "row-last")
    swapped = first.run("failover")
    assert swapped.returncode == 0, swapped.stdout + swapped.stderr
    assert not second.processes()
    up = first.run("up", "--detach", "--no-demo")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "row-last" in words_of(first)
    assert second.run("up", "--detach").returncode == 7


def test_an_unreachable_primary_without_off_site_copy_is_not_replaced_by_mistake(pair, tmp_path):
    _first, _second = pair
    third = Installation(tmp_path / "third")
    third.data.mkdir()
    (third.data / "standby.json").write_text(json.dumps({"of": str(tmp_path / "gone"), "pid": 0, "since": 0, "database": ""}))
    refused = third.run("failover")
    assert refused.returncode == 1
    assert "--force" in refused.stdout
    assert (third.data / "standby.json").exists()
