"""`tongban encode`: rows into keyed filters at the department, for a private comparison. Nothing of it needs an installation."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from tongban.lib import tables
from tongban.lib.errors import Invalid
from tongban.lib.matching import private

Say = Callable[[str], None]
WHY = {
    "secret": f"密钥至少{private.SHORTEST}个字符，双方相同 / the secret has at least {private.SHORTEST} characters, the same on both sides",
    "rows": f"文件须有1至{private.MOST}行，且至少有一个可比对的列 / the file holds 1 to {private.MOST} rows and a column that can be compared",
}


def run(options: argparse.Namespace, say: Say) -> int:
    """0 when the file is written. Columns that are not encoded, and the rows, stay here."""
    wanted = [f for f in options.fields.split(",") if f]
    unknown = [f for f in wanted if f not in private.FIELDS]
    if unknown:
        say(f"没有这些列 / no such fields: {'、'.join(unknown)}；可用 / known: {'、'.join(private.FIELDS)}")
        return 2
    try:
        rows = tables.read_file(options.file.name, options.file.read_bytes(), wanted)
        made = private.encode(rows, wanted or (rows[0].keys() if rows else ()), options.secret.read_text().strip())
    except OSError as fault:
        say(f"{fault.filename}: 读不到 / cannot be read")
        return 2
    except Invalid as fault:
        say(str(fault))
        return 2
    except private.BadEncoding as fault:
        say(WHY[str(fault)])
        return 2
    _write(options.out, made.dumped())
    say(f"{len(made.filters)} 行，{'、'.join(made.fields)} → {options.out}")
    return 0


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
