"""Read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tongban.kernel.cases.models import Case, ProcessVersion
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("number", "title", "state", "region_code", "submitted_at", "promise_due")
    list_filter = ("state",)
    search_fields = ("=number",)
    fields = ("number", "title", "state", "region_code", "submitted_at", "accepted_on", "promise_due", "statutory_due")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Case.objects.unscoped("administrators' table: no content shown")


@admin.register(ProcessVersion)
class ProcessVersionAdmin(ReadOnlyAdmin):
    list_display = ("definition", "number", "state", "published_at")
