"""Nodes, the letters that wait for them, and what could not be taken."""

from django.db import models

from tongban.kernel.nodes import rules
from tongban.lib.bus.letters import CHAIN_BEGINS


class Node(models.Model):
    """An installation that serves regions: this one, a neighbour (above or below), or one that is reached through a neighbour."""

    class Place(models.TextChoices):
        HERE = "here", "本节点"
        ABOVE = "above", "上级"
        BELOW = "below", "下级"
        BEYOND = "beyond", "经转"

    class State(models.TextChoices):
        INVITED = "invited", "已邀请"
        JOINED = "joined", "已接入"
        ENDED = "ended", "已断开"

    code = models.CharField(max_length=9, unique=True, help_text="the region that it stands for")
    name = models.CharField(max_length=60)
    regions = models.JSONField(default=list, help_text="region codes; each serves its whole subtree")
    place = models.CharField(max_length=8, choices=Place.choices)
    state = models.CharField(max_length=8, choices=State.choices)
    via = models.CharField(max_length=9, blank=True, help_text="the neighbour through which it is reached")
    public = models.CharField(max_length=128, blank=True, help_text="SM2, hexadecimal; pinned when it joined")
    address = models.CharField(max_length=200, blank=True, help_text="of its pages")
    joined_at = models.DateTimeField(null=True)
    # The line to a neighbour. `sent` and `taken` count from 1 without a gap.
    sent = models.BigIntegerField(default=0)
    sent_chain = models.CharField(max_length=64, default=CHAIN_BEGINS)
    given = models.BigIntegerField(default=0, help_text="the last that it receipted")
    receipt = models.TextField(blank=True)
    receipt_signature = models.CharField(max_length=160, blank=True)
    taken = models.BigIntegerField(default=0)
    taken_chain = models.CharField(max_length=64, default=CHAIN_BEGINS)
    heard_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    def known(self) -> rules.Known:
        """As routing needs it."""
        return rules.Known(self.code, tuple(self.regions), self.place, self.via)


class Posted(models.Model):
    """A letter on a line: kept until the neighbour has receipted it, and some time longer."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="posted")
    number = models.BigIntegerField()
    chain = models.CharField(max_length=64)
    letter = models.CharField(max_length=60, db_index=True, help_text="the letter's own number")
    origin = models.CharField(max_length=9)
    to = models.CharField(max_length=9)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    document = models.BinaryField()
    ciphers = models.JSONField(default=list, help_text="[[SM3 of the closed file, size]]")
    written_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "number"], name="posted_once")]
        indexes = [models.Index(fields=["given_at"], name="posted_given")]


class Announced(models.Model):
    """The newest letter of another node to everybody, a kind and key each: handed to whoever joins later."""

    origin = models.CharField(max_length=9)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    document = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "kind", "key"], name="announced_once")]


class Held(models.Model):
    """A letter that came and could not be taken: seen by people, tried again, in the order of its subject."""

    origin = models.CharField(max_length=9)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    document = models.BinaryField()
    ciphers = models.JSONField(default=list)
    fault = models.CharField(max_length=2000)
    tries = models.PositiveIntegerField(default=1)
    came_at = models.DateTimeField()
    next_try = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True)
    dropped_by = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["origin", "key"], name="held_subject")]
