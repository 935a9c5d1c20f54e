"""What strangers send, mutated by coverage for a few seconds each: nothing crashes, nothing is taken for good that nobody made.

Longer: `python -m tests.fuzz TARGET 600`.
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


@pytest.mark.parametrize("name", NAMES)
def test_nothing_breaks(name, tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{HOME / 'src'}{os.pathsep}{HOME}", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, SECONDS], cwd=HOME, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-3000:]
    runs = re.search(r"number_of_executed_units: (\d+)", told)
    assert runs, told[-1000:]
    assert int(runs[1]) > 50, told[-1000:]
