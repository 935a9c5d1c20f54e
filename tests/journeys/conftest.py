"""A real web process and a real worker over the tests' database, a real browser, and axe-core."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.browsers import BROWSER, FLAGS
from tongban.config import province
from tongban.kernel.catalogue import seed as catalogue
from tongban.kernel.identity.actor import system
from tongban.rooms.data.registries import seed as registries

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
PLATFORM = system("测试")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def site(django_db_setup, django_db_blocker):
    """The address of the running site; ended with the session."""
    if not BROWSER:
        pytest.skip("no browser is installed: apt-get install chromium fonts-noto-cjk")
    with django_db_blocker.unblock():
        catalogue.load_demo(PLATFORM, settings.DATASETS / "catalogue")
        registries.load_known(PLATFORM, *province.known())
        made = connection.settings_dict
    port, address = _free_port(), ""
    address = f"http://127.0.0.1:{port}"
    url = f"postgresql://{made['USER']}:{made['PASSWORD']}@/{made['NAME']}?host={made['HOST'].replace('/', '%2F')}"
    environment = {**os.environ, "DATABASE_URL": url, "TONGBAN_ADDRESS": address, "TONGBAN_DEMO": "1", "PYTHONPATH": "src"}
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
           "--blocking-threads", "4", "--no-ws", "--log-level", "error", "tongban.config.wsgi:application"]  # fmt: skip
    running = [subprocess.Popen(command, env=environment, start_new_session=True) for command in (web, [sys.executable, "-m", "tongban", "worker"])]
    try:
        for _n in range(900):
            try:
                peer = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                peer.request("GET", "/health/")
                if peer.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("the site did not start")
        yield address
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="session")
def browser():
    if not BROWSER:
        pytest.skip("no browser is installed: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield made
        made.close()


class Visitor:
    """A person at a browser."""

    def __init__(self, browser, site, width=1440, **options):
        self.site = site
        self.context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", **options)
        self.context.add_cookies([{"name": "region", "value": "370102", "url": site}])
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.troubles = []
        self.page.on("console", lambda m: self.troubles.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
        self.page.on("pageerror", lambda e: self.troubles.append(str(e)))
        self.page.on("request", lambda r: self.troubles.append(f"left the site: {r.url}") if not r.url.startswith((site, "data:", "blob:", "chrome")) else None)

    def go(self, path):
        return self.page.goto(self.site + path)

    def become(self, username):
        """Log in as a persona with one click."""
        self.context.clear_cookies(name="sessionid")
        self.go("/account/login/")
        self.page.locator(f'form[action="/account/persona/{username}/"] button').click()
        self.page.wait_for_load_state()
        return self

    def sees(self, words):
        assert words in self.page.inner_text("body"), f"“{words}” is not on {self.page.url}"
        return self

    def check(self):
        """axe-core finds no violation, nothing overflows, the console is quiet, no request left the site."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.html.slice(0, 120)).join(' | ')))"
        )
        assert found == [], f"{self.page.url}: {found}"
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth > innerWidth && [...document.querySelectorAll('main *')].filter("
            "e => e.getBoundingClientRect().right > innerWidth + 1).slice(-3).map(e => e.outerHTML.slice(0, 160))"
        )
        assert not wide, f"{self.page.url} overflows: {wide}"
        assert self.troubles == [], f"{self.page.url}: {self.troubles}"
        return self


@pytest.fixture
def visitor(browser, site):
    made = []

    def make(width=1440, **options):
        made.append(Visitor(browser, site, width, **options))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
