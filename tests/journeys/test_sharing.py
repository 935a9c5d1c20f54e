"""A department's resource is combed, reviewed, published; another asks for it, gets less, and both sign."""

import pytest

pytestmark = pytest.mark.journey
TITLE = "计量器具检定信息"


def test_from_a_draft_to_a_signed_agreement(visitor, committed):
    steward = visitor().become("jin")
    steward.sees("信息资源目录").check()
    steward.go("/exchange/resources/new/")
    steward.check()
    page = steward.page
    page.set_input_files(
        "#file",
        {
            "name": "检定.csv",
            "mimeType": "text/csv",
            "buffer": "检定证书编号,送检单位,联系人手机\nJD0001,合成企业,13800000001\nJD0002,合成企业,13800000002\n".encode(),
        },
    )
    page.get_by_role("button", name="读取结构").click()
    steward.sees("已根据“检定”生成3个信息项").sees("联系人手机").check()
    page.fill("#title", TITLE)
    page.fill("#abstract", "强制检定计量器具的检定结果与有效期")
    page.fill("#condition", "用于依法履职的监督检查")
    page.get_by_role("button", name="保存草稿").click()
    steward.sees("草稿已保存").check()
    resource = page.url

    page.get_by_role("link", name="编辑").click()
    steward.sees("请标出主键信息项").check()
    page.get_by_label("主键 1", exact=True).check()
    for n in (1, 2, 3):
        page.get_by_label(f"共享类型 {n}", exact=True).select_option("conditional")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_role("button", name="提交登记").click()
    steward.sees("待登记审核")

    reviewer = visitor().become("wei")
    reviewer.go("/exchange/desk/")
    reviewer.sees(TITLE).check()
    reviewer.page.get_by_role("link", name=TITLE).click()
    reviewer.page.get_by_role("button", name="登记通过").click()
    reviewer.sees("已登记").check()

    page.reload()
    page.get_by_role("button", name="申请发布").click()
    publisher = visitor().become("shen")
    publisher.go("/exchange/desk/")
    publisher.page.get_by_role("link", name=TITLE).click()
    publisher.page.get_by_role("button", name="发布", exact=True).click()
    publisher.sees("已发布").check()

    user = visitor(width=390).become("tao")
    user.go("/exchange/?q=计量器具")
    user.sees(TITLE).check()
    user.page.get_by_role("link", name=TITLE).click()
    user.page.get_by_role("link", name="申请使用").click()
    user.check()
    user.page.fill("#purpose", "核对参保单位资质")
    user.page.fill("#basis", "社会保险法第八条")
    for name in ("送检单位", "联系人手机"):
        user.page.get_by_label(name).check()
    user.page.fill("#visits", "500")
    user.page.get_by_role("button", name="提交申请").click()
    user.sees("待答复").check()
    request = user.page.url

    page.goto(request)
    steward.check()
    page.get_by_label("联系人手机").uncheck()
    page.fill("#visits", "200")
    page.fill("#condition", "仅用于核对，不得留存")
    page.get_by_role("button", name="同意", exact=True).click()
    steward.sees("双方均未签署").check()
    agreement = page.url
    page.get_by_role("button", name="签署").click()
    steward.sees("等待对方签署")

    user.page.goto(agreement)
    user.sees("申请：500").sees("仅用于核对，不得留存")
    user.page.get_by_role("button", name="签署").click()
    user.sees("协议生效").sees("执行中").check()
    publisher.page.goto(resource)
    publisher.sees("省人力资源社会保障厅")
