"""A small real PDF for demos and tests: it says in its text that it is synthetic."""

import tempfile
from pathlib import Path

from tongban.lib import typesetting

_TEMPLATE = """#let d = json(bytes(sys.inputs.data))
#set page(width: 140mm, height: 100mm, margin: 12mm)
#set text(font: "Noto Sans SC", lang: "zh")
#d.title
#v(4mm)
#grid(columns: (1fr, 1fr), rows: 24mm, stroke: 1pt, align: center + horizon, [烹饪区], [就餐区], [洗消], [库房])
"""


def sample_pdf(title: str) -> bytes:
    """One page with a title and a floor plan."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.typ"
        path.write_text(_TEMPLATE)
        return typesetting.pdf(path, {"title": title})
