"""隐私比对 between two departments, each at its own browser; rows are encoded at home."""

import pytest

from tongban.lib.matching.private import encode

pytestmark = pytest.mark.journey
SECRET = "两家约定的密钥，当面交换，不经平台"
FIELDS = ("姓名", "出生日期", "性别")
OURS = [{"姓名": "王合成", "出生日期": "19800501", "性别": "女"}, {"姓名": "李合成", "出生日期": "19911123", "性别": "男"}]
THEIRS = [{"姓名": "赵合成", "出生日期": "19660809", "性别": "男"}, {"姓名": "李合成", "出生日期": "19911123", "性别": "男"}]


def test_two_departments_learn_what_they_share(visitor, tmp_path):
    for name, rows in (("ours", OURS), ("theirs", THEIRS)):
        (tmp_path / f"{name}.json").write_bytes(encode(rows, FIELDS, SECRET).dumped())
    asking, asked = visitor().become("tao"), visitor(390).become("xu")
    asking.go("/registries/private/")
    asking.sees("还没有比对").check()
    page = asking.page
    page.get_by_label("名称").fill("参保人与驾驶员")
    page.get_by_label("使用目的").fill("出行补贴核验")
    page.get_by_label("对方部门").select_option(label="山东省公安厅")
    page.get_by_label("编码文件").set_input_files(tmp_path / "ours.json")
    page.locator("form.tb-card button.ds-button").click()
    asking.sees("待对方参加").sees("已通知对方").check()
    asked.go("/registries/private/")
    asked.sees("邀请本部门").check()
    asked.page.get_by_role("link", name="参保人与驾驶员").click()
    asked.sees("--fields 姓名,出生日期,性别").check()
    asked.page.get_by_role("button", name="提交并比对").click()
    asked.sees("请提交“tongban encode”生成的编码文件")
    asked.page.get_by_label("编码文件").set_input_files(tmp_path / "theirs.json")
    asked.page.get_by_role("button", name="提交并比对").click()
    for _n in range(40):
        page.reload()
        if "已完成" in page.inner_text("main"):
            break
        page.wait_for_timeout(500)
    asking.sees("您的2行中有1行也在对方文件里").check()
    asked.page.reload()
    asked.sees("您的2行中有1行也在对方文件里").check()
