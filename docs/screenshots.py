"""Takes the README's pictures from a running demo: python docs/screenshots.py [address [name …]]."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

MANY = 2  # arguments: with more, only the pictures that are named
FOLDER = Path(__file__).parent / "screenshots"
SHOTS = (
    ("home", "", "/", 1440), ("search", "", "/hall/matters/?q=我要开一家小餐馆", 1440), ("guide", "", "/hall/matters/food-operation-permit-new@370102/", 1440),
    ("apply", "zhang", "/hall/matters/food-operation-permit-new@370102/apply/", 1440), ("one-thing", "zhang", "/hall/one-thing/open-restaurant/", 1440), ("case", "zhang", "/hall/mine/", 1440),
    ("work", "qian", "/hall/desk/", 1440), ("board", "zhou", "/supervision/", 1440), ("editor", "wu", "/hall/editor/items/food-operation-permit-new/", 1440),
    ("process", "wu", "/hall/processes/4/", 1440), ("acts", "lv", "/account/acts/", 1440), ("security", "wang", "/account/own/security/", 1440),
    ("recovery", "chen", "/continuity/", 1440), ("posture", "he", "/security/", 1440), ("networks", "chen", "/networks/", 1440), ("catalogue", "tao", "/exchange/", 1440), ("flow", "jin", "/exchange/flows/XY2026-000005/", 1440), ("flows", "jin", "/exchange/flows/", 1440), ("lights", "zhou", "/supervision/lights/", 1440), ("consent", "zhang", "/hall/matters/food-operation-permit-new@370102/apply/", 1440), ("registries", "xu", "/registries/", 1440), ("findings", "jin", "/registries/findings/", 1440), ("phone", "", "/", 390), ("phone-guide", "", "/hall/matters/food-operation-permit-new@370102/", 390),
)  # fmt: skip


def main() -> None:
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for name, persona, path, width in [s for s in SHOTS if s[0] in sys.argv[2:] or len(sys.argv) <= MANY]:
            context = browser.new_context(viewport={"width": width, "height": 900 if width > 400 else 844}, locale="zh-CN")
            context.add_cookies([{"name": "region", "value": "370102", "url": address}])
            page = context.new_page()
            if persona:
                page.goto(address + "/account/login/")
                page.locator(f'form[action="/account/persona/{persona}/"] button').click()
            page.goto(address + path)
            if name == "apply":
                page.locator(".tb-formbar [data-main]").click()
            if name == "case":
                page.locator("table a").first.click()
            page.wait_for_timeout(1200)
            page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=82)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
