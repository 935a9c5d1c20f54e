"""The message catalogue: compiled when it is newer than what was compiled, so no tool of the system is needed."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_messages(locale: Path) -> None:
    """Write django.mo beside every django.po that is newer; two processes at once do no harm."""
    for source in locale.glob("*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            messages = read_po(file)
        fresh = target.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as file:
            write_mo(file, messages)
        fresh.rename(target)
