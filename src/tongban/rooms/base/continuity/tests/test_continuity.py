"""Standing, reports of real tools, drills and plans, what is told to whom, pages and API."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import delivery
from tongban.kernel.notices.models import Notice
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.base.continuity import commands, queries, rules, tasks
from tongban.rooms.base.continuity.models import Drill, Report

PLATFORM = system("test")
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
TIER = rules.Tier(5, "x", 1, 180, 1800, 3600)
RESTIC = {
    "message_type": "summary", "files_new": 3, "total_bytes_processed": 104857600, "total_duration": 1.15, "snapshot_id": "40dc1520aa6a07b7",
    "backup_start": "2026-11-24T09:00:00.123456789+08:00", "backup_end": "2026-11-24T09:00:01.273456789+08:00",
}  # fmt: skip
PGBACKREST = [
    {
        "name": "main", "status": {"code": 0, "message": "ok"},
        "backup": [
            {"label": "20261123-010000F", "type": "full", "error": False, "timestamp": {"start": 1795366800, "stop": 1795366860}, "info": {"size": 4096}},
            {"label": "20261124-010000F", "type": "full", "error": False, "timestamp": {"start": 1795453200, "stop": 1795453260}, "info": {"size": 8192}},
        ],
    }
]  # fmt: skip


def record(**more):
    held = {
        "backup_at": NOW, "backup_good": True, "drill_on": NOW.date(), "drill_rpo_s": 1.0, "drill_rto_s": 10.0, "drill_passed": True,
        "rpo_target_s": 5, "rto_target_s": 60,
    }  # fmt: skip
    return rules.Record(**{**held, **more})


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, ["good"]),
        ({"backup_at": None}, ["never"]),
        ({"backup_good": False}, ["failed-backup"]),
        ({"backup_at": NOW - timedelta(hours=1, seconds=1)}, ["late-backup"]),
        ({"backup_at": NOW - timedelta(hours=1)}, ["good"]),
        ({"drill_on": None}, ["late-drill"]),
        ({"drill_on": (NOW - timedelta(days=181)).date()}, ["late-drill"]),
        ({"drill_rpo_s": 5.1}, ["missed-target"]),
        ({"drill_rto_s": 61}, ["missed-target"]),
        ({"drill_passed": False}, ["missed-target"]),
        ({"drill_rpo_s": None}, ["missed-target"]),
        ({"backup_good": False, "drill_on": None}, ["failed-backup", "late-drill"]),
    ],
)
def test_standing(more, found):
    assert rules.standing(record(**more), TIER, NOW) == found


class TestReports:
    def test_restics_summary(self):
        told = rules.read_report("restic", RESTIC)
        assert (told.at, told.bytes, told.good) == (datetime(2026, 11, 24, 1, 0, 1, 273456, tzinfo=UTC), 104857600, True)

    def test_restics_snapshots(self):
        told = rules.read_report("restic", [{"time": "2026-11-23T01:00:00Z", "id": "a"}, {"time": "2026-11-24T01:00:00.5Z", "id": "b"}])
        assert told.words == "b"

    def test_pgbackrests_info(self):
        told = rules.read_report("pgbackrest", PGBACKREST)
        assert (told.bytes, told.good, told.kind) == (8192, True, "full")
        broken = [{**PGBACKREST[0], "status": {"code": 2, "message": "no valid backups"}}]
        assert not rules.read_report("pgbackrest", broken).good

    @given(
        st.sampled_from(rules.TOOLS),
        st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), lambda c: st.lists(c) | st.dictionaries(st.text(max_size=9), c)),
    )
    def test_whatever_else_is_refused(self, tool, told):
        with pytest.raises(rules.Unreadable):
            rules.read_report(tool, told)


def registered(key="x", **more):
    held = {"name": "某系统", "organ": "sd-bigdata", "tier": 5, "tool": "other", "rpo_s": None, "rto_s": None}
    return commands.register_system(PLATFORM, key=key, **{**held, **more})


def told(**more):
    return {"at": clock.now().isoformat(), "kind": "full", "bytes": 10, "good": True, **more}


@pytest.mark.django_db
class TestCommands:
    @pytest.mark.parametrize("more", [{"tier": 9}, {"tool": "x"}, {"name": " "}, {"key": "a b"}, {"key": "中"}, {"rpo_s": -1}, {"rto_s": 10**12}])
    def test_what_cannot_be_is_refused(self, more):
        with pytest.raises(Invalid):
            registered(**more)

    def test_a_key_is_taken_once(self):
        registered()
        with pytest.raises(Conflict):
            registered()

    def test_targets_default_to_the_tiers(self):
        one = registered(rpo_s=9)
        assert (one.rpo_target_s, one.rto_target_s) == (9, 3600)

    def test_the_future_is_refused(self):
        registered()
        with pytest.raises(Invalid):
            commands.report_backup(PLATFORM, system="x", tool="other", told=told(at=(clock.now() + timedelta(days=1)).isoformat()))

    def test_a_drill_answers_the_plan_that_is_due(self):
        registered()
        later = commands.plan_drill(PLATFORM, system="x", day=clock.today() + timedelta(days=3))
        due = commands.plan_drill(PLATFORM, system="x", day=clock.today())
        drill = commands.record_drill(PLATFORM, system="x", at=clock.now(), rpo_s=1, rto_s=2, passed=True)
        assert drill.plan == due
        assert list(queries.open_plans(drill.system)) == [later]
        with pytest.raises(Invalid):
            commands.plan_drill(PLATFORM, system="x", day=clock.today() - timedelta(days=1))
        with pytest.raises(Invalid):
            commands.record_drill(PLATFORM, system="x", at=clock.now(), rpo_s=None, rto_s=2, passed=True)

    def test_lateness_is_told_once_until_it_is_mended(self):
        registered()
        assert tasks.watch_all() == 2  # never backed up, never drilled
        assert tasks.watch_all() == 0
        commands.report_backup(PLATFORM, system="x", tool="other", told=told())
        assert tasks.watch_all() == 0
        commands.report_backup(PLATFORM, system="x", tool="other", told=told(good=False, at=(clock.now() + timedelta(seconds=1)).isoformat()))
        assert tasks.watch_all() == 1

    def test_only_within_ones_regions(self):
        registered(organ="370102-market")
        chen = identity.actor_of_account(identity.account_named("chen").id)
        zhou = identity.actor_of_account(identity.account_named("zhou").id)
        assert queries.system(chen, "x").region_code == "370102"
        with pytest.raises(Refused):
            commands.report_backup(zhou, system="x", tool="other", told=told())
        with pytest.raises(NotFound):
            queries.system(chen, "y")


def test_what_is_late_reaches_the_administrators(committed):
    registered(key="told-once")
    tasks.watch_all()
    delivery.settle()
    chen = identity.account_named("chen").id
    assert Notice.objects.filter(account=chen, key="continuity-late", subject="protected-system:told-once").count() == 2


@pytest.mark.django_db
class TestPages:
    def test_an_administrator_registers_plans_and_records(self, as_persona):
        client = as_persona("chen")
        assert "没有符合条件的系统" in client.get("/continuity/?state=good").content.decode()
        said = {"key": "hz", "name": "菏泽市某系统", "organ": "sd-bigdata", "tier": "5", "tool": "restic", "rpo": "", "rto": "60"}
        assert client.post("/continuity/", said)["Location"] == "/continuity/hz/"
        assert client.post("/continuity/", said).status_code == 422
        assert client.post("/continuity/", {**said, "key": "h2", "rpo": "x"}).status_code == 422
        page = client.get("/continuity/hz/").content.decode()
        assert "/api/continuity/systems/hz/reports" in page
        assert client.post("/continuity/hz/", {"act": "plan", "day": "2026-12-01", "words": "年度"}).status_code == 302
        assert client.post("/continuity/hz/", {"act": "plan", "day": ""}).status_code == 422
        assert client.post("/continuity/hz/", {"act": "drill", "rpo": "3", "rto": "40", "passed": "yes", "words": "好"}).status_code == 302
        assert client.post("/continuity/hz/", {"act": "drill", "rpo": "x", "rto": "40", "passed": "yes"}).status_code == 422
        assert Drill.objects.get().rto_s == 40
        assert "年度" in client.get("/continuity/hz/").content.decode()
        assert "从未备份" in client.get("/continuity/").content.decode()

    def test_those_who_only_read_see_no_forms(self, as_persona):
        registered()
        client = as_persona("zhou")
        assert 'name="rpo"' not in client.get("/continuity/x/").content.decode()
        assert client.post("/continuity/x/", {"act": "plan", "day": "2026-12-01"}).status_code == 403

    def test_an_agent_reports_over_the_api(self, as_persona):
        registered()
        client = as_persona("chen")
        sent = client.post("/api/continuity/systems/x/reports", json.dumps({"tool": "restic", "told": RESTIC}), content_type="application/json")
        assert sent.status_code == 201, sent.content
        assert Report.objects.get().bytes == 104857600
        bad = client.post("/api/continuity/systems/x/reports", json.dumps({"tool": "restic", "told": {}}), content_type="application/json")
        assert bad.status_code == 422
        [row] = [s for s in client.get("/api/continuity/systems").json() if s["key"] == "x"]
        assert row["standing"] == ["late-drill"]
