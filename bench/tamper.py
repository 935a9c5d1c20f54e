"""10,000 random single-bit changes in entries, tree and heads, one at a time: is each found, and is its place named?"""

import os
import random
import re
import time

from bench.harness import installation, main

CHANGES = int(os.environ.get("TAMPER_CHANGES", "10000"))
ENTRIES = 1100
COLUMNS = {
    "ledger_entry": ["id", "xid", "at", "account", "actor_name", "organ", "organ_name", "legal_person", "authority", "tag", "subject", "origin", "body"],
    "ledger_block": ["number", "first_sequence", "size", "last_xid", "last_id", "leaves", "root"],
    "ledger_node": ["height", "index", "hash"],
    "ledger_checkpoint": ["size", "note"],
}
WIDTH = {
    "id": 63,
    "at": 50,
    "account": 31,
    "organ": 31,
    "legal_person": 31,
    "number": 63,
    "first_sequence": 63,
    "size": 31,
    "last_id": 63,
    "height": 15,
    "index": 63,
}


def flipped(value, column, chance):
    """The value with one bit changed, or None where the column cannot hold the result (text of invalid UTF-8 and the like)."""
    if value is None:
        return None
    if isinstance(value, (bytes, memoryview)):
        return _bit(bytes(value), chance)
    if isinstance(value, int):
        return value ^ 1 << chance.randrange(WIDTH[column])
    try:
        changed = _bit(value.encode(), chance).decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in changed else changed


def _bit(raw, chance):
    if not raw:
        return raw
    made = bytearray(raw)
    made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


class Change:
    """One change in the database or in the file of heads, and how it is taken back."""

    def __init__(self, cursor, chance, keys, heads):
        self.cursor, self.heads = cursor, heads
        self.table = chance.choice([*COLUMNS, "file"])
        if self.table == "file":
            self.before = heads.path().read_bytes()
            self.after = _bit(self.before, chance)
            self.place = {self.before[: next(i for i, (a, b) in enumerate(zip(self.before, self.after, strict=True)) if a != b)].count(b"\n") + 1}
            self.possible = self.after != self.before
            return
        self.column, self.key = chance.choice(COLUMNS[self.table]), chance.choice(keys[self.table])
        cursor.execute(f"SELECT {self.stored()} FROM {self.table} WHERE {self.where()}")
        self.before = cursor.fetchone()[0]
        width = self.column if self.column not in ("xid", "last_xid") else "id"
        self.after = flipped(self.before, width, chance)
        self.possible = self.after is not None and self.after != self.before

    def where(self):
        if self.table == "ledger_node":
            return f"height = {self.key[0]} AND index = {self.key[1]}"
        name = {"ledger_entry": "id", "ledger_block": "number", "ledger_checkpoint": "size"}[self.table]
        return f"{name} = {self.key[0]}"

    def write(self):
        """Put the change in place; False when the database cannot hold it."""
        if self.table == "file":
            self.heads.path().write_bytes(self.after)
            return True
        from django.db import Error

        try:
            self.cursor.execute(f"UPDATE {self.table} SET {self.column} = {self.cast()} WHERE {self.where()} RETURNING ctid, {self.stored()}", [self.after])
        except Error:
            return False
        self.at, now = self.cursor.fetchone()
        return now != self.before  # else another spelling of the same value

    def cast(self):
        how = {"xid": "%s::text::xid8", "last_xid": "%s::text::xid8", "body": "%s::jsonb"}
        how["at"] = "'2000-01-01T00:00Z'::timestamptz + %s * interval '1 microsecond'"
        return how.get(self.column, "%s")

    def stored(self):
        how = {"xid": "xid::text::bigint", "last_xid": "last_xid::text::bigint", "body": "body::text"}
        how["at"] = "(extract(epoch FROM at - '2000-01-01T00:00Z'::timestamptz) * 1000000)::bigint"
        return how.get(self.column, self.column)

    def undo(self):
        if self.table == "file":
            self.heads.path().write_bytes(self.before)
        else:
            self.cursor.execute(f"UPDATE {self.table} SET {self.column} = {self.cast()} WHERE ctid = %s", [self.before, self.at])

    def named(self, faults, blocks):
        """Whether a fault names the place: the entry, block, node, head, or line that was changed."""
        told = " | ".join(faults)
        if self.table == "file":
            return any(f"line {n}:" in told for n in self.place) or "outside" in told
        if self.table == "ledger_entry":
            return f"entry {self.key[0]} " in told or f"block {blocks[self.key[0]]}," in told
        if self.table == "ledger_block":
            return bool(re.search(rf"block ({self.key[0]}|{self.key[0] + 1})\b", told))
        if self.table == "ledger_node":
            return f"node {self.key[0]}/{self.key[1]}:" in told
        return f"head of size {self.key[0]}" in told


def _write(commands, actor, opened, transaction):
    """Entries in blocks of many sizes, as seconds bring them."""
    chance, account = random.Random(7), 0
    while account < ENTRIES:
        with transaction.atomic():
            for _n in range(chance.choice([1, 2, 5, 40, 130])):
                commands.append(actor, opened(account=account), "行政许可法第三十二条")
                account += 1
        commands.seal_entries()


def _loosen(cursor):
    """Put the triggers aside, as the owner of the tables could; the keys of all rows."""
    from tongban.kernel.ledger.models import Block, Checkpoint, Entry, Node

    for table in COLUMNS:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    rows = {
        "ledger_entry": Entry.objects.values_list("id"), "ledger_block": Block.objects.values_list("number"),
        "ledger_node": Node.objects.values_list("height", "index"), "ledger_checkpoint": Checkpoint.objects.values_list("size"),
    }  # fmt: skip
    return {table: list(found) for table, found in rows.items()}


def _blocks(keys):
    """Which block each entry is in."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, (SELECT number FROM ledger_block b WHERE (b.last_xid, b.last_id) >= (e.xid, e.id) ORDER BY b.number LIMIT 1) FROM ledger_entry e"
        )
        return dict(cursor.fetchall())


def measure(say):
    with installation():
        from django.db import connection, transaction
        from tongban.kernel.identity.actor import Actor
        from tongban.kernel.identity.events import AccountOpened
        from tongban.kernel.ledger import commands, heads, queries

        actor = Actor(account=77, name="李合成", organ=9, organ_name="历下区市场监督管理局", legal_person=5, origin="127.0.0.1")
        _write(commands, actor, AccountOpened, transaction)
        publics, chance = commands.publics(), random.Random(20_161_125)
        clean = queries.verify(publics=publics)
        if clean.faults:
            raise RuntimeError(str(clean.faults))
        say(f"{clean.entries} entries, {clean.blocks} blocks, {clean.checkpoints} heads: whole")
        found = located = done = 0
        missed, kinds = [], {}
        began = time.monotonic()
        with connection.cursor() as cursor:
            keys = _loosen(cursor)
            blocks = _blocks(keys)
            while done < CHANGES:
                change = Change(cursor, chance, keys, heads)
                if not change.possible or not change.write():
                    continue
                faults = queries.verify(publics=publics).faults
                change.undo()
                done += 1
                kinds[change.table] = kinds.get(change.table, 0) + 1
                named = change.named(faults, blocks)
                found, located = found + bool(faults), located + named
                if not named:
                    missed.append((change.table, getattr(change, "column", ""), getattr(change, "key", ""), str(change.before)[:60], faults[:3]))
                if done % 500 == 0:
                    say(f"{done} changes, {found} found, {located} located, {time.monotonic() - began:.0f} s")
                    for one in missed[:10]:
                        say(f"  not located: {one}")
                    missed.clear()
        if queries.verify(publics=publics).faults:
            raise RuntimeError("the ledger is not whole after all changes were taken back")
    share = found / done
    return {
        "value": share, "unit": "share of single-bit changes found", "limit": 1, "ratio": share,
        "detail": {"found_share": share, "located_share": located / done, "changes": done, "by_place": kinds, "entries": clean.entries},
    }  # fmt: skip


if __name__ == "__main__":
    main("tamper", measure)
