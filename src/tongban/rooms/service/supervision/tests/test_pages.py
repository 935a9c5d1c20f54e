"""Board, efficiency, lights: read, exported, answered, judged, by whom and where."""

import json
from datetime import timedelta

import pytest

from tongban.kernel.cases.tests.test_commands import MONDAY, submit
from tongban.lib import clock
from tongban.rooms.service.supervision import tasks
from tongban.rooms.service.supervision.models import Light, LightAct

pytestmark = pytest.mark.django_db


@pytest.fixture
def yellow():
    """A case that nobody accepted within five working days."""
    with clock.at(MONDAY):
        number = submit()
    with clock.at(MONDAY + timedelta(9)):
        tasks.evaluate_case(tasks.PLATFORM, number)
    return Light.objects.get(case_number=number, kind="receipt-overrun")


class TestBoard:
    @pytest.mark.parametrize("query", ["", "?span=today", "?span=nonsense", "?region=3701", "?region=370102"])
    def test_draws(self, as_persona, query):
        assert as_persona("zhou").get("/supervision/" + query).status_code == 200

    def test_a_region_that_does_not_exist_is_told(self, as_persona):
        assert as_persona("zhou").get("/supervision/", {"region": "99"}).status_code == 404

    @pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
    def test_exports(self, as_persona, kind):
        answer = as_persona("zhou").get("/supervision/", {"export": kind})
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]

    def test_the_export_is_the_table(self, as_persona):
        rows = json.loads(as_persona("zhou").get("/supervision/", {"export": "json"}).content)
        assert len(rows) == 16
        assert rows[0]["地区"]

    def test_efficiency_of_a_month_and_of_nonsense(self, as_persona):
        client = as_persona("zhou")
        for month in ("2026-11", "2026-13", "x", ""):
            assert client.get("/supervision/efficiency/", {"month": month}).status_code == 200
        assert client.get("/supervision/efficiency/", {"export": "xlsx"}).content[:2] == b"PK"


class TestLights:
    def test_listed_filtered_exported(self, as_persona, yellow):
        client = as_persona("zhou")
        assert yellow.case_number in client.get("/supervision/lights/").content.decode()
        assert yellow.case_number in client.get("/supervision/lights/", {"level": "yellow", "region": "370102"}).content.decode()
        assert yellow.case_number not in client.get("/supervision/lights/", {"region": "3702"}).content.decode()
        assert client.get("/supervision/lights/", {"level": "pink", "state": "gone", "region": "x"}).status_code == 200
        told = json.loads(client.get("/supervision/lights/", {"export": "json"}).content)
        assert yellow.case_number in {value for row in told for value in row.values()}

    def test_urged_replied_answered_and_closed(self, as_persona, yellow):
        address = f"/supervision/lights/{yellow.id}/"
        as_persona("zhou").post(address + "act/", {"what": "urge", "words": "请立即办理"})
        assert LightAct.objects.get(light=yellow, kind="urge").due
        page = as_persona("li").get(address).content.decode()
        assert "请立即办理" in page
        as_persona("li").post(address + "act/", {"what": "reply", "words": "今天受理"})
        as_persona("zhou").post(address + "act/", {"what": "close", "words": "情况属实"})
        yellow.refresh_from_db()
        assert yellow.state == "closed"
        kinds = list(LightAct.objects.filter(light=yellow).order_by("id").values_list("kind", flat=True))
        assert kinds == ["urge", "reply", "close"]

    def test_appealed_and_judged(self, as_persona, yellow):
        address = f"/supervision/lights/{yellow.id}/"
        as_persona("li").post(address + "act/", {"what": "appeal", "words": "系统故障当日无法受理"})
        as_persona("zhou").post(address + "act/", {"what": "uphold", "words": "属实"})
        yellow.refresh_from_db()
        assert yellow.state not in ("open", "appealed")
        assert Light.objects.filter(id=yellow.id).exists()

    @pytest.mark.parametrize("told", [{"what": "answer", "words": " "}, {"what": "nonsense", "words": "xx"}, {}])
    def test_nonsense_is_told_and_changes_nothing(self, as_persona, yellow, told):
        username = "li" if told.get("what") == "answer" else "zhou"
        page = as_persona(username).post(f"/supervision/lights/{yellow.id}/act/", told, follow=True)
        assert "ds-alert" in page.content.decode()
        yellow.refresh_from_db()
        assert yellow.state == "open"

    def test_another_office_does_not_answer_it(self, as_persona, yellow, client):
        from tongban.kernel.identity import queries as identity

        client.force_login(identity.account_named("desk-3702"))
        assert client.get(f"/supervision/lights/{yellow.id}/").status_code == 404
        assert client.post(f"/supervision/lights/{yellow.id}/act/", {"what": "answer", "words": "不是我的"}).status_code == 404
