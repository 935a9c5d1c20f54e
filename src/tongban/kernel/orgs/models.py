"""Region codes are kept short ("37", "3701", "370102", "370102001"), so that a prefix names a subtree."""

from django.db import models


class Region(models.Model):
    """An administrative division during one span of time (GB/T 2260; towns GB/T 10114)."""

    class Level(models.TextChoices):
        PROVINCE = "province", "省"
        CITY = "city", "市"
        COUNTY = "county", "县（市、区）"
        TOWNSHIP = "township", "乡镇（街道）"

    code = models.CharField(max_length=9)
    name = models.CharField(max_length=60)
    level = models.CharField(max_length=10, choices=Level.choices)
    parent_code = models.CharField(max_length=9, blank=True)
    statistical = models.BooleanField(default=False, help_text="开发区等：统计用，不是一级行政区划")
    valid_from = models.DateField(null=True, help_text="空：早于本库起点 2016-07-31")
    valid_to = models.DateField(null=True, help_text="空：现行")
    abbreviation = models.CharField(max_length=4, blank=True, help_text="办件编号前缀")
    outline = models.JSONField(null=True, help_text="GeoJSON geometry, EPSG:4490")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "name"], name="region_code_name")]
        indexes = [models.Index(fields=["parent_code"]), models.Index(fields=["level", "code"])]

    def __str__(self) -> str:
        return self.name


class RegionChange(models.Model):
    """What became of a region: renamed, merged, raised from county to district."""

    old_code = models.CharField(max_length=9, db_index=True)
    old_name = models.CharField(max_length=60)
    new_code = models.CharField(max_length=9, db_index=True)
    new_name = models.CharField(max_length=60)
    changed_on = models.DateField()
    kind = models.CharField(max_length=20)
    document = models.CharField(max_length=120, blank=True)
    verified = models.BooleanField(default=False)


class Organ(models.Model):
    """An organ 机构 of government at one level, in one region."""

    key = models.CharField(max_length=40, unique=True, help_text="stable: sd-samr, 370102-market")
    credit_code = models.CharField(max_length=18, unique=True)
    credit_code_synthetic = models.BooleanField(default=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=60)
    function = models.CharField(max_length=40, db_index=True)
    kind = models.CharField(max_length=40)
    level = models.CharField(max_length=10, choices=Region.Level.choices)
    region_code = models.CharField(max_length=9, db_index=True)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=300, blank=True)
    verified = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class OrganSuccession(models.Model):
    """Who took over whose duties, when (2018 reform and others)."""

    old = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="successions")
    new = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="predecessions")
    changed_on = models.DateField()
    note = models.CharField(max_length=300, blank=True)
