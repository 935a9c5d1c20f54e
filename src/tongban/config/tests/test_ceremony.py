"""The key ceremony, with custodians that type what they saw."""

import io
import json
import re
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from tongban.kernel.ledger.models import Entry
from tongban.lib import keys
from tongban.lib.sm.keystore import WrongPassphrase

pytestmark = pytest.mark.django_db
NAMES = ["张合成", "王合成", "李合成"]


class Room:
    """The screen, and three persons before it."""

    def __init__(self, *, slip=False):
        self.screen, self.shares, self.slip = io.StringIO(), [], slip

    def asked(self, prompt=""):
        if "抄写" in prompt:
            words = re.findall(r"\d+\. (\w+)", self.screen.getvalue())
            self.shares.append(words[-20:])
        place = re.search(r"第(\d+)个词", prompt)
        if not place:
            return ""
        return "mistyped" if self.slip else self.shares[-1][int(place[1]) - 1]


@pytest.fixture
def held(own_data, monkeypatch):
    room = Room()
    monkeypatch.setattr("builtins.input", room.asked)
    keys.keystore()
    call_command("ceremony", custodian=NAMES, threshold=2, record=own_data / "minutes.json", stdout=room.screen)
    yield room, own_data
    keys.forget()


def combine(monkeypatch, folder, shares, name="told"):
    typed = iter([" ".join(s) for s in shares] + [""])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    call_command("ceremony", combine=True, into=folder / name, stdout=io.StringIO(), stderr=io.StringIO())
    return folder / name


def test_any_two_of_three_open_it_and_one_does_not(held, monkeypatch):
    room, folder = held
    assert len({" ".join(s) for s in room.shares}) == 3
    assert not (folder / "keys" / "passphrase").exists()
    for n, pair in enumerate([room.shares[:2], room.shares[1:], [room.shares[2], room.shares[2], room.shares[0]]]):
        told = combine(monkeypatch, folder, pair, f"told{n}")
        assert told.stat().st_mode & 0o077 == 0
        keys.forget()
        monkeypatch.setenv("TONGBAN_KEY_PASSPHRASE_FILE", str(told))
        assert keys.keystore().held()
    keys.forget()
    with pytest.raises(CommandError, match="放弃"):
        combine(monkeypatch, folder, room.shares[:1], "alone")
    assert not (folder / "alone").exists()
    monkeypatch.setenv("TONGBAN_KEY_PASSPHRASE", " ".join(room.shares[0]))
    with pytest.raises(WrongPassphrase):
        keys.keystore()


def test_a_mistyped_share_is_asked_again(held, monkeypatch):
    room, folder = held
    assert combine(monkeypatch, folder, [["nonsense"], room.shares[0], room.shares[1]]).exists()


def test_the_minutes_tell_all_but_the_secret_and_the_ledger_knows(held):
    room, folder = held
    minutes = json.loads((folder / "minutes.json").read_text())
    assert minutes["custodians"] == NAMES
    text = (folder / "minutes.json").read_text()  # it has English words of its own, so pairs are looked for
    assert [pair for share in room.shares for pair in pairwise(share) if " ".join(pair) in text] == []
    entry = Entry.objects.filter(tag="ledger.ceremony.held").latest("id")
    assert (entry.body["custodians"], entry.body["threshold"]) == (NAMES, 2)


def test_shares_of_another_ceremony_do_not_open(held, monkeypatch):
    room, folder = held
    old = room.shares[:]
    call_command("ceremony", custodian=NAMES, threshold=2, record=folder / "second.json", stdout=room.screen)
    with pytest.raises(CommandError, match="另一次"):
        combine(monkeypatch, folder, old[:2])


def test_a_slip_of_the_pen_changes_nothing(own_data, monkeypatch):
    room = Room(slip=True)
    monkeypatch.setattr("builtins.input", room.asked)
    keys.keystore()
    before = (own_data / "keys" / "keystore.json").read_bytes()
    with pytest.raises(CommandError, match="没有改动"):
        call_command("ceremony", custodian=NAMES, threshold=2, record=own_data / "m.json", stdout=room.screen)
    assert (own_data / "keys" / "keystore.json").read_bytes() == before
    assert (own_data / "keys" / "passphrase").exists()
    assert not (own_data / "m.json").exists()


@pytest.mark.parametrize(("names", "threshold"), [([], 2), (["张合成"], 2), (NAMES, 1), (NAMES, 4), (["张合成", "张合成"], 2)])
def test_nonsense_is_refused(own_data, names, threshold):
    with pytest.raises(CommandError, match="没有改动"):
        call_command("ceremony", custodian=names, threshold=threshold, record=own_data / "m.json")
