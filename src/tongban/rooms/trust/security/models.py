"""What was observed, what it was judged to be, what was done about it; and the protection records of every system.

Observations are telemetry and expire; alerts, incidents, warnings and protection steps are records and stay.
"""

from django.db import models


class Observation(models.Model):
    """One event as the platform, a syslog peer or another system told it."""

    at = models.DateTimeField(help_text="when it happened, as its source says")
    received_at = models.DateTimeField()
    source = models.CharField(max_length=20, help_text="platform, ledger, syslog, api")
    kind = models.CharField(max_length=30)
    severity = models.PositiveSmallIntegerField(help_text="0 harmless to 10 worst")
    account = models.BigIntegerField(null=True)
    name = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=45, blank=True)
    host = models.CharField(max_length=255, blank=True)
    organ = models.BigIntegerField(null=True)
    region_code = models.CharField(max_length=9)
    subject = models.CharField(max_length=120, blank=True)
    words = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    entry = models.BigIntegerField(null=True, help_text="the ledger entry that it repeats: told twice, kept once")

    class Meta:
        indexes = [
            models.Index(fields=["kind", "-at"], name="observed_kind"),
            models.Index(fields=["received_at"], name="observed_received"),
            models.Index(fields=["account", "kind", "-at"], name="observed_account", condition=models.Q(account__isnull=False)),
            models.Index(fields=["address", "kind", "-at"], name="observed_address", condition=~models.Q(address="")),
        ]
        constraints = [models.UniqueConstraint(fields=["entry"], name="observed_entry_once")]


class CorrelationRule(models.Model):
    """A rule of correlation during a span of time, from `data/security/rules.json`."""

    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    condition = models.JSONField()
    severity = models.CharField(max_length=10, help_text="low, medium, high, critical")
    technique = models.CharField(max_length=12, blank=True, help_text="MITRE ATT&CK")
    hours = models.PositiveSmallIntegerField(help_text="until an alert of it must be dealt with")
    remedy = models.CharField(max_length=200, blank=True)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    document = models.CharField(max_length=200)
    verified = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Extractor(models.Model):
    """How one program words one thing in its log, from `data/security/extractors.csv`."""

    app = models.CharField(max_length=48)
    contains = models.CharField(max_length=80)
    kind = models.CharField(max_length=30)
    name_after = models.CharField(max_length=30, blank=True)
    address_after = models.CharField(max_length=30, blank=True)


class Alert(models.Model):
    """What a rule found about one account, address or host."""

    class State(models.TextChoices):
        OPEN = "open", "待处置"
        TAKEN = "taken", "处置中"
        RESOLVED = "resolved", "已处置"
        DISMISSED = "dismissed", "误报"
        ESCALATED = "escalated", "已转事件"

    rule = models.ForeignKey(CorrelationRule, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=120, help_text="what it is about: account:12, address:10.0.0.1")
    title = models.CharField(max_length=160)
    severity = models.CharField(max_length=10)
    technique = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    region_code = models.CharField(max_length=9)
    organ = models.BigIntegerField(null=True)
    owner = models.BigIntegerField(null=True)
    owner_name = models.CharField(max_length=60, blank=True)
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    last_event = models.BigIntegerField()
    count = models.PositiveIntegerField()
    events = models.JSONField(default=list, help_text="up to 200 observations that met the rule")
    late_told = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "key"], condition=models.Q(state__in=["open", "taken"]), name="alert_open_once")]
        indexes = [models.Index(fields=["state", "due_at"], name="alert_due"), models.Index(fields=["region_code", "-raised_at"], name="alert_region")]


class AlertAct(models.Model):
    """What someone did about an alert."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=12)
    words = models.CharField(max_length=500, blank=True)
    by = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField()


class ReportingLimit(models.Model):
    """Within how many minutes an incident of a level is reported, and to whom."""

    level = models.PositiveSmallIntegerField()
    to = models.CharField(max_length=80)
    minutes = models.PositiveIntegerField()
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)


class Incident(models.Model):
    """A security incident with its level, its limits and what was done."""

    class State(models.TextChoices):
        OPEN = "open", "研判中"
        CONTAINED = "contained", "已控制"
        ERADICATED = "eradicated", "已消除"
        RECOVERED = "recovered", "已恢复"
        CLOSED = "closed", "已办结"

    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    region_code = models.CharField(max_length=9)
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=60)
    closed_at = models.DateTimeField(null=True)
    summary_due = models.DateField(null=True, help_text="until when the summary report is owed once it is recovered")


class IncidentDuty(models.Model):
    """A report that an incident owes by a moment; done, or seen to be late."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="duties")
    to = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    document = models.CharField(max_length=200)
    done_at = models.DateTimeField(null=True)
    late_told = models.BooleanField(default=False)


class IncidentAct(models.Model):
    """What was done about an incident; only appended."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=12)
    words = models.CharField(max_length=1000)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField()


class IncidentAlert(models.Model):
    """An alert that became part of an incident."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="alerts")
    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, related_name="incident")


class WarningNotice(models.Model):
    """A notice of danger to departments."""

    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=120)
    colour = models.CharField(max_length=8, help_text="red, orange, yellow, blue")
    body = models.TextField()
    remedy = models.TextField()
    receipt_due = models.DateTimeField()
    feedback_due = models.DateTimeField()
    region_code = models.CharField(max_length=9)
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=60)
    issued_organ = models.CharField(max_length=120)


class WarningReply(models.Model):
    """One department's part: received, answered, verified or sent back."""

    class State(models.TextChoices):
        WAITING = "waiting", "待签收"
        RECEIVED = "received", "待反馈"
        ANSWERED = "answered", "待核验"
        RETURNED = "returned", "退回整改"
        VERIFIED = "verified", "已核验"

    warning = models.ForeignKey(WarningNotice, on_delete=models.PROTECT, related_name="replies")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    affected = models.BooleanField(null=True)
    words = models.CharField(max_length=1000, blank=True)
    judgement = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(null=True)
    received_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    late_told = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warning", "organ"], name="warned_once")]


class Control(models.Model):
    """A control point of a regime, and the lowest level that asks for it, from `data/security/controls.csv`."""

    regime = models.CharField(max_length=12)
    code = models.CharField(max_length=12, help_text="clause at level 3")
    family = models.CharField(max_length=30)
    name = models.CharField(max_length=60)
    least_level = models.PositiveSmallIntegerField()
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)


class Period(models.Model):
    """How often a level is assessed, how soon it is filed and rectified, from `data/security/periods.csv`."""

    regime = models.CharField(max_length=12)
    level = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=20, help_text="filing, assessment, rectification")
    days = models.PositiveIntegerField()
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)


class ProtectedSystem(models.Model):
    """A system under classified protection (等级保护), cryptography assessment (密评) or secret protection (分级保护: records only)."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=9)
    regime = models.CharField(max_length=12)
    business_grade = models.PositiveSmallIntegerField(help_text="S: 业务信息安全等级")
    service_grade = models.PositiveSmallIntegerField(help_text="A: 系统服务安全等级")
    level = models.PositiveSmallIntegerField(help_text="the higher of both (GB/T 22240-2020)")
    extensions = models.JSONField(default=list, help_text="cloud, mobile, iot, industrial")
    registered_at = models.DateTimeField()
    told = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class ProtectionStep(models.Model):
    """A step of a system's cycle: grading, review, filing, assessment, rectification."""

    system = models.ForeignKey(ProtectedSystem, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20)
    on = models.DateField()
    outcome = models.CharField(max_length=20, blank=True)
    score = models.FloatField(null=True)
    reference = models.CharField(max_length=60, blank=True, help_text="filing number, report number")
    words = models.CharField(max_length=500, blank=True)
    file = models.UUIDField(null=True)
    file_name = models.CharField(max_length=160, blank=True)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField()


class Finding(models.Model):
    """What an assessment found wanting, until when it is mended, and whether it is."""

    class State(models.TextChoices):
        OPEN = "open", "待整改"
        MENDED = "mended", "待复核"
        CLOSED = "closed", "已关闭"

    system = models.ForeignKey(ProtectedSystem, on_delete=models.PROTECT, related_name="findings")
    step = models.ForeignKey(ProtectionStep, on_delete=models.PROTECT, related_name="findings")
    control = models.CharField(max_length=12)
    control_name = models.CharField(max_length=60)
    risk = models.CharField(max_length=8, help_text="high, medium, low")
    words = models.CharField(max_length=300)
    due = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    mended_on = models.DateField(null=True)
    mending = models.CharField(max_length=300, blank=True)
    closed_on = models.DateField(null=True)


class HoneyRecord(models.Model):
    """A record that nobody has a reason to open: a subject of the ledger, a login name, an address of the site."""

    kind = models.CharField(max_length=8, help_text="subject, login, path")
    value = models.CharField(max_length=120)
    words = models.CharField(max_length=120, blank=True)
    laid_at = models.DateTimeField()
    laid_by = models.CharField(max_length=60)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], condition=models.Q(lifted_at=None), name="honey_once")]
