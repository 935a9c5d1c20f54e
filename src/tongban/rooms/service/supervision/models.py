"""Rules as dated data; lights that are never deleted; what was said about them, only appended."""

from django.db import models


class WatchRule(models.Model):
    """One rule of supervision during a span of time."""

    key = models.CharField(max_length=30, help_text="which check: promise-near, step-overrun, …")
    level = models.CharField(max_length=8, help_text="prompt, yellow, red")
    days = models.SmallIntegerField(default=0, help_text="working days of grace, or left, by the check")
    name = models.CharField(max_length=80)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    document = models.CharField(max_length=200)
    verified = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Light(models.Model):
    """A light that a rule raised on a case or on another thing with a limit; raised once for each kind of breach."""

    class State(models.TextChoices):
        OPEN = "open", "待答复"
        ANSWERED = "answered", "已答复"
        APPEALED = "appealed", "申诉中"
        CANCELLED = "cancelled", "申诉成立"
        CLOSED = "closed", "已核销"

    thing = models.CharField(max_length=20, db_default="case", default="case", help_text="what has the limit: case, or a kind that `lib.deadlines` watches")
    case_number = models.CharField(max_length=80, help_text="of the case, or the key of the other thing")
    case_title = models.CharField(max_length=120)
    kind = models.CharField(max_length=30)
    term = models.CharField(
        max_length=10, blank=True, db_default="", default="", help_text="of another thing than a case: the day that was missed; it may come up again"
    )
    level = models.CharField(max_length=8)
    reason = models.CharField(max_length=160)
    rule = models.ForeignKey(WatchRule, on_delete=models.PROTECT, related_name="+")
    organ = models.BigIntegerField()
    organ_name = models.CharField(max_length=120)
    region_code = models.CharField(max_length=9)
    handler = models.BigIntegerField(null=True)
    raised_at = models.DateTimeField()
    answer_due = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thing", "case_number", "kind", "term"], name="light_once")]
        indexes = [models.Index(fields=["region_code", "state"], name="light_region"), models.Index(fields=["organ", "-id"], name="light_organ")]


class LightAct(models.Model):
    """Answer, appeal, judgement, urging, reply."""

    light = models.ForeignKey(Light, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=20)
    words = models.CharField(max_length=500)
    by = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=60)
    by_organ = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()
    due = models.DateField(null=True)
