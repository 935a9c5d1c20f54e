"""Read-only."""

from django.contrib import admin

from tongban.lib.readonly import ReadOnlyAdmin
from tongban.rooms.base.continuity.models import System, Tier


@admin.register(Tier)
class TierAdmin(ReadOnlyAdmin):
    list_display = ("level", "name", "backup_hours", "drill_days", "rpo_s", "rto_s", "effective_from", "effective_to", "document", "verified")


@admin.register(System)
class SystemAdmin(ReadOnlyAdmin):
    list_display = ("key", "name", "organ", "tier", "tool", "rpo_target_s", "rto_target_s")
