"""Read-only."""

from django.contrib import admin

from tongban.kernel.files.models import Document
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ("digest", "size", "media_type", "scanned_by", "created_at")
