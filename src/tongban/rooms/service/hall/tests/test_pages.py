"""Every page of the hall, as its users ask for it: rendered, filtered, exported, refused."""

import io
import json
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases.models import Case, ProcessVersion
from tongban.kernel.cases.tests.test_commands import CODE, act, submit
from tongban.kernel.identity.actor import system
from tongban.lib import clock
from tongban.lib.sample import sample_pdf
from tongban.rooms.service.hall.commands import applications, licences, ratings
from tongban.rooms.service.hall.models import Draft, Matter, MatterVersion, Rating
from tongban.rooms.service.hall.tests.test_commands import granted

pytestmark = pytest.mark.django_db
PLATFORM = system("test")


def text(answer):
    return answer.content.decode()


class TestFinding:
    @pytest.mark.parametrize(
        "query",
        [{"q": "我要开一家小餐馆"}, {"q": "kaicanguan"}, {"audience": "person"}, {"type": "20"}, {"department": "水利"}, {"event": "孩子出生"}, {"event": "'; --"}, {"page": "2"}, {"page": "0"}, {"page": "x"}, {"page": "99999"}, {"q": "x" * 300}],
    )  # fmt: skip
    def test_search(self, client, query):
        assert client.get("/hall/matters/", query).status_code == 200

    def test_the_region_is_kept_and_asked_for_once(self, client):
        client.get("/hall/region/370102/", {"next": "/hall/matters/"})
        assert "历下区" in text(client.get("/hall/matters/"))
        assert client.get("/hall/region/99/").status_code == 404

    def test_nothing_found_says_what_to_do(self, client):
        page = text(client.get("/hall/matters/", {"q": "量子纠缠许可"}))
        assert "12345" in page

    def test_an_item_leads_to_the_visitors_own_office(self, client):
        client.get(f"/hall/region/{LIXIA}/")
        answer = client.get("/hall/items/food-operation-permit-new/")
        assert answer["Location"].endswith(f"food-operation-permit-new@{LIXIA}/")

    def test_a_guide_of_another_region_points_home(self, client):
        client.get(f"/hall/region/{LIXIA}/")
        assert "历下区市场监督管理局" in text(client.get("/hall/matters/food-operation-permit-new@370203/"))

    @pytest.mark.parametrize("kind", ["approval", "power", "responsibility", "negative"])
    def test_the_four_lists_are_read_filtered_and_exported(self, client, kind):
        assert client.get(f"/hall/lists/{kind}/").status_code == 200
        assert client.get(f"/hall/lists/{kind}/", {"words": "食品", "department": "市场", "page": "7"}).status_code == 200
        for export in ("csv", "xlsx", "json"):
            answer = client.get(f"/hall/lists/{kind}/", {"export": export})
            assert "attachment" in answer["Content-Disposition"]

    def test_a_list_as_json_carries_verified_law_only(self, client):
        client.get(f"/hall/region/{LIXIA}/")
        rows = json.loads(client.get("/hall/lists/approval/", {"export": "json"}).content)
        row = next(r for r in rows if r["事项名称"].startswith("食品经营许可"))
        content = Matter.objects.get(code=CODE).version.content
        unverified = [b["law"] for b in content["legal_basis"] if b.get("verified") != "yes"]
        assert all(law not in row["设定依据（已核实）"] for law in unverified)

    def test_titles_follow_the_readers_language(self, client):
        client.post("/account/language/", {"language": "en"})
        assert "Administrative approvals" in text(client.get("/hall/lists/"))

    @pytest.mark.parametrize(
        "path", ["/", "/hall/about/", "/hall/open/", "/hall/convenience/", "/hall/organs/370102-market/", "/hall/ratings/", "/hall/verify/", "/hall/progress/"]
    )
    def test_public_pages_render(self, client, path):
        assert client.get(path).status_code == 200

    @pytest.mark.parametrize(
        "path", ["/hall/lists/x/", "/hall/matters/x@y/", "/hall/organs/x/", "/hall/drawings/999999.bpmn", "/hall/verify/x/", "/hall/rate/x/", "/hall/nothing/"]
    )
    def test_what_is_not_there_is_told(self, client, path):
        answer = client.get(path)
        assert answer.status_code in (404, 200)
        assert "Traceback" not in text(answer)

    def test_versions_are_compared(self, client):
        assert client.get(f"/hall/matters/{CODE}/versions/").status_code == 200


class TestApplying:
    def open_draft(self, client):
        client.get(f"/hall/matters/{CODE}/apply/", follow=True)
        return Draft.objects.latest("created_at")

    def test_from_form_to_number_without_script(self, as_persona):
        client = as_persona("zhang", enterprise=True)
        draft = self.open_draft(client)
        data, _files = province.complete(province.citizen(), CODE)
        form = {k: "yes" if v is True else "no" if v is False else v for k, v in data.items()}
        answer = client.post(f"/hall/drafts/{draft.id}/form/", form)
        assert answer["Location"].endswith("/materials/")
        page = client.get(f"/hall/drafts/{draft.id}/materials/")
        needed = [n for n, (m, _f) in enumerate(page.context["rows"]) if m.get("required")]
        body = sample_pdf("合成数据")
        uploads = {f"file-{n}": SimpleUploadedFile("布局.pdf", body, "application/pdf") for n in needed}
        answer = client.post(f"/hall/drafts/{draft.id}/materials/", {**uploads, "next": "1"})
        assert answer["Location"].endswith("/review/")
        answer = client.post(f"/hall/drafts/{draft.id}/review/", follow=True)
        assert answer.request["PATH_INFO"].endswith("/receipt/")
        assert Draft.objects.get(id=draft.id).case_number in text(answer)

    def test_a_fault_keeps_everything_and_names_the_field(self, as_persona):
        client = as_persona("zhang", enterprise=True)
        draft = self.open_draft(client)
        answer = client.post(f"/hall/drafts/{draft.id}/form/", {"place_area": "很大", "contact_tel": "123"})
        assert answer.status_code == 422
        assert 'value="很大"' in text(answer)
        assert 'href="#f-place_area"' in text(answer)
        assert Draft.objects.get(id=draft.id).data["place_area"] == "很大"

    def test_autosave_says_when(self, as_persona):
        client = as_persona("zhang", enterprise=True)
        draft = self.open_draft(client)
        answer = client.post(f"/hall/drafts/{draft.id}/autosave/", {"place_area": "88"})
        assert "10:00" in text(answer)
        assert Draft.objects.get(id=draft.id).data["place_area"] == 88

    def test_a_renamed_program_is_refused_and_the_rest_stays(self, as_persona):
        client = as_persona("zhang", enterprise=True)
        draft = self.open_draft(client)
        good, bad = SimpleUploadedFile("a.pdf", sample_pdf("合成")), SimpleUploadedFile("b.pdf", b"MZ\x90")
        assert client.post(f"/hall/drafts/{draft.id}/materials/", {"file-0": good}).status_code == 302
        answer = client.post(f"/hall/drafts/{draft.id}/materials/", {"file-1": bad})
        assert answer.status_code == 422
        assert len(Draft.objects.get(id=draft.id).materials) == 1

    def test_an_upload_is_taken_off_again(self, as_persona):
        client = as_persona("zhang", enterprise=True)
        draft = self.open_draft(client)
        client.post(f"/hall/drafts/{draft.id}/materials/", {"file-0": SimpleUploadedFile("a.pdf", sample_pdf("合成"))})
        [held] = Draft.objects.get(id=draft.id).materials
        client.post(f"/hall/drafts/{draft.id}/materials/", {"drop": held["file"]})
        assert Draft.objects.get(id=draft.id).materials == []

    def test_an_incomplete_one_is_not_submitted(self, as_persona):
        client = as_persona("zhang", enterprise=True)
        draft = self.open_draft(client)
        assert client.post(f"/hall/drafts/{draft.id}/review/").status_code == 422
        assert Draft.objects.get(id=draft.id).case_number == ""

    def test_a_cancelled_matter_names_its_heir(self, as_persona):
        from tongban.rooms.service.hall.commands import matters

        matters.cancel_matter(province.official("feng"), code=CODE, document="文号3", replaced_by="food-operation-permit-new@3701")
        answer = as_persona("zhang", enterprise=True).get(f"/hall/matters/{CODE}/apply/")
        assert answer.status_code == 410
        assert "济南市市场监督管理局" in text(answer)


class TestMine:
    def test_applications_drafts_and_licences(self, as_persona):
        applications.begin_draft(province.citizen(), matter_code=CODE)
        number = submit()
        page = text(as_persona("zhang", enterprise=True).get("/hall/mine/"))
        assert number in page

    def test_the_case_tells_its_story(self, as_persona):
        number = submit()
        act("li", number, "accept")
        page = text(as_persona("zhang", enterprise=True).get(f"/hall/cases/{number}/"))
        assert "已受理" in page or "受理" in page

    def test_a_correction_is_answered_on_its_page(self, as_persona):
        number = submit()
        act("li", number, "correct", "请补充布局图")
        client = as_persona("zhang", enterprise=True)
        page = client.get(f"/hall/cases/{number}/correct/")
        assert "请补充布局图" in text(page)
        held = cases.case(PLATFORM, number)
        form = {k: "yes" if v is True else "no" if v is False else v for k, v in held.data.items()}
        upload = {"file-0": SimpleUploadedFile("新布局.pdf", sample_pdf("合成新"))}
        answer = client.post(f"/hall/cases/{number}/correct/", {**form, **upload, "note": "已补充"}, follow=True)
        assert answer.status_code == 200
        assert "新布局.pdf" in {m["name"] for m in cases.case(PLATFORM, number).materials}

    def test_withdrawn_once(self, as_persona):
        number = submit()
        client = as_persona("zhang", enterprise=True)
        assert client.post(f"/hall/cases/{number}/withdraw/", {"reason": "不办了"}).status_code == 302
        assert cases.case(PLATFORM, number).state == "withdrawn"
        assert client.post(f"/hall/cases/{number}/withdraw/", {"reason": "不办了"}).status_code == 409

    def test_anothers_case_is_not_there(self, as_persona):
        number = submit()
        assert as_persona("wang").get(f"/hall/cases/{number}/").status_code == 404

    def test_progress_by_number_tells_no_name(self, client):
        number = submit()
        page = text(client.get("/hall/progress/", {"number": number.lower()}))
        assert "历下区市场监督管理局" in page
        assert "张合成" not in page
        assert client.get("/hall/progress/", {"number": "JN00-0000-00000"}).status_code == 404

    def test_a_licence_is_seen_downloaded_and_verified(self, as_persona, client):
        made = licences.issue_licence(PLATFORM, case_number=granted())
        owner = as_persona("zhang", enterprise=True)
        assert "<svg" in text(owner.get(f"/hall/licences/{made.number}/"))
        body = owner.get(f"/hall/licences/{made.number}/pdf/").content
        assert body.startswith(b"%PDF")
        answer = client.post("/hall/verify/", {"file": SimpleUploadedFile("l.pdf", body)})
        assert "有效" in text(answer)
        answer = client.post("/hall/verify/", {"file": SimpleUploadedFile("l.pdf", body[:-5] + b"12345")})
        assert answer.status_code in (200, 404, 422)
        assert made.number not in text(answer)
        assert made.number in text(client.get(f"/hall/verify/{made.code}/"))


class TestWindow:
    def test_the_list_opens_its_first_case_and_is_exported(self, as_persona):
        number = submit()
        client = as_persona("li")
        page = client.get("/hall/desk/")
        assert page.status_code == 200
        assert client.get(f"/hall/desk/cases/{number}/").status_code == 200
        assert number in text(client.get("/hall/desk/", {"export": "csv"}))
        sheet = openpyxl.load_workbook(io.BytesIO(client.get("/hall/desk/", {"export": "xlsx"}).content)).active
        assert sheet.max_row >= 2

    @pytest.mark.parametrize("query", [{"light": "red"}, {"light": "pink"}, {"after": "2026-01-01~5"}, {"after": "x~y"}, {"after": "~5"}, {"doc": "9"}])
    def test_filters_and_nonsense(self, as_persona, query):
        assert as_persona("li").get("/hall/desk/", query).status_code == 200

    def test_a_step_is_done_with_its_reason(self, as_persona):
        number = submit()
        item = cases.items_of(cases.case(PLATFORM, number))[0]
        client = as_persona("li")
        answer = client.post(f"/hall/desk/{item.id}/act/", {"action": "correct", "opinion": ""})
        assert answer.status_code == 422
        client.post(f"/hall/desk/{item.id}/act/", {"action": "accept", "opinion": "齐全"})
        assert cases.case(PLATFORM, number).state == "accepted"

    def test_taken_returned_handed(self, as_persona):
        number = submit()
        item = cases.items_of(cases.case(PLATFORM, number))[0]
        client = as_persona("li")
        client.post(f"/hall/desk/{item.id}/hand/", {"how": "claim"})
        assert cases.item(PLATFORM, item.id).assignee
        client.post(f"/hall/desk/{item.id}/hand/", {"how": "return"})
        assert cases.item(PLATFORM, item.id).assignee is None
        sun = province.official("sun").account
        client.post(f"/hall/desk/{item.id}/hand/", {"how": "delegate", "to": str(sun)})
        assert cases.item(PLATFORM, item.id).assignee == sun

    def test_a_batch_accepts_and_never_grants(self, as_persona):
        numbers = [submit(), submit()]
        items = [cases.items_of(cases.case(PLATFORM, n))[0].id for n in numbers]
        as_persona("li").post("/hall/desk/batch/", {"item": [*map(str, items), "x", "999999"]})
        assert {cases.case(PLATFORM, n).state for n in numbers} == {"accepted"}
        for n in numbers:
            act("qian", n, "pass")
            act("qian", n, "pass")
        waiting = [i.id for n in numbers for i in cases.items_of(cases.case(PLATFORM, n)) if i.state == "open"]
        as_persona("zhao").post("/hall/desk/batch/", {"item": list(map(str, waiting))})
        assert {cases.case(PLATFORM, n).state for n in numbers} == {"accepted"}

    def test_an_identity_number_is_shown_for_a_purpose_only(self, as_persona):
        number = submit()
        client = as_persona("li")
        assert province.synthetic_id(1) not in text(client.get(f"/hall/desk/cases/{number}/"))
        assert client.post(f"/hall/cases/{number}/reveal/", {"purpose": ""}).status_code == 422
        assert province.synthetic_id(1) in text(client.post(f"/hall/cases/{number}/reveal/", {"purpose": "核对身份"}))

    def test_a_material_is_shown_without_script_power(self, as_persona):
        number = submit()
        held = cases.case(PLATFORM, number).materials[0]
        answer = as_persona("li").get(f"/hall/cases/{number}/files/{held['file']}/")
        assert answer.content.startswith(b"%PDF")
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert as_persona("li").get(f"/hall/cases/{number}/files/00000000-0000-0000-0000-000000000000/").status_code == 404

    def test_cases_are_looked_up_and_exported(self, as_persona):
        number = submit()
        client = as_persona("li")
        for query in ({"q": number}, {"q": "张合成"}, {"state": "submitted"}, {"state": "x"}, {"region": "x"}, {"after": "x"}):
            assert client.get("/hall/cases/", query).status_code == 200
        assert number in text(client.get("/hall/cases/", {"q": number, "export": "csv"}))

    def test_own_figures(self, as_persona):
        act("li", submit(), "accept")
        assert as_persona("li").get("/hall/figures/").status_code == 200

    def test_another_office_sees_nothing_of_it(self, client):
        from tongban.kernel.identity import queries as identity

        number = submit()
        client.force_login(identity.account_named("desk-3702"))
        assert client.get(f"/hall/desk/cases/{number}/").status_code == 404
        assert number not in text(client.get("/hall/cases/", {"q": number, "export": "csv"}))


class TestEditor:
    def test_the_whole_way_of_a_version(self, as_persona):
        editor = as_persona("wu")
        page = editor.get("/hall/editor/items/food-operation-permit-new/")
        assert page.status_code == 200
        sheet = {"name": "食品经营许可（新办，改）", "promised": "4", "statutory": "10", "fee": "不收费", "result": "食品经营许可证", "note": "压缩"}
        answer = editor.post("/hall/editor/items/food-operation-permit-new/", sheet)
        version = MatterVersion.objects.filter(item__key="food-operation-permit-new").latest("number")
        assert answer.status_code == 302
        address = f"/hall/editor/versions/{version.id}/"
        assert "食品经营许可（新办，改）" in text(editor.get(address))
        assert editor.get("/hall/editor/", {"q": "食品", "state": "draft"}).status_code == 200

    def test_publishing_waits_for_a_second_person(self, as_persona):
        content = Matter.objects.get(code=CODE).version.content
        from tongban.rooms.service.hall.commands import matters

        version = matters.save_version(province.official("wu"), item="food-operation-permit-new", content=content, note="x")
        address = f"/hall/editor/versions/{version.id}/move/"
        as_persona("wu").post(address, {"act": "submit"})
        as_persona("feng").post(address, {"act": "publish", "document": "文号4", "effective_on": "2026-12-01"})
        version.refresh_from_db()
        assert version.state != "published"

    def test_importing_tells_every_fault_and_gives_them_as_a_file(self, as_persona):
        from django.conf import settings

        body = (settings.DATASETS / "hall" / "real_matters_guangan_1135.csv").read_bytes()
        editor = as_persona("wu")
        page = editor.post("/hall/editor/import/", {"file": SimpleUploadedFile("real.csv", body), "what": "check"})
        assert "1135" in text(page)
        faults = editor.post("/hall/editor/import/", {"file": SimpleUploadedFile("real.csv", body), "what": "faults"})
        assert faults["Content-Type"].startswith("text/csv")
        assert len(text(faults).splitlines()) > 50

    def test_a_broken_file_is_told(self, as_persona):
        answer = as_persona("wu").post("/hall/editor/import/", {"file": SimpleUploadedFile("x.xlsx", b"nothing"), "what": "check"})
        assert answer.status_code == 422

    def test_a_matter_is_ended_with_its_document(self, as_persona):
        publisher = as_persona("feng")
        address = f"/hall/editor/matters/{CODE}/end/"
        assert publisher.get(address).status_code == 200
        assert publisher.post(address, {"what": "cancel", "document": ""}).status_code == 422
        assert Matter.objects.get(code=CODE).state == "in-force"


class TestProcesses:
    def test_listed_drawn_and_read_by_all(self, as_persona, client):
        admin = as_persona("chen")
        assert admin.get("/hall/processes/").status_code == 200
        one = ProcessVersion.objects.filter(state="published").first()
        assert admin.get(f"/hall/processes/{one.id}/").status_code == 200
        assert client.get(f"/hall/drawings/{one.id}.bpmn").content.startswith(b"<?xml")

    def test_a_drawing_that_is_no_drawing_is_not_published(self, as_persona):
        admin = as_persona("chen")
        one = ProcessVersion.objects.filter(state="published").select_related("definition").first()
        answer = admin.post(f"/hall/processes/{one.definition.key}/save/", {"bpmn": "<not-bpmn/>"}, follow=True)
        made = ProcessVersion.objects.filter(definition=one.definition).latest("number")
        if made.id != one.id:
            answer = admin.post(f"/hall/processes/{made.id}/publish/", follow=True)
            made.refresh_from_db()
        assert answer.status_code in (200, 422)
        assert ProcessVersion.objects.get(id=one.id).state == "published"


class TestRating:
    def invite(self):
        number = granted()
        act("sun", number, "deliver")
        return ratings.invite_rating(PLATFORM, case_number=number)

    def test_rated_by_link_without_login(self, client):
        link = f"/hall/rate/{self.invite().token}/"
        assert client.get(link).status_code == 200
        assert client.post(link, {"level": "9"}).status_code == 422
        client.post(link, {"level": "2", "indicators": ["办事效率"], "words": "很快"})
        assert Rating.objects.latest("id").level == 2
        assert client.get(link).status_code == 410

    def test_a_bad_one_is_answered_on_the_desk(self, as_persona):
        made = ratings.rate_service(province.citizen(), token=self.invite().token, level=5, indicators=[], words="慢")
        client = as_persona("li")
        assert "慢" in text(client.get("/hall/rectifications/"))
        assert client.post(f"/hall/rectifications/{made.id}/", {"reply": "好"}).status_code in (200, 302, 422)
        client.post(f"/hall/rectifications/{made.id}/", {"reply": "已核实，窗口已增派人手"})
        made.refresh_from_db()
        assert made.replied_by_name == "李合成"

    def test_results_are_public(self, client):
        ratings.rate_service(province.citizen(), token=self.invite().token, level=1, indicators=[])
        client.get(f"/hall/region/{LIXIA}/")
        assert "历下区市场监督管理局" in text(client.get("/hall/ratings/"))


def test_nothing_here_depends_on_the_real_day():
    assert clock.today() == date(2026, 11, 24)
    with clock.at(clock.now() + timedelta(1)):
        assert clock.today() == date(2026, 11, 25)
    assert Case.objects.unscoped("test") is not None
