"""Protected systems, what their tools reported, drills and their plans. Reports and drills are only appended."""

from django.db import models


class Tier(models.Model):
    """A level of recovery during a span of time, from `data/continuity/tiers.csv`."""

    level = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    backup_hours = models.FloatField()
    drill_days = models.PositiveIntegerField()
    rpo_s = models.PositiveIntegerField()
    rto_s = models.PositiveIntegerField()
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    document = models.CharField(max_length=200)
    verified = models.BooleanField(default=False)


class System(models.Model):
    """A system under the centre's protection, of one organ in one region."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=9)
    tier = models.PositiveSmallIntegerField()
    tool = models.CharField(max_length=20)
    rpo_target_s = models.PositiveIntegerField()
    rto_target_s = models.PositiveIntegerField()
    capacity_bytes = models.BigIntegerField(default=0)
    site = models.CharField(max_length=120, blank=True)
    registered_at = models.DateTimeField()
    told = models.JSONField(default=list, help_text="what its owner was told is wrong, so that it is told once")

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """One backup, as a tool told it."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="reports")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    tool = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, blank=True)
    bytes = models.BigIntegerField()
    good = models.BooleanField()
    words = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["system", "-at"], name="continuity_last_report")]


class DrillPlan(models.Model):
    """A drill that is to come, and the one that came of it."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="plans")
    day = models.DateField()
    words = models.CharField(max_length=300, blank=True)
    planned_by = models.CharField(max_length=60)


class Drill(models.Model):
    """A drill that was held: what was measured."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="drills")
    plan = models.OneToOneField(DrillPlan, on_delete=models.PROTECT, null=True, related_name="drill")
    at = models.DateTimeField()
    rpo_s = models.FloatField(null=True)
    rto_s = models.FloatField(null=True)
    passed = models.BooleanField()
    words = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(default=dict)
    by_name = models.CharField(max_length=60)

    class Meta:
        indexes = [models.Index(fields=["system", "-at"], name="continuity_last_drill")]


class RetentionRule(models.Model):
    """How long a kind of record is kept and how it ends, from `data/continuity/retention.csv`."""

    class Way(models.TextChoices):
        DELETE = "delete", "每夜删除"
        DESTROY = "destroy", "销毁密钥"

    key = models.CharField(max_length=40)
    what = models.CharField(max_length=80)
    way = models.CharField(max_length=8, choices=Way.choices)
    days = models.PositiveIntegerField(null=True)
    years = models.PositiveSmallIntegerField(null=True)
    counted_from = models.CharField(max_length=40)
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)
    run_at = models.DateTimeField(null=True)
    removed = models.BigIntegerField(default=0, help_text="rows removed so far")


class Destruction(models.Model):
    """Keys of one cohort, proposed for destruction by one person and decided on by another."""

    class State(models.TextChoices):
        ASKED = "asked", "待批准"
        REFUSED = "refused", "未批准"
        AGREED = "agreed", "正在销毁"
        DONE = "done", "已销毁"

    cohort = models.CharField(max_length=120)
    organ_name = models.CharField(max_length=120)
    region_code = models.CharField(max_length=9)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    reason = models.CharField(max_length=300)
    asked_by = models.BigIntegerField()
    asked_by_name = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=300, blank=True)
    keys = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cohort"], condition=models.Q(state__in=["asked", "agreed"]), name="destruction_once")]
