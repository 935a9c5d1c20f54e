"""Master records, what each organ said, who decided, and how persons and entities are linked."""

from django.db import models

from tongban.lib import columns

PERSON_INDEX = "registries_person.id_number"


class Person(models.Model):
    """A natural person's master record: what the rule makes of all records. `content` and the number lie sealed."""

    mark = models.BinaryField(max_length=columns.INDEX_SIZE, unique=True, help_text="blind index of the citizen identity number")
    content = columns.SealedJSON()
    region_code = models.CharField(max_length=9, blank=True)
    born_on = models.DateField(null=True)
    sex = models.CharField(max_length=1, blank=True)
    state = models.CharField(max_length=12, default="正常")
    disputed = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField()
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["region_code"]), models.Index(fields=["disputed"], condition=models.Q(disputed__gt=0), name="registries_person_open")]

    @property
    def dead(self) -> bool:
        return self.state == "死亡"

    def cohort(self) -> str:
        """The persons of one county share a key."""
        return columns.cohort("population", self.region_code[:6] or "37")


class Entity(models.Model):
    """A legal person's master record. What the register publishes lies open; its representative's number is in the records only."""

    credit_code = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, blank=True)
    industry = models.CharField(max_length=4, blank=True)
    region_code = models.CharField(max_length=9, blank=True)
    established_on = models.DateField(null=True)
    state = models.CharField(max_length=12, blank=True)
    content = columns.SealedJSON()
    disputed = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField()
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["name"]),
            models.Index(fields=["region_code", "state"]),
            models.Index(fields=["disputed"], condition=models.Q(disputed__gt=0), name="registries_entity_open"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def in_force(self) -> bool:
        return self.state == "存续"

    def cohort(self) -> str:
        """Entities of one county share a key."""
        return columns.cohort("entities", self.region_code[:6] or "37")


class Record(models.Model):
    """What one organ said of one subject, once; never changed. `origin` names the batch, file or case that brought it."""

    registry = models.CharField(max_length=12)
    subject = models.BigIntegerField()
    organ_key = models.CharField(max_length=40)
    legal_on = models.DateField(help_text="true from this day, as the organ says")
    recorded_at = models.DateTimeField(help_text="known here since")
    values = columns.SealedJSON()
    origin = models.CharField(max_length=60)

    class Meta:
        indexes = [models.Index(fields=["registry", "subject"])]

    def cohort(self) -> str:
        """What one organ said of one registry shares a key."""
        return columns.cohort(f"records-{self.registry}", self.organ_key)


class Decision(models.Model):
    """A person chose whose word stands for an attribute; the latest counts."""

    registry = models.CharField(max_length=12)
    subject = models.BigIntegerField()
    attribute = models.CharField(max_length=30)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=300)
    decided_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["registry", "subject"])]


class Conflict(models.Model):
    """Organs disagree about an attribute: settled by rank, waiting for a person, or decided."""

    registry = models.CharField(max_length=12)
    subject = models.BigIntegerField()
    attribute = models.CharField(max_length=30)
    state = models.CharField(max_length=8, help_text="open, by-rank, decided")
    region_code = models.CharField(max_length=9, blank=True)
    organs = models.CharField(max_length=200, help_text="whose words differ, the one that stands first")
    found_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registry", "subject", "attribute"], name="registries_conflict_once")]
        indexes = [models.Index(fields=["state", "registry"])]


class Link(models.Model):
    """A typed, dated tie between a person and an entity, from one organ."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="links")
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=16, help_text="representative, shareholder, insured")
    since = models.DateField()
    until = models.DateField(null=True)
    organ_key = models.CharField(max_length=40)
    share = models.DecimalField(max_digits=5, decimal_places=2, null=True, help_text="percent of the capital")

    class Meta:
        indexes = [models.Index(fields=["person", "kind"]), models.Index(fields=["entity", "kind"])]


class Authority(models.Model):
    """How far an organ is trusted about an attribute: 1 most. Dated data."""

    registry = models.CharField(max_length=12)
    attribute = models.CharField(max_length=30)
    organ_key = models.CharField(max_length=40)
    rank = models.PositiveSmallIntegerField()
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)


class Correction(models.Model):
    """Someone says that a value is wrong; the organ that said it answers."""

    class State(models.TextChoices):
        OPEN = "open", "待核实"
        ACCEPTED = "accepted", "已更正"
        REFUSED = "refused", "维持原值"

    registry = models.CharField(max_length=12)
    subject = models.BigIntegerField()
    attribute = models.CharField(max_length=30)
    organ_key = models.CharField(max_length=40, help_text="whose word is doubted")
    claimed = columns.Sealed(help_text="what it should be")
    reason = models.CharField(max_length=300)
    cause = models.CharField(max_length=60, help_text="the case in which it was found")
    account = models.BigIntegerField(null=True, help_text="who is told of the answer")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cause", "registry", "subject", "attribute"], name="registries_correction_once")]
        indexes = [models.Index(fields=["organ_key", "state"])]

    def cohort(self) -> str:
        """Whoever answers holds the key."""
        return columns.cohort("corrections", self.organ_key)


class Finding(models.Model):
    """A comparison found that two registers cannot both be right; the office concerned looks into it as a case and says what is so."""

    class State(models.TextChoices):
        OPEN = "open", "待核查"
        CONFIRMED = "confirmed", "属实已处理"
        REFUTED = "refuted", "核查不属实"
        GONE = "gone", "已自行消除"

    comparison = models.CharField(max_length=30)
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    organ_key = models.CharField(max_length=40, help_text="the office concerned")
    case_number = models.CharField(max_length=24, blank=True, db_default="", default="", db_index=True, help_text="in which the office looks into it")
    region_code = models.CharField(max_length=9)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    due = models.DateField()
    answer = models.CharField(max_length=300, blank=True)
    answered_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comparison", "entity", "person"], name="registries_finding_once", nulls_distinct=False)]
        indexes = [models.Index(fields=["organ_key", "state"])]


class Linkage(models.Model):
    """A file of persons without numbers that a department had linked to the population register."""

    class State(models.TextChoices):
        WAITING = "waiting", "排队中"
        DONE = "done", "已完成"
        FAILED = "failed", "失败"

    organ_key = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    purpose = models.CharField(max_length=120)
    agreement = models.CharField(max_length=24, blank=True, help_text="empty: the organ owns the register")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    rows = models.PositiveIntegerField()
    linked = models.PositiveIntegerField(default=0)
    review = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    learned = models.BooleanField(default=False, help_text="weights were learned from this file; else the shipped ones")
    model = models.TextField(blank=True)
    asked_by = models.CharField(max_length=60)
    account = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)


class LinkedRow(models.Model):
    """A row of such a file, the likeliest person, and the evidence field by field."""

    linkage = models.ForeignKey(Linkage, on_delete=models.CASCADE, related_name="found")
    row = models.PositiveIntegerField()
    record = columns.SealedJSON()
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    likely = models.FloatField(default=0)
    evidence = models.JSONField(default=list, help_text="[[field, level, weight in bits]]")
    zone = models.CharField(max_length=8, blank=True, help_text="link, review, reject; empty before the run")
    decided = models.CharField(max_length=4, blank=True, help_text="same, not")
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["linkage", "row"], name="registries_linked_once")]
        indexes = [models.Index(fields=["linkage", "zone"])]

    def cohort(self) -> str:
        """The department that brought the file."""
        return columns.cohort("linkage", self.linkage.organ_key)


class Indicator(models.Model):
    """宏观经济指标: what is measured, in which unit, how often (A: a year)."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=20)
    frequency = models.CharField(max_length=1, default="A")
    decimals = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """One publication of figures. A later one may revise what an earlier one said; both stay."""

    key = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=120)
    publisher = models.CharField(max_length=60)
    released_on = models.DateField()
    verified = models.BooleanField(default=False, help_text="whether the day was read in the publication itself")
    notes = models.JSONField(default=dict, help_text="indicator → the publisher's notes")
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title


class Figure(models.Model):
    """What a release says of an indicator, a region (37; 11 for Beijing) and a period (2016, 2016-Q1, 2016-01)."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="figures")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="figures")
    region = models.CharField(max_length=9)
    period = models.CharField(max_length=7)
    value = models.DecimalField(max_digits=20, decimal_places=4)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["indicator", "region", "period", "release"], name="registries_figure_once")]


class Village(models.Model):
    """村、社区: the lowest unit of the statistical division codes, twelve digits."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)


class Place(models.Model):
    """地理实体: a named point that an organ keeps. Degrees of CGCS2000."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    address = models.CharField(max_length=200, blank=True)
    region_code = models.CharField(max_length=9, help_text="the county that covers it")
    lon = models.FloatField()
    lat = models.FloatField()
    organ_key = models.CharField(max_length=40)
    since = models.DateField()
    until = models.DateField(null=True)
    synthetic = models.BooleanField(default=False)
    kept_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["lat", "lon"]), models.Index(fields=["region_code", "kind"])]


class PrivateComparison(models.Model):
    """隐私比对: two departments learn which of their rows are the same person's; neither sees the other's rows, nor does the platform."""

    class State(models.TextChoices):
        ASKED = "asked", "待对方参加"
        COMPARING = "comparing", "比对中"
        DONE = "done", "已完成"
        REFUSED = "refused", "对方不参加"
        FAILED = "failed", "无法比对"

    title = models.CharField(max_length=120)
    purpose = models.CharField(max_length=120)
    asking_key = models.CharField(max_length=40)
    asked_key = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    fields = models.JSONField(default=list)
    asking_rows = models.PositiveIntegerField()
    asked_rows = models.PositiveIntegerField(default=0)
    asking_file = models.CharField(max_length=36, help_text="encoded rows, destroyed once they are compared")
    asked_file = models.CharField(max_length=36, blank=True)
    pairs = models.JSONField(default=list, help_text="[[row of who asked, row of who was asked, how alike]], rows from 1")
    words = models.CharField(max_length=300, blank=True, help_text="why refused, or why it could not be compared")
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    joined_by = models.CharField(max_length=60, blank=True)
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title
