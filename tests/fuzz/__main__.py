"""Targets for some seconds each: what they share is loaded once, and each runs in a process of its own, since libFuzzer ends the process.

python -m tests.fuzz NAME[,NAME…] SECONDS FOLDER      what each tells stands in FOLDER/NAME.txt
"""

import os
import sys
import tempfile
from pathlib import Path

import atheris


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
    names, seconds, folder = sys.argv[1].split(","), sys.argv[2], Path(sys.argv[3])
    with atheris.instrument_imports(include=["tongban"], exclude=["tongban.config.settings"]):
        import django

        django.setup()
        from tests.fuzz.targets import TARGETS
    failed = 0
    for name in names:
        child = os.fork()
        if not child:
            out = os.open(folder / f"{name}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(out, 1)
            os.dup2(out, 2)
            fuzz(name, TARGETS[name], seconds)
            os._exit(3)  # libFuzzer does not come back
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with (folder / f"{name}.txt").open("a") as told:
            told.write(f"\nended with {ended}\n")
        failed += ended != 0
    return failed


def fuzz(name, target, seconds: str) -> None:
    """Never returns."""
    for good in target.seeds:
        target.run(good)
    with tempfile.TemporaryDirectory() as corpus:
        for number, good in enumerate(target.seeds):
            (Path(corpus) / str(number)).write_bytes(good)
        told = [
            sys.argv[0], corpus, f"-max_total_time={seconds}", "-max_len=65536", "-print_final_stats=1", "-seed=1", "-verbosity=0",
            f"-artifact_prefix={tempfile.gettempdir()}/fuzz-{name}-",
        ]  # fmt: skip
        atheris.Setup(told, target.run)
        atheris.Fuzz()


sys.exit(main())
