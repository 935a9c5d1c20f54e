"""An application on its way to being submitted."""

import uuid

from django.db import models

from tongban.lib import columns


class Draft(models.Model):
    """What someone has filled in so far; how long it is kept stands in the retention table."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.BigIntegerField(db_index=True)
    legal_person = models.BigIntegerField(null=True)
    matter = models.ForeignKey("hall.Matter", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("hall.MatterVersion", on_delete=models.PROTECT, related_name="+")
    bundle = models.JSONField(default=list, help_text="一件事：[{code, version}]，空为单个事项")
    data = columns.SealedJSON()
    materials = models.JSONField(default=list, help_text="[{material, file, name}]")
    created_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    case_number = models.CharField(max_length=24, blank=True)
    consent = models.CharField(max_length=8, blank=True, help_text="given, withheld; empty: not asked yet")
    fetched = columns.SealedJSON(help_text="{fields: {name: {value, source, at, …}}, proved: [resource], failed: {resource: why}}")
    reasons = columns.SealedJSON(help_text="{field: why the value differs from the register}")

    def cohort(self) -> str:
        """Drafts for one organ, begun in one year."""
        return columns.cohort("drafts", self.matter.organ.key if self.matter.organ else "none", self.created_at.year)


class Saving(models.Model):
    """What an application did not ask for, because government holds it: summed for the province."""

    case_number = models.CharField(max_length=24, unique=True)
    matter_code = models.CharField(max_length=80)
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=9)
    day = models.DateField()
    fields = models.PositiveSmallIntegerField(help_text="of the form")
    fields_known = models.PositiveSmallIntegerField(help_text="that were filled from a register")
    materials = models.PositiveSmallIntegerField(help_text="of the guide")
    materials_struck = models.PositiveSmallIntegerField(help_text="that a register proved")

    class Meta:
        indexes = [models.Index(fields=["day"]), models.Index(fields=["region_code"])]
