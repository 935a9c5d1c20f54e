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

    def cohort(self) -> str:
        """Drafts for one organ, begun in one year."""
        return columns.cohort("drafts", self.matter.organ.key if self.matter.organ else "none", self.created_at.year)
