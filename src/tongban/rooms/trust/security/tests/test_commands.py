"""From an event to an alert, an incident, a report; warnings; protection records; what is told to whom."""

import io
import socket
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tongban.config import collector, province
from tongban.kernel.identity import commands as identity_commands
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import STRANGER, system
from tongban.kernel.ledger import delivery
from tongban.kernel.ledger.models import Entry
from tongban.kernel.notices.models import Notice
from tongban.lib import clock, syslog, watch
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.trust.security import queries, tasks
from tongban.rooms.trust.security.commands import alerts, honey, incidents, intake, protection, warnings
from tongban.rooms.trust.security.models import Alert, Control, HoneyRecord, IncidentDuty, Observation, WarningReply

PLATFORM = system("test")
pytestmark = pytest.mark.django_db


@pytest.fixture
def he():
    return province.official("he")


@pytest.fixture
def yan():
    return province.official("yan")


_answered = [0]


@pytest.fixture(autouse=True)
def _from_here(db):
    Observation.objects.all().delete()  # of tests that commit
    _answered[0] = Entry.objects.order_by("id").values_list("id", flat=True).last() or 0


def deliver():
    """This room's handlers, on what the test wrote; the outbox itself waits for commits and has tests of its own."""
    for e in Entry.objects.filter(id__gt=_answered[0]).order_by("id"):
        event = delivery.Delivered(e.id, e.tag, e.subject, e.at, e.account, e.actor_name, e.organ, e.body, e.origin)
        for handler in delivery.HANDLERS.values():
            if handler.name.startswith("rooms.trust.security") and e.tag in handler.tags:
                handler.function(event)
        _answered[0] = e.id


def correlate():
    return tasks.correlate_since(clock.now() - timedelta(minutes=5))


def failures(count, address="203.0.113.7", **more):
    intake.take([intake.Told(kind="login-failed", address=address, name=f"u{n}", at=clock.now() - timedelta(seconds=count - n), **more) for n in range(count)])


def notices(username, key):
    return list(Notice.objects.filter(account=identity.account_named(username).id, key=key))


class TestIntake:
    def test_login_and_reading_of_the_ledger_become_observations_once(self):
        account = identity.account_named("li")
        identity_commands.note_login(replace(STRANGER, origin="10.0.0.9"), account=account, way="password")
        deliver()
        [seen] = Observation.objects.filter(kind="login", account=account.id)
        assert (seen.address, seen.source) == ("10.0.0.9", "ledger")
        intake.take([intake.Told(kind="login", entry=seen.entry, account=account.id)])
        assert Observation.objects.filter(entry=seen.entry).count() == 1

    def test_a_refusal_is_noticed(self, client, as_persona):
        as_persona("li").get("/supervision/")
        [seen] = Observation.objects.filter(kind="denied")
        assert (seen.subject, seen.account) == ("supervision.read_board", identity.account_named("li").id)
        assert seen.address == "127.0.0.1"

    def test_missing_pages_exports_and_foreign_forms_are_noticed(self, as_persona):
        zhou = as_persona("zhou")
        zhou.get("/old.php")
        zhou.get("/favicon.ico")
        zhou.get("/supervision/lights/?export=csv")
        assert set(Observation.objects.values_list("kind", flat=True)) == {"probe", "export"}

    def test_a_keeper_that_fails_breaks_nothing(self, monkeypatch, client):
        monkeypatch.setattr(watch, "_keeper", lambda _noticed: 1 / 0)
        assert client.get("/old.php").status_code == 404

    def test_times_of_the_future_and_nul_are_mended(self):
        intake.take([intake.Told(kind="external", at=clock.now() + timedelta(days=9), words="a\x00b" * 200, host="h")])
        seen = Observation.objects.get()
        assert seen.at <= clock.now()
        assert "\x00" not in seen.words
        assert len(seen.words) == 300

    def test_what_the_law_need_not_keep_expires(self):
        intake.take([intake.Told(kind="external"), intake.Told(kind="external")])
        Observation.objects.filter(id=Observation.objects.order_by("id").first().id).update(received_at=clock.now() - timedelta(days=191))
        assert intake.expire(clock.now() - timedelta(days=190)) == 1
        assert Observation.objects.count() == 1


class TestSyslog:
    def test_known_words_become_known_kinds(self):
        lines = ["<38>1 2026-11-24T01:59:00Z gate sshd 42 - - Failed password for root from 203.0.113.7 port 22 ssh2", "<8>1 - db postgres - - - panic"]
        assert intake.take_syslog([(syslog.parse(line), "10.1.1.1") for line in lines]) == 2
        failed, panic = Observation.objects.order_by("id")
        assert (failed.kind, failed.name, failed.address, failed.host) == ("login-failed", "root", "203.0.113.7", "gate")
        assert (panic.kind, panic.severity, panic.host) == ("syslog", 10, "db")

    def test_the_collector_takes_udp_and_tcp(self, monkeypatch):
        kept = []
        monkeypatch.setattr(collector.intake, "take_syslog", kept.extend)
        listening = collector.Collector("127.0.0.1", 0)
        listening.start()
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.sendto(b"<13>1 - a app - - - by datagram", ("127.0.0.1", listening.port))
            with socket.create_connection(("127.0.0.1", listening.port)) as peer:
                peer.sendall(b"30 <13>1 - a app - - - by countingx<13>1 - a app - - - by line\n")
            until = time.monotonic() + 10
            while len(kept) < 3 and time.monotonic() < until:
                time.sleep(0.02)
        finally:
            listening.close()
        words = {message.words for message, _peer in kept}
        assert "by datagram" in words
        assert any(w.startswith("by count") for w in words)


class TestAlerts:
    def test_guessing_passwords_raises_one_alert_and_tells_the_officer(self, he):
        failures(26)
        assert correlate() >= 1
        [one] = queries.alerts(he, state="open").filter(rule__key="brute-force")
        assert (one.key, one.severity, one.technique) == ("address:203.0.113.7", "high", "T1110.001")
        assert one.due_at == clock.now() + timedelta(hours=4)
        deliver()
        assert any("暴力猜测密码" in n.title for n in notices("he", "security-alert"))
        assert not notices("li", "security-alert")

    def test_more_of_the_same_is_added_not_raised_again(self):
        failures(20)
        correlate()
        before = Alert.objects.get(rule__key="brute-force")
        failures(3)
        assert correlate() == 0
        after = Alert.objects.get(rule__key="brute-force")
        assert after.count > before.count
        assert after.last_event > before.last_event

    def test_what_a_finished_alert_rested_on_raises_no_second(self, he):
        failures(20)
        correlate()
        one = Alert.objects.get(rule__key="brute-force")
        alerts.move_alert(he, alert=one.id, act="dismiss", words="渗透测试，已备案")
        assert correlate() == 0
        failures(1)
        assert correlate() >= 1

    def test_success_after_failures_is_critical(self):
        failures(6)
        intake.take([intake.Told(kind="login", address="203.0.113.7", name="u5", account=identity.account_named("li").id)])
        correlate()
        one = Alert.objects.get(rule__key="guess-then-login")
        assert one.severity == "critical"
        assert one.region_code == "370102"  # the official's own

    def test_an_official_who_reads_far_more_than_usual(self):
        account = identity.account_named("li").id
        now = clock.now()
        told = [
            intake.Told(kind="personal-data", account=account, name="李合成", at=now - timedelta(days=d, seconds=s)) for d in (1, 4, 5, 6) for s in range(8)
        ]
        intake.take(told)
        Observation.objects.update(received_at=now - timedelta(days=1))
        intake.take([intake.Told(kind="personal-data", account=account, name="李合成", at=now - timedelta(seconds=s)) for s in range(60)])
        correlate()
        assert Alert.objects.get(rule__key="unusual-reading").title.startswith("查看个人信息数量异常：李合成")

    def test_honey(self, he):
        honey.lay_honey(he, kind="path", value="/.env")
        honey.lay_honey(he, kind="subject", value="person:424242")
        intake.take(
            [intake.Told(kind="probe", subject="/.env", address="198.51.100.2"), intake.Told(kind="personal-data", subject="person:424242", address="10.0.0.3")]
        )
        correlate()
        assert Alert.objects.filter(rule__key="honey", severity="critical").count() == 2
        honey.lift_honey(he, honey=HoneyRecord.objects.get(value="/.env").id)
        intake.take([intake.Told(kind="probe", subject="/.env", address="198.51.100.9")])
        assert not Observation.objects.filter(kind="honey", address="198.51.100.9").exists()

    def test_handling(self, he):
        failures(20)
        correlate()
        one = Alert.objects.get(rule__key="brute-force")
        assert alerts.move_alert(he, alert=one.id, act="take").owner_name == "何合成"
        with pytest.raises(Invalid):
            alerts.move_alert(he, alert=one.id, act="resolve", words=" ")
        alerts.move_alert(he, alert=one.id, act="resolve", words="已封禁该地址")
        with pytest.raises(Conflict):
            alerts.move_alert(he, alert=one.id, act="take")
        assert [a.kind for a in one.acts.order_by("id")] == ["take", "resolve"]

    def test_who_may_not(self, yan):
        failures(20)
        correlate()
        one = Alert.objects.get(rule__key="brute-force")
        with pytest.raises(NotFound):  # the province's, not the county's
            alerts.move_alert(yan, alert=one.id, act="take")
        with pytest.raises(Refused):
            alerts.move_alert(province.official("lv"), alert=one.id, act="take")
        with pytest.raises(Refused):
            list(queries.alerts(province.official("li")))

    def test_lateness_is_told_once(self):
        failures(20)
        correlate()
        with clock.at(clock.now() + timedelta(hours=5)):
            assert tasks.watch_all() >= 1
            assert tasks.watch_all() == 0
            deliver()
        assert any("逾期" in n.title for n in notices("he", "security-late"))


class TestIncidents:
    def opened(self, actor, **more):
        told = {"title": "疑似数据外泄", "kind": "data", "level": 3, "organ": "sd-samr", "words": "夜间大量导出"}
        return incidents.open_incident(actor, **{**told, **more})

    def test_its_level_says_by_when_it_is_reported(self, he):
        one = self.opened(he)
        [duty] = IncidentDuty.objects.filter(incident=one)
        assert duty.due_at == one.opened_at + timedelta(minutes=120)
        assert self.opened(he, level=4).duties.get().due_at == one.opened_at + timedelta(minutes=1440)

    def test_an_alert_becomes_one_and_is_carried_to_the_end(self, he):
        failures(20)
        correlate()
        alert = Alert.objects.get(rule__key="brute-force")
        one = self.opened(he, alert=alert.id)
        assert Alert.objects.get(id=alert.id).state == "escalated"
        for act in ("contain", "eradicate", "recover"):
            incidents.move_incident(he, incident=one.number, act=act, words="已办")
        with pytest.raises(Conflict, match="报告"):
            incidents.move_incident(he, incident=one.number, act="close", words="总结")
        incidents.report_incident(he, incident=one.number, duty=one.duties.get().id, words="电话和书面报告")
        closed = incidents.move_incident(he, incident=one.number, act="close", words="总结：弱口令；已全部更换")
        assert closed.closed_at == clock.now()
        assert (closed.summary_due - clock.today()).days == 30
        assert [a.kind for a in one.acts.order_by("id")] == ["open", "contain", "eradicate", "recover", "report", "close"]
        assert Entry.objects.filter(subject=f"incident:{one.number}").count() == 6
        with pytest.raises(Conflict):
            incidents.move_incident(he, incident=one.number, act="note", words="再记")

    def test_steps_come_in_order(self, he):
        one = self.opened(he)
        with pytest.raises(Conflict):
            incidents.move_incident(he, incident=one.number, act="recover", words="跳步")

    def test_a_graver_level_owes_more(self, he):
        one = self.opened(he, level=4)
        incidents.set_level(he, incident=one.number, level=2, words="影响扩大")
        assert {d.due_at - one.opened_at for d in one.duties.all()} == {timedelta(minutes=1440), timedelta(minutes=120)}

    @pytest.mark.parametrize("wrong", [{"title": " "}, {"kind": "x"}, {"level": 9}, {"words": ""}])
    def test_what_is_missing_is_named(self, he, wrong):
        with pytest.raises(Invalid) as told:
            self.opened(he, **wrong)
        assert told.value.fields

    def test_only_within_ones_regions(self, yan):
        with pytest.raises(Refused):
            self.opened(yan)
        assert self.opened(yan, organ="370102-market").region_code == "370102"

    def test_a_late_report_is_told_once(self, he):
        self.opened(he)
        with clock.at(clock.now() + timedelta(hours=3)):
            assert incidents.tell_late(PLATFORM) == 1
            assert incidents.tell_late(PLATFORM) == 0


class TestWarnings:
    def issued(self, actor, **more):
        told = {
            "title": "某软件高危漏洞",
            "colour": "yellow",
            "body": "可远程执行",
            "remedy": "升级",
            "feedback_due": clock.now() + timedelta(days=3),
            "organs": ["370102-market", "sd-samr"],
        }
        return warnings.issue_warning(actor, **{**told, **more})

    def test_the_whole_round(self, he, yan):
        one = self.issued(he)
        deliver()
        assert len(notices("yan", "security-warned")) == 1
        warnings.receive_warning(yan, warning=one.number)
        with pytest.raises(Invalid):
            warnings.answer_warning(yan, warning=one.number, affected=True, words="")
        warnings.answer_warning(yan, warning=one.number, affected=True, words="两台已升级")
        with pytest.raises(Invalid):
            warnings.judge_reply(he, warning=one.number, organ="370102-market", good=False)
        warnings.judge_reply(he, warning=one.number, organ="370102-market", good=False, words="请附版本截图")
        deliver()
        assert len(notices("yan", "security-returned")) == 1
        warnings.answer_warning(yan, warning=one.number, affected=True, words="截图已报")
        warnings.judge_reply(he, warning=one.number, organ="370102-market", good=True)
        tally = queries.tallies([one.id])[one.id]
        assert (tally.told, tally.received, tally.answered, tally.verified, tally.affected) == (2, 1, 1, 1, 1)

    def test_an_organ_sees_only_what_it_was_told(self, he, yan):
        one = self.issued(he, organs=["sd-samr"])
        with pytest.raises(NotFound):
            warnings.receive_warning(yan, warning=one.number)

    def test_answering_before_signing_is_refused(self, he, yan):
        one = self.issued(he)
        with pytest.raises(Conflict):
            warnings.answer_warning(yan, warning=one.number, affected=False, words="未使用")

    def test_a_county_warns_only_its_own(self, yan):
        with pytest.raises(Invalid):
            self.issued(yan, organs=["sd-samr"])
        assert self.issued(yan, organs=["sd-samr", "370102-market"]).replies.count() == 1

    @pytest.mark.parametrize("wrong", [{"title": ""}, {"colour": "pink"}, {"body": ""}, {"remedy": ""}, {"organs": []}, {"feedback_due": None}])
    def test_what_is_missing_is_named(self, he, wrong):
        with pytest.raises(Invalid) as told:
            self.issued(he, **wrong)
        assert told.value.fields

    def test_lateness(self, he, yan):
        one = self.issued(he)
        with clock.at(one.receipt_due + timedelta(minutes=1)):
            assert warnings.tell_late(PLATFORM) == 2
            assert warnings.tell_late(PLATFORM) == 0
            warnings.receive_warning(yan, warning=one.number)
        with clock.at(one.feedback_due + timedelta(minutes=1)):
            assert warnings.tell_late(PLATFORM) == 2
            deliver()
        assert WarningReply.objects.filter(warning=one, late_told="feedback").count() == 2
        assert len(notices("yan", "security-late")) == 2


class TestProtection:
    def registered(self, actor, **more):
        told = {
            "key": "desk",
            "name": "窗口系统",
            "organ": "370102-market",
            "regime": "classified",
            "business_grade": 2,
            "service_grade": 3,
            "extensions": ["cloud", "x"],
        }
        return protection.register_system(actor, **{**told, **more})

    def step(self, actor, kind, ago=0, **more):
        return protection.record_step(actor, system="desk", kind=kind, on=clock.today() - timedelta(days=ago), **more)

    def test_the_level_is_the_higher_grade(self, he):
        one = self.registered(he)
        assert (one.level, one.extensions) == (3, ["cloud"])
        assert len(queries.controls("classified", 3)) == 71
        assert len(queries.controls("classified", 2)) == 68
        assert Control.objects.filter(verified=True).count() == 0

    def test_the_cycle(self, he):
        self.registered(he)
        with pytest.raises(Conflict):
            self.step(he, "assessment")
        self.step(he, "grading", 100)
        self.step(he, "review", 99)
        with pytest.raises(Invalid):
            self.step(he, "filing", 98)
        self.step(he, "filing", 98, reference="37010200001-22001")
        with pytest.raises(Conflict, match="测评"):
            protection.add_finding(he, system="desk", control="8.1.4.1", risk="high", words="弱口令")
        with pytest.raises(Invalid):
            self.step(he, "assessment", 10, outcome="splendid")
        self.step(he, "assessment", 10, outcome="passed-with-findings", score=82.5)
        finding = protection.add_finding(he, system="desk", control="8.1.4.1", risk="high", words="弱口令")
        assert (finding.due - clock.today()).days == 90
        [row] = queries.judged([queries.system(he, "desk")])
        assert row.standing.words == ("mending",)
        protection.move_finding(he, system="desk", finding=finding.id, words="已启用双因素")
        protection.move_finding(he, system="desk", finding=finding.id)
        [row] = queries.judged([queries.system(he, "desk")])
        assert row.standing.words == ("good",)
        assert row.standing.next_assessment == clock.today() + timedelta(days=355)

    def test_lateness_goes_to_the_organ_and_the_region(self, he):
        self.registered(he)
        self.step(he, "grading", 40)
        assert tasks.watch_all() >= 1
        deliver()
        assert any("未备案" in n.title for n in notices("yan", "security-late"))
        assert notices("he", "security-late")
        assert tasks.watch_all() == 0

    def test_scope(self, he, yan):
        self.registered(he, key="prov", organ="sd-samr")
        with pytest.raises(NotFound):
            queries.system(yan, "prov")
        with pytest.raises(Refused):
            self.registered(yan, key="other", organ="sd-samr")
        with pytest.raises(Conflict):
            self.registered(he, key="prov")
        with pytest.raises(Invalid):
            self.registered(he, key="坏 键")

    def test_secret_systems_are_records_only(self, he):
        self.registered(he, regime="secret")
        self.step(he, "grading", 400)
        [row] = queries.judged([queries.system(he, "desk")])
        assert row.standing.words == ("unreviewed",)
        assert queries.controls("secret", 3) == []


class TestQuarantine:
    def test_malware_is_held_told_and_judged(self, he, settings, own_data, monkeypatch):
        from tongban.kernel.files import commands as files
        from tongban.kernel.files import scanners, store
        from tongban.kernel.files.models import File, Quarantined

        body = b"%PDF-1.7 something hostile"

        class Finder:
            name = "finder"

            def scan(self, content):
                raise scanners.Malware("Test.Signature")

        monkeypatch.setattr(scanners, "scanner", Finder)
        zhang = province.citizen("zhang", enterprise=False)

        def upload():
            return files.keep_file(zhang, name="a.pdf", stream=io.BytesIO(body), size=len(body))

        with pytest.raises(scanners.Malware):
            upload()
        held = Quarantined.objects.get()
        assert (held.signature, held.account_name, held.state) == ("Test.Signature", "张合成", "held")
        assert store.quarantine(held.digest).exists()
        assert body not in store.quarantine(held.digest).read_bytes()
        assert not File.objects.filter(name="a.pdf", owner=zhang.account).exists()
        assert Observation.objects.filter(kind="malware").count() == 1
        with pytest.raises(Refused):
            files.judge_quarantined(zhang, digest=held.digest, release=True, words="我的文件")
        with pytest.raises(Invalid):
            files.judge_quarantined(he, digest=held.digest, release=True, words="")
        files.judge_quarantined(he, digest=held.digest, release=True, words="误报，厂商已确认")
        assert not store.quarantine(held.digest).exists()
        assert "judged harmless" in upload().document.scanned_by

    def test_strangers_upload_nothing(self):
        from tongban.kernel.files import commands as files
        from tongban.lib.errors import NotLoggedIn

        with pytest.raises(NotLoggedIn):
            files.keep_file(STRANGER, name="a.pdf", stream=io.BytesIO(b"%PDF-1"), size=6)
