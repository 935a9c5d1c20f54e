"""Departments' databases, flows between them, every batch with both signatures, values set aside."""

from django.db import models

from tongban.lib import columns


class Endpoint(models.Model):
    """A department's database. Its address holds a password, so it lies sealed."""

    key = models.SlugField(max_length=60, unique=True)
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    address = columns.Sealed()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    def cohort(self) -> str:
        return columns.cohort("endpoint", self.organ.key, self.kept_at.year)


class AnswerTable(models.Model):
    """Where single queries about a resource find their rows: a table or view of the provider's, its columns named like the items."""

    resource = models.OneToOneField("catalogue.Resource", on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    table = models.CharField(max_length=120)
    kept_at = models.DateTimeField()


class Flow(models.Model):
    """What runs under one agreement: from a table of the provider into a table of the consumer."""

    agreement = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=120)
    provider = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    consumer = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Endpoint, on_delete=models.PROTECT, null=True, related_name="+")
    source_table = models.CharField(max_length=120, blank=True)
    follows = models.CharField(max_length=10, db_default="order", default="order", help_text="how changes are found: order, stamp, log, ledger")
    order_column = models.CharField(max_length=60, blank=True, help_text="the provider's bigint that grows with every change, or the time stamp of it")
    slot = models.BooleanField(db_default=False, default=False, help_text="the provider's database keeps its log for this flow")
    references = models.JSONField(default=dict, help_text="column: [table, column] of the provider's database where its value must stand")
    target = models.ForeignKey(Endpoint, on_delete=models.PROTECT, null=True, related_name="+")
    target_table = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, help_text="preparing, running, paused, failed, files")
    fault = models.CharField(max_length=300, blank=True)
    loaded = models.BooleanField(default=False, help_text="the first load is complete; from now on changes travel")
    begun_at = models.DateTimeField()
    moved_at = models.DateTimeField(null=True, help_text="when a batch last went or came")

    def __str__(self) -> str:
        return f"{self.agreement} {self.title}"


class Batch(models.Model):
    """One batch: the provider's envelope and, once it has come, the consumer's receipt, both signed."""

    flow = models.ForeignKey(Flow, on_delete=models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    aside = models.PositiveIntegerField(default=0)
    envelope = models.JSONField(null=True)
    signature = models.CharField(max_length=160, blank=True)
    sent_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=36, blank=True, help_text="of a data package, where the batch is one")
    receipt = models.JSONField(null=True)
    receipt_signature = models.CharField(max_length=160, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="batch_once")]


class Upload(models.Model):
    """A large file of a provider on its way in: part by part, then checked and sent in the background."""

    class State(models.TextChoices):
        OPEN = "open", "传输中"
        CHECKING = "checking", "校验中"
        SENT = "sent", "已发送"
        REFUSED = "refused", "未通过"

    agreement = models.CharField(max_length=24, db_index=True)
    file = models.CharField(max_length=36, unique=True)
    name = models.CharField(max_length=160)
    size = models.BigIntegerField()
    partly = models.BooleanField(default=False, help_text="sound rows go, the others are set aside")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    words = models.CharField(max_length=500, blank=True, help_text="why it was refused")
    batch = models.PositiveIntegerField(null=True)
    account = models.BigIntegerField()
    account_name = models.CharField(max_length=60)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class SetAside(models.Model):
    """A value that broke the contract: the provider's work. Key and value may be personal, so they lie sealed."""

    class State(models.TextChoices):
        OPEN = "open", "待更正"
        CORRECTED = "corrected", "已更正"

    flow = models.ForeignKey(Flow, on_delete=models.PROTECT, related_name="aside")
    batch = models.PositiveIntegerField()
    key = columns.Sealed()
    mark = models.CharField(max_length=64, help_text="keyed digest of the row's key, by which a correction is recognised")
    order = models.BigIntegerField(default=0, help_text="the row's place in the order of changes: a later state of it corrects this one")
    column = models.CharField(max_length=60)
    what = models.CharField(max_length=20)
    value = columns.Sealed()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["flow", "batch", "mark", "column", "what"], name="aside_once")]
        indexes = [models.Index(fields=["flow", "state"], name="aside_work")]

    def cohort(self) -> str:
        return columns.cohort("aside", self.flow.provider.key, self.found_at.year)


class TableComparison(models.Model):
    """Two tables of an organ's own database compared by key, one of them perhaps filled by a flow. The findings stay in that database."""

    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    left = models.CharField(max_length=127)
    right = models.CharField(max_length=127)
    key = models.CharField(max_length=63)
    columns = models.JSONField(default=list)
    purpose = models.CharField(max_length=120)
    agreements = models.JSONField(default=list, help_text="under which the tables were filled")
    findings = models.CharField(max_length=63)
    agree = models.BigIntegerField()
    differ = models.BigIntegerField()
    only_left = models.BigIntegerField()
    only_right = models.BigIntegerField()
    ran_by = models.CharField(max_length=60)
    ran_at = models.DateTimeField()


class MainInformation(models.Model):
    """主要业务信息: what a department's main business produces, shared or not; the measure of what it ought to share."""

    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    system = models.CharField(max_length=120, blank=True, help_text="the department's system that holds it")
    resource = models.SlugField(max_length=80, blank=True, help_text="key of the resource by which it is in the catalogue")
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organ", "name"], condition=models.Q(until=None), name="information_once")]

    def __str__(self) -> str:
        return self.name


class EvaluationIndicator(models.Model):
    """What departments are measured on, from `data/exchange/indicators.csv`."""

    key = models.SlugField(max_length=20)
    name = models.CharField(max_length=60)
    weight = models.FloatField()
    full = models.FloatField()
    unit = models.CharField(max_length=8)
    formula = models.CharField(max_length=300)
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Evaluation(models.Model):
    """共享绩效评价 of a period; `indicators` are those in force when it was announced."""

    key = models.SlugField(max_length=20, unique=True)
    title = models.CharField(max_length=120)
    region_code = models.CharField(max_length=9)
    begins = models.DateField()
    ends = models.DateField()
    appeals_until = models.DateField()
    indicators = models.JSONField()
    state = models.CharField(max_length=12)
    opened_by = models.BigIntegerField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title


class Score(models.Model):
    """One department's value of one indicator as measured, with the rows behind it; `corrected` after an appeal."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="scores")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    indicator = models.SlugField(max_length=20)
    part = models.FloatField()
    whole = models.FloatField()
    value = models.FloatField(null=True)
    corrected = models.FloatField(null=True)
    evidence = models.JSONField(default=list, help_text="[[words, kept, address]]")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["evaluation", "organ", "indicator"], name="score_once")]


class Appeal(models.Model):
    """申诉: a department contests a value; somebody else than who announced it answers."""

    number = models.CharField(max_length=24, unique=True)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="appeals")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    indicator = models.SlugField(max_length=20)
    words = models.CharField(max_length=500)
    state = models.CharField(max_length=10)
    due = models.DateField()
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    answer = models.CharField(max_length=300, blank=True)
    answered_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "organ", "indicator"], condition=models.Q(state="pending"), name="appeal_once"),
        ]
