"""A flow that has nothing to do is left alone; whatever may have changed is looked at as a whole."""

import asyncio
from types import SimpleNamespace

import pytest

from tongban.config import exchanging
from tongban.config.exchanging import Exchange
from tongban.rooms.data.exchange.rules import flows as rules

NUMBER = "XY2026-000001"


class Told(Exchange):
    """The loop of one flow, with what its turns find told in advance."""

    def __init__(self, found, marks, **flow):
        super().__init__(None, "")
        end = SimpleNamespace(address="postgresql:///provider")
        known = {"loaded": True, "follows": rules.ORDER, "source": end, "target": end, "source_table": "a", "target_table": "b", "order_column": "n"}
        self.flow = SimpleNamespace(**known | flow)
        self.flows = {NUMBER: self.flow}
        self.found, self.told = list(found), list(marks)
        self.turns = []
        self.marks = SimpleNamespace(mark=self.next_mark)

    async def next_mark(self, *_asked):
        if not self.told:
            self.flows.clear()
            return None
        return self.told.pop(0)

    async def _turn(self, flow, *, take):
        self.turns.append(("take" if take else "send", len(self.told)))
        found = self.found.pop(0) if self.found else False
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def run(monkeypatch):
    async def same(function, *arguments, **_more):
        return function(*arguments)

    monkeypatch.setattr(exchanging, "off_loop", same)
    monkeypatch.setattr(exchanging, "PAUSE", 0)
    monkeypatch.setattr(exchanging, "RETRY", 0)

    def run(made):
        monkeypatch.setattr(exchanging.queries, "running", lambda _number: made.flow if made.flows else None)
        asyncio.run(made._keep_running(NUMBER))
        return [kind for kind, _left in made.turns]

    return run


class TestLooks:
    def test_nothing_new_is_one_whole_look(self, run):
        assert run(Told([False], ["7"] * 20)) == ["take"]

    def test_a_new_number_is_sent_and_looked_after_once_more(self, run):
        made = Told([False, True, False], ["7", "7", "8", "8", "8", "8"])
        assert run(made) == ["take", "send", "take"]
        assert [left for _kind, left in made.turns] == [5, 3, 2]

    def test_without_a_mark_every_look_is_whole_but_takes_nothing_in_vain(self, run):
        assert run(Told([], [None] * 4)) == ["take", "send", "send", "send"]

    def test_what_may_not_cross_now_is_asked_for_again(self, run):
        assert run(Told([True] * 4, ["7"] * 4)) == ["take"] * 4

    def test_after_a_fault_everything_is_looked_at(self, run):
        assert run(Told([False, ConnectionError("away")], ["7", "8", "8", "8"])) == ["take", "send", "take"]

    def test_after_a_while_it_is_whole_though_nothing_was_written(self, run, monkeypatch):
        monkeypatch.setattr(exchanging, "WHOLE", -1)
        assert run(Told([], ["7"] * 3)) == ["take"] * 3

    def test_a_first_load_is_never_left_alone(self, run):
        made = Told([True, True, False, False], [])
        made.flow.loaded = False

        async def count(flow, *, take):
            made.turns.append((take, 0))
            if len(made.turns) == 4:
                made.flows.clear()
            return made.found.pop(0)

        made._turn = count
        assert run(made) == [True, True, True, False]

    def test_by_the_ledger_its_length_is_the_mark(self, run):
        made = Told([], [], follows=rules.LEDGER)
        assert asyncio.run(made._mark(made.flow)) == asyncio.run(made._mark(made.flow))
        before = asyncio.run(made._mark(made.flow))
        made.sealed = 9
        assert asyncio.run(made._mark(made.flow)) != before

    def test_another_table_is_another_mark(self, run):
        made = Told([], ["7", "7"])
        before = asyncio.run(made._mark(made.flow))
        made.flow.target_table = "c"
        assert asyncio.run(made._mark(made.flow)) != before
