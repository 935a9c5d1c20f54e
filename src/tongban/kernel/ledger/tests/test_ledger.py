"""Append-only, sealed, proved, delivered."""

import random

import pytest
from django.db import DatabaseError, connection, transaction

from tongban.kernel.identity import events as identity_events
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands, delivery, queries, rules
from tongban.kernel.ledger.models import Block, Entry, Parked
from tongban.lib import sm
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
    "statement", ["UPDATE ledger_entry SET tag = 'x'", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry CASCADE", "DELETE FROM ledger_block"]
)
def test_the_database_refuses_to_alter_or_delete(statement):
    write(1)
    Block.objects.create(number=0, first_sequence=0, size=0, last_xid="0", last_id=0, leaves=b"", root=b"", chain=b"", sealed_at="2026-01-01T00:00Z")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_root_is_the_tree_of_rfc_9162():
    """Seven leaves: ((0 1)(2 3))((4 5) 6), RFC 9162 section 2.1.3."""
    leaves = [rules.leaf(bytes([n])) for n in range(7)]
    left = rules.node(rules.node(leaves[0], leaves[1]), rules.node(leaves[2], leaves[3]))
    assert rules.root(leaves) == rules.node(left, rules.node(rules.node(leaves[4], leaves[5]), leaves[6]))
    assert rules.leaf(b"") == sm.sm3(b"\0")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 100])
def test_every_leaf_is_proved(size):
    leaves = [rules.leaf(bytes([n])) for n in range(size)]
    root = rules.root(leaves)
    for index in range(size):
        assert rules.climb(leaves[index], rules.inclusion(leaves, index)) == root
    assert rules.climb(rules.leaf(b"other"), rules.inclusion(leaves, 0)) != root


class TestSealed:
    """On committed rows, as the sealer sees them."""

    @pytest.fixture(autouse=True)
    def _own_ledger(self, committed, settings, tmp_path):
        settings.DATA_DIR = tmp_path
        loosen("DELETE FROM ledger_entry; DELETE FROM ledger_block; DELETE FROM ledger_cursor")

    def test_sealed_entries_verify(self):
        write(30)
        assert commands.seal_entries() == 30
        write(3)
        assert commands.seal_entries() == 3
        verdict = queries.verify(public=commands.ledger_key().public)
        assert (verdict.entries, verdict.blocks, verdict.faults) == (33, 2, [])
        assert verdict.checkpoints == 2

    def test_a_changed_entry_is_found_and_named(self):
        write(20)
        commands.seal_entries()
        chosen = random.choice(list(Entry.objects.values_list("id", flat=True)))
        loosen(f"UPDATE ledger_entry SET actor_name = 'someone else' WHERE id = {chosen}")
        [fault] = queries.verify().faults
        assert f"entry {chosen} " in fault

    def test_a_deleted_entry_is_found(self):
        write(20)
        commands.seal_entries()
        loosen("DELETE FROM ledger_entry WHERE id = (SELECT max(id) - 3 FROM ledger_entry)")
        assert any("missing" in f for f in queries.verify().faults)

    def test_deleted_and_resealed_is_found_by_the_checkpoints_outside(self):
        write(20)
        commands.seal_entries()
        loosen("DELETE FROM ledger_entry WHERE id = (SELECT max(id) - 3 FROM ledger_entry); DELETE FROM ledger_block")
        commands.seal_entries()
        assert any("rewritten" in f for f in queries.verify().faults)

    def test_a_forged_checkpoint_is_found(self, settings):
        write(2)
        commands.seal_entries()
        path = settings.DATA_DIR / "ledger" / "checkpoints.jsonl"
        path.write_text(path.read_text().replace('"size": 2', '"size": 3'))
        assert any("signature" in f for f in queries.verify(public=commands.ledger_key().public).faults)

    def test_proof_holds_offline_and_breaks_when_changed(self):
        write(9)
        commands.seal_entries()
        proof = queries.proof(PLATFORM, "account:4", "identity.account.opened")
        assert proof is not None
        assert queries.proof_holds(proof)
        assert proof.checkpoint["block"] == proof.block
        changed = type(proof)(**{**{f: getattr(proof, f) for f in proof.__slots__}, "row": proof.row[:-2] + "00"})
        assert not queries.proof_holds(changed)

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


def loosen(statements):
    """What someone with the owner's rights could do: put the triggers aside, write, put them back."""
    with connection.cursor() as cursor:
        for table in ("ledger_entry", "ledger_block"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_rows")
        cursor.execute(statements)
        for table in ("ledger_entry", "ledger_block"):
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_rows")
