"""Read-only."""

from django.contrib import admin

from tongban.lib.readonly import ReadOnlyAdmin
from tongban.rooms.service.hall.models import Licence, Matter, Rating, Synonym


@admin.register(Matter)
class MatterAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "organ_name", "region_code", "state", "online")
    list_filter = ("state", "online")
    search_fields = ("code", "name")


@admin.register(Licence)
class LicenceAdmin(ReadOnlyAdmin):
    list_display = ("number", "name", "organ_name", "state", "valid_from", "valid_to")


@admin.register(Rating)
class RatingAdmin(ReadOnlyAdmin):
    list_display = ("invitation", "level", "rated_at", "rectify_due", "replied_at")


@admin.register(Synonym)
class SynonymAdmin(ReadOnlyAdmin):
    list_display = ("word", "means")
