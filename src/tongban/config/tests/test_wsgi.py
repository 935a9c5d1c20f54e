"""A worker that accepts a reader has loaded what it answers with."""

import os
import subprocess
import sys


def test_a_worker_has_its_pages_before_it_accepts_the_first_reader():
    told = "import sys, tongban.config.wsgi; print('tongban.config.urls' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "TONGBAN_ADDRESS"}
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout == "True\n", done.stderr
