"""Other systems that log people in here, what people allowed them, and what was issued. Secrets and tokens lie as SM3 digests."""

from django.db import models

from tongban.lib import columns


class Question(models.Model):
    """Why an official looked at someone's data: asked by the person, answered by the official's organ."""

    entry = models.BigIntegerField(unique=True)
    account = models.BigIntegerField()
    seen_at = models.DateTimeField()
    official = models.CharField(max_length=120)
    organ = models.BigIntegerField()
    organ_name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300)
    case = models.CharField(max_length=24, blank=True)
    words = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    due = models.DateField()
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.CharField(max_length=120, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organ", "answered_at"], name="question_of_organ")]


class Client(models.Model):
    """A system of a department, known to the provider once its request was approved."""

    class Kind(models.TextChoices):
        WEB = "web", "网站（有密钥）"
        NATIVE = "native", "移动或桌面应用（无密钥）"
        MACHINE = "machine", "系统对系统（无用户）"
        DEVICE = "device", "自助终端（设备码）"

    class State(models.TextChoices):
        REQUESTED = "requested", "待审批"
        APPROVED = "approved", "已批准"
        REFUSED = "refused", "未批准"
        SUSPENDED = "suspended", "已停用"

    client_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=9)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    secret_digest = models.CharField(max_length=64, blank=True)
    redirect_uris = models.JSONField(default=list)
    post_logout_uris = models.JSONField(default=list)
    backchannel_uri = models.CharField(max_length=300, blank=True)
    scopes = models.JSONField(default=list)
    least_level = models.PositiveSmallIntegerField(default=1)
    requested_by = models.BigIntegerField()
    requested_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name


class Provisioned(models.Model):
    """An official whom a personnel system keeps (SCIM): what it told, beside the account."""

    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    account = models.BigIntegerField()
    own_before = models.BooleanField(help_text="the person had the account already: it is not closed when the official leaves")
    user_name = models.CharField(max_length=60)
    external_id = models.CharField(max_length=100, blank=True)
    document = columns.SealedJSON(help_text="name, emails, phones, employee_number")
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organ", "user_name"], condition=models.Q(gone_at=None), name="provisioned_name"),
            models.UniqueConstraint(fields=["account"], condition=models.Q(gone_at=None), name="provisioned_once"),
        ]

    def cohort(self) -> str:
        """What an organ's personnel system tells is that organ's."""
        return columns.cohort("staff", self.organ.key)


class Consent(models.Model):
    """What one person allowed one system to learn."""

    account = models.BigIntegerField()
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="consents")
    scopes = models.JSONField()
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "client"], name="consent_of_account")]


class Code(models.Model):
    """An authorisation code: sixty seconds, once."""

    digest = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    family = models.UUIDField()
    account = models.BigIntegerField()
    redirect_uri = models.CharField(max_length=500)
    scope = models.CharField(max_length=300)
    nonce = models.CharField(max_length=300, blank=True)
    challenge = models.CharField(max_length=128, blank=True)
    auth_time = models.BigIntegerField()
    level = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=20)
    session = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Token(models.Model):
    """An access token and its refresh token; `family` joins what came of one authorisation."""

    access_digest = models.CharField(max_length=64, unique=True)
    refresh_digest = models.CharField(max_length=64, unique=True, null=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    family = models.UUIDField(db_index=True)
    account = models.BigIntegerField(null=True)
    scope = models.CharField(max_length=300)
    auth_time = models.BigIntegerField(default=0)
    level = models.PositiveSmallIntegerField(default=1)
    way = models.CharField(max_length=20, blank=True)
    session = models.CharField(max_length=64, blank=True, db_index=True)
    issued_at = models.DateTimeField()
    access_expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Device(models.Model):
    """A terminal that waits until its user confirms the code it shows."""

    digest = models.CharField(max_length=64, unique=True)
    user_code = models.CharField(max_length=12, unique=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    scope = models.CharField(max_length=300)
    account = models.BigIntegerField(null=True)
    allowed = models.BooleanField(null=True)
    expires_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
