"""Append-only, sealed, proved, delivered."""

import json
import time
import random

import pytest
from django.db import DatabaseError, connection, transaction

from tongban.kernel.identity import events as identity_events
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands, delivery, heads, queries
from tongban.kernel.ledger.commands import witness
from tongban.kernel.ledger.models import Block, Checkpoint, Cosignature, Entry, Node, Parked
from tongban.lib import sm
from tongban.lib.errors import Invalid, Refused
from tongban.lib.tlog import merkle, proofs
from tongban.lib.acts import command, record

PLATFORM = system("test")


@command("")
def act(actor, *, account):
    record(actor, identity_events.AccountOpened(account=account), authority="test")


def write(count):
    for n in range(count):
        act(PLATFORM, account=n)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET tag = 'x'", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry CASCADE", "DELETE FROM ledger_block",
        "UPDATE ledger_node SET hash = ''", "DELETE FROM ledger_checkpoint; DELETE FROM ledger_cosignature; DELETE FROM ledger_witnessed",
    ],
)  # fmt: skip
def test_the_database_refuses_to_alter_or_delete(statement):
    write(1)
    Block.objects.create(number=10**9, first_sequence=0, size=0, last_xid="0", last_id=0, leaves=b"", root=b"")
    Node.objects.create(height=8, index=10**9, hash=b"\0" * 32)
    Checkpoint.objects.create(size=10**12, note="")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


class TestSealed:
    """On committed rows, as the sealer sees them."""

    @pytest.fixture(autouse=True)
    def _own_ledger(self, committed, settings, own_data):
        loosen("DELETE FROM ledger_entry; DELETE FROM ledger_cursor; " + FORGET)

    def test_sealed_entries_verify(self):
        write(30)
        assert commands.seal_entries() == 30
        write(3)
        assert commands.seal_entries() == 3
        verdict = verify()
        assert (verdict.entries, verdict.blocks, verdict.faults) == (33, 2, [])
        assert verdict.checkpoints == 2

    def test_a_changed_entry_is_found_and_named(self):
        write(20)
        commands.seal_entries()
        chosen = random.choice(list(Entry.objects.values_list("id", flat=True)))
        loosen(f"UPDATE ledger_entry SET actor_name = 'someone else' WHERE id = {chosen}")
        [fault] = verify().faults
        assert f"entry {chosen} " in fault

    def test_a_deleted_entry_is_found(self):
        write(20)
        commands.seal_entries()
        loosen("DELETE FROM ledger_entry WHERE id = (SELECT max(id) - 3 FROM ledger_entry)")
        assert any("missing" in f for f in verify().faults)

    def test_what_a_power_cut_tore_off_outside_is_written_again(self):
        write(3)
        commands.seal_entries()
        write(2)
        commands.seal_entries()
        whole = heads.path().read_bytes()
        heads.path().write_bytes(whole[:-40])
        write(1)
        commands.seal_entries()
        assert verify().faults == []
        assert heads.path().read_bytes().startswith(whole)

    def test_deleted_and_resealed_is_found_by_the_heads_outside(self):
        write(20)
        commands.seal_entries()
        loosen("DELETE FROM ledger_entry WHERE id = (SELECT max(id) - 3 FROM ledger_entry); " + FORGET)
        commands.seal_entries()
        assert any("removed from the database" in f for f in verify().faults)

    def test_resealed_with_another_entry_in_its_place_is_found(self):
        write(20)
        commands.seal_entries()
        loosen("UPDATE ledger_entry SET actor_name = 'x' WHERE id = (SELECT max(id) FROM ledger_entry); " + FORGET)
        commands.seal_entries()
        assert any("differs" in f for f in verify().faults)

    def test_a_head_signed_by_another_key_is_found(self):
        write(2)
        commands.seal_entries()
        assert any("signature" in f for f in queries.verify(publics=[sm.SigningKey.generate().public]).faults)

    @pytest.mark.parametrize("size", [1, 9, 300])
    def test_every_entry_is_proved_offline_and_a_changed_one_is_not(self, size):
        write(size)
        commands.seal_entries()
        keys = {commands.origin(): [k.hex() for k in commands.publics()]}
        for entry in random.sample(list(Entry.objects.values_list("id", flat=True)), min(size, 20)):
            told = queries.proof_of_entry(PLATFORM, entry=entry, keys=keys)
            judged = proofs.judge(json.dumps(told).encode())
            assert judged.faults == ()
            assert judged.entry["id"] == entry
            assert judged.fingerprint == sm.sm3_hex(commands.ledger_key().public)
            other = {**told, "row": told["row"][:-2] + ("00" if told["row"][-2:] != "00" else "01")}
            assert bad(other)
            assert proofs.judge(json.dumps(told).encode(), sm.SigningKey.generate().public).faults

    def test_two_processes_verify_what_one_does(self):
        for size in (300, 3, 500, 1):
            write(size)
            commands.seal_entries()
        verdict = queries.verify(processes=2, publics=commands.publics())
        assert (verdict.entries, verdict.faults) == (804, [])

    def test_a_new_key_is_signed_by_the_one_before(self):
        write(2)
        commands.seal_entries()
        old = commands.ledger_key().public
        commands.introduce_key(PLATFORM, reason="yearly")
        commands.seal_entries()
        assert commands.ledger_key().public != old
        head = queries.latest()
        assert head.signed_by({head.origin: [old]}) == head.signed_by({head.origin: [commands.ledger_key().public]}) == {head.origin}
        write(1)
        commands.seal_entries()
        assert not queries.latest().signed_by({head.origin: [old]})
        assert verify().faults == []

    def test_the_tree_only_grows(self):
        sizes = []
        for count in (1, 7, 260, 3):
            write(count)
            commands.seal_entries()
            sizes.append(queries.latest())
        for old in sizes:
            for new in sizes[sizes.index(old) :]:
                path = queries.consistency(PLATFORM, first=old.size, second=new.size)
                assert merkle.consistent(old.size, new.size, old.root, new.root, path)
        with pytest.raises(Invalid):
            queries.consistency(PLATFORM, first=1, second=10**6)

    def test_a_witness_signs_what_goes_on_and_refuses_what_was_rewritten(self):
        """The node is its own log's witness here: the exchange is the same between two."""
        write(5)
        commands.seal_entries()
        witness.trust_log(PLATFORM, origin=commands.origin(), public=commands.ledger_key().public.hex())
        size, told = commands.request_for(0)
        line = commands.cosign(PLATFORM, told=told)
        commands.keep_cosignature(PLATFORM, size=size, line=line, public=commands.ledger_key().public.hex())
        assert Cosignature.objects.count() == 1
        write(4)
        commands.seal_entries()
        with pytest.raises(witness.Behind) as behind:
            commands.cosign(PLATFORM, told=commands.request_for(0)[1])
        assert behind.value.size == size
        newer, told = commands.request_for(size)
        commands.cosign(PLATFORM, told=told)
        loosen(
            "UPDATE ledger_entry SET actor_name = 'x' WHERE id = (SELECT min(id) FROM ledger_entry); "
            + FORGET.split("; DELETE FROM ledger_cosig", maxsplit=1)[0]
        )
        write(1)
        commands.seal_entries()
        with pytest.raises(Invalid, match=r"rewritten|改写"):
            commands.cosign(PLATFORM, told=commands.request_for(newer)[1])

    def test_a_witness_refuses_strange_logs_and_strange_keys(self):
        write(1)
        commands.seal_entries()
        witness.trust_log(PLATFORM, origin=commands.origin(), public=sm.SigningKey.generate().public.hex())
        with pytest.raises(Refused):
            commands.cosign(PLATFORM, told=commands.request_for(0)[1])
        for told in ("", "old x\n\n", "old 0\n!!\n\nno note", "old 0\n\n" + "x\n" * 4):
            with pytest.raises(Invalid):
                commands.cosign(PLATFORM, told=told)

    def test_events_come_at_least_once_in_order_per_subject_and_a_failing_one_is_parked(self):
        seen, broken = [], {"on": True}

        @delivery.handles("identity.account.opened")
        def answer(event):
            if event.subject == "account:1" and broken["on"]:
                raise RuntimeError("not now")
            seen.append(event.subject)

        try:
            for account in (1, 2, 1, 3):
                act(PLATFORM, account=account)
            delivery.deliver_all()
            mine = [s for s in seen if s in ("account:2", "account:3")]
            assert mine == ["account:2", "account:3"]
            assert "account:1" not in seen
            assert Parked.objects.filter(subject="account:1").count() == 2
            broken["on"] = False
            Parked.objects.update(next_try="2020-01-01T00:00Z")
            delivery.deliver_all()
            Parked.objects.update(next_try="2020-01-01T00:00Z")
            delivery.deliver_all()
            assert seen[-2:] == ["account:1", "account:1"]
            assert not Parked.objects.exists()
        finally:
            delivery.HANDLERS.pop(next(n for n, h in delivery.HANDLERS.items() if h.function is answer))
            Parked.objects.all().delete()

    @pytest.mark.parametrize("most", [2000, 1])
    def test_only_whom_entries_concern_is_asked_and_the_others_follow(self, monkeypatch, most):
        monkeypatch.setattr(delivery, "MOST", most)  # with more waiting than that each looks itself
        seen, asked = [], []
        monkeypatch.setattr(delivery, "HANDLERS", {})

        def concerned(event):
            seen.append(event.id)

        def not_concerned(event):
            seen.append(event.tag)

        delivery.handles("identity.account.opened")(concerned)
        delivery.handles("no.such.tag")(not_concerned)
        first, second = delivery.HANDLERS.values()
        monkeypatch.setattr(delivery, "_retry_parked", lambda handler: asked.append(handler.name) or 0)
        delivery.deliver_all()
        asked.clear()
        seen.clear()
        assert delivery.deliver_all() == 0
        assert asked == [], "nothing new: nobody is asked"
        act(PLATFORM, account=1)
        act(PLATFORM, account=2)
        until = time.monotonic() + 20
        while len(seen) < 2 and time.monotonic() < until:  # the server's own work may hold entries back for a moment
            delivery.deliver_all()
        assert len(seen) == 2
        assert set(asked) == ({first.name} if most == 2000 else {first.name, second.name})
        assert cursor_of(first.name) == cursor_of(second.name)
        asked.clear()
        assert delivery.deliver_all() == 0
        assert asked == []


FORGET = "DELETE FROM ledger_block; DELETE FROM ledger_node; DELETE FROM ledger_checkpoint; DELETE FROM ledger_cosignature; DELETE FROM ledger_witnessed"
TABLES = ("ledger_entry", "ledger_block", "ledger_node", "ledger_checkpoint")


def verify():
    return queries.verify(publics=commands.publics())


def bad(document):
    """Whether a proof is refused or judged false."""
    try:
        return bool(proofs.judge(json.dumps(document).encode()).faults)
    except proofs.BadProof:
        return True


def loosen(statements):
    """What someone with the owner's rights could do: put the triggers aside, write, put them back."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_rows")
        cursor.execute(statements)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_rows")


def cursor_of(handler):
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text, entry FROM ledger_cursor WHERE handler = %s", [handler])
        return cursor.fetchone()
