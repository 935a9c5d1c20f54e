"""A file too large for one piece: sent part by part from the page, checked in the background, signed for when it has come."""

import io
import zipfile
from datetime import date, timedelta

import pytest

from tongban.config.demonstration import Person
from tongban.config.personas import DEMO_PASSWORD
from tongban.lib.codes import make_credit_code

pytestmark = pytest.mark.journey
ITEMS = ["credit_code", "name", "registered_on", "status"]
ROWS = 330_000


def person(site, username):
    made = Person(site)
    made.token = made.call("POST", "/account/tokens", {"username": username, "password": DEMO_PASSWORD})["token"]
    return made


def agreed(site):
    """企业基本信息 by file, from 市场监管 to 人社, signed by both."""
    tao, jin, today = person(site, "tao"), person(site, "jin"), date.today()
    resource = next(r for r in tao.call("GET", "/exchange/resources") if r["title"] == "企业基本信息")
    wanted = {"items": ITEMS, "modes": ["file"], "visits": 100, "begins": today.isoformat(), "ends": (today + timedelta(days=300)).isoformat()}
    told = tao.call("POST", "/exchange/requests", {**wanted, "resource": resource["key"], "purpose": "参保单位核对", "basis": "社会保险法第八条"})
    number = told["agreement"] or jin.call("POST", f"/exchange/requests/{told['number']}/grant", wanted)["number"]
    for one in (jin, tao):
        one.call("POST", f"/exchange/agreements/{number}/sign")
    return number


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "企业.csv"
    codes = (make_credit_code("91", "370102", f"MC{n:07d}") for n in range(ROWS))
    path.write_text(
        "统一社会信用代码,name,registered_on,status\n" + "".join(f"{c},合成企业{n}号有限公司（合成数据）,2020-01-02,存续\n" for n, c in enumerate(codes))
    )
    assert path.stat().st_size > 20 * 1024 * 1024
    return path


def until(visitor, words):
    for _n in range(240):
        visitor.page.reload()
        if words in visitor.page.inner_text("main"):
            return visitor
        visitor.page.wait_for_timeout(500)
    return visitor.sees(words)


def test_part_by_part_over_a_line_that_breaks(visitor, site, committed, large):
    address = f"/exchange/flows/{agreed(site)}/"
    steward = visitor().become("jin")
    steward.go(address)
    steward.sees("分片传输").check()
    page, broken = steward.page, []

    def break_once(route):
        if route.request.url.endswith("/2/") and not broken:
            broken.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/uploads/**", break_once)
    page.set_input_files("#file", large)
    page.get_by_role("button", name="校验、签名并发送").click()
    page.get_by_text("文件已传完").wait_for(timeout=180_000)
    assert broken
    steward.troubles.clear()  # the broken line
    until(steward, "已发送").sees("第1批").sees("签名有效").check()

    clerk = visitor(390).become("tao")
    clerk.go(address)
    clerk.check()
    with clerk.page.expect_download(timeout=60_000) as told:
        clerk.page.get_by_role("button", name="签收并下载").click()
    with zipfile.ZipFile(io.BytesIO(told.value.path().read_bytes())) as package:
        assert package.read("data.csv").count(b"\n") == ROWS + 1
    until(clerk, "回执有效").check()
