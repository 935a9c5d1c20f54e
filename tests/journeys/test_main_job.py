"""From “我要开一家小餐馆” to the licence, as the people would."""

import re

import pytest

from tongban.lib.sample import sample_pdf

pytestmark = pytest.mark.journey


def fill_form(page):
    page.fill("#f-place_area", "86")
    page.get_by_label("餐饮服务经营者").check()
    page.get_by_label("热食类食品制售").check()
    page.locator("#f-has_online-n").check()
    page.fill("#f-food_safety_manager_name", "孙合成")
    page.fill("#f-food_safety_manager_id", "370102190001010070"[:17] + "8")
    page.fill("#f-staff_count", "4")
    page.locator("#f-prepack_only-n").check()
    page.fill("#f-contact_tel", "13800000001")
    page.get_by_label("申报材料真实承诺").check()


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "布局图.pdf"
    path.write_bytes(sample_pdf("经营场所布局（合成数据）"))
    return path


def upload(page, plan):
    for place in page.locator('input[type="file"]').all():
        place.set_input_files(plan)


def apply(person, plan, *, check=True):
    """A citizen from the first page to the number."""
    page = person.page
    person.go("/")
    if check:
        person.check()
    page.fill("#q", "我要开一家小餐馆")
    page.get_by_role("button", name="搜索").click()
    person.sees("食品经营许可（新办）")
    if check:
        person.check()
    page.locator(".tb-results a", has_text="食品经营许可（新办）").first.click()
    person.sees("承诺时限").sees("设定依据")
    if check:
        person.check()
    page.locator("aside a", has_text="在线办理").click()
    page.locator('form[action="/account/persona/zhang/"] button').click()
    person.sees("确认身份")
    if check:
        person.check()
    person.sees("是否同意调取政府已掌握的数据").sees("法定代表人信息")
    page.get_by_role("button", name="同意并继续").click()
    person.sees("济南历下一家小馆").sees("山东省市场监督管理局·企业基本信息").sees("2份材料免提交")
    if check:
        person.check()
    page.locator(".tb-formbar button[data-main]").click()
    person.sees("处需要修改，其余内容都已保存")
    if check:
        person.check()
    fill_form(page)
    page.locator(".tb-formbar button[data-main]").click()
    person.sees("补充材料")
    upload(page, plan)
    if check:
        person.check()
    page.get_by_role("button", name="上传").first.click()
    page.locator(".tb-formbar button[data-main]").click()
    person.sees("核对提交")
    if check:
        person.check()
    page.get_by_role("button", name="提交申请").click()
    person.sees("已提交")
    return re.search(r"JN\d\d-\d{4}-\d{5,}", page.inner_text("body"))[0]


def act(person, number, label, opinion="", days=""):
    """An official opens the case and presses a button."""
    person.go(f"/hall/desk/cases/{number}/")
    if opinion:
        person.page.fill("#opinion", opinion)
    if days:
        person.page.fill("#special_days", days)
    person.page.locator(".tb-actions").get_by_role("button", name=label, exact=True).click()
    person.sees("已办理")


def test_from_search_to_licence(visitor, plan):
    citizen = visitor()
    number = apply(citizen, plan)
    citizen.check()

    clerk = visitor().become("li")
    clerk.sees("待办").check()
    clerk.go(f"/hall/desk/cases/{number}/")
    clerk.check()
    clerk.page.locator(".tb-actions").get_by_role("button", name="一次告知补正").click()
    clerk.sees("请写明理由")
    act(clerk, number, "一次告知补正", "布局图未标明洗消区，请补充。")

    citizen.go(f"/hall/cases/{number}/")
    citizen.sees("布局图未标明洗消区").sees("停止计时").check()
    citizen.page.get_by_role("link", name="现在补正").click()
    citizen.page.locator('input[type="file"]').first.set_input_files(plan)
    citizen.check()
    citizen.page.get_by_role("button", name="提交补正").click()
    citizen.sees("已提交补正")

    act(clerk, number, "受理")
    examiner = visitor().become("qian")
    act(examiner, number, "核查相符", "现场与图纸一致。")
    act(examiner, number, "启动检验检测", "餐具洗消效果需要检验检测。", "3")
    citizen.go(f"/hall/cases/{number}/")
    citizen.sees("特别程序").sees("3个工作日")
    act(examiner, number, "特别程序完成，恢复计时", "检测合格。")
    act(examiner, number, "通过，送决定")
    approver = visitor().become("zhao")
    act(approver, number, "准予许可")
    act(visitor().become("sun"), number, "制证并送达")

    for _n in range(60):
        citizen.go(f"/hall/cases/{number}/")
        if "您的证照已制作" in citizen.page.inner_text("body") and "去评价" in citizen.page.inner_text("body"):
            break
        citizen.page.wait_for_timeout(500)
    citizen.sees("您的证照已制作").check()
    citizen.page.get_by_role("link", name=re.compile("食品经营许可证")).click()
    citizen.sees("有效").check()
    with citizen.page.expect_download() as download:
        citizen.page.get_by_role("link", name="PDF").click()
    pdf = download.value.path().read_bytes()
    assert pdf.startswith(b"%PDF")

    stranger = visitor(width=390)
    stranger.go("/hall/verify/")
    stranger.page.set_input_files("#file", {"name": "licence.pdf", "mimeType": "application/pdf", "buffer": pdf})
    stranger.page.get_by_role("button", name="核验").last.click()
    stranger.sees("真实有效").check()
    stranger.go("/hall/verify/")
    stranger.page.set_input_files("#file", {"name": "licence.pdf", "mimeType": "application/pdf", "buffer": pdf[:-3] + b"xxx"})
    stranger.page.get_by_role("button", name="核验").last.click()
    stranger.sees("不是本平台签发").check()

    citizen.go(f"/hall/cases/{number}/")
    citizen.page.get_by_role("link", name="去评价").click()
    citizen.check()
    citizen.page.get_by_label("不满意", exact=True).check()
    citizen.page.get_by_label("办事效率").check()
    citizen.page.get_by_role("button", name="提交评价").click()
    citizen.sees("5个工作日内核实整改")
    clerk.go("/hall/rectifications/")
    clerk.sees(number).check()
    row = clerk.page.locator(".tb-pad", has_text=number)
    row.locator("textarea").fill("已致电申请人，改进排队。")
    row.get_by_role("button", name="回复").click()
    clerk.sees("已回复")


def test_on_a_phone_without_script(visitor, plan):
    """Applying works with JavaScript off, at 390 px."""
    person = visitor(width=390, java_script_enabled=False)
    page = person.page
    person.go("/hall/matters/food-operation-permit-new@370102/")
    page.locator(".tb-formbar a[data-main]").click()
    page.locator('form[action="/account/persona/zhang/"] button').click()
    page.get_by_role("button", name="同意并继续").click()
    fill_form(page)
    page.locator(".tb-formbar button[data-main]").click()
    upload(page, plan)
    page.locator(".tb-formbar button[data-main]").click()
    page.get_by_role("button", name="提交申请").click()
    person.sees("已提交")


def test_by_keyboard_alone(visitor):
    """Skip link, search and first result without a mouse."""
    person = visitor()
    person.go("/")
    person.page.keyboard.press("Tab")
    assert person.page.evaluate("document.activeElement.className") == "ds-skip-link"
    person.page.keyboard.press("Enter")
    person.page.focus("#q")
    person.page.keyboard.type("kaicanguan")
    person.page.keyboard.press("Enter")
    person.page.wait_for_url("**/matters/**")
    person.sees("食品经营许可（新办）")


def test_what_was_typed_is_there_on_return(visitor):
    """Autosave, and going on later."""
    person = visitor().become("wang")
    person.go("/hall/matters/food-operation-permit-new@370102/apply/")
    person.page.get_by_role("button", name="同意并继续").click()
    with person.page.expect_response("**/autosave/"):
        person.page.fill("#f-place_area", "123")
    person.go("/hall/mine/")
    person.sees("还没提交").check()
    person.page.locator(".tb-links a", has_text="食品经营许可").first.click()
    assert person.page.input_value("#f-place_area") == "123"


@pytest.mark.parametrize("width", [1440, 390])
def test_one_form_for_several_registrations_is_clean(visitor, width):
    person = visitor(width=width).become("zhang")
    person.go("/hall/one-thing/open-restaurant/")
    for box in person.page.locator("aside input[type=checkbox]").all():
        box.check()
    person.check()
    person.page.get_by_role("button", name="开始").click()
    person.sees("开办餐饮店").check()
    person.page.get_by_role("button", name="同意并继续").click()
    person.sees("请您填写").check()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_table_in_a_form_grows_by_saving(visitor, width):
    person = visitor(width=width).become("wang")
    person.go("/hall/matters/minimum-living-guarantee@370102/apply/")
    person.sees("面向自然人").check()  # wang acts for her shop until she says otherwise
    person.page.get_by_role("button", name="切换并继续").click()
    person.page.get_by_role("button", name="同意并继续").click()
    rows = person.page.locator("fieldset tbody").first.locator("tr")
    rows.first.wait_for()  # the click leads to another page: counted before it is there, there are none
    before = rows.count()  # the draft of the other width is the same draft
    for cell in rows.nth(before - 2).locator("input").all():
        cell.fill("合成")
    person.check()
    person.page.locator(".tb-formbar button[data-main]").click()
    person.sees("其余内容都已保存").check()
    assert rows.count() == before + 1
    assert rows.first.locator("input").first.input_value() == "合成"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "path",
    ["/hall/lists/", "/hall/lists/negative/", "/hall/open/", "/hall/organs/sd-samr/", "/hall/ratings/", "/hall/progress/?number=X", "/hall/about/",
     "/hall/convenience/", "/hall/one-thing/open-restaurant/", "/hall/matters/?q=没有这种事", "/hall/nothing-here/", "/account/login/",
     "/hall/matters/food-operation-permit-new@370102/versions/"],
)  # fmt: skip
def test_public_pages_are_clean(visitor, path, width):
    person = visitor(width=width)
    person.go(path)
    person.check()


def test_english_is_complete_where_a_citizen_goes(visitor):
    person = visitor()
    person.go("/")
    person.page.get_by_role("button", name="English").click()
    person.sees("What do you want to do?").check()
    person.go("/hall/matters/food-operation-permit-new@370102/")
    person.sees("working days by law").check()


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_the_header_holds_english_words_and_a_long_name(visitor, width):
    person = visitor(width=width).become("zhang")
    person.go("/")
    person.page.get_by_role("button", name="English").click()
    person.go("/account/own/")
    person.sees("My account").check()
