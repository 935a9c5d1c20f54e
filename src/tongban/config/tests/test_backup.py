"""The keys that leave: what a copy holds at the end is what lies here, whichever of two threads came last."""

import os
import threading

import pytest

from tongban.config.backup import Shipper
from tongban.lib.sm.keystore import Keystore

NOW = "2026-11-24T10:00:00+08:00"


@pytest.fixture
def shipper(tmp_path, monkeypatch):
    monkeypatch.setenv("TONGBAN_KEY_PASSPHRASE", "word")
    made = Shipper(tmp_path / "data", str(tmp_path / "offsite"))
    made.postgres.base.mkdir(parents=True, exist_ok=True)
    (made.postgres.base / "password").write_text("word of the database")
    return made


def new_key(shipper, use):
    Keystore.open(shipper.data / "keys" / "keystore.json", b"word").current(use, lambda: ("SM4", b"0123456789abcdef"), now=NOW)


def shipped(shipper):
    return shipper.vault.target.get("keys/keystore.json") == (shipper.data / "keys" / "keystore.json").read_bytes()


def test_a_key_made_while_the_earlier_ones_leave_leaves_too(shipper, monkeypatch):
    put, others = shipper.vault.target.put, []

    def slow(name, content):
        """While the older copy is on its way, a key is made and the other thread ships too."""
        if not others:
            new_key(shipper, "ledger")
            others.append(threading.Thread(target=shipper._ship_keys))
            others[0].start()
            others[0].join(1)
        put(name, content)

    monkeypatch.setattr(shipper.vault.target, "put", slow)
    shipper._ship_keys()
    others[0].join()
    assert shipped(shipper)


def test_two_changes_within_one_tick_of_the_clock_are_two(shipper):
    store = shipper.data / "keys" / "keystore.json"
    shipper._ship_keys()
    before = store.stat().st_mtime_ns
    new_key(shipper, "ledger")
    os.utime(store, ns=(before, before))
    shipper._ship_keys()
    assert shipped(shipper)
