"""Only what differs from Monday to Friday is stored, by year: a year that is not listed is an error, never a guess."""

from django.db import models


class Year(models.Model):
    """A year whose holidays have been entered."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    source = models.CharField(max_length=200)


class SpecialDay(models.Model):
    """A holiday, or a working weekend; `region` "" is the whole country, else extra days of a region."""

    day = models.DateField()
    region_code = models.CharField(max_length=9, blank=True)
    works = models.BooleanField()
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "region_code"], name="one_rule_a_day")]
