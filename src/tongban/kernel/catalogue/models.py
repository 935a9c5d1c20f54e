"""Resources with their versions, applications and grants, signed agreements, their use."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class ResourceClass(models.Model):
    """信息资源分类: 类, 项, 目, 细目 by the length of the code."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    parent_code = models.CharField(max_length=20, blank=True, db_index=True)
    kind = models.CharField(max_length=12, help_text="base, theme, department")
    organ_key = models.CharField(max_length=40, blank=True, db_index=True, help_text="of a department's class")
    document = models.CharField(max_length=200, blank=True, help_text="which list names it")
    verified = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Resource(models.Model):
    """信息资源: what stays the same through its versions."""

    key = models.SlugField(max_length=80, unique=True)
    code = models.CharField(max_length=40, unique=True, help_text="class code / sequence")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=9)
    node = models.CharField(max_length=9, db_default="", default="", help_text="where it is kept; empty: here")
    supply = models.CharField(max_length=80, blank=True, help_text="the room's function that answers single queries")
    published = models.ForeignKey("ResourceVersion", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()


class ResourceVersion(models.Model):
    """One version: changed while a draft, never after it was published."""

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, db_index=True)
    title = models.CharField(max_length=120)
    sharing = models.CharField(max_length=16)
    format = models.CharField(max_length=16)
    cycle = models.CharField(max_length=12)
    opening = models.BooleanField(default=False)
    content = models.JSONField(help_text="all elements, items among them")
    search = SearchVectorField(null=True)
    registered_by = models.BigIntegerField(null=True)
    due = models.DateField(null=True, help_text="of the review that it waits for")
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "number"], name="version_once"),
            models.UniqueConstraint(fields=["resource"], condition=models.Q(state="published"), name="published_once"),
        ]
        indexes = [GinIndex(fields=["search"], name="resource_search")]


class Review(models.Model):
    """A step of a version's way: who moved it, with which words."""

    version = models.ForeignKey(ResourceVersion, on_delete=models.PROTECT, related_name="reviews")
    at = models.DateTimeField()
    name = models.CharField(max_length=60)
    organ_name = models.CharField(max_length=120)
    move = models.CharField(max_length=12)
    words = models.CharField(max_length=300, blank=True)


class AccessRequest(models.Model):
    """资源使用申请: what was asked and what was granted, kept apart."""

    number = models.CharField(max_length=24, unique=True)
    version = models.ForeignKey(ResourceVersion, on_delete=models.PROTECT, related_name="requests")
    consumer = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=300)
    basis = models.CharField(max_length=300, help_text="law, or the matter it is for")
    purposes = models.JSONField(default=list, help_text="purposes that a call may name; empty: any")
    requested = models.JSONField()
    granted = models.JSONField(null=True)
    state = models.CharField(max_length=12, db_index=True)
    condition = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=60)
    answered_by = models.CharField(max_length=60, blank=True)
    submitted_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    due = models.DateField()
    renews = models.ForeignKey("Agreement", on_delete=models.PROTECT, null=True, related_name="+")


class Agreement(models.Model):
    """共享协议: its terms are signed by both organs and never change."""

    number = models.CharField(max_length=24, unique=True)
    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, related_name="agreement")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="agreements")
    provider = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    consumer = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    terms = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SM3 of the canonical terms")
    state = models.CharField(max_length=12, db_index=True)
    begins = models.DateField()
    ends = models.DateField()
    words = models.CharField(max_length=300, blank=True, help_text="why it is suspended or ended")
    made_at = models.DateTimeField()


class Signature(models.Model):
    """One organ's SM2 signature under the canonical terms."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="signatures")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    public = models.CharField(max_length=128, help_text="hexadecimal, X and Y")
    signature = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "organ"], name="signed_once")]


class DailyUse(models.Model):
    """How often an agreement was used on a day, and how many rows went."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="uses")
    day = models.DateField()
    mode = models.CharField(max_length=10)
    visits = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "day", "mode"], name="use_once")]


class Subscription(models.Model):
    """Whoever wants to hear of a resource's changes."""

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="subscriptions")
    account = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "account"], name="subscribed_once")]


class Limit(models.Model):
    """Working days within which a step must be answered, from `data/catalogue/limits.csv`."""

    step = models.CharField(max_length=20)
    days = models.PositiveSmallIntegerField()
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)


class BorderRule(models.Model):
    """What of a resource may cross from one zone to another; proposed by one person, approved by another, then never changed."""

    number = models.CharField(max_length=24, unique=True)
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="border_rules")
    source = models.CharField(max_length=16)
    target = models.CharField(max_length=16)
    items = models.JSONField()
    filters = models.JSONField(default=dict, help_text="item: mask, token, drop")
    rate = models.PositiveIntegerField(help_text="single queries a day")
    rows = models.PositiveBigIntegerField(default=0, help_text="rows in bulk a day")
    begins = models.DateField()
    ends = models.DateField()
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, db_index=True)
    proposed_by = models.BigIntegerField()
    proposed_name = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    decided_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "source", "target"], condition=models.Q(state="in-force"), name="border_once"),
        ]


class BorderCount(models.Model):
    """What crossed under a rule on a day."""

    rule = models.ForeignKey(BorderRule, on_delete=models.PROTECT, related_name="counts")
    day = models.DateField()
    crossings = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "day"], name="border_count_once")]
