"""National cryptography against the standards' worked examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.lib import sm


def test_sm3_worked_examples():
    """GB/T 32905-2016, annex A."""
    assert sm.sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm.sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_sm3_of_parts_is_sm3_of_the_whole():
    assert sm.sm3(b"a", b"bc") == bytes.fromhex(sm.sm3_hex(b"abc"))


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_what_is_sealed_opens(text, bound):
    key = b"0123456789abcdef"
    assert sm.unseal(key, sm.seal(key, text, bound_to=bound), bound_to=bound) == text


@given(st.integers(0, 60))
def test_a_changed_bit_does_not_open(place):
    key = b"0123456789abcdef"
    sealed = bytearray(sm.seal(key, b"some words that matter, forty bytes long"))
    sealed[place] ^= 1
    with pytest.raises(sm.Tampered):
        sm.unseal(key, bytes(sealed))


def test_sealed_for_one_thing_does_not_open_as_another():
    key = b"0123456789abcdef"
    with pytest.raises(sm.Tampered):
        sm.unseal(key, sm.seal(key, b"x", bound_to=b"a"), bound_to=b"b")


def test_sm2_signature_holds_for_its_message_only():
    key = sm.SigningKey.generate()
    signature = key.sign(b"licence")
    assert sm.verify(key.public, b"licence", signature)
    assert not sm.verify(key.public, b"licenc3", signature)
    assert not sm.verify(key.public, b"licence", b"nonsense")
    assert sm.SigningKey.from_bytes(key.to_bytes()) == key
