"""好差评."""

from django.db import models


class RatingInvitation(models.Model):
    """One handling may be rated once, by whoever holds the link, for fourteen days."""

    token = models.CharField(max_length=43, unique=True)
    case_number = models.CharField(max_length=24, unique=True)
    matter_name = models.CharField(max_length=200)
    organ = models.BigIntegerField()
    organ_name = models.CharField(max_length=120)
    region_code = models.CharField(max_length=9)
    handler = models.BigIntegerField(null=True, help_text="account that decided: 谁办理、谁负责")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class Rating(models.Model):
    """Five levels, 1 very satisfied … 5 very dissatisfied (GB/T 39046 table 9)."""

    invitation = models.OneToOneField(RatingInvitation, on_delete=models.PROTECT, related_name="rating")
    level = models.PositiveSmallIntegerField()
    indicators = models.JSONField(default=list)
    words = models.CharField(max_length=500, blank=True)
    channel = models.CharField(max_length=10, default="online")
    by_default = models.BooleanField(default=False, help_text="never counted as given")
    rated_at = models.DateTimeField()
    rectify_due = models.DateField(null=True)
    reply = models.CharField(max_length=500, blank=True)
    replied_at = models.DateTimeField(null=True)
    replied_by_name = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["rectify_due"], name="rating_open", condition=models.Q(replied_at=None))]
