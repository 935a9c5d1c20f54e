"""PDF by Typst, with the Chinese font embedded. One compiler per template is kept: twice as fast as a new one."""

import base64
import io
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import segno
import typst


@cache
def fonts() -> typst.Fonts:
    spec = find_spec("pylopdf_fonts_zh_cn")
    if spec is None or spec.origin is None:
        raise RuntimeError("pylopdf-fonts-zh-cn is not installed")
    return typst.Fonts(include_system_fonts=False, font_paths=[str(Path(spec.origin).parent)])


def pdf(template: Path, data: dict[str, Any]) -> bytes:
    """The document of a Typst template; the template reads `sys.inputs.data` as JSON."""
    made = typst.compile(str(template), font_paths=fonts(), sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, format="pdf")
    if not isinstance(made, bytes):
        raise TypeError("one PDF was expected")
    return made


def picture_svg(content: bytes, media: str) -> str:
    """A picture inside an SVG, since a template takes only text."""
    told = base64.b64encode(content).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 358 441" width="358" height="441">'
        f'<image width="358" height="441" preserveAspectRatio="xMidYMid slice" xlink:href="data:{media};base64,{told}"/></svg>'
    )


def qr_svg(text: str) -> str:
    """A QR code as an inline SVG without styles."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", xmldecl=False, svgns=True, scale=4, border=2, nl=False)
    return out.getvalue().decode()
