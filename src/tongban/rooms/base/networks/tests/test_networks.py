"""Coverage, lines, imports, special networks, addresses; an approved application becomes a line."""

import io
import ipaddress
from dataclasses import replace
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tongban.config import province
from tongban.kernel.cases import queries as cases
from tongban.kernel.files import commands as files
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered
from tongban.kernel.ledger.models import Entry
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.base.networks import commands, handlers, queries, rules, seed
from tongban.rooms.base.networks.models import AddressBlock, Connection
from tongban.rooms.service.hall.commands import applications

LOADER = system("test")
TODAY = date(2026, 11, 24)


def line(unit="370102", network="outer", bandwidth=100, **more):
    return rules.Line(unit, network, bandwidth, TODAY, **more)


class TestRules:
    @pytest.mark.parametrize(("units", "fixed", "share", "goal"), [(79, None, 1.0, 79), (1853, None, 0.44, 816), (79, 101, 1.0, 101), (0, None, 0.44, 0)])
    def test_goals(self, units, fixed, share, goal):
        assert rules.goal_of(units, fixed, share) == goal

    def test_never_a_hundred_percent_while_one_is_missing(self):
        assert rules.Coverage("township", 1852, 1853, 816).percent == 99
        assert rules.Coverage("township", 1853, 1853, 816).percent == 100

    @pytest.mark.parametrize(("told", "held"), [("10.37.8.0/24", "10.37.8.0/24"), (" 2001:db8:37::/48 ", "2001:db8:37::/48")])
    def test_blocks(self, told, held):
        assert str(rules.block(told)) == held

    @pytest.mark.parametrize(
        ("told", "fault"),
        [("10.37.8.1/24", "host-bits"), ("10.0.0.0", "form"), ("hello", "form"), ("0.0.0.0/0", "size"), ("10.0.0.0/33", "form"), ("::/8", "size")],
    )
    def test_what_is_no_block(self, told, fault):
        with pytest.raises(rules.BadBlock, match=fault):
            rules.block(told)

    @given(st.text(max_size=60))
    def test_any_text(self, told):
        try:
            rules.block(told)
        except rules.BadBlock:
            return

    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, 255), st.integers(24, 30)), max_size=30), st.integers(22, 30))
    def test_a_free_block_touches_none_that_is_taken(self, taken, prefix):
        pool = ipaddress.ip_network("10.9.0.0/16")
        held = [ipaddress.ip_network(f"10.9.{third}.0/{bits}") for third, bits in taken]
        found = rules.free_block(str(pool), [str(n) for n in held], prefix)
        assert found
        made = ipaddress.ip_network(found)
        assert made.prefixlen == prefix
        assert made.subnet_of(pool)
        assert not any(made.overlaps(n) for n in held)

    def test_a_full_pool_and_a_block_larger_than_the_pool(self):
        assert rules.free_block("10.0.0.0/30", ["10.0.0.0/31", "10.0.0.2/31"], 32) == ""
        assert rules.free_block("10.0.0.0/24", [], 16) == ""
        assert rules.free_block("2001:db8::/32", ["2001:db8::/48"], 48) == "2001:db8:1::/48"

    @pytest.mark.parametrize(
        ("row", "faults"),
        [
            ({"单位": "370102", "网络": "政务外网", "带宽": "100.0", "接入日期": "2026-11-01 00:00:00"}, []),
            ({"单位": "370102", "网络": "外网", "带宽": "1,000", "接入日期": "2026/11/1", "IPv6": "是", "等级": "3"}, []),
            ({"单位": "", "网络": "专线", "带宽": "many", "接入日期": "yesterday"}, [("单位", "empty"), ("网络", "network"), ("带宽", "bandwidth"), ("接入日期", "date")]),
            ({"单位": "x", "网络": "内网", "带宽": "1", "接入日期": "2026-12-01", "等级": "9"}, [("接入日期", "future"), ("等级", "level")]),
        ],
    )  # fmt: skip
    def test_rows(self, row, faults):
        assert rules.read_row(row, TODAY)[1] == faults

    @given(st.dictionaries(st.sampled_from(rules.COLUMNS), st.text(max_size=20)))
    def test_any_row_is_a_line_or_has_faults(self, row):
        made, faults = rules.read_row(row, TODAY)
        assert (made is None) == bool(faults)

    def test_progress(self):
        told = rules.progress([(TODAY - timedelta(2), TODAY), (TODAY - timedelta(1), None), (TODAY, None)], TODAY)
        assert (told.done, told.steps, told.late, told.percent, told.next_due) == (1, 3, 1, 33, TODAY - timedelta(1))


@pytest.mark.django_db
class TestLines:
    @pytest.fixture
    def chen(self):
        return province.official("chen")

    def test_a_unit_by_code_name_key_and_credit_code(self, chen):
        organ = orgs.organ("sd-samr")
        for told in ("sd-samr", organ.name, organ.credit_code):
            assert queries.unit(told)[0] == organ.id
        assert queries.unit("370102")[2:] == ("county", "济南市历下区")
        assert queries.unit(orgs.townships("370102")[0].code)[2] == "township"
        for told in ("", "没有这个单位", "999999", "370102999"):
            with pytest.raises(NotFound):
                queries.unit(told)

    def test_a_second_line_of_the_same_network_changes_the_first(self, chen):
        commands.connect_unit(chen, line=line())
        changed = commands.connect_unit(chen, line=line(bandwidth=500, ipv6=True))
        assert (changed.bandwidth, changed.ipv6) == (500, True)
        assert Connection.objects.filter(region_code="370102", network="outer").count() == 1
        assert commands.connect_unit(chen, line=line(network="inner")).id != changed.id
        assert [e.body["what"] for e in Entry.objects.filter(tag="networks.connection.kept").order_by("id")] == ["connected", "changed", "connected"]

    def test_the_database_keeps_one_line_too(self, chen):
        made = commands.connect_unit(chen, line=line())
        with pytest.raises(IntegrityError), transaction.atomic():
            Connection.objects.create(network="outer", region_code="370102", region_level="county", unit_name="x", bandwidth=1, connected_on=made.connected_on)

    def test_an_ended_line_stays_in_the_record(self, chen):
        made = commands.connect_unit(chen, line=line())
        commands.end_connection(chen, connection_id=made.id)
        assert not queries.connections(chen, within="370102").exists()
        assert Connection.objects.get(id=made.id).ended_on == TODAY
        with pytest.raises(NotFound):
            commands.end_connection(chen, connection_id=made.id)

    def test_coverage_counts_what_is_in_force(self, chen):
        commands.connect_unit(chen, line=line("3701"))
        commands.connect_unit(chen, line=line("370102"))
        commands.connect_unit(chen, line=line("sd-samr"))
        for town in orgs.townships("370102")[:3]:
            commands.connect_unit(chen, line=line(town.code))
        told = {c.level: c for c in queries.coverage(chen, "outer")}
        assert {level: c.connected for level, c in told.items()} == {"department": 1, "city": 1, "county": 1, "township": 3}
        assert (told["city"].units, told["county"].units, told["township"].units) == (16, 136, 1807)  # 46 more lie in zones that are no counties
        assert told["township"].goal == 796
        jinan = next(r for r in queries.by_region(chen, "outer") if r.place.code == "3701")
        assert (jinan.connected, jinan.counties.connected, jinan.townships.connected) == (True, 1, 3)
        assert len(queries.missing(chen, "outer", "370102")) == len(orgs.townships("370102")) - 3

    def test_only_within_ones_regions(self, chen):
        lixia = replace(chen, regions=("370102",))
        with pytest.raises(Refused):
            commands.connect_unit(lixia, line=line("370103"))
        with pytest.raises(Refused):
            commands.connect_unit(province.official("li"), line=line())


@pytest.mark.django_db
class TestImport:
    ROWS = (
        ("370102", "政务外网", 100, "机房", date(2026, 11, 1), 3, "电信", "是"),
        ("山东省市场监督管理局", "政务外网", 1000, "", date(2026, 10, 1), "", "", ""),
        ("没有这个单位", "政务外网", 10, "", date(2026, 10, 1), "", "", ""),
        ("370102", "政务外网", 10, "", date(2026, 10, 1), "", "", ""),
        ("370103", "专线", 10, "", "昨天", "", "", ""),
    )

    def upload(self, rows):
        book = openpyxl.Workbook()
        for row in (rules.COLUMNS, *rows):
            book.active.append(row)
        held = io.BytesIO()
        book.save(held)
        return SimpleUploadedFile("台账.xlsx", held.getvalue())

    def test_check_refuse_all_load_the_good_and_fetch_the_faults(self, as_persona):
        chen = as_persona("chen")
        checked = chen.post("/networks/load/", {"file": self.upload(self.ROWS), "what": "check"}).content.decode()
        assert "共5行，其中3行有误" in checked
        assert "与第2行的单位和网络重复" in checked
        refused = chen.post("/networks/load/", {"file": self.upload(self.ROWS), "what": "all"})
        assert refused.status_code == 422
        assert not Connection.objects.exists()
        faults = chen.post("/networks/load/", {"file": self.upload(self.ROWS), "what": "faults"}).content.decode()
        assert faults.count("\n") == 5  # a heading and four faults
        assert "已导入2条线路" in chen.post("/networks/load/", {"file": self.upload(self.ROWS), "what": "good"}).content.decode()
        assert Connection.objects.count() == 2
        assert chen.post("/networks/load/", {"file": self.upload(self.ROWS[:2]), "what": "all"}).status_code == 200
        assert Connection.objects.count() == 2

    @pytest.mark.parametrize("content", [b"", b"not a table", b"PK\x03\x04broken"])
    def test_what_is_no_table(self, as_persona, content):
        answer = as_persona("chen").post("/networks/load/", {"file": SimpleUploadedFile("a.xlsx", content), "what": "check"})
        assert answer.status_code == 422

    def test_the_template_is_a_file_that_loads(self, as_persona):
        chen = as_persona("chen")
        template = chen.get("/networks/load/?template=1").content
        answer = chen.post("/networks/load/", {"file": SimpleUploadedFile("t.xlsx", template), "what": "all"})
        assert "已导入1条线路" in answer.content.decode()

    def test_the_export_is_a_file_that_loads(self, as_persona):
        chen = as_persona("chen")
        chen.post("/networks/load/", {"file": self.upload(self.ROWS[:2]), "what": "all"})
        told = chen.get("/networks/lines/?export=xlsx").content
        answer = chen.post("/networks/load/", {"file": SimpleUploadedFile("e.xlsx", told), "what": "all"})
        assert "已导入2条线路" in answer.content.decode()


@pytest.mark.django_db
class TestSpecial:
    @pytest.fixture
    def chen(self):
        return province.official("chen")

    def registered(self, chen, key="water", **more):
        told = {
            "name": "水利专网",
            "owner": "sd-water",
            "reach": "county",
            "nodes": 160,
            "bandwidth": 20,
            "yearly_cost": 2_400_000,
            "systems": ["视频会商", " "],
        }
        return commands.register_special(chen, key=key, **{**told, **more})

    def test_keeping_needs_a_law(self, chen):
        self.registered(chen)
        with pytest.raises(Invalid):
            commands.decide_special(chen, key="water", decision="keep", reason="一直这样用着")
        kept = commands.decide_special(chen, key="water", decision="keep", reason="依据《保守国家秘密法》第二十九条")
        assert (kept.decision, kept.steps.count()) == ("keep", 0)

    def test_a_merge_goes_step_by_step(self, chen):
        self.registered(chen)
        commands.decide_special(chen, key="water", decision="merge", reason="系统均可迁入外网", first_due=date(2026, 10, 31))
        assert list(queries.special_network(chen, "water").steps.order_by("position").values_list("due", flat=True)) == [
            date(2026, 11, 28), date(2026, 12, 28), date(2027, 1, 28), date(2027, 2, 28), date(2027, 3, 28),
        ]  # fmt: skip
        with pytest.raises(Conflict):
            commands.finish_step(chen, key="water", position=2, words="")
        for position in range(5):
            commands.finish_step(chen, key="water", position=position, words="已办")
        with pytest.raises(Conflict):
            commands.finish_step(chen, key="water", position=5, words="")
        assert queries.progress_of(queries.special_network(chen, "water")).percent == 100

    def test_a_merge_that_has_begun_is_not_undone_by_a_decision(self, chen):
        self.registered(chen)
        commands.decide_special(chen, key="water", decision="merge", reason="系统均可迁入外网")
        commands.decide_special(chen, key="water", decision="keep", reason="《某条例》第一条")
        commands.decide_special(chen, key="water", decision="merge", reason="系统均可迁入外网")
        commands.finish_step(chen, key="water", position=0, words="")
        with pytest.raises(Conflict):
            commands.decide_special(chen, key="water", decision="keep", reason="《某条例》第一条")

    @pytest.mark.parametrize("wrong", [{"name": ""}, {"reach": "moon"}, {"key": "坏"}])
    def test_what_is_missing_is_named(self, chen, wrong):
        with pytest.raises(Invalid):
            self.registered(chen, **wrong)

    def test_twice_the_same_key(self, chen):
        self.registered(chen)
        with pytest.raises(Conflict):
            self.registered(chen)


@pytest.mark.django_db
class TestAddresses:
    @pytest.fixture
    def chen(self):
        return province.official("chen")

    def assign(self, chen, told, **more):
        return commands.assign_block(chen, told=told, **{"network": "outer", "unit": "3701", "purpose": "平台", **more})

    def test_no_two_units_get_the_same_addresses(self, chen):
        self.assign(chen, "10.37.8.0/24")
        with pytest.raises(Conflict, match="重叠"):
            self.assign(chen, "10.37.8.128/25", unit="3702")
        self.assign(chen, "10.37.8.0/24", network="inner")  # another network is another world
        made = AddressBlock.objects.get(network="outer")
        commands.free_block(chen, block=made.id)
        self.assign(chen, "10.37.8.0/25", unit="3702")

    def test_the_next_free_block_of_a_pool(self, chen):
        pool = self.assign(chen, "10.37.0.0/16", unit="37", pool=True)
        six = self.assign(chen, "2001:db8:37::/48", unit="37", pool=True)
        assert self.assign(chen, "/24", from_pool=pool.id).block == "10.37.0.0/24"
        assert self.assign(chen, "/25", from_pool=pool.id, unit="3702").block == "10.37.1.0/25"
        assert self.assign(chen, "/24", from_pool=pool.id, unit="3703").block == "10.37.2.0/24"
        assert self.assign(chen, "/56", from_pool=six.id).block == "2001:db8:37::/56"
        with pytest.raises(Conflict):
            self.assign(chen, "/8", from_pool=pool.id)
        with pytest.raises(Invalid):
            self.assign(chen, "big", from_pool=pool.id)

    def test_the_share_of_ipv6(self, chen):
        commands.connect_unit(chen, line=line("3701", ipv6=True))
        commands.connect_unit(chen, line=line("3702"))
        self.assign(chen, "2001:db8:37::/56")
        outer = next(s for s in queries.ipv6_shares(chen) if s.network == "outer")
        assert (outer.lines, outer.with_ipv6, outer.percent, outer.blocks_v6, outer.blocks_v4) == (2, 1, 50, 1, 0)


@pytest.mark.django_db
class TestCase:
    CODE = "government-network-access@37"
    DATA = {
        "unit": "370102-market", "network": "政务外网", "bandwidth": 200, "access_point": "历下区政务中心", "purpose": "审批系统", "contact_name": "李合成",
        "mobile": "13800000001", "protection_level": 3, "ipv6": True,
    }  # fmt: skip

    def submitted(self, **more):
        li = province.official("li")
        body = province.plan_pdf()
        kept = files.keep_file(li, name="申请函.pdf", stream=io.BytesIO(body), size=len(body))
        materials = [{"material": "网络接入申请函（盖章）", "file": str(kept.id), "name": kept.name}]
        return applications.submit_application(li, matter_code=self.CODE, data={**self.DATA, **more}, materials=materials)

    def granted(self, number):
        return Delivered(1, "cases.case.granted", f"case:{number}", clock.now(), None, "x", None, {"case": number, "matter": self.CODE})

    def test_an_approved_application_becomes_a_line_once(self):
        number = self.submitted()
        assert cases.case(LOADER, number).organ.key == "sd-bigdata"
        handlers.connect(self.granted(number))
        handlers.connect(self.granted(number))
        made = Connection.objects.get(case_number=number)
        assert (made.unit_name, made.network, made.bandwidth, made.protection_level, made.ipv6) == ("历下区市场监督管理局", "outer", 200, 3, True)

    def test_a_unit_that_nobody_knows_is_left_to_the_officer(self):
        handlers.connect(self.granted(self.submitted(unit="某不存在单位")))
        assert not Connection.objects.exists()

    def test_other_matters_are_not_its_business(self):
        other = Delivered(1, "cases.case.granted", "case:x", clock.now(), None, "x", None, {"case": "x", "matter": "food-operation-permit-new@370102"})
        handlers.connect(other)

    def test_the_form_refuses_an_unknown_network(self):
        with pytest.raises(Invalid):
            self.submitted(network="卫星")


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize(
        "page", ["", "?network=inner&region=3701", "?region=370102", "?region=nowhere", "lines/?q=%E6%B5%8E", "special/", "addresses/", "load/"]
    )
    def test_empty_full_and_in_english(self, page, as_persona, django_assert_max_num_queries):
        chen = as_persona("chen")
        assert chen.get(f"/networks/{page}").status_code == 200
        seed.load_demo(LOADER)
        with django_assert_max_num_queries(25):
            assert chen.get(f"/networks/{page}").status_code == 200
        assert chen.get(f"/networks/{page}", HTTP_ACCEPT_LANGUAGE="en").status_code == 200

    def test_the_supervisor_looks_only(self, as_persona):
        zhou = as_persona("zhou")
        assert zhou.get("/networks/").status_code == 200
        assert zhou.post("/networks/lines/", {"unit": "370102"}).status_code == 403
        assert zhou.get("/networks/load/").status_code == 403

    def test_entering_and_ending_a_line_keeps_what_was_typed(self, as_persona):
        chen = as_persona("chen")
        answer = chen.post("/networks/lines/", {"unit": "370102", "network": "outer", "bandwidth": "fast", "on": "2026-11-01", "access_point": "三楼机房"})
        assert answer.status_code == 422
        assert "三楼机房" in answer.content.decode()
        assert chen.post("/networks/lines/", {"unit": "370102", "network": "outer", "bandwidth": "100", "on": "2026-11-01"}).status_code == 302
        assert chen.post("/networks/lines/", {"unit": "没有这个单位", "network": "outer", "bandwidth": "100", "on": "2026-11-01"}).status_code == 422
        made = Connection.objects.get()
        assert chen.post("/networks/lines/", {"act": "end", "line": str(made.id)}).status_code == 302

    def test_special_network_and_addresses_by_form(self, as_persona):
        chen = as_persona("chen")
        told = {
            "key": "water",
            "name": "水利专网",
            "owner": "山东省水利厅",
            "reach": "county",
            "nodes": "160",
            "bandwidth": "20",
            "yearly_cost": "2,400,000",
            "systems": "一\n二",
        }
        assert chen.post("/networks/special/", {**told, "nodes": "many"}).status_code == 422
        page = chen.post("/networks/special/", told)["Location"]
        assert chen.post(page, {"act": "decide", "decision": "keep", "words": "习惯"}).status_code == 422
        assert chen.post(page, {"act": "decide", "decision": "merge", "words": "系统可迁", "begin": "2026-12-01"}).status_code == 302
        assert chen.post(page, {"act": "step", "position": "0", "words": "已摸底"}).status_code == 302
        assert "20%" in chen.get(page).content.decode()
        assert chen.post("/networks/addresses/", {"network": "outer", "block": "10.0.0.1/8", "unit": "37"}).status_code == 422
        assert chen.post("/networks/addresses/", {"network": "outer", "block": "10.37.0.0/16", "unit": "37", "pool": "yes"}).status_code == 302
        pool = AddressBlock.objects.get()
        assert chen.post("/networks/addresses/", {"network": "outer", "block": "/24", "unit": "3701", "from_pool": str(pool.id)}).status_code == 302
        assert "10.37.0.0/24" in chen.get("/networks/addresses/").content.decode()
        assert chen.post("/networks/addresses/", {"free": str(AddressBlock.objects.get(pool=False).id)}).status_code == 302
        for page in ("", "lines/", "special/", "addresses/"):
            assert chen.get(f"/networks/{page}?export=csv").status_code == 200
