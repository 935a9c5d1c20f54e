"""Questions over the bus: every gate of an agreement holds for each, and every answer stands in the ledger before it leaves."""

from datetime import timedelta

import pytest

from tongban.kernel.catalogue import supplies
from tongban.kernel.catalogue.commands import agreements
from tongban.kernel.catalogue.commands.answering import kept, looked_up
from tongban.kernel.catalogue.models import DailyUse
from tongban.kernel.catalogue.queries import access
from tongban.kernel.catalogue.tests.test_commands import PLATFORM, agreed, person, representative, shown  # noqa: F401 - fixtures
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock, sm
from tongban.lib.bus.asking import Question
from tongban.lib.bus.envelope import canonical
from tongban.lib.errors import Unavailable

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement(representative):  # noqa: F811 - a fixture
    access.terms_of.cache_clear()
    yield agreed(representative, visits=3, rows={"region_code": "3701"})
    access.terms_of.cache_clear()


def questions(agreement, *keys, purpose="参保登记", items=(), late=timedelta()):
    made = [Question(agreement.number, str(n), key, purpose, items, (clock.now() - late).isoformat()) for n, key in enumerate(keys)]
    return [(sm.sm3_hex(canonical(q.told())), q) for q in made]


def answered(asked):
    return kept(PLATFORM, asked, looked_up(asked))


def entries(tag="catalogue.data.fetched"):
    return list(Entry.objects.filter(tag=tag).order_by("id"))


def test_each_answer_is_counted_and_entered_before_it_leaves(agreement):
    asked = questions(agreement, "9137", "9138")
    found = answered(asked)
    assert [a.state for a in found] == ["found", "absent"]
    assert found[0].values == {"credit_code": "9137", "legal_rep_name": "张合成", "region_code": "370102"}
    told = entries()
    assert [e.body["question"] for e in told] == [digest for digest, _q in asked]
    assert told[0].body["answer"] == sm.sm3_hex(canonical(found[0].told()))
    assert told[0].authority == agreement.number
    assert "9137" not in str(told[0].body)
    use = DailyUse.objects.get(agreement=agreement, mode="query")
    assert (use.visits, use.rows) == (2, 1)


def test_the_day_allows_so_many_and_no_more(agreement):
    assert [a.state for a in answered(questions(agreement, *["9137"] * 5))] == ["found"] * 3 + ["visits"] * 2
    assert [a.state for a in answered(questions(agreement, "9137"))] == ["visits"]
    assert DailyUse.objects.get(agreement=agreement, mode="query").visits == 3
    assert len(entries()) == 3
    assert [e.body["count"] for e in entries("catalogue.queries.refused")] == [2, 1]


def test_rows_outside_the_grant_look_absent(agreement):
    terms = access.terms_of(agreement.number)
    terms.terms["granted"]["rows"] = {"region_code": "3702"}
    [found] = answered(questions(agreement, "9137"))
    assert (found.state, found.values) == ("absent", None)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"purpose": "好奇"}, "purpose"),
        ({"purpose": ""}, "purpose"),
        ({"items": ("mobile",)}, "items"),
        ({"late": timedelta(minutes=10)}, "bad-question"),
        ({"late": timedelta(minutes=-10)}, "bad-question"),
    ],
)
def test_what_the_agreement_does_not_allow_is_refused_and_entered(agreement, change, why):
    [found] = answered(questions(agreement, "9137", **change))
    assert (found.state, found.values) == (why, None)
    assert entries() == []
    assert entries("catalogue.queries.refused")[0].body == {"agreement": agreement.number, "why": why, "count": 1}


def test_a_suspended_agreement_answers_nothing_from_the_next_question_on(agreement):
    asked = questions(agreement, "9137")
    thought = looked_up(asked)
    assert thought[0].state == "found"
    agreements.move_agreement(person("jin"), number=agreement.number, move="suspend", words="核实用途")
    assert [a.state for a in kept(PLATFORM, asked, thought)] == ["state"]
    assert entries() == []
    assert not DailyUse.objects.filter(agreement=agreement).exists()


def test_only_what_was_asked_for_is_answered(agreement):
    [found] = answered(questions(agreement, "9137", items=("legal_rep_name",)))
    assert found.values == {"legal_rep_name": "张合成"}


def test_a_department_that_is_away_fails_its_own_questions_alone(agreement):
    def away(_keys):
        raise Unavailable("away")

    supplies.supplies("legal.representative")(away)
    [found] = answered(questions(agreement, "9137"))
    assert (found.state, found.values) == ("away", None)
    assert not DailyUse.objects.filter(agreement=agreement).exists()
