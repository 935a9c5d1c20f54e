"""A notice lies in the inbox; deliveries carry it out of the house."""

from django.db import models

from tongban.lib import columns


class Template(models.Model):
    """The words of a notice, editable; `{name}` places are filled from the event."""

    key = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    body = models.TextField()


class Notice(models.Model):
    """One message to one account."""

    account = models.BigIntegerField()
    key = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    title = models.CharField(max_length=160)
    body = models.TextField()
    link = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    cause = models.BigIntegerField(null=True, help_text="the ledger entry it answers: a second delivery changes nothing")

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="notice_inbox")]
        constraints = [models.UniqueConstraint(fields=["cause", "account", "key"], name="notice_once")]


class Delivery(models.Model):
    """A notice on its way through a channel: retried, and seen when it fails."""

    class State(models.TextChoices):
        WAITING = "waiting", "待发送"
        SENT = "sent", "已发送"
        FAILED = "failed", "失败"

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=20)
    address = columns.Sealed()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)

    def cohort(self) -> str:
        """Where notices went is the platform's to answer for."""
        return columns.cohort("deliveries", "platform", self.notice.sent_at.year)
