"""Off-site backup for real: shipped while it runs, restored after every process was killed, to now and to a moment; a drill is recorded."""

import json
import os
import signal
import time
from datetime import UTC, datetime

import psycopg
import pytest

from tests.test_group import Installation

WORD = "a passphrase of the custodians"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    home = tmp_path_factory.mktemp("recovery")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    offsite = home / "offsite"
    primary = Installation(home / "primary", TONGBAN_BACKUP=str(offsite), TONGBAN_KEY_PASSPHRASE=WORD)
    up = primary.run("up", "--detach", "--no-demo")
    assert up.returncode == 0, up.stdout + up.stderr
    wait_for(lambda: any(offsite.glob("base/*/complete")))
    yield primary, offsite, home
    for installation in (primary, Installation(home / "second")):
        installation.run("down")


def wait_for(true, seconds=240):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.2)


def write(installation, words):
    """A row that is durable when this returns."""
    state = json.loads((installation.data / "state.json").read_text())
    with psycopg.connect(state["database"]) as connection:
        connection.execute("INSERT INTO hall_synonym (word, means) VALUES (%s, %s)", [words, words])


def words_of(installation):
    state = json.loads((installation.data / "state.json").read_text())
    with psycopg.connect(state["database"]) as connection:
        return {w for (w,) in connection.execute("SELECT word FROM hall_synonym WHERE word LIKE 'row-%'")}


def test_a_drill_beside_the_running_installation_is_recorded(shipped):
    primary, _offsite, _home = shipped
    write(primary, "row-before")
    time.sleep(2.5)
    done = primary.run("drill", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["rpo_s"] <= 5
    assert told["rto_s"] <= 60
    assert "账本完好" in told["ledger"]
    assert told["rows"]["ledger_entry"] > 0
    state = json.loads((primary.data / "state.json").read_text())
    with psycopg.connect(state["database"]) as connection:
        assert connection.execute("SELECT passed, rpo_s FROM continuity_drill").fetchone() == (True, told["rpo_s"])


def test_killed_and_restored_to_a_moment_and_to_the_end(shipped):
    primary, offsite, home = shipped
    write(primary, "row-1")
    time.sleep(1.2)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.2)
    write(primary, "row-2")
    time.sleep(2.5)
    for process in primary.processes():
        os.kill(process, signal.SIGKILL)
    early = Installation(home / "early", TONGBAN_KEY_PASSPHRASE=WORD)
    assert early.run("restore", "--from", str(offsite), "--at", moment).returncode == 0
    second = Installation(home / "second", TONGBAN_KEY_PASSPHRASE=WORD)
    done = second.run("restore", "--from", str(offsite))
    assert done.returncode == 0, done.stdout + done.stderr
    for installation, expected in ((early, {"row-before", "row-1"}), (second, {"row-before", "row-1", "row-2"})):
        assert installation.run("up", "--detach", "--no-demo").returncode == 0
        assert words_of(installation) == expected
        verdict = installation.run("verify")
        assert verdict.returncode == 0, verdict.stdout
        assert installation.run("down").returncode == 0
    refused = second.run("restore", "--from", str(offsite))
    assert refused.returncode == 1
    assert "没有做任何改动" in refused.stdout


@pytest.mark.parametrize(("word", "address", "told"), [("wrong passphrase", "offsite", "口令不对"), (WORD, "nowhere", "没有备份"), (WORD, "ftp://x", "needed")])
def test_what_cannot_be_restored_is_told(shipped, tmp_path, word, address, told):
    _primary, offsite, home = shipped
    place = str(offsite) if address == "offsite" else address if "://" in address else str(home / address)
    done = Installation(tmp_path / "x", TONGBAN_KEY_PASSPHRASE=word).run("restore", "--from", place)
    assert done.returncode == 1
    assert told in done.stdout


def test_a_changed_piece_stops_the_restore(shipped, tmp_path):
    _primary, offsite, _home = shipped
    piece = min(offsite.glob("base/*/data/*"))
    whole = piece.read_bytes()
    piece.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        done = Installation(tmp_path / "y", TONGBAN_KEY_PASSPHRASE=WORD).run("restore", "--from", str(offsite))
    finally:
        piece.write_bytes(whole)
    assert done.returncode == 1
    assert "被改动" in done.stdout
