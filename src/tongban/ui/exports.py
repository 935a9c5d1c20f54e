"""A table as CSV, XLSX or JSON; a large file piece by piece."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from tongban.lib import watch
from tongban.lib.errors import Invalid
from tongban.lib.late import late

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = late("openpyxl")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table(kind: str, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A download; `kind` is csv, xlsx or json. Text that a spreadsheet would run as a formula is made harmless."""
    watch.notice("export", subject=name, words=kind)
    if kind == "json":
        body = json.dumps([dict(zip(columns, map(_plain, row), strict=True)) for row in rows], ensure_ascii=False).encode()
        return _download(body, "application/json", f"{name}.json")
    safe = ([_safe(c) for c in row] for row in rows)
    if kind == "csv":
        out = io.StringIO()
        out.write("\ufeff")
        csv.writer(out).writerows([columns, *safe])
        return _download(out.getvalue().encode(), "text/csv; charset=utf-8", f"{name}.csv")
    if kind == "xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("1")
        for row in (columns, *safe):
            sheet.append(list(row))
        held = io.BytesIO()
        book.save(held)
        return _download(held.getvalue(), XLSX, f"{name}.xlsx")
    raise Invalid(_("Export as csv, xlsx or json."))


def _plain(value: object) -> object:
    return value if isinstance(value, (int, float, str)) or value is None else str(value)


def _safe(value: object) -> object:
    told = _plain(value)
    return "'" + told if isinstance(told, str) and told.startswith(("=", "+", "-", "@", "\t")) else told


def _download(body: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"})


def pieces(name: str, content: Iterator[bytes], size: int, digest: str, media: str) -> StreamingHttpResponse:
    """A large file piece by piece; `digest` is the SM3 of the whole, of which these may be a range."""
    answer = StreamingHttpResponse(content, content_type=media)
    answer["Content-Length"], answer["Accept-Ranges"], answer["ETag"] = str(size), "bytes", f'"sm3-{digest}"'
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
