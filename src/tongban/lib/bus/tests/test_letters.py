"""Letters: only the addressee reads them, everybody sees who wrote them, nobody changes them."""

import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongban.lib import sm
from tongban.lib.bus import letters
from tongban.lib.bus.envelope import BadEnvelope

WRITER, READER, STRANGER = (sm.SigningKey.generate() for _n in range(3))
HEAD = {"number": "3706-1", "origin": "3706", "to": "37", "kind": "cases.act", "key": "YT26-1129-9060000001", "at": "2026-11-29T10:00:00+08:00"}


def sealed(body=None, content=b"a file"):
    closing = letters.ContentKey()
    closed = closing.file("f1", content)
    enclosure = letters.Enclosure("f1", "plan.pdf", sm.sm3_hex(content), sm.sm3_hex(closed), len(content))
    return letters.write(WRITER, HEAD, body or {"id": "370102190001010070"}, enclosed=[enclosure], content_key=closing, public=READER.public), closed


def test_the_addressee_reads_body_and_file():
    document, closed = sealed()
    letter = letters.read(document)
    letter.require_signed_by(WRITER.public)
    body, [one], closing = letters.opened(letter, READER)
    assert body == {"id": "370102190001010070"}
    assert closing.file(one.id, closed) == b"a file"
    assert (one.name, one.digest) == ("plan.pdf", sm.sm3_hex(b"a file"))
    assert letter.ciphers == ((one.cipher, 6),)


def test_nobody_on_the_way_reads_or_changes_it():
    document, closed = sealed()
    assert b"370102190001010070" not in zlib.decompress(document)
    assert b"plan.pdf" not in zlib.decompress(document)
    assert closed != b"a file"
    with pytest.raises(BadEnvelope, match="does not open"):
        letters.opened(letters.read(document), STRANGER)
    with pytest.raises(BadEnvelope, match="signature"):
        letters.read(document).require_signed_by(STRANGER.public)
    held = json.loads(zlib.decompress(document))
    held["letter"]["to"] = "3707"
    with pytest.raises(BadEnvelope, match="signature"):
        letters.read(zlib.compress(json.dumps(held).encode())).require_signed_by(WRITER.public)


def test_what_is_sealed_belongs_to_its_letter():
    """The sealed part of one letter within another, signed anew, does not open."""
    first, second = letters.read(sealed()[0]), letters.read(sealed()[0])
    mixed = replace(second, number="3706-2", told={**second.told, "sealed": first.told["sealed"]})
    with pytest.raises(BadEnvelope, match="does not open"):
        letters.opened(mixed, READER)


def test_for_everybody_it_goes_open():
    document = letters.write(WRITER, {**HEAD, "to": letters.EVERYBODY}, {"rows": [1]})
    body, files, closing = letters.opened(letters.read(document), STRANGER)
    assert (body, files, closing) == ({"rows": [1]}, [], None)


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_noise_is_no_letter(noise):
    for document in (noise, zlib.compress(noise)):
        with pytest.raises(BadEnvelope):
            letters.read(document)


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_letter_that_was_cut_off_is_none(cut):
    with pytest.raises(BadEnvelope):
        letters.read(sealed()[0][:-cut])


def test_a_small_letter_that_grows_without_end_is_refused():
    with pytest.raises(BadEnvelope, match="too large"):
        letters.read(zlib.compress(b" " * (letters._OPENED + 10)))


def test_a_letter_that_is_too_large_is_not_written():
    noise = sm.derive(b"seed", letters.MOST + 1000).hex()
    with pytest.raises(ValueError, match="a letter of"):
        letters.write(WRITER, HEAD, {"text": noise})


def test_a_file_may_not_name_a_path():
    told = {**HEAD, "files": [["../../etc/passwd", 3]], "body": {}}
    document = zlib.compress(json.dumps({"letter": told, "signature": "00"}).encode())
    with pytest.raises(BadEnvelope):
        letters.read(document)


def test_the_chain_covers_each_letter_and_its_place():
    one, two = b"one", b"two"
    forward = letters.chained(letters.chained(letters.CHAIN_BEGINS, one), two)
    assert forward != letters.chained(letters.chained(letters.CHAIN_BEGINS, two), one)
    assert len(forward) == 64


def test_a_receipt_is_its_takers():
    held = letters.receipt(READER, taker="37", sender="3706", number=7, chain="ab" * 32, at="2026-11-29T10:00:00+08:00")
    assert letters.receipted(held, READER.public)["number"] == 7
    for wrong in ({}, {**held, "signature": "zz"}, {**held, "receipt": held["receipt"].replace("7", "8", 1)}):
        with pytest.raises(BadEnvelope):
            letters.receipted(wrong, READER.public)
    with pytest.raises(BadEnvelope):
        letters.receipted(held, STRANGER.public)
