"""The map of flows: every department once, bands by order of magnitude, nothing outside the picture."""

from hypothesis import given
from hypothesis import strategies as st

from tongban.rooms.data.exchange.rules import flowmap

NAMES = st.sampled_from(["市场监管", "人社", "公安", "税务", "民政", "水利"])
PAIRS = st.builds(
    flowmap.Pair, provider=NAMES, consumer=NAMES, rows=st.integers(0, 10**10), hour=st.integers(0, 5), lag=st.integers(0, 5),
    state=st.sampled_from(["ok", "soon", "paused", "red"]), flow=st.just("XY2026-000001"),
)  # fmt: skip


@given(st.lists(PAIRS, min_size=1, max_size=40, unique_by=lambda p: (p.provider, p.consumer)))
def test_everything_lies_within(pairs):
    told = flowmap.drawn(pairs)
    shown = [b.pair for b in told.bands]
    assert len(shown) == min(len(pairs), flowmap.MOST)
    assert shown == sorted(shown, key=lambda p: -p.rows)
    for side, names in ((told.providers, {p.provider for p in shown}), (told.consumers, {p.consumer for p in shown})):
        assert sorted(s.name for s in side) == sorted(names)
        levels = [s.y for s in side]
        assert len(set(levels)) == len(levels)
        assert all(flowmap.TOP <= y <= told.height for y in levels)
    assert all(2 <= b.width <= flowmap.BAND for b in told.bands)
    assert not any(b.moves for b in told.bands if b.pair.state == "red" or not b.pair.hour)


def test_nothing_is_an_empty_map():
    assert flowmap.drawn([]).bands == []


def test_more_rows_are_wider_by_orders_of_magnitude():
    assert [flowmap.width(n) for n in (0, 9, 999, 999_999, 10**12)] == [2.0, 3.8, 7.4, 12.8, 16]


def test_the_worst_state_is_shown():
    assert [flowmap.worst(s) for s in (["ok", "red"], ["ok", "soon"], ["paused", "ok"], ["paused"], [])] == ["red", "soon", "ok", "paused", "paused"]
