"""市场准入负面清单: one for the whole country, imported edition by edition, never written here."""

from django.db import models


class NegativeEntry(models.Model):
    """A row of an edition, in the national list's own columns."""

    edition = models.CharField(max_length=40, help_text="如2025年版")
    document = models.CharField(max_length=120, help_text="发布文号")
    effective_on = models.DateField()
    group = models.CharField(max_length=20, help_text="禁止准入类、许可准入类")
    number = models.CharField(max_length=10, help_text="项目号")
    item = models.CharField(max_length=500, help_text="禁止或许可事项")
    code = models.CharField(max_length=20, help_text="事项编码")
    measure = models.TextField(help_text="禁止或许可准入措施描述")
    department = models.CharField(max_length=300, blank=True)
    local = models.TextField(blank=True, help_text="地方性许可事项：国家条目下的附列")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "code"], name="negative_once")]
