"""Entries, sealed blocks, and how far each handler has read."""

from django.db import models
from django.db.models.expressions import Func


class CurrentTransaction(Func):
    """pg_current_xact_id(): below the snapshot's xmin nothing can still commit, so (xid, id) is a safe order."""

    function = "pg_current_xact_id"
    arity = 0


class Xid8(models.Field):  # type: ignore[type-arg]
    """A 64-bit transaction identifier."""

    def db_type(self, connection: object) -> str:
        return "xid8"


class Entry(models.Model):
    """One act: who, for which organ, on what authority, what, about what, when, from where.

    Update, delete and truncate are refused by triggers (migration 0002).
    """

    id = models.BigAutoField(primary_key=True)
    xid = Xid8(db_default=CurrentTransaction())
    at = models.DateTimeField()
    account = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=120)
    organ = models.BigIntegerField(null=True)
    organ_name = models.CharField(max_length=120)
    legal_person = models.BigIntegerField(null=True)
    authority = models.CharField(max_length=200)
    tag = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    origin = models.CharField(max_length=45)
    body = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="ledger_order"),
            models.Index(fields=["subject", "id"], name="ledger_subject"),
        ]
        verbose_name_plural = "账本记录"


class Block(models.Model):
    """Up to 4,096 entries in final order: their leaves, and the head of the whole tree after them."""

    number = models.BigIntegerField(primary_key=True)
    first_sequence = models.BigIntegerField(unique=True)
    size = models.IntegerField()
    last_xid = Xid8()
    last_id = models.BigIntegerField()
    leaves = models.BinaryField()
    root = models.BinaryField()


class Node(models.Model):
    """A complete inner node of height 8 or more; lower ones are computed from the leaves."""

    pk = models.CompositePrimaryKey("height", "index")
    height = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()


class Checkpoint(models.Model):
    """The signed head over the first `size` entries, as a note (`lib.tlog.notes`)."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()


class Cosignature(models.Model):
    """A witness's line under one of our heads."""

    size = models.BigIntegerField()
    witness = models.CharField(max_length=120)
    line = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["size", "witness"], name="cosigned_once")]


class Witnessed(models.Model):
    """The newest head of another node's ledger that this node has cosigned."""

    origin = models.CharField(max_length=120, primary_key=True)
    public = models.BinaryField()
    size = models.BigIntegerField(default=0)
    note = models.TextField(blank=True)
    seen_at = models.DateTimeField(null=True)


class Cursor(models.Model):
    """How far one handler has answered."""

    handler = models.CharField(max_length=120, primary_key=True)
    xid = Xid8()
    entry = models.BigIntegerField()


class Parked(models.Model):
    """An event that a handler could not answer yet; later ones of its subject wait behind it."""

    handler = models.CharField(max_length=120)
    entry = models.ForeignKey(Entry, on_delete=models.DO_NOTHING, db_constraint=False)
    subject = models.CharField(max_length=80)
    tries = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField()
    error = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handler", "entry"], name="parked_once")]
        verbose_name_plural = "待重试事件"
