"""Tables as people send them."""

import pytest

from tongban.lib import tables
from tongban.lib.errors import Invalid


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "gb18030"])
def test_line_ends_and_encodings_of_any_system(end, code):
    content = end.join(["单位,级别", "省大数据局,省级", ""]).encode(code)
    assert tables.read_file("a.csv", content, ["单位"]) == [{"单位": "省大数据局", "级别": "省级"}]


def test_a_cell_beyond_all_measure_is_told():
    with pytest.raises(Invalid, match="表格"):
        tables.read_file("a.csv", ("单位\n" + "x" * 200_000).encode(), ["单位"])
