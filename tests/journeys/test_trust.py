"""Security officer, auditor, operator, and a department's own officer, each through the job that the trust rooms exist for."""

import json
import os
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest

from tongban.lib import clock
from tongban.rooms.trust.security.commands import intake
from tongban.rooms.trust.security.models import Alert


pytestmark = pytest.mark.journey


@pytest.fixture
def attacked(site, committed):
    """Twenty wrong passwords from one address; the running worker finds them by itself."""
    address = f"203.0.113.{10 + Alert.objects.count() % 200}"
    with clock.at(clock.datetime.now(clock.CHINA)):
        now = clock.now()
        intake.take([
            intake.Told(kind="login-failed", address=address, name=f"u{n}（合成）", at=now - timedelta(seconds=n)) for n in range(20)
        ])  # fmt: skip
    return address


@pytest.mark.parametrize("width", [1440, 390])
def test_an_officer_finds_an_attack_makes_it_an_incident_and_closes_it(visitor, attacked, width):
    officer = visitor(width).become("he")
    page = officer.page
    for _n in range(40):
        officer.go("/security/alerts/")
        if page.locator(f"a:has-text('暴力猜测密码：{attacked}')").count():
            break
        page.wait_for_timeout(500)
    officer.check()
    page.click(f"a:has-text('暴力猜测密码：{attacked}')")
    officer.sees("依据").check()
    page.click("button:has-text('接手')")
    page.select_option("select#kind", "attack")
    page.fill("textarea#ewords", "来自同一地址的密码猜测，未成功")
    page.click("button:has-text('立案')")
    officer.sees("待报告").check()
    for words, button in (("已封禁该地址", "控制事态"), ("弱口令已更换", "消除原因"), ("业务正常", "恢复运行")):
        page.fill("textarea#words", words)
        page.click(f"button:has-text('{button}')")
        officer.sees(words)
    page.fill("textarea#words", "先写总结")
    page.click("button:has-text('总结办结')")
    officer.sees("还有报告未完成")
    assert page.input_value("textarea#words") == "先写总结"
    page.fill("textarea#words", "已书面报告")
    page.click("button:has-text('已报告：')")
    page.fill("textarea#words", "总结：未造成损失")
    page.click("button:has-text('总结办结')")
    officer.sees("已办结").check()
    officer.go("/security/")
    officer.sees("安全态势").check()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_department_signs_for_a_warning_and_answers_it(visitor, site, committed, width):
    officer = visitor(width).become("he")
    page = officer.page
    title = f"某软件高危漏洞（合成{width}）"
    officer.go("/security/warnings/")
    officer.check()
    page.fill("input#title", title)
    page.fill("textarea#body", "可被远程利用")
    page.fill("textarea#remedy", "升级到最新版本")
    page.fill("input#due", (clock.datetime.now(clock.CHINA).date() + timedelta(days=3)).isoformat())
    page.fill("input#organs", "370102-market")
    page.click("button:has-text('发布')")
    officer.sees(title).check()
    county = visitor(width).become("yan")
    county.go("/security/warned/")
    county.check()
    county.page.click(f"a:has-text('{title}')")
    county.page.click("button:has-text('签收')")
    county.page.fill("textarea#words", "两台终端已升级")
    county.page.click("button:has-text('提交反馈')")
    county.sees("待核验").check()


@pytest.mark.parametrize("width", [1440, 390])
def test_an_auditor_proves_an_act_offline(visitor, site, committed, tmp_path, width):
    auditor = visitor(width, accept_downloads=True).become("lv")
    auditor.go("/account/acts/")
    auditor.check()
    link = auditor.page.locator("table a[href*='/proof/']").last
    for _n in range(40):  # the running worker seals once a second
        if auditor.page.request.get(auditor.site + link.get_attribute("href")).ok:
            break
        auditor.page.wait_for_timeout(500)
    with auditor.page.expect_download() as download:
        link.click()
    file = tmp_path / "proof.json"
    download.value.save_as(file)
    assert verified(file).returncode == 0, verified(file).stdout
    told = json.loads(file.read_text())
    told["row"] = told["row"][:-2] + ("00" if told["row"][-2:] != "00" else "01")  # one byte of the entry
    file.write_text(json.dumps(told))
    assert verified(file).returncode != 0


def verified(file):
    command = [sys.executable, "-m", "tongban", "verify", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "src"})


@pytest.mark.parametrize("width", [1440, 390])
def test_an_operator_plans_and_records_a_drill(visitor, site, committed, width):
    operator = visitor(width).become("chen")
    page = operator.page
    key = f"drill-{uuid.uuid4().hex[:8]}"
    operator.go("/continuity/")
    operator.check()
    page.fill("input#name", f"演练系统{width}（合成）")
    page.fill("input#key", key)
    page.fill("input#organ", "山东省大数据局")
    page.select_option("select#tool", "restic")
    page.click("button:has-text('登记')")
    operator.sees("从未备份").check()
    page.fill("input#day", clock.datetime.now(clock.CHINA).date().isoformat())
    page.click("button:has-text('安排')")
    page.fill("input#rpo", "3")
    page.fill("input#rto", "40")
    page.click("button:has-text('记录')")
    operator.sees("通过").check()
