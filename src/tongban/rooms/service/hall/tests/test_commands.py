"""Matters, applications, licences, ratings, imports."""

import io
import json
from datetime import date, timedelta

import pytest
from django.conf import settings

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.cases import queries as cases
from tongban.kernel.cases.models import Case
from tongban.kernel.cases.tests.test_commands import CODE, act, submit
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as file_queries
from tongban.kernel.files import store
from tongban.kernel.identity.actor import system
from tongban.lib import clock, sm, tables
from tongban.lib.errors import Conflict, Gone, Invalid, NotFound, TooLarge
from tongban.lib.sample import sample_pdf
from tongban.rooms.service.hall.commands import applications, imports, licences, matters, ratings
from tongban.rooms.service.hall.models import Draft, Licence, Matter, Rating
from tongban.rooms.service.hall.queries import licences as licence_queries
from tongban.rooms.service.hall.queries import matters as matter_queries
from tongban.rooms.service.hall.queries import ratings as rating_queries
from tongban.rooms.service.hall.queries import search

pytestmark = pytest.mark.django_db
PLATFORM = system("test")


def granted():
    number = submit()
    act("li", number, "accept")
    act("qian", number, "pass")
    act("qian", number, "pass")
    act("zhao", number, "grant")
    return number


class TestSearch:
    @pytest.mark.parametrize(
        ("question", "first"),
        [
            ("我要开一家小餐馆", "食品经营许可（新办）"), ("kaicanguan", "食品经营许可（新办）"), ("开饭店", "食品经营许可（新办）"), ("过户", "不动产转移登记"),
            ("低保", "最低生活保障对象认定"), ("老年证", "老年人优待证办理"), ("生孩子", "生育登记"), ("护士证", "护士执业注册"), ("个体户", "个体工商户设立登记"),
            ("排污证", "排污许可证核发"), ("社保卡丢了", "社会保障卡申领"),
        ],
    )  # fmt: skip
    def test_everyday_words_find_the_matter(self, question, first):
        assert search.search(question, region=LIXIA).hits[0].name.startswith(first)

    def test_in_a_county_its_own_office_comes_and_each_matter_once(self):
        hits = search.search("", region=LIXIA, size=100).hits
        assert len({h.name for h in hits}) == len(hits) == 24
        assert next(h for h in hits if h.name.startswith("食品")).organ == "历下区市场监督管理局"

    def test_facets_narrow(self):
        assert {h.task_type for h in search.search("", region=LIXIA, facets=search.Facets(task_type="20"), size=50).hits} == {"20"}
        assert search.search("", region=LIXIA, facets=search.Facets(department="水利")).total == 1
        opening = {h.name for h in search.search("", region=LIXIA, facets=search.Facets(event="我要开餐饮店")).hits}
        assert {"食品经营许可（新办）", "小餐饮登记", "烟草专卖零售许可证核发（新办）"} <= opening
        assert search.search("", region=LIXIA, facets=search.Facets(event="没有这种事")).total == 0

    @pytest.mark.parametrize("question", ["'; DROP TABLE hall_matter; --", "a & b | !", "\\", "(((", "é漢字", "x" * 100])
    def test_odd_questions_are_harmless(self, question):
        search.search(question, region=LIXIA)
        assert Matter.objects.exists()


class TestApplication:
    def test_known_values_come_from_the_registers(self):
        draft = applications.begin_draft(province.citizen(), matter_code=CODE)
        assert draft.data["org_name"].startswith("济南历下一家小馆")
        assert draft.data["legal_rep_id_no"] == province.synthetic_id(1)

    def test_a_draft_goes_on_and_is_submitted_once(self):
        actor = province.citizen()
        draft = applications.begin_draft(actor, matter_code=CODE)
        assert applications.begin_draft(actor, matter_code=CODE).id == draft.id
        data, materials = province.complete(actor, CODE)
        Draft.objects.filter(id=draft.id).update(materials=materials)
        applications.save_draft(actor, draft=str(draft.id), data=data)
        number = applications.submit_draft(actor, draft=str(draft.id))
        assert applications.submit_draft(actor, draft=str(draft.id)) == number
        assert Case.objects.unscoped("test").filter(number=number).count() == 1

    def test_the_same_key_gets_the_same_number(self):
        actor = province.citizen()
        data, materials = province.complete(actor, CODE)
        one, two = (applications.submit_once(actor, once="k1", matter_code=CODE, data=data, materials=materials) for _n in range(2))
        assert one == two

    def test_another_persons_draft_is_not_found(self):
        draft = applications.begin_draft(province.citizen(), matter_code=CODE)
        with pytest.raises(NotFound):
            applications.save_draft(province.citizen("wang"), draft=str(draft.id), data={})

    def test_a_forged_identity_is_refused(self):
        actor = province.citizen()
        data, materials = province.complete(actor, CODE)
        with pytest.raises(Invalid, match="不一致"):
            applications.submit_application(actor, matter_code=CODE, data={**data, "legal_rep_id_no": province.synthetic_id(2)}, materials=materials)

    def test_a_file_of_someone_else_is_refused(self):
        _data, materials = province.complete(province.citizen(), CODE)
        other = province.citizen("wang")
        theirs, _own = province.complete(other, CODE)
        with pytest.raises(NotFound):
            applications.submit_application(other, matter_code=CODE, data=theirs, materials=materials)

    def test_missing_material_and_field_are_named(self):
        actor = province.citizen()
        data, materials = province.complete(actor, CODE)
        with pytest.raises(Invalid) as told:
            applications.submit_application(actor, matter_code=CODE, data=data, materials=materials[:1])
        assert all("请上传" in v for v in told.value.fields.values())
        with pytest.raises(Invalid) as told:
            applications.submit_application(actor, matter_code=CODE, data={**data, "place_area": -1}, materials=materials)
        assert "place_area" in told.value.fields

    def test_a_cancelled_matter_names_its_replacement(self):
        heir = "food-operation-permit-new@3701"
        matters.cancel_matter(province.official("feng"), code=CODE, document="鲁政办字〔2026〕1号", replaced_by=heir)
        with pytest.raises(Gone) as told:
            submit()
        assert "济南市市场监督管理局" in str(told.value)
        assert heir in told.value.instead


class TestFiles:
    def test_content_is_sealed_and_kept_once(self, settings, own_data):
        body, actor = sample_pdf("合成数据"), province.citizen()
        one, two = (files.keep_file(actor, name="a.pdf", stream=io.BytesIO(body), size=len(body)) for _n in range(2))
        assert one.document_id == two.document_id == sm.sm3_hex(body)
        assert b"%PDF" not in store.place(one.document_id).read_bytes()
        assert file_queries.content(file_queries.file(actor, str(one.id))) == body
        assert "no scanner" in one.document.scanned_by

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("a.pdf", b"MZ\x90\x00 program", "内容与扩展名不符"), ("a.exe", b"MZ\x90\x00", "只接收"), ("a.pdf", b"", "空文件"), ("noending", b"%PDF-1.7", "只接收"),
            ("a.png", b"%PDF-1.7", "内容与扩展名不符"),
        ],
    )  # fmt: skip
    def test_what_is_not_what_it_says_is_refused(self, name, content, words):
        with pytest.raises(Invalid, match=words):
            files.keep_file(province.citizen(), name=name, stream=io.BytesIO(content), size=len(content))

    def test_too_large_is_refused_even_when_its_size_was_a_lie(self, settings):
        settings.UPLOAD_LIMIT = 1000
        for size in (2000, 10):
            with pytest.raises(TooLarge):
                files.keep_file(province.citizen(), name="a.pdf", stream=io.BytesIO(b"%PDF-" + b"x" * 2000), size=size)

    def test_a_changed_store_is_noticed(self, settings, own_data):
        body = sample_pdf("合成数据")
        kept = files.keep_file(province.citizen(), name="a.pdf", stream=io.BytesIO(body), size=len(body))
        path = store.place(kept.document_id)
        path.write_bytes(path.read_bytes()[:-1] + b"!")
        with pytest.raises(sm.Tampered):
            file_queries.content(kept)


class TestLicence:
    def test_made_signed_and_verified_in_three_ways(self):
        licence = licences.issue_licence(PLATFORM, case_number=granted())
        assert licence.valid_to == licence.valid_from.replace(year=licence.valid_from.year + 5) - timedelta(1)
        body = file_queries.content(file_queries.file(PLATFORM, str(licence.pdf)))
        assert body.startswith(b"%PDF")
        assert licence_queries.by_file(body).in_force
        assert licence_queries.by_number(licence.number).in_force
        assert licence_queries.by_code(licence.code).in_force
        document = json.dumps(licences.signed_document(licence)).encode()
        assert licence_queries.by_file(document).in_force

    def test_one_changed_byte_fails(self):
        licence = licences.issue_licence(PLATFORM, case_number=granted())
        body = bytearray(file_queries.content(file_queries.file(PLATFORM, str(licence.pdf))))
        body[len(body) // 2] ^= 1
        assert not licence_queries.by_file(bytes(body)).genuine
        document = licences.signed_document(licence)
        document["content"] = {**document["content"], "holder": "别人"}
        assert licence_queries.by_file(json.dumps(document).encode()).reason == "changed"

    def test_a_row_changed_in_the_database_is_not_genuine(self):
        licence = licences.issue_licence(PLATFORM, case_number=granted())
        Licence.objects.filter(id=licence.id).update(content={**licence.content, "holder": "别人"})
        assert licence_queries.by_number(licence.number).reason == "changed"

    def test_suspended_revoked_and_expired_are_told(self):
        licence = licences.issue_licence(PLATFORM, case_number=granted())
        issuer = province.official("sun")
        licences.change_licence(issuer, number=licence.number, change="suspend", reason="停业整顿")
        assert licence_queries.by_number(licence.number).reason == "suspended"
        licences.change_licence(issuer, number=licence.number, change="revoke", reason="严重违法")
        with pytest.raises(Conflict):
            licences.change_licence(issuer, number=licence.number, change="resume", reason="恢复")
        other = licences.issue_licence(PLATFORM, case_number=granted())
        with clock.at(clock.now() + timedelta(days=366 * 6)):
            assert licence_queries.by_number(other.number).reason == "expired"

    def test_reissued_with_a_changed_entry_the_old_one_stays_as_replaced(self):
        old = licences.issue_licence(PLATFORM, case_number=granted())
        issuer = province.official("sun")
        new = licences.reissue_licence(issuer, number=old.number, items={"经营场所地址": "历下区（合成地址）9号"}, reason="迁址")
        assert licence_queries.by_number(new.number).in_force
        assert licence_queries.by_number(old.number).reason == "replaced"
        assert new.content["replaces"] == old.number
        with pytest.raises(Invalid):
            licences.reissue_licence(issuer, number=new.number, items={"没有这项": "x"}, reason="迁址")

    def test_made_once_and_only_for_a_granted_case(self):
        number = granted()
        assert licences.issue_licence(PLATFORM, case_number=number).id == licences.issue_licence(PLATFORM, case_number=number).id
        with pytest.raises(Conflict):
            licences.issue_licence(PLATFORM, case_number=submit())

    def test_no_identity_number_is_printed(self):
        licence = licences.issue_licence(PLATFORM, case_number=granted())
        assert province.synthetic_id(1) not in json.dumps(licence.content)


class TestRating:
    def invite(self):
        number = granted()
        act("sun", number, "deliver")
        return ratings.invite_rating(PLATFORM, case_number=number)

    def test_once_per_handling(self):
        invitation = self.invite()
        ratings.rate_service(province.citizen(), token=invitation.token, level=1, indicators=["办事效率"])
        with pytest.raises(Gone):
            ratings.rate_service(province.citizen(), token=invitation.token, level=2, indicators=[])

    def test_the_link_expires_after_fourteen_days(self):
        invitation = self.invite()
        with clock.at(clock.now() + timedelta(days=15)), pytest.raises(Gone):
            ratings.rate_service(province.citizen(), token=invitation.token, level=1, indicators=[])

    def test_whoever_does_not_rate_leaves_a_flagged_default_that_counts_nowhere(self):
        invitation = self.invite()
        with clock.at(clock.now() + timedelta(days=13)):
            assert ratings.default_ratings(PLATFORM) == 0
        with clock.at(clock.now() + timedelta(days=15)):
            assert ratings.default_ratings(PLATFORM) >= 1
            assert ratings.default_ratings(PLATFORM) == 0
            with pytest.raises(Gone, match="14"):
                ratings.rate_service(province.citizen(), token=invitation.token, level=5, indicators=[])
        held = Rating.objects.get(invitation=invitation)
        assert (held.by_default, held.level, held.rectify_due) == (True, 3, None)
        [row] = [r for r in rating_queries.office_results(LIXIA) if r.organ == "历下区市场监督管理局"]
        assert (row.given, row.by_default >= 1) == (0, True)

    @pytest.mark.parametrize(("level", "indicators"), [(0, []), (6, []), (1, ["nothing"])])
    def test_other_levels_and_indicators_are_refused(self, level, indicators):
        with pytest.raises(Invalid):
            ratings.rate_service(province.citizen(), token=self.invite().token, level=level, indicators=indicators)

    def test_a_bad_one_is_due_in_five_working_days_and_answered_by_its_office(self):
        with clock.at(clock.datetime(2026, 11, 2, 9, tzinfo=clock.CHINA)):
            made = ratings.rate_service(province.citizen(), token=self.invite().token, level=5, indicators=[], words="等太久")
        assert made.rectify_due == date(2026, 11, 9)
        with pytest.raises(NotFound):
            ratings.answer_rating(province.official("desk-3702"), rating=made.id, reply="已核实并整改")
        answered = ratings.answer_rating(province.official("li"), rating=made.id, reply="已核实并整改")
        assert answered.replied_by_name
        with pytest.raises(Conflict):
            ratings.answer_rating(province.official("li"), rating=made.id, reply="已核实并整改")


class TestMatter:
    def draft(self, **changes):
        content = Matter.objects.get(code=CODE).version.content
        return matters.save_version(province.official("wu"), item="food-operation-permit-new", content={**content, **changes}, note="压缩时限")

    def test_drafted_reviewed_by_a_second_person_and_published(self):
        version = self.draft(name="食品经营许可（新办、试点）")
        matters.submit_version(province.official("wu"), version=version.id)
        matters.review_version(province.official("zheng"), version=version.id, approve=True)
        matters.publish_version(province.official("feng"), version=version.id, document="鲁市监〔2026〕1号", effective_on=date(2026, 12, 1))
        one = Matter.objects.get(code=CODE)
        assert (one.name, one.version.number) == ("食品经营许可（新办、试点）", 2)
        assert [v.state for v in matter_queries.versions(CODE)] == ["published", "superseded"]
        [(_path, before, after)] = [d for d in matter_queries.differences(*(v.content for v in reversed(matter_queries.versions(CODE)))) if d[0] == "name"]
        assert (before, after) == ("食品经营许可（新办）", "食品经营许可（新办、试点）")

    def test_running_cases_keep_their_version(self):
        number = submit()
        pinned = cases.case(PLATFORM, number).matter_version
        self.test_drafted_reviewed_by_a_second_person_and_published()
        assert cases.case(PLATFORM, number).matter_version == pinned

    def test_a_promise_longer_than_the_law_is_not_submitted(self):
        version = self.draft(limits={"promised": {"value": 30}, "statutory": {"value": 10}})
        with pytest.raises(Invalid, match=r".*") as told:
            matters.submit_version(province.official("wu"), version=version.id)
        assert "promised" in told.value.fields

    def test_an_invalid_form_schema_is_not_submitted(self):
        version = self.draft(form_fields=[{"name": "x", "label": "x", "type": "nonsense"}])
        with pytest.raises(Invalid) as told:
            matters.submit_version(province.official("wu"), version=version.id)
        assert "form_fields" in told.value.fields

    def test_delegated_to_lower_regions(self):
        made = matters.delegate_matter(
            province.official("feng"), code="public-place-hygiene-permit@3701", regions=["370102", "370103"], document="济政发〔2026〕2号"
        )
        assert [m.organ_name for m in made] == ["历下区卫生健康局", "市中区卫生健康局"]
        assert Matter.objects.get(code="public-place-hygiene-permit@3701").state == "delegated"

    def test_delegation_sideways_is_refused(self):
        with pytest.raises(Invalid):
            matters.delegate_matter(province.official("feng"), code="pollutant-discharge-permit@3701", regions=["370202"], document="x号")


class TestImport:
    def rows(self):
        path = settings.DATASETS / "hall" / "real_matters_guangan_1135.csv"
        return tables.read_file(path.name, path.read_bytes(), imports.COLUMNS)

    def test_the_real_list_tells_every_rows_faults(self):
        run = imports.check_rows(self.rows())
        assert len(run.rows) == 1135
        wrong = {f.row for f in run.faults if f.column == "dept_code"}
        assert len(wrong) > 50
        assert all(f.sentence and f.warning for f in run.faults if f.column == "dept_code")

    def test_all_or_none_or_the_good_ones(self):
        rows = [dict(r) for r in self.rows()[:20]]
        rows[3]["name"] = ""
        rows[7]["item_code"] = rows[6]["item_code"]
        run = imports.check_rows(rows)
        assert run.bad_rows == {5, 9}
        with pytest.raises(Invalid):
            imports.load_rows(PLATFORM, run=run, source="test", only_good=False)
        assert not Matter.objects.filter(profile="sichuan").exists()
        assert imports.load_rows(PLATFORM, run=run, source="test", only_good=True) == 18
        assert search.search(rows[0]["name"], region=LIXIA).hits[-1].sample

    def test_xlsx_and_gb18030_are_read(self):
        import openpyxl

        book = openpyxl.Workbook()
        book.active.append(list(imports.COLUMNS))
        book.active.append(["局", "", "事项", "X", "1", "Y", "511602"])
        held = io.BytesIO()
        book.save(held)
        assert tables.read_file("a.xlsx", held.getvalue(), imports.COLUMNS)[0]["name"] == "事项"
        text = ",".join(imports.COLUMNS) + "\n局,,事项,X,1,Y,511602\n"
        assert tables.read_file("a.csv", text.encode("gb18030"), imports.COLUMNS)[0]["name"] == "事项"

    @pytest.mark.parametrize(("name", "content"), [("a.xlsx", b"no zip"), ("a.csv", b""), ("a.csv", b"a,b\n1,2\n")])
    def test_a_broken_file_gets_a_sentence(self, name, content):
        with pytest.raises(Invalid):
            tables.read_file(name, content, imports.COLUMNS)
