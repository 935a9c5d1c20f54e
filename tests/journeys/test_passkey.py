"""A citizen sets up a passkey, logs out, and logs in with it alone; a real browser with a virtual authenticator."""

import pytest

from tests.journeys.conftest import Visitor


@pytest.fixture
def citizen(browser, site):
    visitor = Visitor(browser, site.replace("127.0.0.1", "localhost"))
    tool = visitor.context.new_cdp_session(visitor.page)
    tool.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
               "automaticPresenceSimulation": True}  # fmt: skip
    tool.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield visitor
    visitor.context.close()


def test_a_passkey_from_setting_up_to_logging_in(citizen):
    page = citizen.page
    citizen.become("wang")
    page.goto(citizen.site + "/account/own/security/")
    page.fill("#pname", "我的笔记本")
    page.click("[data-passkey=create] [data-passkey-go]")
    page.wait_for_selector("text=通行密钥已设置")
    assert page.locator("b", has_text="我的笔记本").count() == 1
    citizen.check()
    page.locator("form[action='/account/logout/'] button").first.click()
    page.goto(citizen.site + "/account/login/?next=/account/own/security/")
    page.click("[data-passkey=get] [data-passkey-go]")
    page.wait_for_url("**/account/own/security/")
    assert "通行密钥" in page.locator("table").inner_text()
    page.locator("button", has_text="移除").first.click()
    page.wait_for_selector("text=已移除该验证方式")
