"""Read-only."""

from django.contrib import admin

from tongban.kernel.ledger.models import Entry, Parked
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "at", "actor_name", "organ_name", "tag", "subject", "authority")
    search_fields = ("subject",)


@admin.register(Parked)
class ParkedAdmin(ReadOnlyAdmin):
    list_display = ("handler", "subject", "tries", "next_try")
