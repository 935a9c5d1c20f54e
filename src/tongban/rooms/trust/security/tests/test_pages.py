"""The security centre's pages and API: each journey by hand, scope, statements."""

from datetime import timedelta

import pytest
from django.test import Client

from tongban.config import province
from tongban.kernel.identity import commands as identity_commands
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import STRANGER, system
from tongban.lib import clock
from tongban.rooms.trust.security import seed, tasks
from tongban.rooms.trust.security.models import Alert, Incident, Observation, ProtectedSystem, WarningNotice
from tongban.ui import limits

pytestmark = pytest.mark.django_db
LOADER = system("test")


@pytest.fixture(autouse=True)
def _nothing_seen(db):
    Observation.objects.all().delete()  # of tests that commit


@pytest.fixture
def demo(db):
    seed.load_demo(LOADER)
    tasks.correlate_since(clock.now() - timedelta(minutes=5))


@pytest.fixture
def he(as_persona):
    return as_persona("he")


def text(answer):
    return answer.content.decode()


def test_posture_says_what_is_protected_late_and_attacked(demo, he):
    told = text(he.get("/security/"))
    assert "203.0.113.7" in told
    assert "暴力猜测密码" in told
    assert "合规系统" in told
    assert told.count("tb-bar-bad") >= 24


@pytest.mark.parametrize("page", ["", "alerts/", "incidents/", "warnings/", "systems/", "events/", "rules/", "quarantine/"])
def test_every_page_opens_empty_full_and_in_english(page, he, django_assert_max_num_queries):
    assert he.get(f"/security/{page}").status_code == 200
    seed.load_demo(LOADER)
    tasks.correlate_since(clock.now() - timedelta(minutes=5))
    with django_assert_max_num_queries(22):
        assert he.get(f"/security/{page}").status_code == 200
    english = text(he.get(f"/security/{page}", HTTP_ACCEPT_LANGUAGE="en"))
    assert "Security" in english or "Posture" in english


def test_an_alert_is_taken_made_an_incident_and_closed(demo, he):
    one = Alert.objects.get(rule__key="brute-force")
    page = f"/security/alerts/{one.id}/"
    assert "203.0.113.7" in text(he.get(page))
    assert he.post(page, {"act": "take"}).status_code == 302
    refused = he.post(page, {"act": "resolve", "words": ""})
    assert refused.status_code == 422
    made = he.post(page, {"act": "escalate", "title": "猜测密码", "kind": "attack", "level": "4", "organ": "sd-bigdata", "words": "来自境外地址"})
    incident = Incident.objects.get()
    assert made["Location"] == f"/security/incidents/{incident.number}/"
    for act in ("contain", "eradicate", "recover"):
        assert he.post(made["Location"], {"act": act, "words": "已办"}).status_code == 302
    kept = he.post(made["Location"], {"act": "close", "words": "我写的总结"})
    assert kept.status_code == 422
    assert "我写的总结" in text(kept)
    duty = incident.duties.get()
    assert he.post(made["Location"], {"act": f"report-{duty.id}", "words": "书面"}).status_code == 302
    assert he.post(made["Location"], {"act": "level", "level": "3", "words": "影响较大"}).status_code == 302
    owed = incident.duties.get(done_at=None)
    assert he.post(made["Location"], {"act": f"report-{owed.id}", "words": "电话"}).status_code == 302
    assert he.post(made["Location"], {"act": "close", "words": "总结"}).status_code == 302
    assert "已办结" in text(he.get("/security/incidents/"))


def test_opening_an_incident_keeps_what_was_typed(he):
    answer = he.post("/security/incidents/", {"title": "半夜断网", "kind": "fault", "level": "4", "organ": "sd-bigdata", "words": ""})
    assert answer.status_code == 422
    assert "半夜断网" in text(answer)
    assert he.post("/security/incidents/", {"title": "半夜断网", "kind": "fault", "level": "4", "organ": "no-such", "words": "光缆"}).status_code == 422


def test_a_warning_goes_out_is_signed_answered_returned_and_verified(he, as_persona):
    due = (clock.today() + timedelta(days=3)).isoformat()
    told = {"title": "高危漏洞", "colour": "orange", "body": "可被利用", "remedy": "升级", "due": due, "organs": "370102-market，sd-samr"}
    assert he.post("/security/warnings/", {**told, "organs": ""}).status_code == 422
    address = he.post("/security/warnings/", told)["Location"]
    one = WarningNotice.objects.get()
    yan = as_persona("yan")
    assert "高危漏洞" in text(yan.get("/security/warned/"))
    own = f"/security/warned/{one.number}/"
    assert yan.post(own, {"act": "receive"}).status_code == 302
    assert yan.post(own, {"act": "answer", "affected": "yes", "words": ""}).status_code == 422
    assert yan.post(own, {"act": "answer", "affected": "yes", "words": "三台"}).status_code == 302
    he = as_persona("he")
    assert he.post(address, {"act": "return", "organ": "370102-market", "words": ""}).status_code == 422
    assert he.post(address, {"act": "return", "organ": "370102-market", "words": "补版本号"}).status_code == 302
    yan = as_persona("yan")
    assert "补版本号" in text(yan.get(own))
    yan.post(own, {"act": "answer", "affected": "yes", "words": "三台，已升到3.2"})
    he = as_persona("he")
    assert he.post(address, {"act": "verify", "organ": "370102-market"}).status_code == 302
    assert he.get(f"{address}?export=csv").content.decode().count("\n") >= 3


def test_a_warning_to_all_counties_reaches_the_regions_of_whoever_warns(as_persona):
    yan = as_persona("yan")
    due = (clock.today() + timedelta(days=3)).isoformat()
    yan.post("/security/warnings/", {"title": "t", "colour": "blue", "body": "b", "remedy": "r", "due": due, "group": ["county", "province"]})
    organs = {r.organ.region_code for r in WarningNotice.objects.get().replies.select_related("organ")}
    assert organs == {"370102"}


def test_a_system_goes_through_its_cycle_with_its_document(he):
    assert (
        he.post("/security/systems/", {"key": "x", "name": "某系统", "organ": "sd-samr", "regime": "classified", "business": "9", "service": "2"}).status_code
        == 422
    )
    told = {"key": "samr-x", "name": "某系统", "organ": "sd-samr", "regime": "classified", "business": "3", "service": "2", "extension": ["cloud"]}
    page = he.post("/security/systems/", told)["Location"]
    assert he.post(page, {"act": "step", "kind": "grading", "on": "2026-13-40"}).status_code == 422
    assert he.post(page, {"act": "step", "kind": "grading", "on": "2026-10-01"}).status_code == 302
    assert he.post(page, {"act": "step", "kind": "review", "on": "2026-10-05"}).status_code == 302
    from django.core.files.uploadedfile import SimpleUploadedFile

    paper = SimpleUploadedFile("备案证明.pdf", province.plan_pdf())
    assert he.post(page, {"act": "step", "kind": "filing", "on": "2026-10-08", "reference": "37000000001-26001", "file": paper}).status_code == 302
    assert he.post(page, {"act": "step", "kind": "assessment", "on": "2026-11-01", "outcome": "failed", "score": "sixty"}).status_code == 422
    assert he.post(page, {"act": "step", "kind": "assessment", "on": "2026-11-01", "outcome": "failed", "score": "61.5"}).status_code == 302
    assert he.post(page, {"act": "finding", "control": "8.1.4.8", "risk": "high", "words": "数据未加密"}).status_code == 302
    told = text(he.get(page))
    assert "测评未通过" in told
    assert "数据未加密" in told
    assert "71" in told
    step = ProtectedSystem.objects.get(key="samr-x").steps.get(kind="filing")
    document = he.get(f"{page}?file={step.file}")
    assert document.content == province.plan_pdf()
    assert he.get(f"{page}?file=nothing").status_code == 404
    finding = ProtectedSystem.objects.get(key="samr-x").findings.get()
    assert he.post(page, {"act": f"mend-{finding.id}", "words": "已启用SM4"}).status_code == 302
    assert he.post(page, {"act": f"mend-{finding.id}"}).status_code == 302
    assert he.get("/security/systems/?export=xlsx").status_code == 200


def test_the_auditor_looks_and_touches_nothing(demo, as_persona):
    lv = as_persona("lv")
    one = Alert.objects.first()
    assert lv.get(f"/security/alerts/{one.id}/").status_code == 200
    for page in (f"alerts/{one.id}/", "incidents/", "warnings/", "systems/", "systems/tongban/"):
        assert lv.post(f"/security/{page}", {"act": "take"}).status_code == 403, page
    assert lv.get("/security/rules/").status_code == 403


def test_a_county_sees_its_own(demo, as_persona):
    yan = as_persona("yan")
    told = text(yan.get("/security/systems/"))
    assert "历下区窗口系统" in told
    assert "省市场主体登记系统" not in told
    assert "203.0.113.7" not in text(yan.get("/security/events/"))
    assert yan.get("/security/systems/tongban/").status_code == 404


def test_honey_is_laid_and_lifted_on_the_page(he):
    assert he.post("/security/rules/", {"act": "lay", "kind": "path", "value": "no-slash"}).status_code == 422
    assert he.post("/security/rules/", {"act": "lay", "kind": "path", "value": "/backup.zip"}).status_code == 302
    he.get("/backup.zip")
    assert Observation.objects.filter(kind="honey", subject="/backup.zip").exists()
    assert he.post("/security/rules/", {"act": "lift", "honey": "999999"}).status_code == 422


class TestApi:
    @pytest.fixture
    def token(self):
        return {"HTTP_AUTHORIZATION": f"Bearer {identity_commands.issue_token(STRANGER, account=identity.account_named('he'), level=2)}"}

    def post(self, token, events):
        return Client().post("/api/security/events", {"events": events}, content_type="application/json", **token)

    def test_events_of_another_system(self, token):
        answer = self.post(token, [{"kind": "scanner", "severity": 9, "host": "10.2.0.8", "words": "CVE（合成）"}, {"kind": "login", "name": "bob"}])
        assert (answer.status_code, answer.json()) == (201, {"kept": 2})
        tasks.correlate_since(clock.now() - timedelta(minutes=1))
        [alert] = Client().get("/api/security/alerts?state=open", **token).json()
        assert (alert["rule"], alert["severity"]) == ("severe-log", "high")

    @pytest.mark.parametrize(
        "wrong",
        [{"kind": "personal-data"}, {"kind": "login", "severity": 11}, {"kind": "login", "at": "2026-11-24T10:00:00"}, {"kind": "login", "words": "x" * 301}],
    )
    def test_what_is_none_is_refused(self, token, wrong):
        assert self.post(token, [wrong]).status_code == 422

    def test_an_empty_list_and_a_stranger(self, token):
        assert self.post(token, []).status_code == 422
        assert Client().post("/api/security/events", {"events": [{"kind": "login"}]}, content_type="application/json").status_code == 401


class TestLimits:
    @pytest.fixture(autouse=True)
    def counting(self, settings):
        settings.RATE_LIMITS = True
        limits.forget()
        yield
        limits.forget()

    def test_the_sixty_first_password_of_a_minute_waits(self, client):
        # A window that slides forgets a little where a minute ends in between: a few more than sixty may pass.
        answers = [client.post("/account/login/", {"username": f"u{n}", "password": "x"}).status_code for n in range(75)]
        assert 429 not in answers[:60]
        assert answers[-1] == 429
        told = client.post("/account/login/", {"username": "u", "password": "x"})
        assert told["Retry-After"] == "60"
        assert "请求过于频繁" in text(told)
        assert Observation.objects.filter(kind="rate-limited", subject="/account/login/").count() == answers.count(429) + 1
        assert client.get("/account/login/").status_code == 200  # looking is not trying

    def test_each_address_has_its_own(self, client):
        for _n in range(75):
            client.post("/account/login/", {"username": "u", "password": "x"}, REMOTE_ADDR="198.51.100.1")
        assert client.post("/account/login/", {}, REMOTE_ADDR="198.51.100.1").status_code == 429
        assert client.post("/account/login/", {}, REMOTE_ADDR="198.51.100.2").status_code != 429

    def test_the_api_answers_in_its_own_form(self, client):
        for _n in range(75):
            client.post("/api/account/tokens", {}, content_type="application/json")
        answer = client.post("/api/account/tokens", {}, content_type="application/json")
        assert (answer.status_code, answer.json()["title"]) == (429, "too-many")


class TestProxies:
    def seen(self, client, **more):
        client.get("/nowhere.php", **more)
        return Observation.objects.order_by("-id").values_list("address", flat=True)[0]

    def test_without_proxies_the_header_is_the_askers_own_word(self, client):
        assert self.seen(client, HTTP_X_FORWARDED_FOR="1.2.3.4") == "127.0.0.1"

    def test_behind_a_trusted_proxy_the_nearest_foreign_address_counts(self, client, settings):
        from ipaddress import ip_network

        settings.PROXIES = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8")]
        assert self.seen(client, HTTP_X_FORWARDED_FOR="1.2.3.4, 203.0.113.9, 10.0.0.2") == "203.0.113.9"
        assert self.seen(client, HTTP_X_FORWARDED_FOR="") == "127.0.0.1"
        assert self.seen(client, HTTP_X_FORWARDED_FOR="nonsense") == "nonsense"
