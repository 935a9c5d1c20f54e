"""基本目录 → 实施清单: what may be handled, and who handles it where (GB/T 39046-2020, tables 4 to 6)."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class CatalogueItem(models.Model):
    """A matter in the basic catalogue 基本目录, the same for the whole province."""

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    task_type = models.CharField(max_length=2, help_text="GB/T 39046 附录A：01许可 … 20公共服务")
    department = models.CharField(max_length=60)
    imported = models.BooleanField(default=False, help_text="only the fields of an imported list")
    source = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class MatterVersion(models.Model):
    """One version of an item's content; immutable once published."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        REVIEW = "review", "待审核"
        APPROVED = "approved", "待发布"
        PUBLISHED = "published", "现行"
        SUPERSEDED = "superseded", "已被替代"
        CANCELLED = "cancelled", "已取消"

    item = models.ForeignKey(CatalogueItem, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    content = models.JSONField()
    document_number = models.CharField(max_length=120, blank=True, help_text="发布、调整或取消的文号")
    effective_on = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True)
    drafted_by = models.BigIntegerField(null=True)
    drafted_by_name = models.CharField(max_length=60, blank=True)
    reviewed_by = models.BigIntegerField(null=True)
    reviewed_by_name = models.CharField(max_length=60, blank=True)
    published_at = models.DateTimeField(null=True)
    origin = models.CharField(max_length=9, db_default="", default="", help_text="the node whose version it is; empty: written here")
    origin_id = models.BigIntegerField(null=True, help_text="what its origin calls it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "origin", "number"], name="matter_version")]


class Matter(models.Model):
    """A row of an implementation list 实施清单: one organ handles one item in one region."""

    class State(models.TextChoices):
        IN_FORCE = "in-force", "现行"
        CANCELLED = "cancelled", "已取消"
        DELEGATED = "delegated", "已下放"

    code = models.CharField(max_length=80, unique=True, help_text="stored opaque; validated by a named profile")
    profile = models.CharField(max_length=20, default="tongban")
    item = models.ForeignKey(CatalogueItem, on_delete=models.PROTECT, related_name="matters")
    version = models.ForeignKey(MatterVersion, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    organ = models.ForeignKey("orgs.Organ", null=True, on_delete=models.PROTECT, related_name="+")
    organ_name = models.CharField(max_length=120)
    region_code = models.CharField(max_length=9)
    state = models.CharField(max_length=12, choices=State.choices, default=State.IN_FORCE)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    ended_document = models.CharField(max_length=120, blank=True)
    overrides = models.JSONField(default=dict, help_text="promised_days, address, hours, phone of this organ")
    process = models.CharField(max_length=50, blank=True)
    online = models.BooleanField(default=False)
    audience = models.CharField(max_length=12, help_text="person, enterprise, both")
    popularity = models.IntegerField(default=0)
    search = SearchVectorField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["region_code", "item"], name="matter_region"),
            models.Index(fields=["item"], name="matter_item"),
            GinIndex(fields=["search"], name="matter_search"),
        ]

    def __str__(self) -> str:
        return self.name


class Synonym(models.Model):
    """An everyday word and the official words it stands for: 丢了 → 补领 挂失."""

    word = models.CharField(max_length=30, unique=True)
    means = models.CharField(max_length=120)
