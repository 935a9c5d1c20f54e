"""Supervisor, matter editor, process editor, administrator."""

from datetime import datetime, timedelta

import pytest

from tongban.config import province
from tongban.kernel.identity.actor import system
from tongban.kernel.cases.tests.test_commands import MONDAY, act, submit
from tongban.lib import clock
from tongban.rooms.service.supervision import tasks

pytestmark = pytest.mark.journey
PLATFORM = system("test")


@pytest.fixture
def late(committed):
    """A case that ran past the law, with its lights."""
    with clock.at(MONDAY):
        number = submit()
    with clock.at(MONDAY.replace(day=3)):
        act("li", number, "accept")
    tasks.evaluate_all(PLATFORM)
    return number


def test_supervisor_urges_and_the_office_answers(visitor, late):
    supervisor = visitor().become("zhou")
    supervisor.sees("监察").check()
    supervisor.page.get_by_role("link", name="济南市").first.click()
    supervisor.sees("历下区").check()
    supervisor.go("/supervision/lights/?level=red")
    supervisor.check()
    supervisor.page.locator("tr", has_text=late).get_by_role("link").first.click()
    supervisor.page.fill("#words", "请说明超期原因并限期办结。")
    supervisor.check()
    supervisor.page.get_by_role("button", name="督办").click()
    supervisor.sees("已办理并记入账本").sees("督办")
    light = supervisor.page.url

    office = visitor().become("zhao")
    office.page.goto(light)
    office.page.fill("#words", "核查人员不足，已调配，今日办结。")
    office.page.get_by_role("button", name="答复督办").click()
    office.sees("已答复").check()

    supervisor.go("/supervision/efficiency/")
    supervisor.check()
    with supervisor.page.expect_download() as download:
        supervisor.page.evaluate("location.href = '/supervision/?export=csv'")
    assert "济南市" in download.value.path().read_text(encoding="utf-8-sig")


def test_a_matter_is_drafted_reviewed_and_published(visitor):
    editor = visitor().become("wu")
    editor.sees("事项").check()
    editor.go("/hall/editor/items/senior-preferential-card/")
    editor.check()
    editor.page.fill("#f-promised", "99")
    editor.page.fill("#f-statutory", "10")
    editor.page.get_by_role("button", name="提交审核").click()
    editor.sees("不能长于法定时限").check()
    editor.page.fill("#f-promised", "0")
    editor.page.fill("#f-name", "老年人优待证办理（试行）")
    editor.page.get_by_role("button", name="提交审核").click()
    editor.sees("已提交审核").check()
    page = editor.page.url

    reviewer = visitor().become("zheng")
    reviewer.page.goto(page)
    reviewer.sees("与第1版比较").check()
    reviewer.page.get_by_role("button", name="审核通过").click()
    reviewer.sees("已办理并记入账本")

    publisher = visitor().become("feng")
    publisher.page.goto(page)
    publisher.page.fill("#document", "鲁卫〔2026〕9号")
    publisher.page.get_by_role("button", name="发布").click()
    publisher.sees("现行").check()

    stranger = visitor()
    stranger.go("/hall/matters/senior-preferential-card@370102/")
    stranger.sees("老年人优待证办理（试行）").sees("本指南第2版")
    stranger.go("/hall/matters/senior-preferential-card@370102/versions/")
    stranger.sees("鲁卫〔2026〕9号").check()


def test_a_process_is_drawn_and_published(visitor):
    editor = visitor().become("wu")
    editor.go("/hall/processes/")
    editor.check()
    editor.page.locator("tr", has_text="即办件").get_by_role("link").first.click()
    editor.page.wait_for_selector(".djs-shape")
    editor.page.locator('[data-element-id="accept"]').click()
    editor.page.fill("#s-days", "1")
    editor.page.locator("#s-days").blur()
    editor.page.wait_for_function("document.getElementById('xml').value.includes('days=\"1\"')")
    editor.page.get_by_role("button", name="存为草稿").click()
    editor.sees("草稿第2版已保存")
    page = editor.page.url
    publisher = visitor().become("chen")
    publisher.page.goto(page)
    publisher.page.get_by_role("button", name="检查并发布").click()
    publisher.sees("第2版已发布")


def test_a_drawing_without_end_is_refused_with_words(visitor):
    editor = visitor().become("chen")
    editor.go("/hall/processes/")
    editor.page.locator("tr", has_text="书面审查").get_by_role("link").first.click()
    editor.page.wait_for_selector(".djs-shape")
    broken = editor.page.input_value("#xml").replace('<bpmn:sequenceFlow id="deliver_done" sourceRef="deliver" targetRef="done"/>', "")
    editor.page.fill("#xml", broken)
    editor.page.get_by_role("button", name="存为草稿").click()
    editor.page.get_by_role("button", name="检查并发布").click()
    editor.sees("无法到达结束")


def test_administrator_sees_jobs_and_tables(visitor):
    person = visitor().become("chen")
    person.go("/admin/")
    person.sees("数据表（只读）")
    person.go("/admin/procrastinate/procrastinatejob/")
    person.sees("是否延误")


@pytest.mark.parametrize("path", ["/hall/cases/?q=食品", "/hall/figures/", "/hall/editor/import/", "/account/messages/", "/account/own/"])
@pytest.mark.parametrize("width", [1440, 390])
def test_desk_pages_are_clean(visitor, path, width):
    person = visitor(width=width).become("wu" if "editor" in path else "li")
    person.go(path)
    person.check()


@pytest.mark.parametrize("width", [1440, 390])
def test_an_administrator_opens_an_account_and_appoints(visitor, width):
    admin = visitor(width=width).become("chen")
    admin.go("/account/people/")
    admin.check()
    admin.page.fill("#name", "某合成")
    admin.page.fill("#idn", province.synthetic_id(970 + (width == 390)))
    admin.page.fill("#username", f"fresh-{width}")
    admin.page.fill("#region", "370102")
    admin.page.get_by_role("button", name="开通账户").click()
    admin.sees("初始密码（只显示这一次）").check()
    admin.page.fill("#organ", "370102-market")
    admin.page.get_by_role("button", name="任命角色").click()
    admin.sees("历下区市场监督管理局").check()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_representative_lets_another_act_and_takes_it_back(visitor, width):
    person = visitor(width=width).become("zhang")
    person.go("/hall/mine/")
    person.page.get_by_role("link", name="我的账户").click()
    person.check()
    person.page.fill("#gname", "王合成")
    person.page.fill("#gid", province.synthetic_id(2))
    person.page.fill("#gend", f"{datetime.now(tz=clock.CHINA).date() + timedelta(days=100)}")  # the web process has the real day
    person.page.get_by_role("button", name="授权", exact=True).click()
    person.sees("已授权").check()
    person.page.get_by_role("button", name="终止授权").click()
    person.sees("授权已终止")


@pytest.fixture
def submitted(committed):
    return submit()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_citizen_reads_who_looked_at_her_data(visitor, submitted, width):
    clerk = visitor().become("li")
    clerk.go(f"/hall/desk/cases/{submitted}/")
    person = visitor(width=width).become("zhang")
    person.go("/account/own/")
    person.page.get_by_role("link", name="数据查看记录").click()
    row = person.page.locator("tr", has_text=submitted).first
    assert "李合成" in row.inner_text()
    person.check()
