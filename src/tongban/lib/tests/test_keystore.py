"""Keys sealed by a passphrase; envelopes that outlive a rotation."""

import json
import multiprocessing
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.lib.sm import Tampered
from tongban.lib.sm import keystore as ks
from tongban.lib.sm.keystore import Keystore, WrongPassphrase

NOW = "2026-11-24T10:00:00+08:00"
KEY = ks.Key("00" * 8, "files", "SM4", "current", NOW, b"0123456789abcdef")


def made():
    return "SM4", os.urandom(16)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys" / "keystore.json"


class TestStore:
    def test_opens_with_its_passphrase_only(self, path):
        first = Keystore.open(path, b"correct horse").current("files", made, now=NOW)
        assert Keystore.open(path, b"correct horse").current("files", made, now=NOW) == first
        with pytest.raises(WrongPassphrase):
            Keystore.open(path, b"wrong horse")

    def test_no_key_lies_in_the_file_or_in_a_log(self, path):
        key = Keystore.open(path, b"x").current("files", made, now=NOW)
        assert key.material.hex() not in path.read_text()
        assert key.material.hex() not in repr(key)
        assert repr(key.material) not in repr(key)

    def test_only_its_owner_reads_it(self, path):
        Keystore.open(path, b"x")
        assert path.stat().st_mode & 0o077 == 0

    def test_rotation_keeps_the_old_one_for_what_it_closed(self, path):
        store = Keystore.open(path, b"x")
        old = store.current("files", made, now=NOW)
        new = store.rotate("files", made, now=NOW)
        assert store.current("files", made, now=NOW).id == new.id != old.id
        assert store.by_id(old.id).state == "retired"
        assert store.by_id(old.id).material == old.material
        other = store.current("ledger", made, now=NOW)
        assert {k.use for k in store.held()} == {"files", "ledger"}
        assert other.state == "current"

    def test_another_process_that_rotated_is_noticed(self, path):
        one, two = Keystore.open(path, b"x"), Keystore.open(path, b"x")
        new = one.rotate("files", made, now=NOW)
        assert two.by_id(new.id) == new
        with pytest.raises(KeyError):
            two.by_id("ff" * 8)

    def test_a_new_passphrase_opens_and_the_old_does_not(self, path):
        store = Keystore.open(path, b"old")
        key = store.current("files", made, now=NOW)
        store.change_passphrase(b"new")
        assert Keystore.open(path, b"new").by_id(key.id) == key
        with pytest.raises(WrongPassphrase):
            Keystore.open(path, b"old")

    @pytest.mark.parametrize("change", [("use", "ledger"), ("id", "ff" * 8), ("algorithm", "none")])
    def test_a_key_that_was_renamed_in_the_file_does_not_open(self, path, change):
        Keystore.open(path, b"x").current("files", made, now=NOW)
        document = json.loads(path.read_text())
        document["keys"][0][change[0]] = change[1]
        path.write_text(json.dumps(document))
        with pytest.raises(Tampered):
            Keystore.open(path, b"x").held()

    def test_a_weakened_passphrase_cost_does_not_open(self, path):
        Keystore.open(path, b"x")
        document = json.loads(path.read_text())
        document["kdf"]["time"] = 1
        path.write_text(json.dumps(document))
        with pytest.raises(WrongPassphrase):
            Keystore.open(path, b"x")

    def test_another_process_is_seen_within_one_tick_of_the_clock(self, path):
        store = Keystore.open(path, b"x")
        before = path.stat().st_mtime_ns
        made_there = Keystore.open(path, b"x").current("files", made, now=NOW)
        os.utime(path, ns=(before, before))
        assert store.find("files") == made_there

    def test_what_is_replaced_while_it_is_read_is_seen_at_the_next_look(self, path, monkeypatch):
        store, read = Keystore.open(path, b"x"), json.loads
        other = Keystore.open(path, b"x")
        other.current("files", made, now=NOW)

        def slow(text):
            monkeypatch.undo()
            other.current("ledger", made, now=NOW)
            return read(text)

        monkeypatch.setattr(ks.json, "loads", slow)
        assert store.find("ledger") is None
        store._looked = 0.0
        assert store.find("ledger") == other.find("ledger")


def _first_use(path, results):
    results.put(Keystore.open(path, b"x").current("files", made, now=NOW).id)


def test_processes_that_start_at_once_get_the_same_key(path):
    results = multiprocessing.get_context("fork").Queue()
    started = [multiprocessing.get_context("fork").Process(target=_first_use, args=(path, results)) for _n in range(4)]
    for one in started:
        one.start()
    found = {results.get(timeout=30) for _n in started}
    for one in started:
        one.join()
    assert len(found) == 1


class TestEnvelope:
    @given(st.binary(max_size=500), st.binary(max_size=20))
    def test_opens_with_the_key_it_names(self, text, bound):
        closed = ks.close(KEY, text, bound_to=bound)
        assert ks.is_envelope(closed)
        assert ks.closed_by(closed) == KEY.id
        assert ks.open_envelope(lambda _id: KEY, closed, bound_to=bound) == text

    @given(st.integers(0, 200))
    def test_a_changed_bit_anywhere_is_noticed(self, place):
        closed = bytearray(ks.close(KEY, b"some words that matter, and a few more", bound_to=b"x"))
        closed[place % len(closed)] ^= 1
        with pytest.raises(Tampered):
            ks.open_envelope({KEY.id: KEY}.__getitem__, bytes(closed), bound_to=b"x")

    def test_rewrapped_under_a_new_key_the_text_stays_as_it_lies(self):
        new = ks.Key("11" * 8, "files", "SM4", "current", NOW, b"fedcba9876543210")
        both = {KEY.id: KEY, new.id: new}
        closed = ks.close(KEY, b"x" * 10_000, bound_to=b"digest")
        moved = ks.rewrap(both.__getitem__, new, closed, bound_to=b"digest")
        assert ks.closed_by(moved) == new.id
        assert moved[-10_000:] == closed[-10_000:]
        assert ks.open_envelope(both.__getitem__, moved, bound_to=b"digest") == b"x" * 10_000
        with pytest.raises(Tampered):
            ks.open_envelope({KEY.id: KEY}.__getitem__, moved, bound_to=b"digest")

    @pytest.mark.parametrize("closed", [b"", b"TBE", b"TBE\x01", b"TBE\x01" + bytes(5), b"SM4-GCM\x01"])
    def test_what_is_no_envelope_is_told(self, closed):
        with pytest.raises(Tampered):
            ks.open_envelope({KEY.id: KEY}.__getitem__, closed)
