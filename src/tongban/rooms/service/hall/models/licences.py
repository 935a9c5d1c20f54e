"""Electronic licences 电子证照."""

from django.db import models


class Licence(models.Model):
    """A licence: the same content as PDF and as signed JSON."""

    class State(models.TextChoices):
        VALID = "valid", "有效"
        SUSPENDED = "suspended", "暂停"
        REVOKED = "revoked", "吊销"
        REPLACED = "replaced", "已变更"

    number = models.CharField(max_length=40, unique=True)
    code = models.CharField(max_length=32, unique=True, help_text="in the QR code: not to be guessed")
    case_number = models.CharField(max_length=28, unique=True, help_text="a reissued one carries /1, /2 … behind the case")
    name = models.CharField(max_length=80)
    holder_name = models.CharField(max_length=120)
    person = models.BigIntegerField()
    organ = models.BigIntegerField()
    organ_name = models.CharField(max_length=120)
    region_code = models.CharField(max_length=9)
    content = models.JSONField()
    signature = models.TextField(help_text="SM2 over the canonical JSON, hex")
    pdf = models.UUIDField(null=True)
    pdf_digest = models.CharField(max_length=64, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.VALID)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    issued_at = models.DateTimeField()
    home = models.CharField(max_length=9, db_default="", default="", help_text="the node that issued it; empty: issued here")
    signer = models.CharField(
        max_length=128, db_default="", default="", help_text="of another node's: the public key that signed, vouched for by the letter it came with"
    )


class LicenceChange(models.Model):
    """What happened to a licence after it was issued; only appended."""

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    reason = models.CharField(max_length=300)
    by_name = models.CharField(max_length=60)
