"""What strangers send, mutated by coverage for a few seconds each: nothing crashes, nothing is taken for good that nobody made.

Longer: `python -m tests.fuzz TARGET 600 FOLDER`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris")

HOME = Path(__file__).parents[1]
SECONDS = os.environ.get("TONGBAN_FUZZ_SECONDS", "2")
NAMES = re.findall(r'^    "(\w+)": Target\(', (HOME / "tests" / "fuzz" / "targets.py").read_text(), re.MULTILINE)


def test_the_targets_are_all_here():
    assert len(NAMES) == 14


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each target told, by its name."""
    folder = tmp_path_factory.mktemp("fuzz")
    environment = {**os.environ, "PYTHONPATH": f"{HOME / 'src'}{os.pathsep}{HOME}", "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "tests.fuzz", ",".join(NAMES), SECONDS, str(folder)]
    done = subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True, check=False, timeout=60 + len(NAMES) * (60 + float(SECONDS)))
    written = {path.stem: path.read_text(errors="replace") for path in folder.glob("*.txt")}
    return {name: written.get(name, done.stdout + done.stderr) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_breaks(name, told):
    assert told[name].endswith("ended with 0\n"), told[name][-3000:]
    runs = re.search(r"number_of_executed_units: (\d+)", told[name])
    assert runs, told[name][-3000:]
    assert int(runs[1]) > 50, told[name][-1000:]
