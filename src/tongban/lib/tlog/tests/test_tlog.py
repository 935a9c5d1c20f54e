"""The tree against RFC 9162's definitions, and notes and proofs that no bit can change unseen."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.lib import sm
from tongban.lib.tlog import merkle, notes, proofs

KEY, WITNESS = sm.SigningKey.generate(), sm.SigningKey.generate()


def grown(size):
    return [merkle.leaf(n.to_bytes(4, "big")) for n in range(size)]


def mth(leaves):
    """RFC 9162 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node(mth(leaves[:k]), mth(leaves[k:]))


def answer(leaves):
    return lambda asked: {(h, i): mth(leaves[i << h : (i + 1) << h]) for h, i in asked}


def test_leaves_and_the_empty_tree():
    assert merkle.leaf(b"") == sm.sm3(b"\0")
    assert sm.sm3(b"") == merkle.EMPTY


@given(st.integers(1, 200), st.integers(0, 200))
def test_a_frontier_grows_to_the_defined_tree(first, more):
    leaves = grown(first + more)
    tree = merkle.Frontier()
    made = tree.extend(leaves[:first], 3) + tree.extend(leaves[first:], 3)
    assert tree.root() == mth(leaves) == merkle.root(leaves)
    assert all(value == mth(leaves[i << h : (i + 1) << h]) for h, i, value in made)
    assert len(made) == sum((first + more) >> h for h in range(3, 9))


@given(st.data())
def test_every_place_is_proved_in_every_tree(data):
    size = data.draw(st.integers(1, 150))
    index = data.draw(st.integers(0, size - 1))
    leaves = grown(size)
    path = merkle.resolve(merkle.inclusion(index, size), answer(leaves))
    assert merkle.included(leaves[index], index, size, path, mth(leaves))
    assert not merkle.included(leaves[index], (index + 1) % size, size, path, mth(leaves)) or size == 1
    assert not merkle.included(leaves[index], index, size, [*path, leaves[0]], mth(leaves))
    if path:
        assert not merkle.included(leaves[index], index, size, path[:-1], mth(leaves))


@given(st.data())
def test_every_beginning_is_proved(data):
    second = data.draw(st.integers(2, 150))
    first = data.draw(st.integers(1, second - 1))
    leaves = grown(second)
    path = merkle.resolve(merkle.consistency(first, second), answer(leaves))
    old, new = mth(leaves[:first]), mth(leaves)
    assert merkle.consistent(first, second, old, new, path)
    assert not merkle.consistent(first, second, merkle.leaf(b"other"), new, path)
    assert not merkle.consistent(first, second, old, merkle.leaf(b"other"), path)
    assert not merkle.consistent(first, second, old, new, path[:-1])


def test_the_ends_of_consistency():
    one = merkle.leaf(b"1")
    assert merkle.consistent(0, 5, merkle.EMPTY, one, [])
    assert merkle.consistent(5, 5, one, one, [])
    assert not merkle.consistent(5, 5, one, merkle.leaf(b"2"), [])
    assert not merkle.consistent(6, 5, one, one, [])


def a_note():
    head = notes.Checkpoint("tongban/test", 7, merkle.root(grown(7)), "2026-11-24T02:00:00.000000Z").signed(KEY)
    return head, head.note() + head.cosignature(WITNESS, "city", 1_795_000_000).line()


def test_a_note_comes_back_with_good_signatures():
    head, told = a_note()
    read = notes.parse(told)
    assert (read.size, read.root) == (head.size, head.root)
    assert read.signed_by({"tongban/test": [KEY.public], "city": [WITNESS.public]}) == {"tongban/test", "city"}
    assert read.signed_by({"tongban/test": [WITNESS.public], "city": [KEY.public]}) == set()


@given(st.integers(0, 10**6), st.integers(0, 7))
def test_no_bit_of_a_note_changes_unseen(place, bit):
    _head, told = a_note()
    raw = bytearray(told.encode())
    raw[place % len(raw)] ^= 1 << bit
    try:
        read = notes.parse(raw.decode())
    except ValueError:
        return
    assert read.signed_by({"tongban/test": [KEY.public], "city": [WITNESS.public]}) != {"tongban/test", "city"}


@given(st.text(max_size=400))
def test_other_text_is_refused(told):
    with pytest.raises(notes.BadNote):
        notes.parse(told)


@given(st.one_of(st.binary(max_size=300), st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists).map(lambda v: json.dumps(v).encode())))
def test_other_files_are_no_proofs(content):
    with pytest.raises(proofs.BadProof):
        proofs.judge(content)


@given(st.binary(max_size=200))
def test_other_rows_are_refused(content):
    note = a_note()[1]
    told = {"format": proofs.FORMAT, "row": content.hex(), "index": 0, "path": [], "checkpoint": note, "keys": {}}
    with pytest.raises(proofs.BadProof):
        proofs.judge(json.dumps(told).encode())
