"""Rows from a CSV or XLSX file that someone uploads; what is wrong with each is told before anything is written."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from tongban.lib.errors import Invalid
from tongban.lib.late import late

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = late("openpyxl")

ROWS = 100_000
UPLOAD_LIMIT = 20 * 1024 * 1024


@dataclass(slots=True)
class RowFault:
    """What is wrong with a row; a warning is kept with the row, a fault keeps it out."""

    row: int
    column: str
    value: str
    sentence: str
    warning: bool = False


@dataclass(slots=True)
class DryRun:
    """The outcome of reading a file."""

    rows: list[dict[str, str]] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)

    @property
    def bad_rows(self) -> set[int]:
        return {f.row for f in self.faults if not f.warning}

    def good(self) -> list[dict[str, str]]:
        bad = self.bad_rows
        return [r for i, r in enumerate(self.rows, 2) if i not in bad]


def read_upload(upload: Any, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of an uploaded file; raises Invalid when there is none, or it is too large."""
    if upload is None or (upload.size or 0) > UPLOAD_LIMIT:
        raise Invalid(_("File: choose a CSV or XLSX file of at most 20 MB."))
    return read_file(upload.name or "", upload.read(), columns)


def read_file(name: str, content: bytes, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV (UTF-8 or GB18030) or XLSX file by column; raises Invalid when one of `columns` is missing."""
    if name.lower().endswith(".xlsx"):
        rows = _read_xlsx(content)
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030", errors="replace")
        try:
            rows = list(csv.reader(io.StringIO(text, newline=None)))  # line ends of any system
        except csv.Error as fault:
            raise Invalid(_("The file is no table of comma-separated values: a cell is too long or a quotation mark is missing.")) from fault
    if not rows:
        raise Invalid(_("The file is empty."))
    header = [c.strip() for c in rows[0]]
    missing = [c for c in columns if c not in header]
    if missing:
        raise Invalid(_("The first row must name the columns; missing: %(columns)s.") % {"columns": "、".join(missing)})
    if len(rows) - 1 > ROWS:
        raise Invalid(_("At most %(n)s rows at a time; split the file.") % {"n": ROWS})
    return [dict(zip(header, [c.strip() for c in r], strict=False)) for r in rows[1:] if any(r)]


def _read_xlsx(content: bytes) -> list[list[str]]:
    try:
        sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        return [["" if c is None else str(c) for c in row] for row in sheet.iter_rows(values_only=True, max_row=ROWS + 2)]
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as fault:
        raise Invalid(_("This is not an XLSX file. Save it again as XLSX or CSV.")) from fault
