"""A social-security card with the identity photo: consent, the picture, the window, the card; on a desk and on a phone."""

import re

import pytest

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.catalogue import seed as catalogue
from tongban.kernel.identity.actor import system
from tongban.rooms.data.registries import seed as registries

pytestmark = pytest.mark.journey
PLATFORM = system("测试")


@pytest.fixture(scope="module")
def shared(site, django_db_blocker):
    """What the office may ask public security, and the pictures there."""
    with django_db_blocker.unblock():
        catalogue.load_offices(PLATFORM, [f"{LIXIA}-hrss"])
        registries.load_photos(PLATFORM, province.known()[0])
    return site


@pytest.mark.parametrize("width", [1440, 390])
def test_the_photo_is_fetched_shown_and_used_for_the_card(shared, visitor, width):
    citizen = visitor(width).become("zhang")
    page = citizen.page
    citizen.go(f"/hall/matters/social-security-card-apply@{LIXIA}/apply/")
    if "切换" in page.inner_text("main"):  # the card is a person's, not the enterprise's
        page.get_by_role("button", name="切换").first.click()
    citizen.sees("公民相片信息").sees("省公安厅").check()
    page.get_by_role("button", name="同意并继续").click()
    for name, value in (("nationality", "中国"), ("person_type", "城乡居民"), ("bank", "农商银行"), ("card_delivery", "网点领取")):
        field = page.locator(f"select#f-{name}")
        field.select_option(value) if field.count() else page.locator(f'input[name="{name}"][value="{value}"]').check()
    page.fill("#f-branch", "历下支行（合成）")
    for name in ("self_handled", "electronic_card"):
        page.locator(f"#f-{name}-y").check()
    if page.locator("select#f-division_code").count() and not page.locator("select#f-division_code").input_value():
        page.locator("select#f-division_code").select_option(index=1)
    page.locator(".tb-formbar button[data-main]").click()
    citizen.sees("补充材料").sees("仅用于制作本证，用后即销毁")
    picture = page.locator(".tb-photo img")
    assert picture.evaluate("i => i.decode().then(() => i.naturalWidth)") == 358
    citizen.check()
    page.locator(".tb-formbar button[data-main]").click()
    citizen.sees("由山东省公安厅·公民相片信息提供")
    page.get_by_role("button", name="提交申请").click()
    citizen.sees("已提交")
    assert re.search(r"JN\d\d-\d{4}-\d{5,}", page.inner_text("body"))
