"""The launcher's lists: one environment serves `up`, `test` and `check`, so nothing may pull it to and fro."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tongban.config import places

LISTS = places.HOME / "requirements"
FAKE_PIP = """
import pathlib, sys, time
log = pathlib.Path(__file__).with_name("log")
with log.open("a") as out:
    out.write("begin ")
time.sleep(1)
with log.open("a") as out:
    out.write("end ")
"""


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[a-z0-9,]+\])?==([^ ]+)", (LISTS / f"{name}.txt").read_text(), re.MULTILINE))


@pytest.mark.parametrize(("shorter", "longer"), [("runtime", "options"), ("options", "develop")])
def test_a_longer_list_holds_the_shorter_one_at_the_same_versions(shorter, longer):
    less, more = pins(shorter), pins(longer)
    assert less
    assert {name: version for name, version in less.items() if more.get(name) != version} == {}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The launcher beside lists, with an environment whose pip only writes down when it began and ended."""
    shutil.copy(places.HOME / "tongban", tmp_path / "tongban")
    (tmp_path / "requirements").mkdir()
    for name in ("runtime", "options", "develop"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(name)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "pip.py").write_text(FAKE_PIP)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\ncase "$2" in pip) exec {sys.executable} "{programs}/pip.py";; esac\necho ran "$3"\n')
    python.chmod(0o755)
    return tmp_path


def start(home: Path, command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([str(home / "tongban"), command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_commands_started_at_once_install_once(copy):
    both = [start(copy, "up"), start(copy, "up")]
    assert [one.communicate(timeout=60)[0] for one in both] == ["ran up\n", "ran up\n"]
    assert (copy / ".venv" / "bin" / "log").read_text() == "begin end "


def test_what_the_tests_installed_serves_up_too_and_a_changed_list_is_installed_again(copy):
    log = copy / ".venv" / "bin" / "log"
    start(copy, "check").communicate(timeout=60)
    start(copy, "up").communicate(timeout=60)
    assert log.read_text() == "begin end "
    (copy / "requirements" / "runtime.txt").write_text("newer")
    start(copy, "up").communicate(timeout=60)
    start(copy, "check").communicate(timeout=60)
    assert log.read_text() == "begin end " * 3, "the longer list may no longer hold"
