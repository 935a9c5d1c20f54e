"""The other end of a line, for tests: a node with a key of its own that writes letters and reads those for it."""

import uuid

from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import delivery
from tongban.kernel.ledger.models import Entry
from tongban.kernel.nodes import blobs, commands, queries
from tongban.kernel.nodes.models import Node, Posted
from tongban.lib import clock, sm
from tongban.lib.bus import letters

PLATFORM = system("test")


class Peer:
    """A node below (or above) this one. `send` hands a letter in as the line does; `inbox` opens what waits for it."""

    def __init__(self, code, name, regions, *, place="below"):
        self.code, self.name, self.regions, self.place, self.key = code, name, regions, place, sm.SigningKey.generate()
        self.number, self.chain, self.seen = 0, letters.CHAIN_BEGINS, 0

    @property
    def told(self):
        return {"code": self.code, "name": self.name, "regions": self.regions, "public": self.key.public.hex(), "address": f"http://{self.code}.example"}

    def join_below(self):
        """Invited and introduced."""
        commands.invite_node(PLATFORM, code=self.code, name=self.name, regions=self.regions)
        self.send("nodes.hello", self.code, {"public": self.key.public.hex(), "address": "", "name": self.name, "regions": self.regions})
        queries.forget()
        return self

    def invite(self, code, name, regions):
        """This installation joins below the peer."""
        commands.join_node(PLATFORM, invitation={"above": self.told, "node": {"code": code, "name": name, "regions": regions}})
        queries.forget()
        return self

    def document(self, kind, key, body, *, to=None, files=(), origin=None, signer=None):
        mine = queries.here()
        to = to or mine.code
        head = {"number": f"{self.code}-{uuid.uuid4().hex}", "origin": origin or self.code, "to": to, "kind": kind, "key": key, "at": clock.now().isoformat()}
        closing = letters.ContentKey()
        enclosed = []
        for identifier, name, content in files:
            enclosed.append(letters.Enclosure(identifier, name, sm.sm3_hex(content), blobs.keep(closing.file(identifier, content)), len(content)))
        public = None if to == letters.EVERYBODY else bytes.fromhex(Node.objects.get(code=to).public) if to != mine.code else commands.node_key().public
        return letters.write(signer or self.key, head, body, enclosed=enclosed, content_key=closing, public=public)

    def put(self, document):
        """Over the line, as the next one."""
        self.number += 1
        self.chain = letters.chained(self.chain, document)
        commands.take_letter(PLATFORM, code=self.code, number=self.number, chain=self.chain, document=document)

    def send(self, kind, key, body, **more):
        self.put(self.document(kind, key, body, **more))

    def inbox(self, kind=""):
        """[(kind, key, body)] of the letters that came since the last look, opened with the peer's key; those for others as None."""
        rows = Posted.objects.filter(node__code=self.code, number__gt=self.seen).order_by("number")
        found = []
        for row in rows:
            self.seen = row.number
            letter = letters.read(bytes(row.document))
            body = letters.opened(letter, self.key)[0] if letter.to in (self.code, letters.EVERYBODY) else None
            found.append((letter.kind, letter.key, body))
        return [f for f in found if kind in ("", f[0])]


def deliver(after=None):
    """Hand every event of this transaction to its handlers, as the worker would once it is committed; handlers' own events too."""
    last = _delivered.get("last", 0) if after is None else after
    while True:
        rows = list(Entry.objects.filter(id__gt=last).order_by("id"))
        if not rows:
            break
        for e in rows:
            last = e.id
            for handler in [h for h in delivery.HANDLERS.values() if e.tag in h.tags]:
                handler.function(delivery.Delivered(e.id, e.tag, e.subject, e.at, e.account, e.actor_name, e.organ, e.body, e.origin))
    _delivered["last"] = last


_delivered: dict[str, int] = {}
