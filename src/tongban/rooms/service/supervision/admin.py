"""Read-only."""

from django.contrib import admin

from tongban.lib.readonly import ReadOnlyAdmin
from tongban.rooms.service.supervision.models import Light, WatchRule


@admin.register(WatchRule)
class WatchRuleAdmin(ReadOnlyAdmin):
    list_display = ("name", "key", "level", "days", "effective_from", "effective_to", "document", "verified")


@admin.register(Light)
class LightAdmin(ReadOnlyAdmin):
    list_display = ("case_number", "level", "reason", "organ_name", "state", "raised_at")
    list_filter = ("level", "state")
