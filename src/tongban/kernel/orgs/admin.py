"""Read-only: the tables change through commands and loads."""

from django.contrib import admin

from tongban.kernel.orgs.models import Organ, Region, RegionChange
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(Region)
class RegionAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "level", "valid_from", "valid_to", "statistical")
    list_filter = ("level", "statistical")
    search_fields = ("code", "name")


@admin.register(RegionChange)
class RegionChangeAdmin(ReadOnlyAdmin):
    list_display = ("old_code", "old_name", "new_code", "new_name", "changed_on", "kind")


@admin.register(Organ)
class OrganAdmin(ReadOnlyAdmin):
    list_display = ("name", "credit_code", "level", "region_code", "valid_from", "valid_to")
    list_filter = ("level", "function")
    search_fields = ("name", "credit_code", "key")
