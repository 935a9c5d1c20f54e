"""One target for some seconds, in a process of its own, since libFuzzer ends the process."""

import sys
import tempfile
from pathlib import Path

import atheris


def main() -> None:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
    name, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
    with atheris.instrument_imports(include=["tongban"], exclude=["tongban.config.settings"]):
        import django

        django.setup()
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    for good in target.seeds:
        target.run(good)
    with tempfile.TemporaryDirectory() as corpus:
        for number, good in enumerate(target.seeds):
            (Path(corpus) / str(number)).write_bytes(good)
        told = [
            sys.argv[0],
            corpus,
            f"-max_total_time={seconds}",
            "-max_len=65536",
            "-print_final_stats=1",
            "-seed=1",
            "-verbosity=0",
            f"-artifact_prefix={tempfile.gettempdir()}/fuzz-{name}-",
        ]
        atheris.Setup(told, target.run)
        atheris.Fuzz()


main()
